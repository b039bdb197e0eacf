using System.Text.Json.Serialization;

namespace Custodiet.Records.Stores;

/// <summary>What became of events in a span of time. Every figure is a count of events, unless it says otherwise.</summary>
public sealed record BalanceCounts
{
    /// <summary>Arrived at an input.</summary>
    public long Received { get; init; }

    /// <summary>Left out by an input because of what they are.</summary>
    public long Rejected { get; init; }

    /// <summary>Lost at an input because more came than could be taken and the sender could not wait.</summary>
    public long Shed { get; init; }

    /// <summary>Requests and connections of which nothing was taken, so that the sender still has it.</summary>
    public long Refused { get; init; }

    /// <summary>Durable in the queue.</summary>
    public long Queued { get; init; }

    /// <summary>Read by a parser.</summary>
    public long Parsed { get; init; }

    /// <summary>Kept, but read by no parser.</summary>
    public long Unparsed { get; init; }

    /// <summary>Seen by the rules.</summary>
    public long Analysed { get; init; }

    /// <summary>Parsed, but of no log source that a rule could ask for.</summary>
    public long Unrouted { get; init; }

    /// <summary>Findings of the rules.</summary>
    public long Findings { get; init; }

    /// <summary>Rows durable in the archive.</summary>
    public long Archived { get; init; }

    /// <summary>Delivered by routes to other systems; an event counts once for each route.</summary>
    public long Sent { get; init; }

    /// <summary>Both together.</summary>
    public static BalanceCounts operator +(BalanceCounts one, BalanceCounts other) =>
        new()
        {
            Received = one.Received + other.Received,
            Rejected = one.Rejected + other.Rejected,
            Shed = one.Shed + other.Shed,
            Refused = one.Refused + other.Refused,
            Queued = one.Queued + other.Queued,
            Parsed = one.Parsed + other.Parsed,
            Unparsed = one.Unparsed + other.Unparsed,
            Analysed = one.Analysed + other.Analysed,
            Unrouted = one.Unrouted + other.Unrouted,
            Findings = one.Findings + other.Findings,
            Archived = one.Archived + other.Archived,
            Sent = one.Sent + other.Sent,
        };
}

/// <summary>What was between two stages at the end of a span.</summary>
public sealed record BalanceLevels
{
    /// <summary>Arrived at an input and not decided.</summary>
    public long Undecided { get; init; }

    /// <summary>In the queue and not analysed.</summary>
    public long ToAnalyse { get; init; }

    /// <summary>In the queue and not archived.</summary>
    public long ToArchive { get; init; }

    /// <summary>Not decided by a route, over all routes.</summary>
    public long ToSend { get; init; }
}

/// <summary>
/// By how much the sums of a span do not hold: what one side counted less what the other did. Each compares two figures that are counted
/// independently of each other; 0 means that nothing is unaccounted for.
/// </summary>
public sealed record BalanceDifferences
{
    /// <summary>Arrived − rejected − shed − queued − more undecided: below 0, the queue holds events that no input counted.</summary>
    public long Input { get; init; }

    /// <summary>Offsets that analysis has passed − events that were parsed or left unparsed: above 0, offsets without an event, for example after a damaged disk.</summary>
    public long Analysis { get; init; }

    /// <summary>Parsed − analysed − without log source.</summary>
    public long Rules { get; init; }

    /// <summary>Offsets that the archive has passed − rows that it wrote.</summary>
    public long Archive { get; init; }

    /// <summary>What routes received − what they sent, left out or still have.</summary>
    public long Routes { get; init; }

    /// <summary>Whether every sum holds.</summary>
    [JsonIgnore]
    public bool None => this == new BalanceDifferences();

    /// <summary>Both together.</summary>
    public static BalanceDifferences operator +(BalanceDifferences one, BalanceDifferences other) =>
        new()
        {
            Input = one.Input + other.Input,
            Analysis = one.Analysis + other.Analysis,
            Rules = one.Rules + other.Rules,
            Archive = one.Archive + other.Archive,
            Routes = one.Routes + other.Routes,
        };
}

