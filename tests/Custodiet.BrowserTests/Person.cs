namespace Custodiet.BrowserTests;

/// <summary>The people of the tests.</summary>
internal static class Person
{
    /// <summary>The first account: analyst, engineer, lead and admin.</summary>
    public const string Ada = "ada";

    /// <summary>An analyst.</summary>
    public const string Ben = "ben";

    /// <summary>An auditor.</summary>
    public const string Cleo = "cleo";

    /// <summary>An analyst with an authenticator.</summary>
    public const string Dora = "dora";

    /// <summary>Those whom the command line adds, with their role.</summary>
    public static readonly (string Name, string Role)[] Others =
    [
        (Ben, "analyst"),
        (Cleo, "auditor"),
        (Dora, "analyst"),
    ];
}
