namespace Custodiet.Records.Stores;

/// <summary>Events that belong together: all of them become durable or none does.</summary>
/// <param name="Input">Which input took them, for example <c>http</c>.</param>
/// <param name="IdempotencyKey">A key under which a repeated batch is recognised, or null. At most 200 bytes of UTF-8.</param>
/// <param name="ReceivedMicros">When, microseconds since 1970 UTC.</param>
/// <param name="Lengths">Length of each event in bytes.</param>
/// <param name="Bytes">The events, one after another without separators.</param>
public sealed record EventBatch(
    string Input,
    string? IdempotencyKey,
    long ReceivedMicros,
    IReadOnlyList<int> Lengths,
    ReadOnlyMemory<byte> Bytes
);

/// <summary>A batch as the queue gives it back.</summary>
/// <param name="FirstOffset">Number of its first event.</param>
/// <param name="Batch">The batch.</param>
public sealed record QueuedBatch(long FirstOffset, EventBatch Batch)
{
    /// <summary>Number of the event after its last.</summary>
    public long NextOffset => FirstOffset + Batch.Lengths.Count;

    /// <summary>
    /// What the batch's bytes lie in, or null. A reader that disposes it once nothing refers to the bytes any more saves a
    /// fresh buffer for each batch; one that does not loses nothing.
    /// </summary>
    public IDisposable? Buffer { get; init; }
}

/// <summary>What became of an append.</summary>
public abstract record QueueAppend
{
    private QueueAppend() { }

    /// <summary>Durable.</summary>
    /// <param name="FirstOffset">Number of the batch's first event.</param>
    /// <param name="Count">How many events.</param>
    /// <param name="Repeated">Whether the batch was here already under its key, and nothing was added.</param>
    public sealed record Accepted(long FirstOffset, int Count, bool Repeated) : QueueAppend;

    /// <summary>The queue is full. Nothing was taken.</summary>
    /// <param name="Reason">In words, with the limit.</param>
    /// <param name="RetryAfter">When to try again.</param>
    public sealed record Pushback(string Reason, TimeSpan RetryAfter) : QueueAppend;

    /// <summary>The disk failed. Nothing was acknowledged.</summary>
    public sealed record Failed(string Reason) : QueueAppend;
}

/// <summary>How full the queue is.</summary>
/// <param name="FirstOffset">Oldest event kept.</param>
/// <param name="NextOffset">Number the next event gets.</param>
/// <param name="Bytes">Bytes on disk.</param>
/// <param name="BytesMax">The bound.</param>
/// <param name="Failure">Why it takes nothing at present, or null.</param>
public sealed record QueueState(long FirstOffset, long NextOffset, long Bytes, long BytesMax, string? Failure)
{
    /// <summary>Bytes of released events that are kept for routes. They are beside <see cref="Bytes"/> and never push back.</summary>
    public long HeldBytes { get; init; }
}

/// <summary>
/// The durable queue of events. What <see cref="AppendAsync"/> accepted survives <c>kill -9</c> and loss of power, in order,
/// each event under exactly one offset. What the stream has released may be deleted, unless it is kept for routes.
/// </summary>
public interface IEventQueue : IAsyncDisposable
{
    /// <summary>Appends a batch and answers once it is durable. Never throws for a full or failing disk: that is an outcome.</summary>
    ValueTask<QueueAppend> AppendAsync(EventBatch batch, CancellationToken cancellation);

    /// <summary>All batches from an offset on, and then those that come, until cancelled. Begins at the batch that holds the offset.</summary>
    IAsyncEnumerable<QueuedBatch> ReadAsync(long fromOffset, CancellationToken cancellation);

    /// <summary>Says that every event before this offset is stored elsewhere.</summary>
    void Release(long beforeOffset);

    /// <summary>
    /// The same, and that events from another offset on are still wanted: they are kept within a bound, beside the queue's own, so that a
    /// route that stands still pushes nobody back. On a disk that is nearly full nothing is kept beyond what the stream needs.
    /// </summary>
    /// <param name="beforeOffset">Every event before it is stored elsewhere.</param>
    /// <param name="wantedFrom">The oldest event that is still wanted.</param>
    /// <param name="keptBytesMax">Bytes of released events that may be kept.</param>
    /// <returns>The oldest event that is still there.</returns>
    long Release(long beforeOffset, long wantedFrom, long keptBytesMax);

    /// <summary>How full it is now.</summary>
    QueueState State { get; }
}
