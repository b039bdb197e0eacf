namespace Custodiet.Archive;

/// <summary>Limits of the archive. Every one of them is counted or said when it is reached.</summary>
public sealed record ArchiveOptions
{
    /// <summary>An event waits at most so long before its segment is written: 2 seconds.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Events per segment: 131,072. A segment takes whole chunks, hence may exceed it by less than one chunk.</summary>
    public int SegmentEventsMax { get; init; } = 131_072;

    /// <summary>Bytes as received per segment: 16 MiB. Exceeded by less than one chunk.</summary>
    public long SegmentRawBytesMax { get; init; } = 16L << 20;

    /// <summary>Memory held by chunks that are not yet durable: 40 MiB. An append that finds it full waits.</summary>
    public long UnwrittenBytesMax { get; init; } = 40L << 20;

    /// <summary>How long after a failed write the next attempt is made: 1 second.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the archive looks whether small segments can be merged: 10 seconds. Zero turns merging off.</summary>
    public TimeSpan CompactionInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Neighbouring small segments of one hour that are merged as soon as there are so many: 32.</summary>
    public int CompactionSegmentsMin { get; init; } = 32;

    /// <summary>A segment with at least so many bytes as received is not small: 16 MiB.</summary>
    public long CompactionBelowRawBytes { get; init; } = 16L << 20;

    /// <summary>Events that one merged segment takes at most: 524,288.</summary>
    public long CompactionEventsMax { get; init; } = 524_288;

    /// <summary>Bytes as received that one merged segment takes at most: 128 MiB.</summary>
    public long CompactionRawBytesMax { get; init; } = 128L << 20;

    /// <summary>Memory of one merge: 64 MiB; what does not fit is sorted on disk.</summary>
    public int CompactionMemoryMegabytes { get; init; } = 64;
}

/// <summary>How the archive stands.</summary>
/// <param name="NextOffset">The first offset not yet durable.</param>
/// <param name="AppendedOffset">The first offset not yet appended.</param>
/// <param name="Segments">Segments in the manifest.</param>
/// <param name="Events">Events in them.</param>
/// <param name="RawBytes">Bytes as received.</param>
/// <param name="FileBytes">Bytes on disk.</param>
/// <param name="UnwrittenBytes">Memory held by chunks that are not yet durable.</param>
/// <param name="UnwrittenBytesMax">The bound.</param>
/// <param name="Waits">How many appends had to wait for the bound.</param>
/// <param name="WriteFailures">How many attempts to write a segment failed.</param>
/// <param name="Compactions">How many merges were made since the start.</param>
/// <param name="Failure">Why nothing is written at present and what to do, or null.</param>
/// <param name="CompactionFailure">Why the last merge failed, or null; a failed merge loses nothing.</param>
public sealed record ArchiveState(
    long NextOffset,
    long AppendedOffset,
    int Segments,
    long Events,
    long RawBytes,
    long FileBytes,
    long UnwrittenBytes,
    long UnwrittenBytesMax,
    long Waits,
    long WriteFailures,
    long Compactions,
    string? Failure,
    string? CompactionFailure
);
