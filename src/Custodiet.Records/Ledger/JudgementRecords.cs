using System.Text.Json.Serialization;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;

namespace Custodiet.Records.Ledger;

/// <summary>A finding as an alert's record lists it.</summary>
public sealed record FindingMember(FindingId Id, long? EventOffset, DateTimeOffset OccurredAt);

/// <summary>Findings of one rule about one entity began an alert.</summary>
public sealed record AlertRaised(
    AlertId Alert,
    string Fingerprint,
    RuleReference Rule,
    Severity Severity,
    SourceKey Source,
    Entity Entity,
    IReadOnlyList<string> Techniques,
    IReadOnlyList<FindingMember> Findings,
    string? SourceRef,
    string? Link
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "alert.raised/1";
}

/// <summary>More findings joined an alert.</summary>
public sealed record AlertExtended(AlertId Alert, IReadOnlyList<FindingMember> Findings) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "alert.extended/1";
}

/// <summary>Somebody took an alert, or put it back (null).</summary>
public sealed record AlertAssigned(AlertId Alert, ActorId? Assignee) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "alert.assigned/1";
}

/// <summary>A case was opened on alerts.</summary>
public sealed record CaseOpened(
    CaseId Case,
    string Title,
    Severity Severity,
    IReadOnlyList<AlertId> Alerts,
    ActorId? Owner
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "case.opened/1";
}

/// <summary>Alerts joined a case.</summary>
public sealed record CaseExtended(CaseId Case, IReadOnlyList<AlertId> Alerts) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "case.extended/1";
}

/// <summary>Only these people may see the case from now on; an empty list lifts the restriction.</summary>
public sealed record CaseRestricted(CaseId Case, IReadOnlyList<ActorId> People) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "case.restricted/1";
}

/// <summary>The case's owner changed.</summary>
public sealed record CaseAssigned(CaseId Case, ActorId? Owner) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "case.assigned/1";
}

/// <summary>The case's state changed.</summary>
public sealed record CaseStateChanged(CaseId Case, CaseState State) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "case.state-changed/1";
}

/// <summary>A run of a process began, pinned to that version.</summary>
/// <param name="Run">The run.</param>
/// <param name="Process">Id, version and digest of the process.</param>
/// <param name="Case">The case it works on, or null for an alert judged in the queue.</param>
/// <param name="Alerts">The alerts it is about.</param>
public sealed record RunStarted(RunId Run, ProcessReference Process, CaseId? Case, IReadOnlyList<AlertId> Alerts)
    : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "run.started/1";
}

/// <summary>A question was answered. An earlier answer to the same question is superseded, never overwritten.</summary>
public sealed record AnswerGiven(
    RunId Run,
    ProcessReference Process,
    string Step,
    string Question,
    QuestionKind Kind,
    AnswerValue Value,
    AnswerOrigin Origin
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "answer.given/1";
}

/// <summary>Alerts were adjudicated: one decision, with its members.</summary>
/// <param name="Verdict">The decision.</param>
/// <param name="Alerts">What it decides.</param>
/// <param name="Case">The case, if it was decided in one.</param>
/// <param name="Run">The run in which it was decided.</param>
/// <param name="Process">The process version it was decided under.</param>
/// <param name="Decision">Verdict, reason, impact, confidence.</param>
public sealed record VerdictGiven(
    VerdictId Verdict,
    IReadOnlyList<AlertId> Alerts,
    CaseId? Case,
    RunId Run,
    ProcessReference Process,
    Decision Decision
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "verdict.given/1";
}
