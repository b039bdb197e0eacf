using System.Runtime.CompilerServices;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Queue;

/// <summary>The durable part of the queue: its segments, how far they reach, and those who follow them.</summary>
internal sealed class SegmentLog(ISegmentDisk disk, List<Segment> segments, long nextOffset)
{
    private TaskCompletionSource changed = NewSignal();
    private long nextOffset = nextOffset;
    private long releasedBefore;
    private bool closed;
    private int keepers;

    /// <summary>Guards the segments and whatever must agree with them.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Number the next event gets.</summary>
    public long NextOffset
    {
        get
        {
            lock (Gate)
            {
                return nextOffset;
            }
        }
    }

    /// <summary>Oldest event kept.</summary>
    public long FirstOffset
    {
        get
        {
            lock (Gate)
            {
                return segments.Count == 0 ? nextOffset : segments[0].Header.FirstOffset;
            }
        }
    }

    /// <summary>Durable bytes of all segments.</summary>
    public long Bytes
    {
        get
        {
            lock (Gate)
            {
                return segments.Sum(segment => segment.Bytes);
            }
        }
    }

    /// <summary>Durable bytes of segments that are released and kept all the same.</summary>
    public long HeldBytes
    {
        get
        {
            lock (Gate)
            {
                return segments.SkipLast(1).TakeWhile(s => s.NextOffset <= releasedBefore).Sum(s => s.Bytes);
            }
        }
    }

    /// <summary>The segment that is written, or null before the first.</summary>
    public Segment? Newest
    {
        get
        {
            lock (Gate)
            {
                return segments.LastOrDefault();
            }
        }
    }

    /// <summary>Adds a new segment. A failed one without a durable event had the same name and is gone.</summary>
    public void Add(Segment segment)
    {
        lock (Gate)
        {
            if (segments.Count > 0 && segments[^1].Header.FirstOffset == segment.Header.FirstOffset)
            {
                segments.RemoveAt(segments.Count - 1);
            }
            segments.Add(segment);
        }
        Signal();
    }

    /// <summary>Makes a durable group visible; call under the gate and signal afterwards.</summary>
    public void Advance(long bytes, long next)
    {
        Segment newest = segments[^1];
        newest.Bytes += bytes;
        newest.NextOffset = next;
        nextOffset = next;
    }

    /// <summary>Ends all who follow once they have read what is there.</summary>
    public void Close()
    {
        lock (Gate)
        {
            closed = true;
        }
        Signal();
    }

    /// <summary>Wakes all who follow.</summary>
    public void Signal()
    {
        TaskCompletionSource old;
        lock (Gate)
        {
            old = changed;
            changed = NewSignal();
        }
        old.SetResult();
    }

    /// <summary>The durable part of every segment, oldest first.</summary>
    public IReadOnlyList<DurableSegment> Durable()
    {
        lock (Gate)
        {
            return [.. segments.Select((s, i) => new DurableSegment(s.Name, s.Bytes, i < segments.Count - 1))];
        }
    }

    /// <summary>Keeps all segments until the answer is disposed.</summary>
    public IDisposable Keep()
    {
        lock (Gate)
        {
            keepers++;
        }
        return new Keeper(this);
    }

    /// <summary>
    /// Deletes segments that lie wholly before an offset, except for those that reach beyond another one, of which it keeps the newest up
    /// to so many bytes; false when the disk did not let us.
    /// While somebody keeps them all, it waits for the next call.
    /// </summary>
    public bool Release(long beforeOffset, long wantedFrom, long keptBytesMax)
    {
        List<Segment> released = [];
        lock (Gate)
        {
            if (keepers > 0)
            {
                return true;
            }
            releasedBefore = Math.Max(releasedBefore, beforeOffset);
            long held = HeldBytes;
            // The newest segment stays: it carries the next offset.
            while (
                segments.Count > 1
                && segments[0].NextOffset <= beforeOffset
                && (segments[0].NextOffset <= wantedFrom || held > keptBytesMax)
            )
            {
                held -= segments[0].Bytes;
                released.Add(segments[0]);
                segments.RemoveAt(0);
            }
        }
        if (released.Count == 0)
        {
            return true;
        }
        try
        {
            foreach (Segment segment in released)
            {
                disk.Delete(segment.Name);
            }
            disk.Flush();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A file that stays is found and released again after the next start; its bytes are only late to go.
            return false;
        }
    }

    /// <summary>Batches from an offset on, and those that come.</summary>
    public async IAsyncEnumerable<QueuedBatch> ReadAsync(
        long fromOffset,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        long next = fromOffset;
        while (await SegmentOfAsync(next, cancellation) is { } segment)
        {
            if (OpenForReading(segment) is not { } file)
            {
                // Released and deleted between the look-up and the open: the oldest kept is next.
                continue;
            }
            using (file)
            {
                FrameReader reader = new(file, segment.Header.Seed, SegmentHeader.Bytes);
                while (next < EndOf(segment))
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (ReadBatch(reader, segment, next) is { } batch)
                    {
                        next = batch.NextOffset;
                        yield return batch;
                        await WaitForMoreAsync(segment, next, cancellation);
                    }
                }
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private long EndOf(Segment segment)
    {
        lock (Gate)
        {
            return segment.NextOffset;
        }
    }

    private async ValueTask<Segment?> SegmentOfAsync(long offset, CancellationToken cancellation)
    {
        while (true)
        {
            Task signal;
            lock (Gate)
            {
                if (segments.Find(segment => segment.NextOffset > offset) is { } segment)
                {
                    return segment;
                }
                if (closed)
                {
                    return null;
                }
                signal = changed.Task;
            }
            await signal.WaitAsync(cancellation);
        }
    }

    private async ValueTask WaitForMoreAsync(Segment segment, long offset, CancellationToken cancellation)
    {
        while (true)
        {
            Task signal;
            lock (Gate)
            {
                if (closed || segment.NextOffset > offset || segment != segments[^1])
                {
                    return;
                }
                signal = changed.Task;
            }
            await signal.WaitAsync(cancellation);
        }
    }

    private ISegmentFile? OpenForReading(Segment segment)
    {
        try
        {
            return disk.Open(segment.Name, write: false);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private QueuedBatch? ReadBatch(FrameReader reader, Segment segment, long offset)
    {
        long limit;
        lock (Gate)
        {
            limit = segment.Bytes;
        }
        if (reader.Next(limit) != FrameRead.Frame)
        {
            throw new QueueDamagedException(
                segment.Name,
                reader.Position,
                offset,
                reader.Problem.Length == 0 ? "frames are missing." : reader.Problem
            );
        }
        return reader.Head.NextOffset > offset ? SegmentFrame.Decode(reader.Payload, reader.Head) : null;
    }

    private sealed class Keeper(SegmentLog log) : IDisposable
    {
        private bool ended;

        public void Dispose()
        {
            lock (log.Gate)
            {
                log.keepers -= ended ? 0 : 1;
                ended = true;
            }
        }
    }
}
