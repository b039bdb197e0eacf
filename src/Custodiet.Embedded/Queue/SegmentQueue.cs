using System.Threading.Channels;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Queue;

/// <summary>
/// The event queue as a log of segments. One writer gathers what waits, writes it at once, flushes, and only then are the
/// batches acknowledged. Readers see only what is durable. Safe for many senders and readers at once.
/// </summary>
/// <remarks>
/// Once taken, a batch runs to its outcome even when the sender gives up: its bytes must stay as they are until then.
/// A reader that asks for events already deleted begins with the oldest kept, as <see cref="QueuedBatch.FirstOffset"/> shows.
/// </remarks>
public sealed class SegmentQueue : IEventQueue
{
    private readonly SegmentQueueOptions options;
    private readonly TimeProvider time;
    private readonly SegmentLog log;
    private readonly RepeatWindow repeats;
    private readonly Dictionary<string, Task<QueueAppend>> inFlight = new(StringComparer.Ordinal);
    private readonly Channel<WaitingBatch> waiting;
    private readonly FreeSpace freeSpace;
    private readonly SegmentWriter writer;
    private Task writing = Task.CompletedTask;
    private long waitingBytes;
    private string? failure;
    private bool closed;
    private QueueCounters counters = new(0, 0, 0, 0, 0, 0, 0, 0);

    private SegmentQueue(SegmentQueueOptions options, ISegmentDisk disk, TimeProvider time, SegmentLog log)
    {
        this.options = options;
        this.time = time;
        this.log = log;
        repeats = new RepeatWindow(options.RepeatWindow, options.RepeatKeysMax);
        waiting = Channel.CreateBounded<WaitingBatch>(
            new BoundedChannelOptions(options.WaitingBatchesMax) { SingleReader = true }
        );
        freeSpace = new FreeSpace(disk, time, options.FreeDiskFloorBytes);
        writer = new SegmentWriter(disk, options);
    }

    /// <summary>What opening found.</summary>
    public QueueRecovery Recovery { get; private init; } = null!;

    /// <summary>What the queue has done since it was opened.</summary>
    public QueueCounters Counters
    {
        get
        {
            lock (log.Gate)
            {
                return counters with { KeysForgotten = repeats.Forgotten };
            }
        }
    }

    /// <inheritdoc/>
    public QueueState State
    {
        get
        {
            lock (log.Gate)
            {
                return new QueueState(
                    log.FirstOffset,
                    log.NextOffset,
                    log.Bytes - log.HeldBytes,
                    options.BytesMax,
                    failure ?? freeSpace.Reason()
                )
                {
                    HeldBytes = log.HeldBytes,
                };
            }
        }
    }

    /// <summary>Looks at the beginning of every segment, without opening the queue: quick, and no proof. Sentences about what is wrong.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static IReadOnlyList<string> QuickCheck(string folder)
    {
        List<string> problems = [];
        IEnumerable<string> files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order() : [];
        foreach (string file in files)
        {
            string name = Path.GetFileName(file);
            if (name.EndsWith(".damaged", StringComparison.Ordinal))
            {
                problems.Add($"{name} was set aside as damaged.");
            }
            else if (SegmentHeader.OffsetOf(name) is { } offset)
            {
                byte[] head = new byte[SegmentHeader.Bytes];
                using FileStream stream = new(
                    file,
                    FileMode.Open,
                    FileAccess.Read,
                    FileShare.ReadWrite | FileShare.Delete
                );
                int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
                if (SegmentHeader.Read(head.AsSpan(0, read), offset, out string problem) is null)
                {
                    problems.Add($"{name}: {problem}");
                }
            }
        }
        return problems;
    }

    /// <summary>The durable part of every segment at this moment, oldest first.</summary>
    public IReadOnlyList<DurableSegment> DurableSegments => log.Durable();

    /// <summary>Keeps all segments on the disk until the answer is disposed, so that they can be copied.</summary>
    public IDisposable KeepSegments() => log.Keep();

