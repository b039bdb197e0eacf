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
[JsonDerivedType(typeof(AccountAddedFirst), "account.added/1")]
[JsonDerivedType(typeof(AccountAdded), "account.added/2")]
[JsonDerivedType(typeof(AccountChanged), "account.changed/1")]
[JsonDerivedType(typeof(IdentityLinked), "identity.linked/1")]
[JsonDerivedType(typeof(IdentityUnlinked), "identity.unlinked/1")]
[JsonDerivedType(typeof(PasskeyAdded), "passkey.added/1")]
[JsonDerivedType(typeof(PasskeyRemoved), "passkey.removed/1")]
[JsonDerivedType(typeof(SignInPolicySet), "sign-in.policy-set/1")]
[JsonDerivedType(typeof(SessionBeganFirst), "session.began/1")]
[JsonDerivedType(typeof(SessionBegan), "session.began/2")]
[JsonDerivedType(typeof(SessionEndedFirst), "session.ended/1")]
[JsonDerivedType(typeof(SessionEnded), "session.ended/2")]
[JsonDerivedType(typeof(SignInFailedFirst), "sign-in.failed/1")]
[JsonDerivedType(typeof(SignInFailed), "sign-in.failed/2")]
[JsonDerivedType(typeof(BreakGlassAcknowledged), "break-glass.acknowledged/1")]
[JsonDerivedType(typeof(TokenAddedFirst), "token.added/1")]
[JsonDerivedType(typeof(TokenAdded), "token.added/2")]
[JsonDerivedType(typeof(TokenChanged), "token.changed/1")]
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
[JsonDerivedType(typeof(EventsShed), "events.shed/1")]
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
/// <param name="Account">Its pseudonym.</param>
/// <param name="Kind">For a person, a program, or the day when nothing else works.</param>
/// <param name="Name">Sign-in name.</param>
/// <param name="Roles">Its roles.</param>
/// <param name="Owner">The person who answers for a service account.</param>
/// <param name="ExpiresAt">When a service account ends.</param>
public sealed record AccountAdded(
    ActorId Account,
    AccountKind Kind,
    string Name,
    IReadOnlyList<Role> Roles,
    ActorId? Owner = null,
    DateTimeOffset? ExpiresAt = null
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "account.added/2";
}

/// <summary>An account was made, as version 1 recorded it: a person's.</summary>
public sealed record AccountAddedFirst(ActorId Account, string Name, IReadOnlyList<Role> Roles) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "account.added/1";
}

/// <summary>An account belongs to somebody at the identity provider from now on.</summary>
public sealed record IdentityLinked(ActorId Account, string Issuer, string Subject) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "identity.linked/1";
}

/// <summary>An account no longer belongs to somebody at the identity provider.</summary>
public sealed record IdentityUnlinked(ActorId Account, string Issuer, string Subject) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "identity.unlinked/1";
}

/// <summary>A passkey was added to an account.</summary>
/// <param name="Account">Whose.</param>
/// <param name="Passkey">Its credential id, base64url.</param>
/// <param name="Name">What its owner calls it.</param>
/// <param name="BackupEligible">Whether it may be synchronised to other devices.</param>
public sealed record PasskeyAdded(ActorId Account, string Passkey, string Name, bool BackupEligible) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "passkey.added/1";
}

/// <summary>A passkey was removed from an account.</summary>
public sealed record PasskeyRemoved(ActorId Account, string Passkey, string Name) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "passkey.removed/1";
}

/// <summary>Who may sign in and how, as the settings say from this start on; recorded when it differs from the last one.</summary>
/// <param name="Passwords">Who may use a password: <c>on</c>, <c>until-passkey</c>, <c>off</c>.</param>
/// <param name="StrongRoles">Roles that hold only after a passkey or the provider.</param>
/// <param name="IdleSeconds">After how long an unused session ends.</param>
/// <param name="SessionSeconds">After how long every session ends.</param>
/// <param name="BreakGlassSeconds">After how long a break-glass session ends.</param>
/// <param name="Provider">The identity provider, or null.</param>
public sealed record SignInPolicySet(
    string Passwords,
    IReadOnlyList<Role> StrongRoles,
    long IdleSeconds,
    long SessionSeconds,
    long BreakGlassSeconds,
    ProviderPolicy? Provider
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "sign-in.policy-set/1";
}

/// <summary>What is trusted of the identity provider.</summary>
/// <param name="Authority">Its issuer's address.</param>
/// <param name="ClientId">What it calls this installation.</param>
/// <param name="Scopes">What is asked for.</param>
/// <param name="NameClaim">The claim that names a person.</param>
/// <param name="RolesClaim">The claim that roles follow from.</param>
/// <param name="Roles">Which roles follow from which value, by value.</param>
public sealed record ProviderPolicy(
    string Authority,
    string ClientId,
    IReadOnlyList<string> Scopes,
    string NameClaim,
    string RolesClaim,
    IReadOnlyList<ProviderRoles> Roles
);

/// <summary>The roles that follow from one value of the provider's claim.</summary>
public sealed record ProviderRoles(string Value, IReadOnlyList<Role> Roles);

