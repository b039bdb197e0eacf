namespace Custodiet.Records.People;

/// <summary>The name of a session, <c>ses-…</c>. No secret: what opens a session is the key in the browser's cookie.</summary>
public readonly record struct SessionId(string Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value ?? "";
}

/// <summary>Why a session is over.</summary>
public enum SessionEnd
{
    /// <summary>Its person signed out.</summary>
    SignedOut,

    /// <summary>Its person or an administrator ended it from elsewhere.</summary>
    Revoked,

    /// <summary>It was not used for the idle time.</summary>
    Idle,

    /// <summary>It reached its absolute end.</summary>
    Expired,

    /// <summary>The account's password, roles, credentials or state changed.</summary>
    AccountChanged,

    /// <summary>The account began more sessions than it may have at once; the one longest unused ended.</summary>
    TooMany,

    /// <summary>The identity provider ended it, or no longer lets the person in.</summary>
    Provider,
}

/// <summary>A person's session as the store keeps it. The key that opens it is in the browser's cookie alone.</summary>
public sealed record Session
{
    /// <summary>Its name.</summary>
    public required SessionId Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required ActorId Account { get; init; }

    /// <summary>SHA-256 of its key, lower-case hex.</summary>
    public required string KeySha256 { get; init; }

    /// <summary>The account's security stamp when it began or was renewed; another stamp ends it.</summary>
    public required string Stamp { get; init; }

    /// <summary>What was shown to begin it.</summary>
    public required SignInMethod Method { get; init; }

    /// <summary>Where from, as text, or null when it is not known.</summary>
    public string? Address { get; init; }

    /// <summary>Browser and system in words, such as <c>Firefox on Linux</c>.</summary>
    public string Browser { get; init; } = "";

    /// <summary>When it began.</summary>
    public required DateTimeOffset BeganAt { get; init; }

    /// <summary>The last request that a person made in it; a minute may be lost in a crash.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>When it ends whatever happens.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>The identity provider's issuer, when it let the person in.</summary>
    public string? Issuer { get; init; }

    /// <summary>The provider's own name of the session (claim <c>sid</c>), when it gave one.</summary>
    public string? ProviderSession { get; init; }

    /// <summary>Why a break-glass account was used; null for every other session.</summary>
    public BreakGlassReason? BreakGlass { get; init; }

    /// <summary>Who acknowledged the use of a break-glass account, or null.</summary>
    public ActorId? AcknowledgedBy { get; init; }

    /// <summary>Since when it is over, or null.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it is over, or null.</summary>
    public SessionEnd? End { get; init; }
}

/// <summary>Why somebody uses a break-glass account.</summary>
public enum BreakGlassReason
{
    /// <summary>The identity provider does not answer or refuses everybody.</summary>
    ProviderDown,

    /// <summary>Nobody who may administer can sign in: devices lost, passwords forgotten.</summary>
    AdministratorsLockedOut,

    /// <summary>An incident in which the usual accounts cannot be trusted.</summary>
    AccountsCompromised,

    /// <summary>An exercise: the sealed credentials are tested.</summary>
    Drill,
}

/// <summary>What another person says to the use of a break-glass account.</summary>
public enum BreakGlassJudgement
{
    /// <summary>It was needed.</summary>
    Justified,

    /// <summary>It was an exercise.</summary>
    Drill,

    /// <summary>It was not needed, but nothing bad happened.</summary>
    Unneeded,

    /// <summary>It may be misuse and is being looked into.</summary>
    Suspicious,
}
