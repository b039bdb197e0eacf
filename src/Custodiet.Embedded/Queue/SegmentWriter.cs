using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Queue;

/// <summary>A batch that waits for the disk.</summary>
internal sealed class WaitingBatch(EventBatch batch)
{
    public EventBatch Batch { get; } = batch;

    public byte[] Head { get; } = SegmentFrame.Begin(batch);

    /// <summary>What its sender is doing, when that is traced.</summary>
    public Activity? Trace { get; } = Activity.Current;

    /// <summary>Whether it is no batch but asks for a new segment.</summary>
    public bool Rolls { get; init; }

    public long Bytes => Rolls ? 0 : Head.Length + Batch.Bytes.Length;

    public TaskCompletionSource<QueueAppend> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The free space of the disk, asked for at most once a second.</summary>
internal sealed class FreeSpace(ISegmentDisk disk, TimeProvider time, long floorBytes)
{
    private long asked = long.MinValue;
    private long free = long.MaxValue;

    /// <summary>Why nothing may be taken, or null. Call under the queue's lock.</summary>
    public string? Reason()
    {
        if (floorBytes == 0)
        {
            return null;
        }
        if (asked == long.MinValue || time.GetElapsedTime(asked) >= TimeSpan.FromSeconds(1))
        {
            asked = time.GetTimestamp();
            free = Ask();
        }
        return free >= floorBytes
            ? null
            : $"The disk of the event queue has {free} bytes free; the queue keeps {floorBytes} free (queue.freeDiskFloorBytes).";
    }

    private long Ask()
    {
        try
        {
            return disk.FreeBytes();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not to know is no reason to refuse: a full disk shows itself at the next write.
            return long.MaxValue;
        }
    }
}

/// <summary>Writes the newest segment. Used by one task at a time.</summary>
internal sealed class SegmentWriter(ISegmentDisk disk, SegmentQueueOptions options) : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly List<ReadOnlyMemory<byte>> buffers = [];
    private ISegmentFile? file;
    private ulong seed;
    private long position;

    /// <summary>Whether there is a segment to write to.</summary>
    public bool IsReady => file is not null;

    public bool IsStopping => stop.IsCancellationRequested;

    /// <summary>Goes on in a segment that was there at the start.</summary>
    public void Resume(Segment segment)
    {
        file = disk.Open(segment.Name, write: true);
        seed = segment.Header.Seed;
        position = segment.Bytes;
    }

    /// <summary>Begins a new segment, durably.</summary>
    public Segment Begin(long firstOffset, long previousNextOffset)
    {
        Close();
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        SegmentHeader header = new(firstOffset, previousNextOffset, BinaryPrimitives.ReadUInt64LittleEndian(random));
        string name = SegmentHeader.NameOf(firstOffset);
        ISegmentFile created = disk.Create(name, options.SegmentBytes);
        try
        {
            created.Write(0, [header.ToBytes()]);
            created.Flush();
            disk.Flush();
        }
        catch
        {
            created.Dispose();
            throw;
        }
        file = created;
        seed = header.Seed;
        position = SegmentHeader.Bytes;
        return new Segment(name, header, firstOffset, position);
    }

    /// <summary>Whether so many bytes still belong into the segment; an empty segment takes any batch.</summary>
    public bool HasRoomFor(long bytes) => position == SegmentHeader.Bytes || position + bytes <= options.SegmentBytes;

    /// <summary>Writes and flushes a group; gives the next offset.</summary>
    public long Commit(List<WaitingBatch> group, long firstOffset)
    {
        buffers.Clear();
        long next = firstOffset;
        long bytes = 0;
        foreach (WaitingBatch batch in group)
        {
            SegmentFrame.Finish(batch.Head, batch.Batch.Bytes.Span, next, firstOffset, seed);
            buffers.Add(batch.Head);
            if (!batch.Batch.Bytes.IsEmpty)
            {
                buffers.Add(batch.Batch.Bytes);
            }
            next += batch.Batch.Lengths.Count;
            bytes += batch.Bytes;
        }
        file!.Write(position, buffers);
        file.Flush();
        position += bytes;
        buffers.Clear();
        return next;
    }

    /// <summary>Gives a segment up after a failure, cut to what is durable if the disk lets us.</summary>
    public void Abandon(long durableBytes)
    {
        buffers.Clear();
        try
        {
            file?.SetLength(durableBytes);
            file?.Flush();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Recovery ignores what lies behind the first event of the following segment, so the cut is only tidiness.
        }
        file?.Dispose();
        file = null;
    }

    /// <summary>Waits, but not longer than until <see cref="Stop"/>.</summary>
    public async Task PauseAsync(TimeSpan duration, TimeProvider time)
    {
        try
        {
            await Task.Delay(duration, time, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping ends the pause; what waits is still written.
        }
    }

    public void Stop() => stop.Cancel();

    public void Dispose()
    {
        Close();
        stop.Dispose();
    }

    private void Close()
    {
        ISegmentFile? old = file;
        file = null;
        if (old is null)
        {
            return;
        }
        using (old)
        {
            try
            {
                old.SetLength(position);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Only gives reserved space back; recovery stops at the first event of the following segment anyway.
            }
        }
    }
}
