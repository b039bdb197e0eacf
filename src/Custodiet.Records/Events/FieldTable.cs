using System.Text;

namespace Custodiet.Records.Events;

/// <summary>
/// Field names as small numbers, shared by parsers and rules so that neither compares names while events flow.
/// Names are case-sensitive, as in Sigma. Safe for many readers and writers at once.
/// </summary>
/// <remarks>
/// The table is bounded because names come from events: a sender that invents keys must not grow it for ever.
/// </remarks>
public sealed class FieldTable
{
    /// <summary>Returned when the table is full or the name is unknown.</summary>
    public const int None = -1;

    /// <summary>The default bound: 65,536 names.</summary>
    public const int DefaultCapacity = 65_536;

    private readonly Lock gate = new();
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private volatile string[] names = new string[1024];
    private volatile int count;
    private long refused;

    /// <summary>Creates an empty table.</summary>
    /// <param name="capacity">How many names it takes before it answers <see cref="None"/>.</param>
    public FieldTable(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
    }

    /// <summary>How many names the table takes.</summary>
    public int Capacity { get; }

    /// <summary>How many names it holds.</summary>
    public int Count => count;

    /// <summary>How often a new name was refused because the table was full.</summary>
    public long Refused => Interlocked.Read(ref refused);

    /// <summary>The number of a name, given one if it is new; <see cref="None"/> when the table is full.</summary>
    public int Intern(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (gate)
        {
            if (ids.TryGetValue(name, out int id))
            {
                return id;
            }
            if (count >= Capacity)
            {
                Interlocked.Increment(ref refused);
                return None;
            }
            id = count;
            if (id == names.Length)
            {
                string[] grown = new string[Math.Min(Capacity, id * 2)];
                names.CopyTo(grown, 0);
                names = grown;
            }
            names[id] = name;
            ids.Add(name, id);
            count = id + 1;
            return id;
        }
    }

    /// <summary>The number of a name given as UTF-8, given one if it is new.</summary>
    public int Intern(ReadOnlySpan<byte> name) => Intern(Encoding.UTF8.GetString(name));

    /// <summary>The number of a known name, or <see cref="None"/>.</summary>
    public int Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (gate)
        {
            return ids.GetValueOrDefault(name, None);
        }
    }

    /// <summary>The name behind a number that this table gave.</summary>
    public string NameOf(int field)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)field, (uint)count);
        return names[field];
    }
}
