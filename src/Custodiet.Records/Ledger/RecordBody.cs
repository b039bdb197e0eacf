using System.Text.Json;
using System.Text.Json.Serialization;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;

namespace Custodiet.Records.Ledger;

/// <summary>
/// What a record says. The closed family below is the list of everything that can happen; a new kind of act is a new
/// member, and a member's shape never changes: a changed shape is a new version.
/// </summary>
[JsonPolymorphic(
    TypeDiscriminatorPropertyName = "type",
    UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization
)]
[JsonDerivedType(typeof(AlertRaised), "alert.raised/1")]
[JsonDerivedType(typeof(AlertExtended), "alert.extended/1")]
[JsonDerivedType(typeof(AlertAssigned), "alert.assigned/1")]
[JsonDerivedType(typeof(CaseOpened), "case.opened/1")]
[JsonDerivedType(typeof(CaseExtended), "case.extended/1")]
[JsonDerivedType(typeof(CaseRestricted), "case.restricted/1")]
[JsonDerivedType(typeof(CaseAssigned), "case.assigned/1")]
[JsonDerivedType(typeof(CaseStateChanged), "case.state-changed/1")]
[JsonDerivedType(typeof(RunStarted), "run.started/1")]
[JsonDerivedType(typeof(AnswerGiven), "answer.given/1")]
[JsonDerivedType(typeof(VerdictGiven), "verdict.given/1")]
[JsonDerivedType(typeof(AccountAdded), "account.added/1")]
[JsonDerivedType(typeof(AccountChanged), "account.changed/1")]
[JsonDerivedType(typeof(SessionBegan), "session.began/1")]
[JsonDerivedType(typeof(SessionEnded), "session.ended/1")]
[JsonDerivedType(typeof(SignInFailed), "sign-in.failed/1")]
[JsonDerivedType(typeof(TokenAdded), "token.added/1")]
[JsonDerivedType(typeof(TokenRevoked), "token.revoked/1")]
[JsonDerivedType(typeof(ContentLoaded), "content.loaded/1")]
[JsonDerivedType(typeof(SegmentArchived), "segment.archived/1")]
[JsonDerivedType(typeof(SourceDiscovered), "source.discovered/1")]
[JsonDerivedType(typeof(RouteSkipped), "route.skipped/1")]
[JsonDerivedType(typeof(ServiceStarted), "service.started/1")]
[JsonDerivedType(typeof(LedgerAnchored), "ledger.anchored/1")]
[JsonDerivedType(typeof(LedgerContinued), "ledger.continued/1")]
[JsonDerivedType(typeof(EventsDeleted), "events.deleted/1")]
[JsonDerivedType(typeof(HoldPlaced), "hold.placed/1")]
[JsonDerivedType(typeof(HoldLifted), "hold.lifted/1")]
[JsonDerivedType(typeof(ErasureDone), "erasure.done/1")]
[JsonDerivedType(typeof(RecordErased), "record.erased/1")]
public abstract record RecordBody
{
    /// <summary>Type and version, as the envelope names it; equal to the JSON's <c>type</c>.</summary>
    [JsonIgnore]
    public abstract string Type { get; }
}

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

/// <summary>An account was made.</summary>
public sealed record AccountAdded(ActorId Account, string Name, IReadOnlyList<Role> Roles) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "account.added/1";
}

/// <summary>
/// An account changed: <c>roles</c>, <c>password</c>, <c>authenticator</c>, <c>recovery-codes</c>, <c>disabled</c>, <c>enabled</c>,
/// <c>recovered</c>, or <c>locked</c> after failed sign-ins.
/// </summary>
public sealed record AccountChanged(ActorId Account, string Change, IReadOnlyList<Role> Roles) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "account.changed/1";
}

/// <summary>Somebody signed in.</summary>
public sealed record SessionBegan(ActorId Account, SignInMethod Method) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "session.began/1";
}

/// <summary>Somebody signed out. A session that ends by itself leaves no record.</summary>
public sealed record SessionEnded(ActorId Account) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "session.ended/1";
}

/// <summary>Failed sign-ins of one account within a minute, folded, so that whoever tries cannot fill the ledger.</summary>
/// <param name="Account">The account, or null for all names that no account has; what was typed as a name could be a password.</param>
/// <param name="FirstAt">The first of them.</param>
/// <param name="LastAt">The last of them.</param>
/// <param name="Failures">How many, by reason.</param>
public sealed record SignInFailed(
    ActorId? Account,
    DateTimeOffset FirstAt,
    DateTimeOffset LastAt,
    IReadOnlyList<SignInFailureCount> Failures
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "sign-in.failed/1";
}

