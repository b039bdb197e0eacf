using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Outputs;

/// <summary>What a runner is given besides its own parts.</summary>
/// <param name="Records">Where a loss is recorded.</param>
/// <param name="Progressed">Called after the position has grown.</param>
/// <param name="Random">Spreads retries.</param>
/// <param name="Time">The clock.</param>
/// <param name="Log">The log.</param>
internal sealed record RunnerParts(
    IRecordStore Records,
    Action Progressed,
    Random Random,
    TimeProvider Time,
    ILogger Log
);

/// <summary>
/// One route: takes a batch, delivers it until it is delivered or refused, then makes position and figures durable together. It waits for
/// its destination as long as the queue keeps its events; what the queue no longer keeps is passed over, recorded and counted.
/// </summary>
internal sealed class RouteRunner : IAsyncDisposable
{
    /// <summary>The longest time between two attempts that a destination may ask for.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Items set aside one after another without one that was taken between. A destination that refuses everything is configured wrongly: it
    /// is waited for, and nothing more is set aside.
    /// </summary>
    public const int AsideInARowMax = 100;

    private static readonly TimeSpan retryMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan retryMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan failureWait = TimeSpan.FromMinutes(1);

    /// <summary>At a stop: how long the delivery that is under way may go on.</summary>
    private static readonly TimeSpan grace = TimeSpan.FromSeconds(3);

    private readonly RouteDefinition route;
    private readonly string folder;
    private readonly IRouteSource source;
    private readonly IDestination destination;
    private readonly RunnerParts parts;
    private readonly SetAside aside;
    private volatile RouteState state;
    private volatile Standing standing = new(RouteCondition.Idle, null, null);
    private volatile TaskCompletionSource passedBy = NewSignal();
    private long oldestKept;
    private long oldestMicros;
    private int itemsMax;
    private int asideInARow;
    private int refusals;
    private bool recordsChecked;

    public RouteRunner(
        RouteDefinition route,
        string folder,
        RouteState state,
        IRouteSource source,
        Func<RouteRunner, IDestination> destination,
        RunnerParts parts
    )
    {
        this.route = route;
        this.folder = folder;
        this.state = state;
        this.source = source;
        this.parts = parts;
        this.destination = destination(this);
        aside = new SetAside(folder, parts.Time);
        itemsMax = route.Batch.Events;
    }

    /// <summary>The first item that is not decided.</summary>
    public long Position => state.Position;

    /// <summary>Whether it follows the queue.</summary>
    public bool SendsEvents => route.Items == RouteItems.Events;

    /// <summary>How far a file was written.</summary>
    public FileMark? File => state.File;

    /// <summary>Sets how far a file was written.</summary>
    public void SetFile(FileMark mark, bool durable)
    {
        state = state with { File = mark };
        if (durable)
        {
            state.Write(folder);
        }
    }

