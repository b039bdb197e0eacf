using Custodiet.People.Provider;
using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>Who may sign in with a password.</summary>
internal enum PasswordUse
{
    /// <summary>Everybody who has one.</summary>
    On,

    /// <summary>Everybody who has one and no passkey.</summary>
    UntilPasskey,

    /// <summary>Nobody: passkeys, the identity provider and break-glass accounts remain.</summary>
    Off,
}

/// <summary>What sign-in needs to know.</summary>
internal sealed record PeopleOptions
{
    /// <summary>Folder of the keys that protect cookies; made with mode 0700 when absent. Usually <c>DATA/keys</c>.</summary>
    public required string KeysFolder { get; init; }

    /// <summary>PBKDF2-HMAC-SHA512 iterations. Default 210,000, from the OWASP Password Storage Cheat Sheet.</summary>
    public int PasswordIterations { get; init; } = 210_000;

    /// <summary>Attempts with secrets per minute and address before 429. Default 30.</summary>
    public int AttemptsPerMinuteAndAddress { get; init; } = 30;

    /// <summary>Attempts per minute and name before 429. Default 10.</summary>
    public int AttemptsPerMinuteAndName { get; init; } = 10;

    /// <summary>Wrong passwords or codes in a row before the account rests. Default 5.</summary>
    public int FailuresBeforeLock { get; init; } = 5;

    /// <summary>How long it rests. Default 15 minutes.</summary>
    public TimeSpan LockTime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a session lasts without use. Default 8 hours.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromHours(8);

    /// <summary>How long a session lasts at most. Default 24 hours.</summary>
    public TimeSpan SessionTime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long a session of a break-glass account lasts at most. Default 1 hour.</summary>
    public TimeSpan BreakGlassTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Who may sign in with a password. Default: everybody who has one.</summary>
    public PasswordUse Passwords { get; init; } = PasswordUse.On;

    /// <summary>Roles that hold only in sessions begun with a passkey or through the provider. Default: none.</summary>
    public IReadOnlyList<Role> StrongRoles { get; init; } = [];

    /// <summary>The address that browsers use, such as <c>https://soc.example.com</c>; null: whatever a request says.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Proxies whose word about callers is believed. Default: none.</summary>
    public IReadOnlyList<System.Net.IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The identity provider, or null.</summary>
    public ProviderOptions? Provider { get; init; }

    /// <summary>Whether cookies are for HTTPS alone.</summary>
    public bool SecureCookies => PublicUrl?.Scheme == Uri.UriSchemeHttps;
}
