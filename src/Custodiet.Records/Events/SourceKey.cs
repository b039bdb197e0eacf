namespace Custodiet.Records.Events;

/// <summary>Where events come from: a technology on a sensor, for example <c>windows-sysmon</c> on <c>WS-041</c>.</summary>
/// <param name="Technology">What writes the events, as the parser names it.</param>
/// <param name="Sensor">Which one of them: a host, an account, a device.</param>
public readonly record struct SourceKey(string Technology, string Sensor)
{
    /// <summary><c>technology@sensor</c>.</summary>
    public override string ToString() => $"{Technology}@{Sensor}";
}

/// <summary>Sources as small numbers. Bounded: past the bound a technology's further sensors share one overflow source, counted.</summary>
public sealed class SourceTable
{
    /// <summary>The sensor name that stands for all sensors past the bound.</summary>
    public const string OverflowSensor = "(more than the limit)";

    /// <summary>The default bound: 100,000 sources.</summary>
    public const int DefaultCapacity = 100_000;

    private readonly Lock gate = new();
    private readonly Dictionary<SourceKey, int> ids = [];
    private readonly List<SourceKey> keys = [];
    private readonly int capacity;
    private long overflowed;

    /// <summary>Creates an empty table.</summary>
    public SourceTable(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        this.capacity = capacity;
    }

    /// <summary>How many sources are known.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return keys.Count;
            }
        }
    }

    /// <summary>How many events were given to an overflow source.</summary>
    public long Overflowed => Interlocked.Read(ref overflowed);

    /// <summary>The number of a source, given one if it is new.</summary>
    public int Intern(SourceKey key)
    {
        lock (gate)
        {
            if (ids.TryGetValue(key, out int id))
            {
                return id;
            }
            if (keys.Count >= capacity)
            {
                Interlocked.Increment(ref overflowed);
                key = key with { Sensor = OverflowSensor };
                if (ids.TryGetValue(key, out id))
                {
                    return id;
                }
            }
            id = keys.Count;
            keys.Add(key);
            ids.Add(key, id);
            return id;
        }
    }

    /// <summary>The source behind a number.</summary>
    public SourceKey Of(int id)
    {
        lock (gate)
        {
            return keys[id];
        }
    }
}
