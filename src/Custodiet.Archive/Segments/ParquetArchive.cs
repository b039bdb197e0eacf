using System.Collections.Concurrent;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;

namespace Custodiet.Archive;

/// <summary>
/// Events in Parquet segments with a manifest. One task writes, one merges; a full disk makes appends wait and is retried
/// until it works, so that nothing that was appended is left out or changes its order.
/// </summary>
public sealed partial class ParquetArchive : IEventArchive
{
    private const int IdleChunksMax = 256;

    private readonly ArchiveOptions options;
    private readonly TimeProvider clock;
    private readonly ChunkMemory memory = new();
    private readonly ConcurrentBag<ArchiveChunk> idle = [];
    private readonly ArchiveStore store;
    private readonly SegmentTrim trim;
    private readonly SegmentRetention retention;
    private readonly SemaphoreSlim housekeeping = new(1, 1);
    private readonly Lock gate = new();
    private readonly List<ArchiveChunk> pending = [];
    private readonly List<(long Target, TaskCompletionSource Done)> flushes = [];
    private readonly CancellationTokenSource stop = new();
    private readonly ITimer timer;
    private TaskCompletionSource work = Signal();
    private TaskCompletionSource space = Signal();
    private Task writing = Task.CompletedTask;
    private Task compacting = Task.CompletedTask;
    private long appended;
    private long heldBytes;
    private long pendingEvents;
    private long pendingRawBytes;
    private long pendingSince;
    private long trimmed;
    private long waits;
    private long writeFailures;
    private string? failure;
    private Exception? broken;
    private bool stopping;

    private ParquetArchive(ArchiveStore store, ArchiveDisk disk, TimeProvider clock, ArchiveOptions options)
    {
        this.store = store;
        trim = new SegmentTrim(store, disk, options.CompactionMemoryMegabytes, clock);
        retention = new SegmentRetention(store, trim, options.CompactionMemoryMegabytes, clock);
        this.clock = clock;
        this.options = options;
        appended = store.NextOffset;
        timer = clock.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Opens or creates the archive in a folder, removes what a crash left half done, and starts its writer.</summary>
    /// <param name="folder">The archive's own folder.</param>
    /// <param name="fields">Names behind <see cref="FieldValue.Field"/>.</param>
    /// <param name="sources">Sources behind <see cref="Event.Source"/>.</param>
    /// <param name="logSources">Sets behind <see cref="Event.LogSources"/>.</param>
    /// <param name="clock">Time.</param>
    /// <param name="options">Limits; null means the defaults.</param>
    /// <param name="cancellation">Gives up before the writer starts.</param>
    /// <exception cref="InvalidDataException">The manifest is damaged before its end, or a segment is missing.</exception>
    /// <exception cref="IOException">The folder cannot be used, or another process uses it.</exception>
    public static ValueTask<ParquetArchive> OpenAsync(
        string folder,
        FieldTable fields,
        SourceTable sources,
        LogSourceTable logSources,
        TimeProvider clock,
        ArchiveOptions? options = null,
        CancellationToken cancellation = default
    ) => OpenAsync(folder, fields, sources, logSources, clock, options, null, cancellation);

    internal static async ValueTask<ParquetArchive> OpenAsync(
        string folder,
        FieldTable fields,
        SourceTable sources,
        LogSourceTable logSources,
        TimeProvider clock,
        ArchiveOptions? options,
        Action<DiskStep, string>? beforeStep,
        CancellationToken cancellation
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(clock);
        options ??= new ArchiveOptions();
        ArchiveDisk disk = new(beforeStep);
        ArchiveStore store = await Task.Run(() => ArchiveStore.Open(Path.GetFullPath(folder), disk), cancellation)
            .ConfigureAwait(false);
        ParquetArchive archive = new(store, disk, clock, options);
        SegmentWriter writer = new(new SegmentText(fields, sources, logSources, archive.memory));
        archive.writing = Task.Run(() => archive.WriteAsync(writer), CancellationToken.None);
        if (options.CompactionInterval > TimeSpan.Zero)
        {
            archive.compacting = Task.Run(() => archive.CompactLoopAsync(archive.stop.Token), CancellationToken.None);
        }
        return archive;
    }

    /// <inheritdoc/>
    public long NextOffset => store.NextOffset;

    /// <summary>The oldest receipt in it, or null while it is empty.</summary>
    public DateTimeOffset? OldestReceived =>
        store.Segments() is { Count: > 0 } segments
            ? EventTime.FromMicros(segments.Min(s => s.FirstReceivedMicros))
            : null;

    /// <summary>
    /// Called after a segment became durable, in order, and for those of an earlier run whose call may not have succeeded:
    /// a receiver can get a segment twice and recognises it by its name. What it throws stops the archive.
    /// </summary>
    public Func<ArchivedSegment, CancellationToken, ValueTask>? SegmentArchived
    {
        get => store.SegmentArchived;
        set
        {
            store.SegmentArchived = value;
            Wake();
        }
    }

    /// <summary>The segments of the manifest in the order of their offsets.</summary>
    public IReadOnlyList<ArchivedSegment> Segments => [.. store.Segments().Select(s => s.ToSegment())];

    /// <summary>How it stands now.</summary>
    public ArchiveState State
    {
        get
        {
            IReadOnlyList<SegmentEntry> segments = store.Segments();
            lock (gate)
            {
                return new ArchiveState(
                    store.NextOffset,
                    appended,
                    segments.Count,
                    segments.Sum(s => s.Events),
                    segments.Sum(s => s.RawBytes),
                    segments.Sum(s => s.FileBytes),
                    heldBytes,
                    options.UnwrittenBytesMax,
                    waits,
                    writeFailures,
                    store.Compactions,
                    failure,
                    store.CompactionFailure
                );
            }
        }
    }

    /// <summary>Where the segments are.</summary>
    internal string Folder => store.Folder;

    /// <inheritdoc/>
    public IArchiveChunk NewChunk() => idle.TryTake(out ArchiveChunk? chunk) ? chunk : new ArchiveChunk(this, memory);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The archive has stopped.</exception>
    public async ValueTask AppendAsync(IArchiveChunk chunk, CancellationToken cancellation)
    {
        if (chunk is not ArchiveChunk own || own.Owner != this || own.Sealed)
        {
            throw new ArgumentException("The chunk is not one to fill of this archive.", nameof(chunk));
        }
        if (own.Count == 0)
        {
            Recycle(own);
            return;
        }
        bool waited = false;
        while (true)
        {
            Task freed;
            lock (gate)
            {
                if (TryTake(own))
                {
                    return;
                }
                waits += waited ? 0 : 1;
                waited = true;
                freed = space.Task;
            }
            await freed.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">An attempt to write failed. What is pending stays so and is tried again.</exception>
    /// <exception cref="InvalidOperationException">The archive has stopped.</exception>
    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        Task done;
        lock (gate)
        {
            ThrowIfStopped();
            if (store.NextOffset >= appended)
            {
                return;
            }
            TaskCompletionSource flush = Signal();
            flushes.Add((appended, flush));
            done = flush.Task;
            work.TrySetResult();
        }
        await done.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Merges small segments until there is nothing left to merge.</summary>
    /// <returns>How many merges were made.</returns>
    internal async ValueTask<int> CompactAsync(CancellationToken cancellation)
    {
        int merges = 0;
        await housekeeping.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            while (await store.CompactAsync(options, clock.GetUtcNow(), cancellation).ConfigureAwait(false))
            {
                merges++;
                Wake();
            }
        }
        finally
        {
            housekeeping.Release();
        }
        return merges;
    }

    /// <summary>The segments' files, kept until the lease ends.</summary>
    internal SegmentLease Lease() => store.Lease();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            if (stopping)
            {
                return;
            }
            stopping = true;
        }
        Wake();
        await stop.CancelAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        await compacting.ConfigureAwait(false);
        lock (gate)
        {
            broken ??= new ObjectDisposedException(nameof(ParquetArchive));
            ReleaseWaiting();
        }
        await timer.DisposeAsync().ConfigureAwait(false);
        // A deletion that is under way ends first.
        await housekeeping.WaitAsync().ConfigureAwait(false);
        store.Dispose();
        stop.Dispose();
        housekeeping.Dispose();
        memory.Dispose();
    }

