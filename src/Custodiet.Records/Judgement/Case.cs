using Custodiet.Records.Findings;
using Custodiet.Records.People;

namespace Custodiet.Records.Judgement;

/// <summary>Where a case stands, with OCSF's incident states (<c>status_id</c>).</summary>
public enum CaseState
{
    /// <summary>Opened.</summary>
    New = 1,

    /// <summary>Worked on.</summary>
    InProgress = 2,

    /// <summary>Waiting.</summary>
    OnHold = 3,

    /// <summary>Judged; closing work may remain.</summary>
    Resolved = 4,

    /// <summary>Done.</summary>
    Closed = 5,
}

/// <summary>An investigation: one or more alerts, a run of a process, its answers and its verdict.</summary>
public sealed record Case(
    CaseId Id,
    long Number,
    string Title,
    Severity Severity,
    CaseState State,
    ActorId? Owner,
    IReadOnlyList<ActorId> RestrictedTo,
    IReadOnlyList<AlertId> Alerts,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ClosedAt,
    StandingVerdict? Verdict,
    long OpenedIndex,
    long LastIndex
);

/// <summary>A run of a process on a case or on alerts judged in the queue.</summary>
public sealed record Run(
    RunId Id,
    ProcessReference Process,
    CaseId? Case,
    IReadOnlyList<AlertId> Alerts,
    ActorId StartedBy,
    DateTimeOffset StartedAt,
    long StartedIndex
);
