namespace Custodiet.Diagnosis;

/// <summary>How much something that was looked at matters.</summary>
internal enum CheckLevel
{
    /// <summary>In order.</summary>
    Ok,

    /// <summary>It works, and somebody should look.</summary>
    Warning,

    /// <summary>It does not work, or will not for long.</summary>
    Bad,

    /// <summary>It could not be looked at; nobody knows.</summary>
    Unknown,
}

/// <summary>What one check found.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Level">How much it matters.</param>
/// <param name="What">What is so, as a sentence.</param>
/// <param name="Remedy">What to do, or null.</param>
internal sealed record CheckResult(string Check, CheckLevel Level, string What, string? Remedy = null)
{
    public static CheckResult Ok(string check, string what) => new(check, CheckLevel.Ok, what);

    public static CheckResult Warn(string check, string what, string remedy) =>
        new(check, CheckLevel.Warning, what, remedy);

    public static CheckResult Bad(string check, string what, string remedy) => new(check, CheckLevel.Bad, what, remedy);

    public static CheckResult Unknown(string check, string what) => new(check, CheckLevel.Unknown, what);
}