/// <summary>How often sign-in failed for a reason.</summary>
public sealed record SignInFailureCount(SignInFailure Reason, int Count);

/// <summary>A token was issued.</summary>
public sealed record TokenAdded(
    ActorId Token,
    string Name,
    Role Role,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? ExpiresAt
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "token.added/1";
}

/// <summary>A token was revoked.</summary>
public sealed record TokenRevoked(ActorId Token) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "token.revoked/1";
}

/// <summary>The service began to use a set of content.</summary>
/// <param name="Digest">SHA-256 over all content files, lower-case hex.</param>
/// <param name="RulesLoaded">Rules in use.</param>
/// <param name="RulesRefused">Rules refused.</param>
/// <param name="Parsers">Parsers in use.</param>
/// <param name="Processes">Processes in use.</param>
public sealed record ContentLoaded(
    string Digest,
    int RulesLoaded,
    int RulesRefused,
    int Parsers,
    IReadOnlyList<ProcessReference> Processes
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "content.loaded/1";
}

/// <summary>A segment of events became part of the archive.</summary>
/// <param name="Name">File name below the archive's folder.</param>
/// <param name="Sha256">Of the file, lower-case hex.</param>
/// <param name="FirstOffset">First event.</param>
/// <param name="LastOffset">Last event.</param>
/// <param name="Events">How many events.</param>
/// <param name="Unparsed">How many of them are not parsed.</param>
/// <param name="RawBytes">Bytes as received.</param>
/// <param name="Replaces">Segments that it replaces, after compaction.</param>
public sealed record SegmentArchived(
    string Name,
    string Sha256,
    long FirstOffset,
    long LastOffset,
    long Events,
    long Unparsed,
    long RawBytes,
    IReadOnlyList<string> Replaces
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "segment.archived/1";
}

/// <summary>Events of a source were seen for the first time.</summary>
public sealed record SourceDiscovered(SourceKey Source, string Parser, DateTimeOffset FirstEventAt) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "source.discovered/1";
}

/// <summary>A route passed over items, because its destination did not take them for as long as they were kept.</summary>
/// <param name="Route">The route.</param>
/// <param name="FirstPosition">The first item that was passed over: an event's offset, or what its kind counts by.</param>
/// <param name="NextPosition">The first item that was not.</param>
/// <param name="Reason">Why.</param>
public sealed record RouteSkipped(string Route, long FirstPosition, long NextPosition, string Reason) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "route.skipped/1";
}

/// <summary>The service started.</summary>
public sealed record ServiceStarted(string Version, bool AfterCleanStop) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "service.started/1";
}

/// <summary>Checkpoints are copied to a place outside from now on, or no longer.</summary>
public sealed record LedgerAnchored(string Kind, string Target, bool Active) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "ledger.anchored/1";
}

/// <summary>First entry of a log that continues after a restored, shorter one.</summary>
public sealed record LedgerContinued(string OldOrigin, string LastKnownCheckpoint, long RestoredSize) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "ledger.continued/1";
}

/// <summary>Events left the archive. Recorded before their file is deleted.</summary>
/// <param name="Deletion">Its id; the archive and this record name the same deletion.</param>
/// <param name="Cause">Why: by age, by budget, or as part of an erasure.</param>
/// <param name="Rule">The rule of the policy that said so, or the erasure's id.</param>
/// <param name="Segment">The segment that held them.</param>
/// <param name="SegmentSha256">That segment's digest, as <c>segment.archived</c> recorded it.</param>
/// <param name="Replacement">The segment that holds what was kept of it, or null when nothing was.</param>
/// <param name="Events">How many events.</param>
/// <param name="RawBytes">Their bytes as received.</param>
/// <param name="ReceivedFrom">Earliest receipt in the segment.</param>
/// <param name="ReceivedTo">Latest receipt in the segment.</param>
/// <param name="Sources">How many of which source, the largest first; at most 200, the rest under <c>(others)</c>.</param>
public sealed record EventsDeleted(
    string Deletion,
    DeletionCause Cause,
    string Rule,
    string Segment,
    string SegmentSha256,
    string? Replacement,
    long Events,
    long RawBytes,
    DateTimeOffset ReceivedFrom,
    DateTimeOffset ReceivedTo,
    IReadOnlyList<SourceCount> Sources
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "events.deleted/1";
}

