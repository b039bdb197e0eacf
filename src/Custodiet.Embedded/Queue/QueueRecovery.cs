namespace Custodiet.Embedded.Queue;

/// <summary>What opening the queue found.</summary>
/// <param name="Segments">Segments kept.</param>
/// <param name="Batches">Batches in them.</param>
/// <param name="FirstOffset">Oldest event kept.</param>
/// <param name="NextOffset">Number the next event gets.</param>
/// <param name="TornBytes">Bytes behind the last whole batch that were cut off: a write that was never acknowledged.</param>
/// <param name="SetAside">Damage that was set aside, as sentences; empty in health.</param>
public sealed record QueueRecovery(
    int Segments,
    long Batches,
    long FirstOffset,
    long NextOffset,
    long TornBytes,
    IReadOnlyList<string> SetAside
);

/// <summary>What is durable of a segment at a moment.</summary>
/// <param name="Name">Its file in the queue's folder.</param>
/// <param name="Bytes">Bytes from the file's beginning.</param>
/// <param name="Complete">Whether nothing more is written to the file.</param>
public sealed record DurableSegment(string Name, long Bytes, bool Complete);

/// <summary>What the queue has done since it was opened.</summary>
/// <param name="Commits">Flushes to disk.</param>
/// <param name="BytesCommitted">Bytes made durable.</param>
/// <param name="Batches">Batches accepted.</param>
/// <param name="Repeats">Batches recognised as repeated.</param>
/// <param name="Pushbacks">Batches pushed back.</param>
/// <param name="Failures">Batches answered with a failure of the disk.</param>
/// <param name="KeysForgotten">Keys forgotten because of the bound on their number.</param>
/// <param name="ReleaseFailures">Attempts to delete a released segment that failed; it is tried again.</param>
public sealed record QueueCounters(
    long Commits,
    long BytesCommitted,
    long Batches,
    long Repeats,
    long Pushbacks,
    long Failures,
    long KeysForgotten,
    long ReleaseFailures
);

/// <summary>A segment holds something else than what was acknowledged: says what, where, and what to do.</summary>
public sealed class QueueDamagedException : Exception
{
    /// <summary>Creates the failure.</summary>
    public QueueDamagedException(string segment, long position, long offset, string what)
        : base(
            $"The event queue is damaged: {segment} at byte {position}, from event {offset} on: {what} "
                + "Acknowledged events may be affected, so nothing was deleted. Check the disk, restore the folder from a backup if there is one, "
                + "or set the damaged segment aside (queue.set_damaged_aside: on) and go on with a gap in the offsets."
        )
    {
        Segment = segment;
        Position = position;
        Offset = offset;
    }

    /// <summary>The segment's file.</summary>
    public string Segment { get; }

    /// <summary>Where in the file, in bytes.</summary>
    public long Position { get; }

    /// <summary>The first event concerned.</summary>
    public long Offset { get; }
}
