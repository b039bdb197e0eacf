using System.Text.RegularExpressions;

namespace Custodiet.Configuration;

/// <summary>A setting as it is shown: no secret is in it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The value in force: of the running server, or of the next start when none runs.</param>
/// <param name="Origin">Where the value comes from.</param>
/// <param name="Default">Its value when nothing sets it.</param>
/// <param name="Unit">Unit of its number; empty where there is none.</param>
/// <param name="Environment">The environment variable that sets it.</param>
/// <param name="Description">What it does.</param>
/// <param name="Pending">The value from the next start on, when it is another; else null.</param>
/// <param name="RestartNeeded">Whether a change takes effect at the next start only.</param>
/// <param name="FileReloads">Whether it names a file whose new content is taken without a restart.</param>
internal sealed record SettingLine(
    string Name,
    string Value,
    string Origin,
    string Default,
    string Unit,
    string Environment,
    string Description,
    string? Pending,
    bool RestartNeeded,
    bool FileReloads
);

/// <summary>What is shown of settings.</summary>
internal static partial class SettingsView
{
    /// <summary>All settings, in the documented order.</summary>
    public static IReadOnlyList<SettingLine> Of(Settings settings) =>
        [
            .. settings.All.Select(s => new SettingLine(
                s.Name,
                Shown(s.Value),
                s.Origin,
                s.Default,
                s.Unit,
                Settings.EnvironmentName(s.Name),
                s.Description,
                Pending: null,
                RestartNeeded: true,
                FileReloads: Reloads(s.Name)
            )),
        ];

    /// <summary>What the running server uses, with what the next start will use where that differs.</summary>
    public static IReadOnlyList<SettingLine> Merge(IReadOnlyList<SettingLine> running, IReadOnlyList<SettingLine> next)
    {
        Dictionary<string, SettingLine> later = next.ToDictionary(s => s.Name, StringComparer.Ordinal);
        return
        [
            .. running.Select(s =>
                later.TryGetValue(s.Name, out SettingLine? other) && other.Value != s.Value
                    ? s with
                    {
                        Pending = other.Value,
                    }
                    : s
            ),
        ];
    }

    /// <summary>A value without what an address may hold of a password.</summary>
    public static string Shown(string value) => UserInfo().Replace(value, "://…@");

    /// <summary>Whether a value holds an address with a password.</summary>
    public static bool HoldsPassword(string value) => UserInfo().IsMatch(value);

    private static bool Reloads(string name) =>
        name.EndsWith(".tls_certificate", StringComparison.Ordinal)
        || name.EndsWith(".tls_key", StringComparison.Ordinal)
        || name.EndsWith(".tls_client_ca", StringComparison.Ordinal);

    [GeneratedRegex("://[^/@\\s]+@", RegexOptions.NonBacktracking)]
    private static partial Regex UserInfo();
}
