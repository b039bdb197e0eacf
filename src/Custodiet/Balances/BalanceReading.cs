using Custodiet.Inputs;
using Custodiet.Outputs;
using Custodiet.Records.Stores;

namespace Custodiet.Balances;

/// <summary>What a flow's routes have done since they began, all together.</summary>
/// <param name="Sent">Items delivered.</param>
/// <param name="Waiting">Items not decided.</param>
/// <param name="Difference">Received less everything that became of them; 0 when every route balances.</param>
internal readonly record struct RouteFigures(long Sent, long Waiting, long Difference)
{
    /// <summary>The figures of all routes together.</summary>
    public static RouteFigures Of(IReadOnlyList<RouteStatus> routes) =>
        new(
            routes.Sum(r => r.Sent),
            routes.Sum(r => r.Waiting),
            routes.Sum(r =>
                r.Received
                - r.Filtered
                - r.Reduced.Values.Sum()
                - r.Withheld
                - r.Sent
                - r.SetAside
                - r.Skipped
                - r.Waiting
            )
        );
}

/// <summary>The figures of one moment that spans are made of.</summary>
internal sealed record BalanceReading
{
    /// <summary>Totals over all runs.</summary>
    public required BalanceMark Totals { get; init; }

    /// <summary>Arrived since the start, as inputs count it.</summary>
    public long Received { get; init; }

    /// <summary>Requests and connections of which nothing was taken, since the start.</summary>
    public long Refused { get; init; }

    /// <summary>Arrived since the start, less what was queued, rejected and shed since then: what inputs have in hand. Below 0 it does not add up.</summary>
    public long InHand { get; init; }

    /// <summary>Offsets that the archive has passed since the start and has no row for.</summary>
    public long ArchiveGap { get; init; }

    /// <summary>Routes.</summary>
    public RouteFigures Routes { get; init; }

    /// <summary>Puts the figures of a moment together.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="inputs">The inputs since the start, read before the queue: an event that is in the queue meanwhile counts as in hand no more.</param>
    /// <param name="queuedTo">Offset that the next event gets.</param>
    /// <param name="archivedTo">First offset not archived.</param>
    /// <param name="stages">The stages' totals as they are stored.</param>
    /// <param name="begin">The totals at the start; null: these are they.</param>
    /// <param name="archiveGap">Offsets that the archive has passed since the start and has no row for.</param>
    /// <param name="routes">The routes.</param>
    public static BalanceReading Of(
        DateTimeOffset now,
        IReadOnlyList<InputStatus> inputs,
        long queuedTo,
        long archivedTo,
        IReadOnlyList<StageTotals> stages,
        BalanceMark? begin,
        long archiveGap,
        RouteFigures routes
    )
    {
        StageTotals Stage(string name) =>
            stages.FirstOrDefault(stage => stage.Stage == name)
            ?? new StageTotals(name, 0, 0, 0, new Dictionary<string, long>());
        long received = inputs.Sum(input => input.Received);
        long rejectedNow = inputs.Sum(input => input.Dropped.Where(d => !ShedReasons.Has(d.Key)).Sum(d => d.Value));
        long shedNow = inputs.Sum(input => input.Dropped.Where(d => ShedReasons.Has(d.Key)).Sum(d => d.Value));
        StageTotals stored = Stage("input");
        StageTotals parse = Stage("parse");
        StageTotals analytics = Stage("analytics");
        return new BalanceReading
        {
            Totals = new BalanceMark
            {
                At = now,
                Queued = queuedTo,
                AnalysedTo = Stage("queue").Emitted,
                ArchivedTo = archivedTo,
                // What is stored is as of a second ago; what was counted since the start is as of now.
                Rejected = begin is null
                    ? stored.Dropped.Where(d => !ShedReasons.Has(d.Key)).Sum(d => d.Value)
                    : begin.Rejected + rejectedNow,
                Shed = begin is null
                    ? stored.Dropped.Where(d => ShedReasons.Has(d.Key)).Sum(d => d.Value)
                    : begin.Shed + shedNow,
                Parsed = parse.Emitted,
                Unparsed = parse.Dropped.Values.Sum() + parse.Failed,
                Analysed = analytics.Emitted,
                Unrouted = analytics.Dropped.Values.Sum() + analytics.Failed,
                Findings = Stage("findings").Emitted,
                Sent = routes.Sent,
            },
            Received = received,
            Refused = inputs.Sum(input => input.Refused.Values.Sum()),
            InHand = received - rejectedNow - shedNow - (queuedTo - (begin ?? new() { Queued = queuedTo }).Queued),
            ArchiveGap = archiveGap,
            Routes = routes,
        };
    }