/// <summary>The stages' balance over a minute or an hour, as far as the service ran in it.</summary>
public sealed record BalanceSpan
{
    /// <summary>Its beginning, UTC, on a full minute or hour.</summary>
    [JsonIgnore]
    public DateTimeOffset At { get; init; }

    /// <summary>Seconds of it that were watched, 0 to its length; the rest is a gap.</summary>
    public int Seconds { get; init; }

    /// <summary>Starts of the service in it.</summary>
    public int Starts { get; init; }

    /// <summary>
    /// How often the run before ended without coming to rest here: what it counted last in memory is lost, and what arrived is taken to be
    /// what was queued, rejected and shed.
    /// </summary>
    public int Interrupted { get; init; }

    /// <summary>How often the clock was set back to here: figures of two times are added up.</summary>
    public int ClockSteps { get; init; }

    /// <summary>What became of events.</summary>
    public BalanceCounts Counts { get; init; } = new();

    /// <summary>What was between stages at its end.</summary>
    public BalanceLevels Levels { get; init; } = new();

    /// <summary>By how much sums do not hold.</summary>
    public BalanceDifferences Differences { get; init; } = new();

    /// <summary>This span with what a later one adds to it.</summary>
    public BalanceSpan With(BalanceSpan later, int secondsMax) =>
        this with
        {
            Seconds = Math.Min(secondsMax, Seconds + later.Seconds),
            Starts = Starts + later.Starts,
            Interrupted = Interrupted + later.Interrupted,
            ClockSteps = ClockSteps + later.ClockSteps,
            Counts = Counts + later.Counts,
            Levels = later.Levels,
            Differences = Differences + later.Differences,
        };
}

/// <summary>Totals over all runs, at the end of the newest span: the next span is what was added to them.</summary>
public sealed record BalanceMark
{
    /// <summary>When.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Offset that the next event gets.</summary>
    public long Queued { get; init; }

    /// <summary>First offset not analysed.</summary>
    public long AnalysedTo { get; init; }

    /// <summary>First offset not archived.</summary>
    public long ArchivedTo { get; init; }

    /// <summary>Rejected by inputs.</summary>
    public long Rejected { get; init; }

    /// <summary>Shed by inputs.</summary>
    public long Shed { get; init; }

    /// <summary>Parsed.</summary>
    public long Parsed { get; init; }

    /// <summary>Not parsed.</summary>
    public long Unparsed { get; init; }

    /// <summary>Seen by the rules.</summary>
    public long Analysed { get; init; }

    /// <summary>Without a log source.</summary>
    public long Unrouted { get; init; }

    /// <summary>Findings.</summary>
    public long Findings { get; init; }

    /// <summary>Sent on.</summary>
    public long Sent { get; init; }
}

/// <summary>How finely the series is kept.</summary>
public enum BalanceResolution
{
    /// <summary>By the minute: the newest 2,880 minutes in which the service ran, 48 hours of them.</summary>
    Minute = 60,

    /// <summary>By the hour: the newest 9,600 hours, 400 days of them.</summary>
    Hour = 3_600,
}

/// <summary>The series of balances. Bounded by number, not by age: a clock that jumps ahead deletes nothing.</summary>
public interface IBalanceStore
{
    /// <summary>Minutes kept at most.</summary>
    const int MinutesMax = 2_880;

    /// <summary>Hours kept at most.</summary>
    const int HoursMax = 9_600;

    /// <summary>The totals at the end of the newest span, or null before the first.</summary>
    ValueTask<BalanceMark?> BalanceMarkAsync(CancellationToken cancellation);

    /// <summary>Adds spans, each to its minute and its hour, and replaces the mark, in one transaction. No record: it is refused only by a failing disk.</summary>
    ValueTask<AppendOutcome> SaveBalanceAsync(
        IReadOnlyList<BalanceSpan> spans,
        BalanceMark mark,
        CancellationToken cancellation
    );

    /// <summary>The spans that begin at or after one moment and before another, oldest first. A span without a row was not watched.</summary>
    ValueTask<IReadOnlyList<BalanceSpan>> BalanceAsync(
        BalanceResolution resolution,
        DateTimeOffset from,
        DateTimeOffset to,
        CancellationToken cancellation
    );
}
