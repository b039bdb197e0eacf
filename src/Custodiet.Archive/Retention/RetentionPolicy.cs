using Custodiet.Records.Events;

namespace Custodiet.Archive;

/// <summary>How long events of some sources are kept, and how much room they may take. Of several rules the first that fits an event holds.</summary>
/// <param name="Name">What people call it; records of deletion name it.</param>
/// <param name="Sources">Which sources.</param>
/// <param name="Unparsed">Only events that no parser read (true), only others (false), or both (null).</param>
/// <param name="Keep">How long, counted from receipt; null: without end.</param>
/// <param name="RawBytesMax">Bytes as received that they may have in the archive together; the oldest go first. Null: no bound.</param>
public sealed record RetentionRule(
    string Name,
    SourcePattern Sources,
    bool? Unparsed,
    TimeSpan? Keep,
    long? RawBytesMax
);

/// <summary>What is kept how long.</summary>
/// <param name="Rules">In the order in which they are tried. The last one must fit everything.</param>
/// <param name="FileBytesMax">Bytes on disk of the whole archive; beyond it the oldest events go first. Null: no bound.</param>
public sealed record RetentionPolicy(IReadOnlyList<RetentionRule> Rules, long? FileBytesMax)
{
    /// <summary>Keeps everything.</summary>
    public static readonly RetentionPolicy KeepAll = new(
        [new RetentionRule("default", SourcePattern.All, null, null, null)],
        null
    );

    /// <summary>The shortest time that any rule keeps, or null when nothing goes by age.</summary>
    public TimeSpan? ShortestKeep => Rules.Min(rule => rule.Keep);
}

/// <summary>Events that stay whatever the policy says.</summary>
/// <param name="Id">The hold.</param>
/// <param name="Sources">Which sources.</param>
/// <param name="FromMicros">Events that happened or were received since then, microseconds since 1970 UTC.</param>
/// <param name="ToMicros">Events that happened or were received until then.</param>
public sealed record ArchiveHold(string Id, SourcePattern Sources, long FromMicros, long ToMicros);

/// <summary>What one run of retention did.</summary>
/// <param name="Deletions">Segments that went, or shrank.</param>
/// <param name="Events">Events deleted.</param>
/// <param name="RawBytes">Their bytes as received.</param>
/// <param name="FileBytes">Bytes on disk that this frees.</param>
/// <param name="EventsHeld">Events that would have gone but for a hold.</param>
/// <param name="OverBudget">Bytes on disk above the budget that could not be freed, because holds keep them; else 0.</param>
public sealed record RetentionOutcome(
    int Deletions,
    long Events,
    long RawBytes,
    long FileBytes,
    long EventsHeld,
    long OverBudget
)
{
    /// <summary>Nothing was due.</summary>
    public static readonly RetentionOutcome Nothing = new(0, 0, 0, 0, 0, 0);

    /// <summary>Both together.</summary>
    public RetentionOutcome And(RetentionOutcome other) =>
        new(
            Deletions + other.Deletions,
            Events + other.Events,
            RawBytes + other.RawBytes,
            FileBytes + other.FileBytes,
            EventsHeld + other.EventsHeld,
            OverBudget + other.OverBudget
        );
}
