namespace Custodiet.Archive;

/// <summary>The archive's writer: one task that makes segments of the chunks that wait, and tries again until the disk takes them.</summary>
public sealed partial class ParquetArchive
{
    private async Task WriteAsync(SegmentWriter writer)
    {
        try
        {
            while (true)
            {
                Task signalled = Listen();
                await store.AnnounceAsync().ConfigureAwait(false);
                bool due;
                lock (gate)
                {
                    due = IsDue();
                    if (pending.Count == 0 && stopping)
                    {
                        break;
                    }
                    if (!due && pending.Count > 0)
                    {
                        // A timer may fire a moment before the clock says so: without a new one nobody would look again.
                        TimeSpan rest = options.FlushInterval - clock.GetElapsedTime(pendingSince);
                        timer.Change(rest + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                    }
                }
                if (!due)
                {
                    await signalled.ConfigureAwait(false);
                }
                else if (!await WriteSegmentAsync(writer, Take()).ConfigureAwait(false))
                {
                    break;
                }
            }
        }
        // The stage begins here: whatever stops it must reach everyone who appends, in words.
        catch (Exception e)
        {
            Break(e);
        }
        finally
        {
            writer.Free();
        }
    }

    private bool IsDue() =>
        pending.Count > 0
        && (stopping || flushes.Count > 0 || IsFull() || clock.GetElapsedTime(pendingSince) >= options.FlushInterval);

    private List<ArchiveChunk> Take()
    {
        lock (gate)
        {
            int taken = 0;
            long events = 0;
            long rawBytes = 0;
            while (taken < pending.Count && events < options.SegmentEventsMax && rawBytes < options.SegmentRawBytesMax)
            {
                events += pending[taken].Count;
                rawBytes += pending[taken].RawBytes;
                taken++;
            }
            List<ArchiveChunk> chunks = pending.GetRange(0, taken);
            pending.RemoveRange(0, taken);
            pendingEvents -= events;
            pendingRawBytes -= rawBytes;
            pendingSince = clock.GetTimestamp();
            timer.Change(
                pending.Count > 0 ? options.FlushInterval : Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan
            );
            return chunks;
        }
    }

    // Tries until it works. False means that the archive is stopping and the disk still refuses: what is left is in the queue.
    private async ValueTask<bool> WriteSegmentAsync(SegmentWriter writer, List<ArchiveChunk> chunks)
    {
        while (true)
        {
            try
            {
                store.Write(writer, chunks);
                Written(chunks);
                TrimNowAndThen();
                return true;
            }
            // Whatever the reason, the events are still here and the disk may recover.
            catch (Exception e)
            {
                Failed(chunks[0].FirstOffset, e);
            }
            if (stop.IsCancellationRequested)
            {
                return false;
            }
            await Task.Delay(options.RetryInterval, clock, stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Each segment leaves tens of megabytes of freed native memory behind; giving it back at every one would only fault it in again.
    private void TrimNowAndThen()
    {
        if (clock.GetElapsedTime(trimmed) >= trimInterval)
        {
            NativeHeap.Trim();
            trimmed = clock.GetTimestamp();
        }
    }

    private void Written(List<ArchiveChunk> chunks)
    {
        lock (gate)
        {
            failure = null;
            heldBytes -= chunks.Sum(c => c.HeldBytes);
            foreach ((long _, TaskCompletionSource done) in flushes.FindAll(f => f.Target <= store.NextOffset))
            {
                done.TrySetResult();
            }
            flushes.RemoveAll(f => f.Target <= store.NextOffset);
            TaskCompletionSource freed = space;
            space = Signal();
            freed.TrySetResult();
        }
        chunks.ForEach(Recycle);
    }

    private void Failed(long firstOffset, Exception e)
    {
        lock (gate)
        {
            writeFailures++;
            failure =
                $"The archive cannot write the segment that begins with event {firstOffset}: {e.Message} "
                + "Nothing is lost: it is tried again until it works. Free space on the disk or make the folder writable.";
            IOException told = new(failure, e);
            flushes.ForEach(f => f.Done.TrySetException(told));
            flushes.Clear();
        }
    }

    private void Break(Exception e)
    {
        lock (gate)
        {
            broken = e;
            failure = $"The archive has stopped: {e.Message}";
            ReleaseWaiting();
        }
    }

    private void ReleaseWaiting()
    {
        flushes.ForEach(f => f.Done.TrySetException(new InvalidOperationException(failure, broken)));
        flushes.Clear();
        space.TrySetResult();
    }

    private void Recycle(ArchiveChunk chunk)
    {
        chunk.Clear();
        if (idle.Count < IdleChunksMax)
        {
            idle.Add(chunk);
        }
    }
}
