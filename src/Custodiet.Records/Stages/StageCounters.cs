using System.Collections.Concurrent;

namespace Custodiet.Records.Stages;

/// <summary>
/// What a stage received and what became of it: received = emitted + dropped(reason) + failed + in flight, at every moment.
/// A stage writes, Health and pages read. Safe for many writers at once.
/// </summary>
public sealed class StageCounters(string name)
{
    private readonly ConcurrentDictionary<string, long> dropped = new(StringComparer.Ordinal);
    private long received;
    private long emitted;
    private long failed;

    /// <summary>The stage, for example <c>parse</c>.</summary>
    public string Name { get; } = name;

    /// <summary>Counts what came in.</summary>
    public void Receive(long count) => Interlocked.Add(ref received, count);

    /// <summary>Counts what went on to the next stage.</summary>
    public void Emit(long count) => Interlocked.Add(ref emitted, count);

    /// <summary>Counts what was left out, and why.</summary>
    public void Drop(string reason, long count) => dropped.AddOrUpdate(reason, count, (_, old) => old + count);

    /// <summary>Counts what could not be done.</summary>
    public void Fail(long count) => Interlocked.Add(ref failed, count);

    /// <summary>The figures now. In flight is what is left over, and is never negative in a correct stage.</summary>
    public StageBalance Read()
    {
        // Outcomes are read before receipts, so that a racing writer can only make "in flight" larger, never negative.
        long emittedNow = Interlocked.Read(ref emitted);
        long failedNow = Interlocked.Read(ref failed);
        Dictionary<string, long> droppedNow = new(dropped, StringComparer.Ordinal);
        long receivedNow = Interlocked.Read(ref received);
        return new StageBalance(Name, receivedNow, emittedNow, droppedNow, failedNow);
    }
}

/// <summary>A stage's figures at one moment.</summary>
public sealed record StageBalance(
    string Stage,
    long Received,
    long Emitted,
    IReadOnlyDictionary<string, long> Dropped,
    long Failed
)
{
    /// <summary>Received and not yet accounted for.</summary>
    public long InFlight => Received - Emitted - Failed - Dropped.Values.Sum();
}
