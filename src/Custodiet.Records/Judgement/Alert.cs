using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Records.Judgement;

/// <summary>Where an alert stands.</summary>
public enum AlertState
{
    /// <summary>Nobody has looked.</summary>
    New,

    /// <summary>Somebody took it, or it is in a case.</summary>
    InProgress,

    /// <summary>It has a verdict.</summary>
    Judged,
}

/// <summary>A verdict as it stands on an alert or a case.</summary>
public sealed record StandingVerdict(
    VerdictId Id,
    RecordId RecordId,
    long Index,
    Decision Decision,
    ActorId By,
    DateTimeOffset At,
    bool Corrected
);

/// <summary>Findings of one rule about one entity within a window, waiting for or carrying a judgement.</summary>
/// <param name="Id">The alert.</param>
/// <param name="Number">Short human number, from 1.</param>
/// <param name="Fingerprint">What groups findings into it.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Severity">The rule's level.</param>
/// <param name="Source">Where the first finding came from.</param>
/// <param name="Entity">What it is about.</param>
/// <param name="Techniques">ATT&amp;CK ids.</param>
/// <param name="FindingCount">How many findings.</param>
/// <param name="FirstEventAt">Earliest event.</param>
/// <param name="LastEventAt">Latest event.</param>
/// <param name="RaisedAt">When the alert was recorded.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Assignee">Who has it.</param>
/// <param name="Case">Its case.</param>
/// <param name="Verdict">The verdict in force.</param>
/// <param name="SourceRef">The other tool's reference, if another tool sent it.</param>
/// <param name="Link">Deep link back.</param>
/// <param name="RaisedIndex">Ledger index of <c>alert.raised</c>.</param>
/// <param name="LastIndex">Ledger index of the newest record about it: the expectation for the next one.</param>
public sealed record Alert(
    AlertId Id,
    long Number,
    string Fingerprint,
    RuleReference Rule,
    Severity Severity,
    SourceKey Source,
    Entity Entity,
    IReadOnlyList<string> Techniques,
    int FindingCount,
    DateTimeOffset FirstEventAt,
    DateTimeOffset LastEventAt,
    DateTimeOffset RaisedAt,
    AlertState State,
    ActorId? Assignee,
    CaseId? Case,
    StandingVerdict? Verdict,
    string? SourceRef,
    string? Link,
    long RaisedIndex,
    long LastIndex
);