/// <summary>Why events leave the archive.</summary>
public enum DeletionCause
{
    /// <summary>They are older than the policy keeps them.</summary>
    Age,

    /// <summary>The archive, or their part of it, is larger than the policy allows.</summary>
    Budget,

    /// <summary>They speak of a person whose data is erased.</summary>
    Erasure,
}

/// <summary>How many events of a source.</summary>
public sealed record SourceCount(SourceKey Source, long Events);

/// <summary>Events of these sources and this time must not be deleted from now on, whatever the policy says.</summary>
/// <param name="Hold">Its id.</param>
/// <param name="Name">What people call it, for example a matter's number.</param>
/// <param name="Reason">Why, as one of the known reasons.</param>
/// <param name="Sources">Which sources.</param>
/// <param name="From">Events that happened or were received since then; null: from the beginning.</param>
/// <param name="To">Events that happened or were received until then; null: without end.</param>
public sealed record HoldPlaced(
    string Hold,
    string Name,
    HoldReason Reason,
    SourcePattern Sources,
    DateTimeOffset? From,
    DateTimeOffset? To
) : RecordBody
{
    /// <summary>The stream of all holds.</summary>
    public const string Stream = "holds";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "hold.placed/1";
}

/// <summary>Why something is held.</summary>
public enum HoldReason
{
    /// <summary>A lawsuit, or one to be expected.</summary>
    Litigation,

    /// <summary>An authority asked for it.</summary>
    Authority,

    /// <summary>An incident is being investigated.</summary>
    Incident,

    /// <summary>An audit needs it.</summary>
    Audit,
}

/// <summary>A hold ended: the policy is in force again for what it held.</summary>
public sealed record HoldLifted(string Hold) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "hold.lifted/1";
}

/// <summary>A person's data was erased. Who it was is not said, and cannot be found out from here.</summary>
/// <param name="Erasure">Its id.</param>
/// <param name="Reason">Why, as one of the known reasons.</param>
/// <param name="Identifiers">How many identifiers were looked for.</param>
/// <param name="EventsErased">Events deleted from the archive.</param>
/// <param name="EventsHeld">Events that a hold keeps; they were left.</param>
/// <param name="RecordsErased">Records whose body was erased.</param>
/// <param name="FindingsRedacted">Findings whose values were erased.</param>
public sealed record ErasureDone(
    string Erasure,
    ErasureReason Reason,
    int Identifiers,
    long EventsErased,
    long EventsHeld,
    int RecordsErased,
    int FindingsRedacted
) : RecordBody
{
    /// <summary>The stream of all erasures.</summary>
    public const string Stream = "erasures";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "erasure.done/1";
}

/// <summary>Why a person's data is erased.</summary>
public enum ErasureReason
{
    /// <summary>The person asked for it (GDPR, Article 17).</summary>
    Request,

    /// <summary>The purpose it was kept for is gone.</summary>
    PurposeEnded,

    /// <summary>It was taken in by mistake.</summary>
    Mistake,

    /// <summary>A court or an authority ordered it.</summary>
    Order,
}

/// <summary>A record's body was erased. What it said apart from the person stands here, so that nothing else is lost.</summary>
/// <param name="Erased">The record.</param>
/// <param name="Index">Its place in the ledger.</param>
/// <param name="Erasure">The erasure that this is part of.</param>
/// <param name="Remainder">The body with every value that named the person replaced, or null when nothing of it is left.</param>
public sealed record RecordErased(RecordId Erased, long Index, string Erasure, RecordBody? Remainder) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "record.erased/1";
}

/// <summary>Bodies as JSON: camel case, enumerations by name, no nulls left out, times in UTC.</summary>
public static class RecordBodyJson
{
    private static readonly JsonSerializerOptions options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        AllowOutOfOrderMetadataProperties = true,
    };

    /// <summary>The options that bodies are written with.</summary>
    public static JsonSerializerOptions Options => options;

    /// <summary>The body as UTF-8 JSON.</summary>
    public static byte[] Serialize(RecordBody body) => JsonSerializer.SerializeToUtf8Bytes(body, options);

    /// <summary>The body behind its JSON.</summary>
    /// <exception cref="JsonException">The bytes are no body that this version knows.</exception>
    public static RecordBody Deserialize(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<RecordBody>(json, options) ?? throw new JsonException("A record's body is null.");
}