    /// <summary>Says that the queue keeps nothing before this offset any more.</summary>
    public void PassBy(long offset)
    {
        if (Interlocked.Exchange(ref oldestKept, offset) != offset)
        {
            passedBy.TrySetResult();
        }
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using CancellationTokenSource sending = new();
        using CancellationTokenRegistration ends = stop.Register(() => sending.CancelAfter(grace));
        Stand(RouteCondition.Sending, null);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await StepAsync(stop, sending.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            // The route begins here: whatever it does must not end the stream beside it.
            catch (Exception failure)
            {
                parts.Log.RouteFailed(route.Id, failure);
                Stand(RouteCondition.Waiting, failure.Message);
                await source.ResetAsync();
                await Task.Delay(failureWait, parts.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        Stand(RouteCondition.Idle, null);
    }

    /// <summary>How it stands.</summary>
    public async ValueTask<RouteStatus> StatusAsync(long heldBytes, CancellationToken cancellation)
    {
        // The state first: the end can only have grown since, so that what waits is never negative.
        RouteState now = state;
        long end = await source.EndAsync(cancellation);
        Standing is_ = standing;
        long oldest = Interlocked.Read(ref oldestMicros);
        long waiting = end - now.Position;
        return new RouteStatus(
            route.Id,
            route.Items.ToString().ToLowerInvariant(),
            route.To.Words,
            is_.Condition,
            is_.Problem,
            is_.Since,
            end - now.Began,
            now.Totals.Filtered,
            now.Totals.Reduced,
            now.Totals.Withheld,
            now.Totals.Sent,
            now.Totals.SetAside,
            now.Totals.Skipped,
            waiting,
            waiting == 0 ? 0
                : oldest == 0 ? null
                : Math.Max(0, (parts.Time.GetUtcNow() - EventTime.FromMicros(oldest)).TotalSeconds),
            heldBytes,
            now.Totals.SentBytes,
            now.Totals.ReducedBytes,
            now.Totals.Retries,
            aside.File
        );
    }

    public async ValueTask DisposeAsync()
    {
        await destination.DisposeAsync();
        await source.DisposeAsync();
    }

    private async Task StepAsync(CancellationToken stop, CancellationToken sending)
    {
        RouteState before = state;
        if (Interlocked.Read(ref oldestKept) is var kept && kept > before.Position)
        {
            await SkipAsync(kept, stop);
            return;
        }
        long? until = before.SendingTo > before.Position ? before.SendingTo : null;
        using OutputBatch batch = await NextAsync(before.Position, until, stop);
        Interlocked.Exchange(ref oldestMicros, batch.OldestMicros);
        if (batch.Start > before.Position)
        {
            await SkipAsync(batch.Start, stop);
            return;
        }
        if (batch.Next == before.Position)
        {
            return;
        }
        string key = "";
        if (batch.Items.Count > 0 && destination.IsKeyed)
        {
            key = batch.KeyFor(before.Instance);
            if (before.SendingTo != batch.Next)
            {
                Set(before with { SendingTo = batch.Next });
            }
        }
        bool refused = false;
        if (batch.Items.Count > 0)
        {
            switch (await DeliverAsync(batch, key, stop, sending))
            {
                case null:
                    return;
                case Delivery.Refused { Reason: var reason }
                    when batch.Items.Count == 1 && asideInARow >= AsideInARowMax:
                    await WaitOutAsync(
                        $"{AsideInARowMax} items in a row were refused, the next one too: {reason}",
                        stop
                    );
                    return;
                case Delivery.Refused { Reason: var reason } when batch.Items.Count == 1:
                    refused = true;
                    batch.Aside.Add(new AsideItem(batch.LastItem, batch.Items.Bytes.ToArray(), reason));
                    batch.Items.Clear();
                    break;
                case Delivery.Refused:
                    // One of them is the culprit: half of them are tried, and half of those, until it stands alone.
                    itemsMax = Math.Max(1, batch.Items.Count / 2);
                    return;
                default:
                    break;
            }
        }
        if (batch.Aside.Count > 0)
        {
            aside.Keep(batch.Aside);
            parts.Log.ItemSetAside(route.Id, batch.Aside[^1].Reason);
        }
        if (refused)
        {
            asideInARow++;
        }
        else if (batch.Items.Count > 0)
        {
            asideInARow = 0;
            refusals = 0;
        }
        itemsMax = refused ? 1 : (int)Math.Min(route.Batch.Events, itemsMax * 2L);
        RouteState now = state;
        Set(now with { Position = batch.Next, SendingTo = batch.Next, Totals = batch.AddTo(now.Totals) });
        parts.Progressed();
    }

    /// <summary>The next batch; waiting for it ends when the queue has passed the route by.</summary>
    private async ValueTask<OutputBatch> NextAsync(long position, long? until, CancellationToken stop)
    {
        try
        {
            return await source.NextAsync(position, until, itemsMax, stop);
        }
        catch (Exception)
        {
            // What was read ahead is not known any more.
            await source.ResetAsync();
            throw;
        }
    }

    /// <summary>Delivers until it is decided. Null: the queue has passed the route by, or the product stops.</summary>
    private async Task<Delivery?> DeliverAsync(
        OutputBatch batch,
        string key,
        CancellationToken stop,
        CancellationToken sending
    )
    {
        for (int attempt = 0; ; attempt++)
        {
            Task passed = passedBy.Task;
            if (Interlocked.Read(ref oldestKept) > state.Position)
            {
                return null;
            }
            using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(sending);
            Task<Delivery> delivery = destination.SendAsync(batch, key, given.Token).AsTask();
            if (await Task.WhenAny(delivery, passed) == passed && !delivery.IsCompleted)
            {
                await given.CancelAsync();
            }
            Delivery outcome;
            try
            {
                outcome = await delivery;
            }
            catch (OperationCanceledException) when (given.IsCancellationRequested)
            {
                stop.ThrowIfCancellationRequested();
                return null;
            }
            if (outcome is not Delivery.Later later)
            {
                if (outcome is Delivery.Done && standing.Condition == RouteCondition.Waiting)
                {
                    Stand(RouteCondition.Sending, null);
                    parts.Log.RouteSendsAgain(route.Id, route.To.Words);
                }
                return outcome;
            }
            if (standing.Condition != RouteCondition.Waiting)
            {
                parts.Log.RouteWaits(route.Id, route.To.Words, later.Reason);
            }
            Stand(RouteCondition.Waiting, later.Reason);
            RouteState now = state;
            // Not worth a write of its own: a crash forgets the retries of one batch.
            state = now with
            {
                Totals = now.Totals with { Retries = now.Totals.Retries + 1 },
            };
            await Task.WhenAny(Task.Delay(Pause(attempt, later.After), parts.Time, stop), passed);
            stop.ThrowIfCancellationRequested();
        }
    }

    private async Task WaitOutAsync(string reason, CancellationToken stop)
    {
        if (standing.Condition != RouteCondition.Waiting)
        {
            parts.Log.RouteWaits(route.Id, route.To.Words, reason);
        }
        Stand(RouteCondition.Waiting, reason);
        RouteState now = state;
        state = now with { Totals = now.Totals with { Retries = now.Totals.Retries + 1 } };
        await Task.WhenAny(Task.Delay(Pause(refusals++, null), parts.Time, stop), passedBy.Task);
    }

    private TimeSpan Pause(int attempt, TimeSpan? asked)
    {
        if (asked is { } wished)
        {
            TimeSpan bounded =
                wished < retryMin ? retryMin
                : wished < RetryAfterMax ? wished
                : RetryAfterMax;
            return bounded * (1 + (parts.Random.NextDouble() / 10));
        }
        TimeSpan doubled = retryMin * Math.Pow(2, Math.Min(attempt, 10));
        TimeSpan pause = doubled < retryMax ? doubled : retryMax;
        // Between half and all of it, so that many senders do not come at the same moment.
        return pause * (0.5 + (parts.Random.NextDouble() / 2));
    }

    /// <summary>Passes over what is not there any more: recorded first, then counted.</summary>
    private async Task SkipAsync(long to, CancellationToken stop)
    {
        RouteState before = state;
        string reason = standing is { Condition: RouteCondition.Waiting, Problem: { } problem }
            ? $"the queue keeps no more for routes (outputs.held_bytes_max, or a disk that is nearly full) while: {problem}"
            : "the queue does not keep them any more";
        RouteSkipped body = new(route.Id, before.Position, to, reason);
        AppendRequest request = new()
        {
            Drafts = [new RecordDraft(body, $"route/{route.Id}", ActorId.Service, parts.Time.GetUtcNow())],
        };
        while (
            !await IsRecordedAsync(body, stop)
            && await parts.Records.AppendAsync(request, stop) is not AppendOutcome.Appended
        )
        {
            await Task.Delay(retryMin, parts.Time, stop);
        }
        parts.Log.RouteSkipped(route.Id, to - before.Position, before.Position, reason);
        await source.ResetAsync();
        passedBy = NewSignal();
        Set(
            before with
            {
                Position = to,
                SendingTo = to,
                Totals = before.Totals with { Skipped = before.Totals.Skipped + (to - before.Position) },
            }
        );
        parts.Progressed();
    }

    /// <summary>Whether the record stands already: a crash came between it and the position.</summary>
    private async ValueTask<bool> IsRecordedAsync(RouteSkipped body, CancellationToken cancellation)
    {
        if (recordsChecked)
        {
            return false;
        }
        recordsChecked = true;
        IReadOnlyList<StoredRecord> known = await parts.Records.ReadStreamAsync(
            $"route/{route.Id}",
            int.MaxValue,
            cancellation
        );
        return known.Count > 0
            && !known[^1].Erased
            && RecordBodyJson.Deserialize(known[^1].Sealed.Body.Span) is RouteSkipped last
            && (last.FirstPosition, last.NextPosition) == (body.FirstPosition, body.NextPosition);
    }

    private void Set(RouteState next)
    {
        next.Write(folder);
        state = next;
    }

    private void Stand(RouteCondition condition, string? problem)
    {
        Standing before = standing;
        standing =
            before.Condition == condition && before.Problem == problem
                ? before
                : new Standing(
                    condition,
                    problem,
                    before.Condition == condition ? before.Since : parts.Time.GetUtcNow()
                );
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Standing(RouteCondition Condition, string? Problem, DateTimeOffset? Since);
}
