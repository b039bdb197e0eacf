using System.Collections.Concurrent;
using Custodiet.Records.Stages;

namespace Custodiet.Inputs;

/// <summary>What one input has done since the start.</summary>
/// <param name="Input">For example <c>syslog-udp</c>.</param>
/// <param name="Received">Events that arrived.</param>
/// <param name="Accepted">Events durable in the queue.</param>
/// <param name="Dropped">Events left out, by reason.</param>
/// <param name="InFlight">Events that arrived and are not decided yet. Never negative in a correct input.</param>
/// <param name="Connections">Connections open now; 0 where an input has none of its own.</param>
/// <param name="Refused">Requests and connections of which nothing was taken, so that the sender still has it, by reason.</param>
internal sealed record InputStatus(
    string Input,
    long Received,
    long Accepted,
    IReadOnlyDictionary<string, long> Dropped,
    long InFlight,
    int Connections,
    IReadOnlyDictionary<string, long> Refused
)
{
    /// <summary>Bytes of the accepted events.</summary>
    public long AcceptedBytes { get; init; }
}

/// <summary>Counts what an input takes and leaves out: received = accepted + dropped(reason) + in flight. Safe for many writers at once.</summary>
internal sealed class InputCounters(string name, StageCounters all)
{
    private readonly StageCounters own = new(name);
    private readonly ConcurrentDictionary<string, long> refused = new(StringComparer.Ordinal);
    private int connections;
    private long acceptedBytes;

    /// <summary>The input.</summary>
    public string Name => name;

    /// <summary>Counts events that arrived.</summary>
    public void Receive(long count) => own.Receive(count);

    /// <summary>Counts events that are durable.</summary>
    public void Accept(long count) => own.Emit(count);

    /// <summary>Counts bytes of events that are durable.</summary>
    public void AcceptBytes(long count) => Interlocked.Add(ref acceptedBytes, count);

    /// <summary>Counts events that were left out, and why; also in the stage of all inputs, which outlives a restart.</summary>
    public void Drop(string reason, long count)
    {
        if (count > 0)
        {
            own.Drop(reason, count);
            all.Drop($"{name}: {reason}", count);
        }
    }

    /// <summary>Counts a request or a connection of which nothing was taken.</summary>
    public void Refuse(string reason) => refused.AddOrUpdate(reason, 1, (_, old) => old + 1);

    /// <summary>Counts a connection, and gives how many are open.</summary>
    public int Connect() => Interlocked.Increment(ref connections);

    /// <summary>A connection has ended.</summary>
    public void Disconnect() => Interlocked.Decrement(ref connections);

    /// <summary>The figures now.</summary>
    public InputStatus Read()
    {
        StageBalance balance = own.Read();
        return new InputStatus(
            name,
            balance.Received,
            balance.Emitted,
            balance.Dropped,
            balance.InFlight,
            Volatile.Read(ref connections),
            new Dictionary<string, long>(refused, StringComparer.Ordinal)
        )
        {
            AcceptedBytes = Interlocked.Read(ref acceptedBytes),
        };
    }
}

/// <summary>The counters of all inputs: each its own, and the stage <c>input</c> that they make up together.</summary>
internal sealed class InputBoard
{
    private readonly ConcurrentDictionary<string, InputCounters> inputs = new(StringComparer.Ordinal);

    /// <summary>All inputs as one stage; its drops name their input.</summary>
    public StageCounters Stage { get; } = new("input");

    /// <summary>The counters of an input, which appear with their first use.</summary>
    public InputCounters Of(string name) => inputs.GetOrAdd(name, static (key, stage) => new(key, stage), Stage);

    /// <summary>Every input that was used or is on, by name.</summary>
    public IReadOnlyList<InputStatus> Read() =>
        [.. inputs.Values.Select(input => input.Read()).OrderBy(input => input.Input, StringComparer.Ordinal)];
}
