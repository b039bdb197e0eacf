using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;

namespace Custodiet.Records.Stores;

/// <summary>How a list of alerts is ordered.</summary>
public enum AlertOrder
{
    /// <summary>Most severe first, then the oldest: the order of work.</summary>
    Work,

    /// <summary>Newest event first.</summary>
    Newest,

    /// <summary>Oldest first.</summary>
    Oldest,
}

/// <summary>Which alerts. Every part that is set must hold.</summary>
public sealed record AlertFilter
{
    /// <summary>These states; empty means all.</summary>
    public IReadOnlyList<AlertState> States { get; init; } = [];

    /// <summary>At least this severe.</summary>
    public Severity? AtLeast { get; init; }

    /// <summary>Of this rule.</summary>
    public string? RuleId { get; init; }

    /// <summary>About an entity of this name, ignoring case; <c>*</c> matches any run of characters.</summary>
    public string? Entity { get; init; }

    /// <summary>From this technology, ignoring case; <c>*</c> as above.</summary>
    public string? Technology { get; init; }

    /// <summary>From this sensor, ignoring case; <c>*</c> as above.</summary>
    public string? Sensor { get; init; }

    /// <summary>Whose title contains this, ignoring case.</summary>
    public string? Title { get; init; }

    /// <summary>Assigned to this actor.</summary>
    public ActorId? Assignee { get; init; }

    /// <summary>Assigned to nobody.</summary>
    public bool Unassigned { get; init; }

    /// <summary>With this verdict.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>Raised after the alert of this number; numbers grow in the order of raising.</summary>
    public long? RaisedAfter { get; init; }
}

/// <summary>A page of a list. The cursor is opaque; null means that there is no more.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>Alerts grouped by rule.</summary>
public sealed record AlertGroup(
    RuleReference Rule,
    Severity Severity,
    int Alerts,
    int Findings,
    DateTimeOffset LastEventAt
);

/// <summary>Counts that are kept, not computed by scanning.</summary>
/// <param name="Open">Alerts without a verdict.</param>
/// <param name="Judged">Alerts with one.</param>
/// <param name="OldestOpen">When the oldest open alert was raised.</param>
/// <param name="OpenCases">Cases that are not closed.</param>
/// <param name="Findings">All findings.</param>
public sealed record JudgementCounts(long Open, long Judged, DateTimeOffset? OldestOpen, long OpenCases, long Findings)
{
    /// <summary>All alerts ever raised; numbers are given from 1 without gaps, so that it is the newest alert's number too.</summary>
    public long Raised => Open + Judged;
}

/// <summary>Sums over decisions that are kept, not computed by scanning. They cover everything, restricted cases too: a sum reveals nothing of them.</summary>
/// <param name="Decisions">Verdicts given, each counted once however many alerts it decides.</param>
/// <param name="Corrected">Those of them that a later verdict superseded, on one alert at least.</param>
/// <param name="Days">Alerts raised and judged per day, oldest first; a day without either is left out.</param>
/// <param name="Reasons">The reasons given most often, most frequent first, over decisions that stand on one alert at least.</param>
public sealed record DecisionFigures(
    long Decisions,
    long Corrected,
    IReadOnlyList<DayOfWork> Days,
    IReadOnlyList<ReasonCount> Reasons
);

/// <summary>One day, UTC.</summary>
/// <param name="Day">The day, by when it was recorded.</param>
/// <param name="Raised">Alerts raised.</param>
/// <param name="Judged">Alerts that got their first verdict.</param>
public sealed record DayOfWork(DateOnly Day, long Raised, long Judged);

/// <summary>How often a reason was given.</summary>
public sealed record ReasonCount(Verdict Verdict, string Reason, long Decisions);

/// <summary>
/// Alerts, cases, runs and answers as they stand, read for somebody: what that viewer may not see is not in any answer,
/// and an alert of a restricted case is as hidden as the case.
/// </summary>
public interface IJudgementReader
{
    /// <summary>A page of alerts.</summary>
    ValueTask<Page<Alert>> AlertsAsync(
        AlertFilter filter,
        AlertOrder order,
        string? cursor,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    );