    private static readonly TimeSpan trimInterval = TimeSpan.FromSeconds(3);

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Wake()
    {
        lock (gate)
        {
            work.TrySetResult();
        }
    }

    // Listening begins before anything is looked at: what happens in between is then never missed.
    private Task Listen()
    {
        lock (gate)
        {
            work = work.Task.IsCompleted ? Signal() : work;
            return work.Task;
        }
    }

    private void ThrowIfStopped()
    {
        if (broken is not null)
        {
            throw new InvalidOperationException(failure ?? "The archive has stopped.", broken);
        }
        ObjectDisposedException.ThrowIf(stopping, this);
    }

    // Takes a chunk if it fits. One that is larger than the whole bound is taken when nothing else waits: it must pass.
    private bool TryTake(ArchiveChunk chunk)
    {
        ThrowIfStopped();
        if (chunk.FirstOffset != appended)
        {
            throw new ArgumentException($"The chunk begins at {chunk.FirstOffset}; the next event is {appended}.");
        }
        long held = chunk.HeldBytes;
        if (heldBytes > 0 && heldBytes + held > options.UnwrittenBytesMax)
        {
            return false;
        }
        chunk.Sealed = true;
        if (pending.Count == 0)
        {
            pendingSince = clock.GetTimestamp();
            timer.Change(options.FlushInterval, Timeout.InfiniteTimeSpan);
        }
        pending.Add(chunk);
        appended = chunk.LastOffset + 1;
        heldBytes += held;
        pendingEvents += chunk.Count;
        pendingRawBytes += chunk.RawBytes;
        if (IsFull())
        {
            work.TrySetResult();
        }
        return true;
    }

    // Half of the memory bound is a reason to write as well: waiting for the clock with appends blocked would only idle.
    private bool IsFull() =>
        pendingEvents >= options.SegmentEventsMax
        || pendingRawBytes >= options.SegmentRawBytesMax
        || heldBytes >= options.UnwrittenBytesMax / 2;

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

    private async Task CompactLoopAsync(CancellationToken cancellation)
    {
        using PeriodicTimer period = new(options.CompactionInterval, clock);
        try
        {
            while (await period.WaitForNextTickAsync(cancellation).ConfigureAwait(false))
            {
                await CompactAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The archive is stopping.
        }
    }
}
