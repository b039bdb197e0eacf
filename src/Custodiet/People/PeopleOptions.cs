namespace Custodiet.People;

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
    public TimeSpan SessionTime { get; init; } = TimeSpan.FromHours(8);
}