    /// <summary>How many alerts a filter finds, counted up to a bound.</summary>
    ValueTask<long> CountAsync(AlertFilter filter, int atMost, Viewer viewer, CancellationToken cancellation);

    /// <summary>Alerts grouped by rule, most severe first, at most so many.</summary>
    ValueTask<IReadOnlyList<AlertGroup>> AlertsByRuleAsync(
        AlertFilter filter,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    );

    /// <summary>One alert.</summary>
    ValueTask<Alert?> AlertAsync(AlertId id, Viewer viewer, CancellationToken cancellation);

    /// <summary>One alert by its number.</summary>
    ValueTask<Alert?> AlertByNumberAsync(long number, Viewer viewer, CancellationToken cancellation);

    /// <summary>The alert another tool sent under this reference.</summary>
    ValueTask<Alert?> AlertBySourceRefAsync(string technology, string sourceRef, CancellationToken cancellation);

    /// <summary>Findings of an alert, newest first.</summary>
    ValueTask<IReadOnlyList<Finding>> FindingsAsync(
        AlertId alert,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    );

    /// <summary>
    /// Alerts that can still be extended: the newest alert of each fingerprint when nobody has judged it, it carries no reference of another tool,
    /// and its last event is not before that time.
    /// </summary>
    ValueTask<IReadOnlyList<Alert>> ExtendableAsync(DateTimeOffset lastEventSince, CancellationToken cancellation);

    /// <summary>Judged alerts of the same rule, newest first: how this was judged before.</summary>
    ValueTask<IReadOnlyList<Alert>> JudgedLikeAsync(
        string ruleId,
        Entity? entity,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    );

    /// <summary>Cases in these states (empty: all), newest first.</summary>
    ValueTask<Page<Case>> CasesAsync(
        IReadOnlyList<CaseState> states,
        string? cursor,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    );

    /// <summary>One case.</summary>
    ValueTask<Case?> CaseAsync(CaseId id, Viewer viewer, CancellationToken cancellation);

    /// <summary>One case by its number.</summary>
    ValueTask<Case?> CaseByNumberAsync(long number, Viewer viewer, CancellationToken cancellation);

    /// <summary>The runs of a case, oldest first.</summary>
    ValueTask<IReadOnlyList<Run>> RunsAsync(CaseId id, Viewer viewer, CancellationToken cancellation);

    /// <summary>One run.</summary>
    ValueTask<Run?> RunAsync(RunId id, Viewer viewer, CancellationToken cancellation);

    /// <summary>All answers of a run, superseded ones too, in the order given.</summary>
    ValueTask<IReadOnlyList<Answer>> AnswersAsync(RunId id, Viewer viewer, CancellationToken cancellation);

    /// <summary>All verdicts on a case, superseded ones too, in the order given.</summary>
    ValueTask<IReadOnlyList<StandingVerdict>> VerdictsAsync(CaseId id, Viewer viewer, CancellationToken cancellation);

    /// <summary>All verdicts on an alert, superseded ones too, in the order given.</summary>
    ValueTask<IReadOnlyList<StandingVerdict>> VerdictsAsync(
        AlertId alert,
        Viewer viewer,
        CancellationToken cancellation
    );

    /// <summary>Counts over everything, restricted cases included: they reveal a number, nothing else.</summary>
    ValueTask<JudgementCounts> CountsAsync(CancellationToken cancellation);

    /// <summary>Kept sums over decisions: all of them, and days and reasons from a day on.</summary>
    /// <param name="since">The first day, UTC, by when things were recorded.</param>
    /// <param name="reasons">Reasons at most.</param>
    /// <param name="cancellation">Ends the reading.</param>
    ValueTask<DecisionFigures> FiguresAsync(DateOnly since, int reasons, CancellationToken cancellation);
}