    /// <summary>What happened between an earlier reading of this run and this one.</summary>
    /// <param name="before">The earlier one.</param>
    /// <param name="at">The minute that it is counted in.</param>
    /// <param name="seconds">How long it was.</param>
    public BalanceSpan Since(BalanceReading before, DateTimeOffset at, int seconds)
    {
        BalanceMark now = Totals;
        BalanceMark then = before.Totals;
        long queued = now.Queued - then.Queued;
        long parsed = now.Parsed - then.Parsed;
        long unparsed = now.Unparsed - then.Unparsed;
        long analysed = now.Analysed - then.Analysed;
        long unrouted = now.Unrouted - then.Unrouted;
        return new BalanceSpan
        {
            At = at,
            Seconds = seconds,
            Counts = new BalanceCounts
            {
                Received = Received - before.Received,
                Rejected = now.Rejected - then.Rejected,
                Shed = now.Shed - then.Shed,
                Refused = Refused - before.Refused,
                Queued = queued,
                Parsed = parsed,
                Unparsed = unparsed,
                Analysed = analysed,
                Unrouted = unrouted,
                Findings = now.Findings - then.Findings,
                Archived = now.ArchivedTo - then.ArchivedTo - (ArchiveGap - before.ArchiveGap),
                // A route that content no longer has takes its count along.
                Sent = Math.Max(0, now.Sent - then.Sent),
            },
            Levels = LevelsNow(),
            Differences = new BalanceDifferences
            {
                Input = Math.Min(0, InHand) - Math.Min(0, before.InHand),
                Analysis = now.AnalysedTo - then.AnalysedTo - parsed - unparsed,
                Rules = parsed - analysed - unrouted,
                Archive = ArchiveGap - before.ArchiveGap,
                Routes = Routes.Difference - before.Routes.Difference,
            },
        };
    }

    /// <summary>
    /// What the run before did after its newest span, from what it left on disk. What it counted in memory alone is lost: what arrived is taken
    /// to be what was queued, rejected and shed. Null: nothing.
    /// </summary>
    /// <param name="mark">The totals at the end of its newest span.</param>
    /// <param name="interrupted">Whether it ended without coming to rest.</param>
    public BalanceSpan? After(BalanceMark mark, bool interrupted)
    {
        BalanceReading then = new() { Totals = mark, Routes = Routes };
        BalanceReading now = this with { Received = 0, Refused = 0, InHand = 0 };
        BalanceSpan span = now.Since(then, mark.At, 0);
        BalanceCounts counts = span.Counts with
        {
            Received = span.Counts.Queued + span.Counts.Rejected + span.Counts.Shed,
        };
        if (counts == new BalanceCounts() && !interrupted)
        {
            return null;
        }
        return span with { Counts = counts, Interrupted = interrupted ? 1 : 0 };
    }

    /// <summary>Whether no total is smaller than in a mark: otherwise the mark is of other data, for example after a restore.</summary>
    public bool Continues(BalanceMark mark) =>
        Totals.Queued >= mark.Queued
        && Totals.AnalysedTo >= mark.AnalysedTo
        && Totals.ArchivedTo >= mark.ArchivedTo
        && Totals.Rejected >= mark.Rejected
        && Totals.Shed >= mark.Shed
        && Totals.Parsed >= mark.Parsed
        && Totals.Unparsed >= mark.Unparsed
        && Totals.Analysed >= mark.Analysed
        && Totals.Unrouted >= mark.Unrouted
        && Totals.Findings >= mark.Findings;

    private BalanceLevels LevelsNow() =>
        new()
        {
            Undecided = Math.Max(0, InHand),
            ToAnalyse = Totals.Queued - Totals.AnalysedTo,
            ToArchive = Totals.Queued - Totals.ArchivedTo,
            ToSend = Routes.Waiting,
        };
}
