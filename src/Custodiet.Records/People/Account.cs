namespace Custodiet.Records.People;

/// <summary>A person's account. It holds secrets (hashes, the authenticator key) and is therefore never part of a record.</summary>
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

    /// <summary>Whether the account may not sign in.</summary>
    public bool Disabled { get; init; }
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
);
