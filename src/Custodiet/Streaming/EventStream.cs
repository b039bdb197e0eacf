using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Custodiet.Analytics;
using Custodiet.Inputs;
using Custodiet.Outputs;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stages;
using Custodiet.Records.Stores;
using Custodiet.Reduction;
using Custodiet.Telemetry;

namespace Custodiet.Streaming;

/// <summary>What the stream is made of.</summary>
internal sealed record StreamParts(
    IEventQueue Queue,
    IEventArchive Archive,
    IRecordStore Records,
    AlertIntake Alerts,
    BoundParsers Parsers,
    RuleSet Rules,
    FindingMaker Findings,
    Reductions Reductions,
    FieldTable Fields,
    SourceTable Sources,
    StreamTotals Totals,
    StageCounters Input,
    QueueHold Hold,
    Shedding Shedding
);

/// <summary>
/// Follows the queue: workers parse and match runs of events side by side, and one committer takes the results in the
/// order of offsets, hands the columns to the archive and stores findings, totals and position in one transaction.
/// After a crash it begins at the older of the two positions and repeats only what was not stored.
/// </summary>
internal sealed class EventStream(StreamParts parts, int workers, TimeProvider time, ILogger<EventStream> log)
    : IDisposable
{
    /// <summary>The name its position is stored under.</summary>
    public const string Consumer = "analytics";

    /// <summary>Events of one work at most.</summary>
    private const int WorkEvents = 2_048;

    /// <summary>Bytes of one work, unless a single event is larger.</summary>
    private const int WorkBytes = 2 << 20;

    /// <summary>Bytes of events that may be between queue and commit at once.</summary>
    private const int InFlightBytes = 24 << 20;

    /// <summary>Works that one transaction may cover.</summary>
    private const int CommitWorks = 32;

    private readonly ByteBudget budget = new(InFlightBytes);

    // What was read and is not committed, in order; bounded by the budget and the channels.
    private readonly ConcurrentQueue<StreamWork> waiting = new();

    // Totals are computed and stored in one turn: an older figure must never be stored over a newer one.
    private readonly SemaphoreSlim totalsTurn = new(1, 1);
    private long analysedTo;
    private long archivedTo;
    private long archiveGap;
    private long reportedInput = -1;

    /// <summary>The first offset whose findings are not stored yet.</summary>
    public long AnalysedTo => Interlocked.Read(ref analysedTo);

    /// <summary>Offsets that the archive has passed since the start and has no row for; other than 0 after events were lost, for example to a damaged disk.</summary>
    public long ArchiveGap => Interlocked.Read(ref archiveGap);

    /// <summary>How long ago the oldest event was received that is not analysed; zero when none waits.</summary>
    public TimeSpan OldestWaiting(DateTimeOffset now) =>
        waiting.TryPeek(out StreamWork? oldest)
        && now - EventTime.FromMicros(oldest.Batch.Batch.ReceivedMicros) is { Ticks: > 0 } age
            ? age
            : TimeSpan.Zero;

    /// <summary>Runs until cancelled. What it throws is a bug or a store that stopped for good.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        long analysedFrom = await parts.Records.PositionAsync(Consumer, cancellation);
        long archivedFrom = parts.Archive.NextOffset;
        Interlocked.Exchange(ref analysedTo, analysedFrom);
        archivedTo = archivedFrom;
        parts.Archive.SegmentArchived = RecordSegmentAsync;
        parts.Archive.EventsDeleted = RecordDeletionAsync;

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        BoundedChannelOptions bound = new(64) { SingleWriter = true };
        Channel<StreamWork> todo = Channel.CreateBounded<StreamWork>(bound);
        Channel<StreamWork> ordered = Channel.CreateBounded<StreamWork>(bound);
        List<Task> tasks =
        [
            Task.Run(
                () => ReadAsync(Math.Min(analysedFrom, archivedFrom), todo.Writer, ordered.Writer, stop.Token),
                CancellationToken.None
            ),
            Task.Run(() => CommitAsync(ordered.Reader, archivedFrom, stop.Token), CancellationToken.None),
            Task.Run(() => ReportInputAsync(stop.Token), CancellationToken.None),
        ];
        for (int worker = 0; worker < workers; worker++)
        {
            tasks.Add(
                Task.Run(() => WorkAsync(todo.Reader, analysedFrom, archivedFrom, stop.Token), CancellationToken.None)
            );
        }
        try
        {
            // The first to end ends all: a stream with a missing part must not look alive.
            await await Task.WhenAny(tasks);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(tasks.Select(Quiet));
        }
    }

    /// <summary>Waits for a part to end; a cancellation is how it ends.</summary>
    public static async Task Quiet(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // Every part ends this way when the stream stops.
        }
    }

    /// <summary>After <see cref="RunAsync"/> has ended.</summary>
    public void Dispose() => totalsTurn.Dispose();

    private async Task ReadAsync(
        long from,
        ChannelWriter<StreamWork> todo,
        ChannelWriter<StreamWork> ordered,
        CancellationToken cancellation
    )
    {
        await foreach (QueuedBatch batch in parts.Queue.ReadAsync(from, cancellation))
        {
            IReadOnlyList<int> lengths = batch.Batch.Lengths;
            int position = 0;
            int index = 0;
            while (index < lengths.Count)
            {
                int first = index;
                int firstByte = position;
                do
                {
                    position += lengths[index++];
                } while (
                    index < lengths.Count
                    && index - first < WorkEvents
                    && position - firstByte + lengths[index] <= WorkBytes
                );
                if (batch.FirstOffset + index <= from)
                {
                    continue;
                }
                StreamWork work = new(batch, first, index - first, firstByte, position - firstByte);
                await budget.TakeAsync(work.Bytes, cancellation);
                waiting.Enqueue(work);
                await ordered.WriteAsync(work, cancellation);
                await todo.WriteAsync(work, cancellation);
            }
        }
    }

    private async Task WorkAsync(
        ChannelReader<StreamWork> todo,
        long analysedFrom,
        long archivedFrom,
        CancellationToken cancellation
    )
    {
        StreamWorker worker = new(parts, analysedFrom, archivedFrom);
        await foreach (StreamWork work in todo.ReadAllAsync(cancellation))
        {
            try
            {
                worker.Do(work);
                work.Complete();
            }
            catch (Exception bug)
            {
                // Analytics never throws for what an event holds; this is a bug, and the committer stops the stream on it.
                work.Break(bug);
            }
        }
    }

    private async Task CommitAsync(ChannelReader<StreamWork> ordered, long archivedFrom, CancellationToken cancellation)
    {
        List<StreamWork> group = [];
        while (await ordered.WaitToReadAsync(cancellation))
        {
            group.Clear();
            while (group.Count < CommitWorks && ordered.TryRead(out StreamWork? next))
            {
                await next.Done.WaitAsync(cancellation);
                group.Add(next);
            }
            using Activity? span = Tracing.Continue(
                "stream commit",
                Tracing.Batches.Find(group[0].Batch.FirstOffset, group[^1].NextOffset)
            );
            span?.SetTag("custodiet.offset", group[0].FirstOffset);
            span?.SetTag("custodiet.events", group.Sum(work => work.Count));
            span?.SetTag("custodiet.findings", group.Sum(work => work.Findings.Count));
            foreach (StreamWork work in group)
            {
                if (work.Chunk is { Count: > 0 } chunk && work.NextOffset > archivedFrom)
                {
                    await parts.Archive.AppendAsync(chunk, cancellation);
                }
                work.Chunk = null;
            }
            await StoreAsync(group, cancellation);
            Learn(group);
            foreach (StreamWork work in group)
            {
                waiting.TryDequeue(out _);
                budget.Return(work.Bytes);
                if (work.EndsBatch)
                {
                    // All works of a batch are committed in order, so nobody reads its bytes any more.
                    work.Batch.Buffer?.Dispose();
                }
            }
            Release();
        }
    }

    // A batch names its sender where its input knows one; what that sender loses, these sources may have lost.
    private void Learn(List<StreamWork> group)
    {
        foreach (StreamWork work in group.Where(work => work.Batch.Batch.Input.Contains(' ', StringComparison.Ordinal)))
        {
            parts.Shedding.Learn(work.Batch.Batch.Input, work.Sources.Keys.Select(parts.Sources.Of));
        }
    }

    private async Task StoreAsync(List<StreamWork> group, CancellationToken cancellation)
    {
        long next = Math.Max(AnalysedTo, group[^1].NextOffset);
        HashSet<SourceKey> changed = [];
        List<RecordDraft> drafts = [];
        List<Finding> findings = [];
        List<BatchKey> keys = [];
        await totalsTurn.WaitAsync(cancellation);
        try
        {
            foreach (StreamWork work in group)
            {
                parts.Totals.Add(work, changed, drafts);
                findings.AddRange(work.Findings);
                if (work.EndsBatch && work.Batch.Batch.IdempotencyKey is { } key)
                {
                    keys.Add(
                        new BatchKey(
                            key,
                            work.Batch.FirstOffset,
                            work.Batch.Batch.Lengths.Count,
                            work.Batch.Batch.ReceivedMicros
                        )
                    );
                }
            }
            await StoreAsync(next, changed, drafts, findings, keys, cancellation);
        }
        finally
        {
            totalsTurn.Release();
        }
        Interlocked.Exchange(ref reportedInput, -1);
    }

    private async Task StoreAsync(
        long next,
        HashSet<SourceKey> changed,
        List<RecordDraft> drafts,
        List<Finding> findings,
        List<BatchKey> keys,
        CancellationToken cancellation
    )
    {
        AppendRequest request = new()
        {
            Drafts = drafts,
            Position = new ConsumerPosition(Consumer, next),
            Keys = keys,
            Sources = parts.Totals.Of(changed),
            Stages = parts.Totals.Stages(parts.Input.Read(), parts.Queue.State, next, parts.Archive.NextOffset),
        };
        await parts.Alerts.AppendAsync(findings, request, persistent: true, cancellation);
        Interlocked.Exchange(ref analysedTo, next);
    }

    private async ValueTask RecordSegmentAsync(ArchivedSegment segment, CancellationToken cancellation)
    {
        using Activity? span = Tracing.Continue(
            "archive segment",
            Tracing.Batches.Find(segment.FirstOffset, segment.LastOffset + 1)
        );
        span?.SetTag("custodiet.segment", segment.Name);
        span?.SetTag("custodiet.offset", segment.FirstOffset);
        span?.SetTag("custodiet.events", segment.Events);
        SegmentArchived body = new(
            segment.Name,
            segment.Sha256,
            segment.FirstOffset,
            segment.LastOffset,
            segment.Events,
            segment.Unparsed,
            segment.RawBytes,
            segment.Replaces
        );
        AppendRequest request = new()
        {
            Drafts = [new RecordDraft(body, "archive", ActorId.Service, time.GetUtcNow())],
        };
        while (await parts.Records.AppendAsync(request, cancellation) is not AppendOutcome.Appended)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
        }
        // Segments come in order; one of an earlier run may be told again, and one that replaces others adds nothing.
        if (segment.Replaces.Count == 0 && segment.LastOffset >= archivedTo)
        {
            Interlocked.Add(ref archiveGap, segment.LastOffset + 1 - archivedTo - segment.Events);
            archivedTo = segment.LastOffset + 1;
        }
        Release();
        Interlocked.Exchange(ref reportedInput, -1);
    }

    /// <summary>Recorded before the file goes. After a crash it may be told again: a deletion that has a record gets no second one.</summary>
    private async ValueTask RecordDeletionAsync(ArchiveDeletion deletion, CancellationToken cancellation)
    {
        EventsDeleted body = new(
            deletion.Id,
            deletion.Cause,
            deletion.Rule,
            deletion.Segment,
            deletion.SegmentSha256,
            deletion.Replacement,
            deletion.Events,
            deletion.RawBytes,
            EventTime.FromMicros(deletion.FirstReceivedMicros),
            EventTime.FromMicros(deletion.LastReceivedMicros),
            deletion.Sources
        );
        string stream = $"deletion/{deletion.Id}";
        AppendRequest request = new()
        {
            Drafts = [new RecordDraft(body, stream, ActorId.Service, time.GetUtcNow())],
            Expectations = [new StreamExpectation(stream, null)],
        };
        while (await parts.Records.AppendAsync(request, cancellation) is AppendOutcome.Refused)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
        }
        Instruments.Deleted(deletion.Cause.ToString().ToLowerInvariant(), deletion.Events, deletion.RawBytes);
    }

    private void Release() => parts.Hold.StreamAt(Math.Min(AnalysedTo, parts.Archive.NextOffset));

    /// <summary>Rejections and archive progress reach the stored totals even while no event flows.</summary>
    private async Task ReportInputAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1), time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            // Also while nothing comes: on a disk that is nearly full, what routes keep has to go before anything can.
            Release();
            StageBalance input = parts.Input.Read();
            long mark = input.Failed + input.Dropped.Values.Sum();
            if (Interlocked.Exchange(ref reportedInput, mark) == mark)
            {
                continue;
            }
            await totalsTurn.WaitAsync(cancellation);
            AppendOutcome outcome;
            try
            {
                AppendRequest request = new()
                {
                    Stages = parts.Totals.Stages(input, parts.Queue.State, AnalysedTo, parts.Archive.NextOffset),
                };
                outcome = await parts.Records.AppendAsync(request, cancellation);
            }
            finally
            {
                totalsTurn.Release();
            }
            if (outcome is not AppendOutcome.Appended)
            {
                Interlocked.Exchange(ref reportedInput, -1);
                log.TotalsNotStored();
            }
        }
    }
}