    /// <summary>Opens the queue: recovers what is there and begins to take batches.</summary>
    /// <param name="options">Where and how much.</param>
    /// <param name="time">The clock.</param>
    /// <param name="knownKeys">Keys of batches consumed before, so that a repeat is recognised after its segment is gone.</param>
    /// <param name="cancellation">Gives up before the first file is touched.</param>
    /// <exception cref="QueueDamagedException">A segment holds something else than what was acknowledged.</exception>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public static ValueTask<SegmentQueue> OpenAsync(
        SegmentQueueOptions options,
        TimeProvider time,
        IReadOnlyList<BatchKey> knownKeys,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        return OpenAsync(options, new SegmentDisk(options.Folder), time, knownKeys, cancellation);
    }

    internal static async ValueTask<SegmentQueue> OpenAsync(
        SegmentQueueOptions options,
        ISegmentDisk disk,
        TimeProvider time,
        IReadOnlyList<BatchKey> knownKeys,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(knownKeys);
        options.Check();
        return await Task.Run(() => Open(options, disk, time, knownKeys), cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<QueueAppend> AppendAsync(EventBatch batch, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(batch);
        options.Check(batch);
        cancellation.ThrowIfCancellationRequested();
        Task<QueueAppend>? first = null;
        WaitingBatch taken = new(batch);
        lock (log.Gate)
        {
            if (batch.Lengths.Count == 0)
            {
                return new QueueAppend.Accepted(log.NextOffset, 0, Repeated: false);
            }
            if (batch.IdempotencyKey is { } key)
            {
                if (repeats.Find(key, NowMicros()) is { } known)
                {
                    counters = counters with { Repeats = counters.Repeats + 1 };
                    return new QueueAppend.Accepted(known.FirstOffset, known.Count, Repeated: true);
                }
                inFlight.TryGetValue(key, out first);
            }
            if (first is null && TryTake(taken) is { } refusal)
            {
                counters = counters with { Pushbacks = counters.Pushbacks + 1 };
                return refusal;
            }
        }
        if (first is null)
        {
            return await taken.Outcome.Task;
        }
        QueueAppend outcome = await first.WaitAsync(cancellation);
        return outcome is QueueAppend.Accepted accepted ? CountRepeat(accepted) : outcome;
    }

    /// <summary>
    /// Begins a new segment, so that everything accepted before lies in segments that <see cref="Release(long)"/> can delete. For an erasure: as
    /// long as a segment is written to, it stays.
    /// </summary>
    /// <returns>Null, or why it could not be done now.</returns>
    public async ValueTask<string?> RollAsync(CancellationToken cancellation)
    {
        WaitingBatch roll = new(new EventBatch("", null, 0, [], default)) { Rolls = true };
        lock (log.Gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            if (failure is not null || !waiting.Writer.TryWrite(roll))
            {
                return failure ?? "Too many batches wait for the disk.";
            }
        }
        QueueAppend outcome = await roll.Outcome.Task.WaitAsync(cancellation);
        return outcome is QueueAppend.Failed failed ? failed.Reason : null;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<QueuedBatch> ReadAsync(long fromOffset, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fromOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fromOffset, log.NextOffset);
        return log.ReadAsync(fromOffset, cancellation);
    }

    /// <inheritdoc/>
    public void Release(long beforeOffset) => Release(beforeOffset, beforeOffset, 0);

    /// <inheritdoc/>
    public long Release(long beforeOffset, long wantedFrom, long keptBytesMax)
    {
        bool full;
        lock (log.Gate)
        {
            full = freeSpace.Reason() is not null;
        }
        if (!log.Release(beforeOffset, wantedFrom, full ? 0 : keptBytesMax))
        {
            lock (log.Gate)
            {
                counters = counters with { ReleaseFailures = counters.ReleaseFailures + 1 };
            }
        }
        return log.FirstOffset;
    }

    /// <summary>Writes what waits, closes the newest segment and ends all readers.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (log.Gate)
        {
            if (closed)
            {
                return;
            }
            closed = true;
            waiting.Writer.Complete();
        }
        writer.Stop();
        await writing;
        writer.Dispose();
        log.Close();
    }

    private static SegmentQueue Open(
        SegmentQueueOptions options,
        ISegmentDisk disk,
        TimeProvider time,
        IReadOnlyList<BatchKey> knownKeys
    )
    {
        SegmentRecovery recovery = new(disk, options.SetDamagedAside);
        QueueRecovery found = recovery.Run();
        long next = Math.Max(recovery.NextOffset, options.NextOffsetAtLeast);
        SegmentLog log = new(disk, recovery.Segments, next);
        SegmentQueue queue = new(options, disk, time, log) { Recovery = found with { NextOffset = next } };
        long now = queue.NowMicros();
        foreach (BatchKey key in knownKeys.Concat(recovery.Keys).OrderBy(key => key.ReceivedMicros))
        {
            queue.repeats.Add(key, now);
        }
        if (log.Newest is { } newest && newest.NextOffset == next)
        {
            queue.writer.Resume(newest);
        }
        else
        {
            queue.Begin();
        }
        queue.writing = Task.Run(queue.WriteAsync, CancellationToken.None);
        return queue;
    }

    // Called under the lock. Null: the batch waits for the disk.
    private QueueAppend.Pushback? TryTake(WaitingBatch batch)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        if (failure is not null)
        {
            return new QueueAppend.Pushback(failure, options.RetryAfterFailure);
        }
        if (freeSpace.Reason() is { } floor)
        {
            return new QueueAppend.Pushback(floor, options.RetryAfterPushback);
        }
        if (log.Bytes - log.HeldBytes + waitingBytes + batch.Bytes > options.BytesMax)
        {
            return new QueueAppend.Pushback(
                $"The queue is full: it keeps at most {options.BytesMax} bytes (queue.bytesMax) until the stages behind it have come further.",
                options.RetryAfterPushback
            );
        }
        if (waitingBytes + batch.Bytes > options.WaitingBytesMax || !waiting.Writer.TryWrite(batch))
        {
            return new QueueAppend.Pushback(
                $"Too much waits for the disk: at most {options.WaitingBatchesMax} batches (queue.waitingBatchesMax) and {options.WaitingBytesMax} bytes (queue.waitingBytesMax).",
                options.RetryAfterPushback
            );
        }
        waitingBytes += batch.Bytes;
        if (batch.Batch.IdempotencyKey is { } key)
        {
            inFlight.Add(key, batch.Outcome.Task);
        }
        return null;
    }

    private QueueAppend.Accepted CountRepeat(QueueAppend.Accepted accepted)
    {
        lock (log.Gate)
        {
            counters = counters with { Repeats = counters.Repeats + 1 };
        }
        return accepted with { Repeated = true };
    }

    private long NowMicros() => EventTime.ToMicros(time.GetUtcNow());

    private async Task WriteAsync()
    {
        long lastCommit = time.GetTimestamp() - (2 * time.TimestampFrequency);
        while (true)
        {
            if (!writer.IsReady)
            {
                if (!await TryAgainAsync())
                {
                    return;
                }
                continue;
            }
            if (!await waiting.Reader.WaitToReadAsync())
            {
                return;
            }
            TimeSpan rest = options.CommitInterval - time.GetElapsedTime(lastCommit);
            if (rest > TimeSpan.Zero && Interlocked.Read(ref waitingBytes) < options.CommitBytes)
            {
                await writer.PauseAsync(rest, time);
            }
            CommitSome();
            lastCommit = time.GetTimestamp();
        }
    }

    private void CommitSome()
    {
        try
        {
            while (waiting.Reader.TryPeek(out WaitingBatch? roll) && roll.Rolls)
            {
                if (log.Newest is { } newest && newest.NextOffset > newest.Header.FirstOffset)
                {
                    Begin();
                }
                waiting.Reader.TryRead(out _);
                roll.Outcome.TrySetResult(new QueueAppend.Accepted(log.NextOffset, 0, Repeated: false));
            }
            if (waiting.Reader.TryPeek(out WaitingBatch? next) && !writer.HasRoomFor(next.Bytes))
            {
                Begin();
            }
        }
        catch (Exception error)
        {
            Fail([], error);
            return;
        }
        List<WaitingBatch> group = [];
        long bytes = 0;
        while (
            waiting.Reader.TryPeek(out WaitingBatch? next)
            && !next.Rolls
            && (
                group.Count == 0 || (bytes + next.Bytes <= options.CommitBytes && writer.HasRoomFor(bytes + next.Bytes))
            )
            && waiting.Reader.TryRead(out next)
        )
        {
            group.Add(next);
            bytes += next.Bytes;
        }
        if (group.Count == 0)
        {
            return;
        }
        try
        {
            long next = writer.Commit(group, log.NextOffset);
            Publish(group, bytes, next);
        }
        catch (Exception error)
        {
            // Whatever went wrong, nobody may wait for ever and nothing was acknowledged.
            Fail(group, error);
        }
    }

    private void Publish(List<WaitingBatch> group, long bytes, long next)
    {
        long first = log.NextOffset;
        List<QueueAppend> outcomes = new(group.Count);
        lock (log.Gate)
        {
            long now = NowMicros();
            foreach (WaitingBatch batch in group)
            {
                int count = batch.Batch.Lengths.Count;
                outcomes.Add(new QueueAppend.Accepted(first, count, Repeated: false));
                if (batch.Batch.IdempotencyKey is { } key)
                {
                    repeats.Add(new BatchKey(key, first, count, now), now);
                    inFlight.Remove(key);
                }
                // Before anybody can read it: who reads it goes on with its trace.
                Tracing.Batches.Remember(first, batch.Trace);
                first += count;
            }
            log.Advance(bytes, next);
            waitingBytes -= bytes;
            counters = counters with
            {
                Commits = counters.Commits + 1,
                BytesCommitted = counters.BytesCommitted + bytes,
                Batches = counters.Batches + group.Count,
            };
        }
        Complete(group, outcomes);
        log.Signal();
    }

    private void Fail(List<WaitingBatch> group, Exception error)
    {
        string reason = $"The disk of the event queue failed: {error.Message}";
        List<WaitingBatch> failed = [.. group];
        lock (log.Gate)
        {
            failure = reason;
            while (waiting.Reader.TryRead(out WaitingBatch? next))
            {
                failed.Add(next);
            }
            foreach (WaitingBatch batch in failed)
            {
                waitingBytes -= batch.Bytes;
                if (batch.Batch.IdempotencyKey is { } key)
                {
                    inFlight.Remove(key);
                }
            }
            counters = counters with { Failures = counters.Failures + failed.Count };
        }
        // After a failed flush nothing is known about the segment's end: it is cut and never written again.
        writer.Abandon(log.Newest?.Bytes ?? SegmentHeader.Bytes);
        QueueAppend outcome = new QueueAppend.Failed(reason);
        Complete(failed, [.. failed.Select(_ => outcome)]);
    }

    private async Task<bool> TryAgainAsync()
    {
        await writer.PauseAsync(options.RetryAfterFailure, time);
        if (writer.IsStopping)
        {
            return false;
        }
        try
        {
            Begin();
            lock (log.Gate)
            {
                failure = null;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Fail([], error);
        }
        return true;
    }

    /// <summary>Begins a new segment at the next offset and makes its name durable before anything is written to it.</summary>
    private void Begin()
    {
        long next = log.NextOffset;
        Segment? newest = log.Newest;
        // A segment without a durable event is replaced, and what its header says of the one before stays true.
        long previous =
            newest is null ? next
            : newest.Header.FirstOffset == next ? newest.Header.PreviousNextOffset
            : newest.NextOffset;
        log.Add(writer.Begin(next, previous));
    }

    private static void Complete(List<WaitingBatch> group, List<QueueAppend> outcomes)
    {
        for (int i = 0; i < group.Count; i++)
        {
            group[i].Outcome.TrySetResult(outcomes[i]);
        }
    }
}
