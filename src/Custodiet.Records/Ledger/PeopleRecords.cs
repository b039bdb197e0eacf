using System.Text.Json.Serialization;
using Custodiet.Records.People;

namespace Custodiet.Records.Ledger;

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
