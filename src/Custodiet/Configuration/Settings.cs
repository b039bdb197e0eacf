using System.Globalization;
using System.Text.Json.Serialization;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;

namespace Custodiet.Configuration;

/// <summary>One setting as it holds, and whence.</summary>
/// <param name="Name">For example <c>queue.bytes_max</c>.</param>
/// <param name="Value">Its value as text.</param>
/// <param name="Origin"><c>default</c>, <c>file PATH:line</c>, <c>environment NAME</c> or <c>option --name</c>.</param>
/// <param name="Description">What it does, with unit, default and range.</param>
internal sealed record Setting(string Name, string Value, string Origin, string Description)
{
    /// <summary>Its value when nothing sets it.</summary>
    public string Default { get; init; } = "";

    /// <summary>The unit of its number, as its name says it; empty where there is none.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Where in the settings file it stands, or what else sets it.</summary>
    [JsonIgnore]
    public TextPosition Position { get; init; }
}

/// <summary>All settings: one file, the environment over it, options over both.</summary>
internal sealed partial class Settings
{
    /// <summary>The settings file's name in the data folder, where it is looked for when nothing names another.</summary>
    public const string FileName = "custodiet.yml";

    /// <summary>The environment variable that names another settings file.</summary>
    public const string FileVariable = "CUSTODIET_CONFIG";

    private readonly Dictionary<string, Setting> values;

    private Settings(Dictionary<string, Setting> values, string file, bool fileIsOutside)
    {
        this.values = values;
        File = file;
        FileIsOutside = fileIsOutside;
    }

    /// <summary>The settings file, which need not exist.</summary>
    public string File { get; }

    /// <summary>Whether the file was named, and does not lie where the data folder has its own.</summary>
    public bool FileIsOutside { get; }

    /// <summary>Every setting with its origin, in the documented order.</summary>
    public IReadOnlyList<Setting> All => [.. definitions.Select(d => values[d.Name])];

    /// <summary>The data folder, absolute.</summary>
    public string DataFolder => Path.GetFullPath(Text("data"));

    /// <summary>The text of a setting.</summary>
    public string Text(string name) => values[name].Value;

    /// <summary>A whole number, checked against its range when the settings were read.</summary>
    public long Number(string name) => long.Parse(values[name].Value, CultureInfo.InvariantCulture);

    /// <summary>Whether something is on.</summary>
    public bool Flag(string name) => IsOn(values[name].Value);

    /// <summary>The zone of times that name none, checked when the settings were read.</summary>
    public TimeZoneInfo TimeZone =>
        TimeZones.TryFind(Text("parsers.time_zone"), out TimeZoneInfo? zone) ? zone : TimeZoneInfo.Utc;

    /// <summary>A list, separated by semicolons.</summary>
    public IReadOnlyList<string> List(string name) => Split(Text(name));

    /// <summary>The encrypted secrets in the data folder.</summary>
    public SecretStore SecretStore => new(DataFolder, Text("secrets.key"));

    /// <summary>The secret that a setting refers to, as it is now; null when it refers to none.</summary>
    /// <exception cref="SecretException">It is not there or cannot be read; the message says where it was looked for and never what was found.</exception>
    public string? Secret(string name) => SecretReference.Read(Text(name), SecretStore);

    /// <summary>The secret that a setting refers to, as it is now; null when it refers to none or cannot be had.</summary>
    public string? SecretOrNull(string name)
    {
        try
        {
            return Secret(name);
        }
        catch (SecretException)
        {
            // Whoever needs it says that it is missing; a secret that is put there later is found.
            return null;
        }
    }

    /// <summary>A list of paths, separated by colons.</summary>
    public IReadOnlyList<string> Paths(string name) => Text(name).Split(':', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Where data goes when nothing says otherwise.</summary>
    public static string DefaultDataFolder(string leaf)
    {
        string? home = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        if (string.IsNullOrEmpty(home))
        {
            home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");
        }
        return Path.Combine(home, leaf);
    }

    /// <summary>The environment variable that sets a setting: <c>queue.bytes_max</c> is <c>CUSTODIET_QUEUE_BYTES_MAX</c>.</summary>
    public static string EnvironmentName(string setting) => "CUSTODIET_" + setting.Replace('.', '_').ToUpperInvariant();

    /// <summary>Parts of a list.</summary>
    public static string[] Split(string list) =>
        list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static bool IsOn(string value) => value is "on" or "true" or "yes";
}
