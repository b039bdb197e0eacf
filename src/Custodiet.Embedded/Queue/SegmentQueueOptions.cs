using System.Text;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Queue;

/// <summary>Where the queue lies and how far it may grow. Every limit answers with a named outcome when it is reached.</summary>
/// <param name="Folder">The folder of the segments; made when absent.</param>
public sealed record SegmentQueueOptions(string Folder)
{
    /// <summary>Size at which a new segment begins, in bytes. Default 128 MiB, at least 64 KiB.</summary>
    public long SegmentBytes { get; init; } = 128L << 20;

    /// <summary>How much the queue keeps before it pushes back, in bytes. Default 4 GiB; at least a segment and two largest batches.</summary>
    public long BytesMax { get; init; } = 4L << 30;

    /// <summary>The queue pushes back when the disk has less free than this, in bytes. Default 512 MiB.</summary>
    public long FreeDiskFloorBytes { get; init; } = 512L << 20;

    /// <summary>The largest batch with its lengths, in bytes. Default 32 MiB; a larger one is a caller's error.</summary>
    public int BatchBytesMax { get; init; } = 32 << 20;

    /// <summary>How many batches may wait for the disk. Default 1,024; more are pushed back.</summary>
    public int WaitingBatchesMax { get; init; } = 1_024;

    /// <summary>How many bytes may wait for the disk. Default 64 MiB; more are pushed back.</summary>
    public long WaitingBytesMax { get; init; } = 64L << 20;

    /// <summary>The least time between two flushes when less than <see cref="CommitBytes"/> wait. Default 5 ms.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How many bytes are flushed at once at most, a single larger batch aside. Default 4 MiB.</summary>
    public int CommitBytes { get; init; } = 4 << 20;

    /// <summary>How long the queue waits after the disk failed before it tries again. Default 5 s.</summary>
    public TimeSpan RetryAfterFailure { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>When a sender that was pushed back should come again. Default 2 s.</summary>
    public TimeSpan RetryAfterPushback { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For how long a repeated batch is recognised by its key. Default 24 hours.</summary>
    public TimeSpan RepeatWindow { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How many keys are remembered at most; the oldest are forgotten first. Default 200,000.</summary>
    public int RepeatKeysMax { get; init; } = 200_000;

    /// <summary>Offsets begin here at least, so that none is used twice when the folder was lost: the furthest stored consumer position. Default 0.</summary>
    public long NextOffsetAtLeast { get; init; }

    /// <summary>Whether damaged segments are set aside as <c>.damaged</c> files and the rest is used, with a gap in the offsets. Default false: damage is a failure to open.</summary>
    public bool SetDamagedAside { get; init; }

    internal void Check()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytes, 64 << 10);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchBytesMax, 1 << 10);
        ArgumentOutOfRangeException.ThrowIfLessThan(BytesMax, SegmentBytes + (2L * BatchBytesMax));
        ArgumentOutOfRangeException.ThrowIfNegative(FreeDiskFloorBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(WaitingBatchesMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(WaitingBytesMax, BatchBytesMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(CommitBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(CommitInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryAfterFailure, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryAfterPushback, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RepeatKeysMax, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(NextOffsetAtLeast);
    }

    /// <summary>Refuses a batch whose parts do not fit together or that is too large: a caller's error.</summary>
    internal void Check(EventBatch batch)
    {
        if (batch.IdempotencyKey is { } key && Encoding.UTF8.GetByteCount(key) is 0 or > SegmentFrame.KeyBytesMax)
        {
            throw new ArgumentException($"A key has 1 to {SegmentFrame.KeyBytesMax} bytes of UTF-8.", nameof(batch));
        }
        if (Encoding.UTF8.GetByteCount(batch.Input) > SegmentFrame.KeyBytesMax)
        {
            throw new ArgumentException(
                $"An input's name has at most {SegmentFrame.KeyBytesMax} bytes.",
                nameof(batch)
            );
        }
        long sum = 0;
        for (int i = 0; i < batch.Lengths.Count; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(batch.Lengths[i], nameof(batch));
            sum += batch.Lengths[i];
        }
        if (sum != batch.Bytes.Length || sum + (4L * batch.Lengths.Count) > BatchBytesMax)
        {
            throw new ArgumentException(
                $"The lengths add up to {sum} bytes, the events have {batch.Bytes.Length}; with 4 bytes for each length at most {BatchBytesMax} are allowed.",
                nameof(batch)
            );
        }
    }
}