/// <summary>
/// An account changed: <c>roles</c>, <c>provider-roles</c> (the identity provider's claims), <c>password</c>, <c>authenticator</c>,
/// <c>recovery-codes</c>, <c>time-zone</c>, <c>disabled</c>, <c>enabled</c>, <c>recovered</c>, <c>code-used</c>, <c>signed-out</c> (all sessions ended),
/// <c>sealed</c> (a break-glass account's new code), <c>owner</c>, <c>expires</c>, or <c>locked</c> after failed sign-ins.
/// </summary>
public sealed record AccountChanged(ActorId Account, string Change, IReadOnlyList<Role> Roles) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "account.changed/1";
}

/// <summary>Somebody signed in.</summary>
/// <param name="Account">Who.</param>
/// <param name="Session">Which session began.</param>
/// <param name="Method">With what.</param>
/// <param name="Address">Where from, or null when it is not known. Behind a proxy that is not trusted it is the proxy's.</param>
/// <param name="Reason">Why a break-glass account was used; null for every other.</param>
public sealed record SessionBegan(
    ActorId Account,
    SessionId Session,
    SignInMethod Method,
    string? Address,
    BreakGlassReason? Reason
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "session.began/2";
}

/// <summary>Somebody signed in, as version 1 recorded it: without session and address.</summary>
public sealed record SessionBeganFirst(ActorId Account, SignInMethod Method) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "session.began/1";
}

/// <summary>Somebody signed out, or a session was ended from elsewhere. One that ends by itself leaves no record.</summary>
public sealed record SessionEnded(ActorId Account, SessionId Session, SessionEnd End) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "session.ended/2";
}

/// <summary>Somebody signed out, as version 1 recorded it.</summary>
public sealed record SessionEndedFirst(ActorId Account) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "session.ended/1";
}

/// <summary>Failed sign-ins of one account within a minute, folded, so that whoever tries cannot fill the ledger.</summary>
/// <param name="Account">The account, or null for all names that no account has; what was typed as a name could be a password.</param>
/// <param name="FirstAt">The first of them.</param>
/// <param name="LastAt">The last of them.</param>
/// <param name="Failures">How many, by reason and address; at most twenty entries, the rest under no address.</param>
public sealed record SignInFailed(
    ActorId? Account,
    DateTimeOffset FirstAt,
    DateTimeOffset LastAt,
    IReadOnlyList<SignInFailures> Failures
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "sign-in.failed/2";
}

/// <summary>How often sign-in failed for a reason from an address; null when it is not known or one of many.</summary>
public sealed record SignInFailures(SignInFailure Reason, string? Address, int Count);

/// <summary>Failed sign-ins, as version 1 recorded them: without addresses.</summary>
public sealed record SignInFailedFirst(
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

/// <summary>Another person has taken note of the use of a break-glass account.</summary>
/// <param name="Account">The account.</param>
/// <param name="Session">The session in which it was used.</param>
/// <param name="Judgement">What that person says to it.</param>
public sealed record BreakGlassAcknowledged(ActorId Account, SessionId Session, BreakGlassJudgement Judgement)
    : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "break-glass.acknowledged/1";
}

/// <summary>A token was issued.</summary>
/// <param name="Token">Its pseudonym.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Owner">The person or service account that it belongs to, or null.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Scopes">Narrower than the role when not empty.</param>
/// <param name="ExpiresAt">Until when, or null.</param>
/// <param name="Replaces">The token that it takes the place of, or null.</param>
public sealed record TokenAdded(
    ActorId Token,
    string Name,
    ActorId? Owner,
    Role Role,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? ExpiresAt,
    ActorId? Replaces
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "token.added/2";
}

/// <summary>A token was issued, as version 1 recorded it: without an owner.</summary>
public sealed record TokenAddedFirst(
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

/// <summary>A token changed hands or got another end.</summary>
/// <param name="Token">Which.</param>
/// <param name="Change"><c>expires</c> when another one takes its place, <c>owner</c> when it was given to somebody.</param>
/// <param name="Owner">Whose it is from now on.</param>
/// <param name="ExpiresAt">Until when it holds from now on.</param>
public sealed record TokenChanged(ActorId Token, string Change, ActorId? Owner, DateTimeOffset? ExpiresAt) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "token.changed/1";
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

/// <summary>Events of a sender that could not wait were not taken, within about a minute.</summary>
/// <param name="Input">The input, for example <c>syslog-udp</c>.</param>
/// <param name="Sender">The sender's address; <c>(kernel)</c> where the kernel dropped them and nobody knows whose they were; <c>(others)</c> for senders beyond the bound.</param>
/// <param name="Declaration">What the sender is declared as, or null.</param>
/// <param name="Criticality">How critical it is declared; normal where it is not.</param>
/// <param name="Reason">Why.</param>
/// <param name="Events">How many.</param>
/// <param name="From">When the first was shed.</param>
/// <param name="To">When the last was.</param>
public sealed record EventsShed(
    string Input,
    string Sender,
    string? Declaration,
    Criticality Criticality,
    ShedReason Reason,
    long Events,
    DateTimeOffset From,
    DateTimeOffset To
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "events.shed/1";

    /// <summary>The stream of what was shed on a day (UTC).</summary>
    public static string StreamOf(DateTimeOffset at) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"shedding/{at.UtcDateTime:yyyy-MM-dd}");
}

/// <summary>Why events of a sender that cannot wait are not taken.</summary>
public enum ShedReason
{
    /// <summary>Too much waits for the queue, and others are at least as critical.</summary>
    QueueFull,

    /// <summary>The sender sends more than it may.</summary>
    OverQuota,

    /// <summary>The kernel's buffer was full before they could be read.</summary>
    KernelBuffer,
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
