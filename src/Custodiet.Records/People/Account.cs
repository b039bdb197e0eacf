using System.Text.Json.Serialization;

namespace Custodiet.Records.People;

/// <summary>What kind of actor an account is for. Its pseudonym's first letter says the same in every envelope.</summary>
public enum AccountKind
{
    /// <summary>A person, <c>p-…</c>.</summary>
    Person,

    /// <summary>Sealed credentials for the day when nothing else works, <c>b-…</c>: whatever is done with them is marked by it.</summary>
    BreakGlass,

    /// <summary>A program, <c>s-…</c>: it has tokens, an owner and no sign-in.</summary>
    Service,
}

/// <summary>A passkey: the public half of a key pair that lies in somebody's device or password manager.</summary>
/// <param name="Id">The credential id, base64url.</param>
/// <param name="Name">What its owner calls it.</param>
/// <param name="PublicKey">The public key in COSE form, base64.</param>
/// <param name="SignCount">The authenticator's counter at its last use; 0 where it has none.</param>
/// <param name="Transports">How the browser reaches it: <c>internal</c>, <c>usb</c>, <c>hybrid</c>, …</param>
/// <param name="BackupEligible">Whether it may be synchronised to other devices.</param>
/// <param name="BackedUp">Whether it was at its last use.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="LastUsedAt">When it was last used to sign in, or null.</param>
public sealed record Passkey(
    string Id,
    string Name,
    string PublicKey,
    uint SignCount,
    IReadOnlyList<string> Transports,
    bool BackupEligible,
    bool BackedUp,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastUsedAt
);

/// <summary>Who somebody is at the identity provider. Issuer and subject together name a person; names and addresses never do.</summary>
/// <param name="Issuer">The provider's <c>iss</c>.</param>
/// <param name="Subject">Its <c>sub</c>.</param>
/// <param name="LinkedAt">Since when it belongs to the account.</param>
public sealed record ProviderIdentity(string Issuer, string Subject, DateTimeOffset LinkedAt);

/// <summary>An account of a person, a break-glass account or a service account. It holds secrets (hashes, the authenticator key) and is therefore never part of a record.</summary>
public sealed record Account
{
    /// <summary>The pseudonym used in records.</summary>
    public required ActorId Id { get; init; }

    /// <summary>Sign-in name.</summary>
    public required string Name { get; init; }

    /// <summary>The roles.</summary>
    public required IReadOnlyList<Role> Roles { get; init; }

    /// <summary>PBKDF2 hash as ASP.NET Core Identity writes it, or null before the first password.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>TOTP secret, base32, or null.</summary>
    public string? AuthenticatorKey { get; init; }

    /// <summary>Whether sign-in asks for a code.</summary>
    public bool TwoFactorEnabled { get; init; }

    /// <summary>SHA-256 of the unused recovery codes.</summary>
    public IReadOnlyList<string> RecoveryCodeHashes { get; init; } = [];

    /// <summary>Changes whenever credentials do; cookies made before are refused.</summary>
    public required string SecurityStamp { get; init; }

    /// <summary>Failed sign-ins in a row.</summary>
    public int FailedSignIns { get; init; }

    /// <summary>Until when sign-in is refused.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>IANA time zone for pages, such as <c>Europe/Berlin</c>.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>SHA-256 of the one-time code that lets its holder set a new password, lower-case hex, or null.</summary>
    public string? RecoverySha256 { get; init; }

    /// <summary>Until when that code holds.</summary>
    public DateTimeOffset? RecoveryUntil { get; init; }

    /// <summary>Whether the account may not sign in, and its tokens are refused.</summary>
    public bool Disabled { get; init; }

    /// <summary>What kind of actor it is for.</summary>
    public AccountKind Kind { get; init; }

    /// <summary>Its passkeys, oldest first.</summary>
    public IReadOnlyList<Passkey> Passkeys { get; init; } = [];

    /// <summary>Who its person is at the identity provider; empty for an account that knows no provider.</summary>
    public IReadOnlyList<ProviderIdentity> Identities { get; init; } = [];

    /// <summary>Whether the first sign-in through the provider made it.</summary>
    public bool MadeByProvider { get; init; }

    /// <summary>The person who answers for a service account; null for other kinds.</summary>
    public ActorId? Owner { get; init; }

    /// <summary>When a service account ends, or null.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the code of a break-glass account was made, or null.</summary>
    public DateTimeOffset? SealedAt { get; init; }

    /// <summary>Whether its person was erased by a recorded act: what is left is a pseudonym that records name.</summary>
    [JsonIgnore]
    public bool IsErased => Name == ErasedName;

    private string ErasedName => $"erased-{Id}";

    /// <summary>What is left of an account after its person was erased: nothing that names them, and no way in.</summary>
    public Account Erase() =>
        new()
        {
            Id = Id,
            Kind = Kind,
            Name = ErasedName,
            Roles = Roles,
            SecurityStamp = "erased",
            Disabled = true,
        };
}

/// <summary>A token for programs. Only its SHA-256 is kept.</summary>
/// <param name="Id">Pseudonym, <c>t-…</c>.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Scopes">Narrower than the role when not empty: <c>events:write</c>, <c>findings:write</c>, <c>query:read</c>, <c>ledger:read</c>, <c>metrics:read</c>.</param>
/// <param name="Sha256">Of the token's text, lower-case hex.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">Until when, or null.</param>
/// <param name="RevokedAt">Since when it is refused, or null.</param>
public sealed record ApiToken(
    ActorId Id,
    string Name,
    Role Role,
    IReadOnlyList<string> Scopes,
    string Sha256,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt
)
{
    /// <summary>The person or service account that it belongs to; null when it was made at the console for nobody.</summary>
    public ActorId? Owner { get; init; }

    /// <summary>The token that it takes the place of, or null.</summary>
    public ActorId? Replaces { get; init; }
}

/// <summary>The last use of a token, at most a minute old.</summary>
/// <param name="Token">Which.</param>
/// <param name="UsedAt">When.</param>
/// <param name="Address">Where from, or null when it is not known.</param>
public sealed record TokenUse(ActorId Token, DateTimeOffset UsedAt, string? Address);
