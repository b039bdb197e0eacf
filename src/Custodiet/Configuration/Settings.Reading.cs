using System.Globalization;
using Custodiet.Documents;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;

namespace Custodiet.Configuration;

// How settings are read: defaults, then the file, the environment, the options; and what is checked.
internal sealed partial class Settings
{
    // Variables that are no settings: of commands, of tests, and the secrets that settings refer to.
    private static readonly string[] otherVariables = ["CUSTODIET_TOKEN", FileVariable, "CUSTODIET_SHARED"];
    private const string SecretVariables = "CUSTODIET_SECRET_";

    /// <summary>Reads file, environment and options. Every problem is reported; with an error among them the settings are null.</summary>
    /// <param name="options">Values given on the command line; a null value counts as not given. <c>config</c> names the settings file.</param>
    /// <param name="defaultFolder">Name of the default data folder.</param>
    public static (Settings? Settings, IReadOnlyList<Problem> Problems) Read(
        IReadOnlyDictionary<string, string?> options,
        string defaultFolder = "custodiet"
    )
    {
        List<Problem> problems = [];
        Dictionary<string, Setting> values = new(StringComparer.Ordinal);
        foreach (SettingDefinition definition in definitions)
        {
            string value = definition.Default ?? Computed(definition.Name, defaultFolder);
            values[definition.Name] = new Setting(definition.Name, value, "default", definition.Description)
            {
                Default = value,
                Unit = UnitOf(definition.Name),
                Position = new TextPosition("default", 0, 0),
            };
        }
        Overlay(values, "data", options);
        string? named = options.GetValueOrDefault("config") ?? Variable(FileVariable);
        string file = Path.GetFullPath(named ?? Path.Combine(Path.GetFullPath(values["data"].Value), FileName));
        if (named is not null && !System.IO.File.Exists(file))
        {
            string message = $"There is no settings file {file}; --config or {FileVariable} names it.";
            problems.Add(Error("config.unreadable", message, new TextPosition(file, 0, 0)));
        }
        ReadFile(file, named is not null, values, problems);
        foreach (SettingDefinition definition in definitions)
        {
            Overlay(values, definition.Name, options);
        }
        SetBelowData(values);
        CheckNames(options, problems);
        CheckValues(values, problems);
        Settings settings = new(values, file, named is not null);
        return (problems.Any(p => p.Level == ProblemLevel.Error) ? null : settings, problems);
    }

    // Last, since a settings file elsewhere may say where the data folder is.
    private static void SetBelowData(Dictionary<string, Setting> values)
    {
        foreach (
            (string name, string folder) in (ReadOnlySpan<(string, string)>)
                [("outputs.folder", "outputs"), ("outputs.secrets", "secrets")]
        )
        {
            string value = Path.Combine(Path.GetFullPath(values["data"].Value), folder);
            Setting setting = values[name] with { Default = value };
            values[name] = setting.Origin == "default" ? setting with { Value = value } : setting;
        }
    }

    // The names carry their units.
    private static string UnitOf(string name) =>
        name.Split('.', '_').FirstOrDefault(part => part is "bytes" or "seconds" or "minutes" or "hours" or "days")
        ?? "";

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static void CheckNames(IReadOnlyDictionary<string, string?> options, List<Problem> problems)
    {
        foreach (string name in options.Keys.Where(n => n != "config" && definitions.All(d => d.Name != n)))
        {
            problems.Add(Unknown(name, new TextPosition("option --set", 0, 0)));
        }
        Dictionary<string, string> variables = definitions.ToDictionary(d => EnvironmentName(d.Name), d => d.Name);
        foreach (string variable in Environment.GetEnvironmentVariables().Keys.Cast<string>().Order())
        {
            if (
                variable.StartsWith("CUSTODIET_", StringComparison.Ordinal)
                && !variables.ContainsKey(variable)
                && !otherVariables.Contains(variable)
                && !variable.StartsWith(SecretVariables, StringComparison.Ordinal)
            )
            {
                string? meant = Nearest.To(variable, variables.Keys);
                problems.Add(
                    new Problem(
                        ProblemLevel.Warning,
                        "config.unknown",
                        $"The environment variable {variable} sets nothing.",
                        new TextPosition("environment", 0, 0),
                        meant is null ? null : $"probably meant: {meant}"
                    )
                );
            }
        }
    }

    private static void CheckValues(Dictionary<string, Setting> values, List<Problem> problems)
    {
        foreach (SettingDefinition definition in definitions)
        {
            Setting setting = values[definition.Name];
            string said = $"«{setting.Name}» is «{setting.Value}» (from {setting.Origin})";
            if (definition.IsFlag && !IsOn(setting.Value) && setting.Value is not ("off" or "false" or "no"))
            {
                problems.Add(Error("config.flag", $"{said}, which is neither on nor off.", setting.Position));
            }
            if (definition.Maximum > 0 && !IsInRange(setting.Value, definition))
            {
                string range = $"a whole number from {definition.Minimum} to {definition.Maximum}";
                problems.Add(Error("config.range", $"{said}, which is not {range}.", setting.Position));
            }
        }
        Setting zone = values["parsers.time_zone"];
        if (!TimeZones.TryFind(zone.Value, out _))
        {
            problems.Add(
                Error(
                    "config.zone",
                    $"«{zone.Name}» is «{zone.Value}» (from {zone.Origin}), which is not a time zone that this machine knows.",
                    zone.Position
                )
            );
        }
        Func<string, string> value = name => values[name].Value;
        foreach (
            (string code, (string name, string message)) in ServerSettings
                .Problems(value)
                .Select(p => ("config.value", p))
                .Concat(AccessSettings.Problems(value).Select(p => ("config.access", p)))
                .Concat(TelemetrySettings.Problems(value).Select(p => ("config.value", p)))
        )
        {
            Setting setting = values[name];
            problems.Add(Error(code, $"«{name}» (from {setting.Origin}) {message}.", setting.Position));
        }
    }

    private static bool IsInRange(string value, SettingDefinition definition) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
        && number >= definition.Minimum
        && number <= definition.Maximum;

    private static Problem Unknown(string name, TextPosition position)
    {
        IEnumerable<string> known = definitions.Select(d => d.Name);
        // A name is often mistaken in its beginning: then the ending alone tells what was meant.
        string? meant =
            Nearest.To(name, known)
            ?? known.FirstOrDefault(k => k.EndsWith("." + name.Split('.')[^1], StringComparison.Ordinal));
        string[] inside = [.. known.Where(k => k.StartsWith(name + ".", StringComparison.Ordinal))];
        string hint =
            inside.Length > 0 ? $"it has settings of its own: {string.Join(", ", inside)}"
            : meant is null ? "known: " + string.Join(", ", known)
            : $"probably meant: {meant}";
        return new Problem(ProblemLevel.Error, "config.unknown", $"There is no setting «{name}».", position, hint);
    }

    private static string Computed(string name, string defaultFolder) =>
        name switch
        {
            "data" => DefaultDataFolder(defaultFolder),
            // Below the data folder, which is not known here yet.
            "outputs.folder" or "outputs.secrets" => "",
            "workers" => Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            _ => throw new InvalidOperationException($"«{name}» has neither a default nor a rule to compute one."),
        };

    private static void Overlay(
        Dictionary<string, Setting> values,
        string name,
        IReadOnlyDictionary<string, string?> options
    )
    {
        if (Variable(EnvironmentName(name)) is { } fromEnvironment)
        {
            values[name] = From(values[name], fromEnvironment, $"environment {EnvironmentName(name)}");
        }
        if (options.GetValueOrDefault(name) is { } fromOption)
        {
            string option = name is "data" or "urls" or "content" or "rules" ? $"--{name}" : "--set";
            values[name] = From(values[name], fromOption, $"option {option}");
        }
    }

    private static Setting From(Setting setting, string value, string origin) =>
        setting with
        {
            Value = value,
            Origin = origin,
            Position = new TextPosition(origin, 0, 0),
        };

    // A file that was named may say where the data folder is; the one that lies in it may not.
    private static void ReadFile(string file, bool named, Dictionary<string, Setting> values, List<Problem> problems)
    {
        if (!System.IO.File.Exists(file))
        {
            return;
        }
        string text;
        try
        {
            text = System.IO.File.ReadAllText(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add(
                new Problem(
                    ProblemLevel.Error,
                    "config.unreadable",
                    failure.Message,
                    new TextPosition(file, 0, 0),
                    "it must be readable for the service's user"
                )
            );
            return;
        }
        YamlParse parse = Yaml.Parse(text, file);
        problems.AddRange(parse.Problems);
        foreach (Node document in parse.Documents)
        {
            ReadMapping(document, "", new SettingsFile(file, named), values, problems);
        }
    }

    private static void ReadMapping(
        Node node,
        string prefix,
        SettingsFile file,
        Dictionary<string, Setting> values,
        List<Problem> problems
    )
    {
        if (node is not MappingNode map)
        {
            problems.Add(Error("config.shape", "Settings are names with values.", node.Position));
            return;
        }
        foreach (MappingEntry entry in map.Entries)
        {
            string name = prefix + entry.Key.Text;
            if (entry.Value is MappingNode pairs && definitions.Any(d => d.Name == name && d.IsMap))
            {
                string text = string.Join(';', pairs.Entries.Select(Pair));
                values[name] = values[name] with
                {
                    Value = text,
                    Origin = $"file {file.Path}:{entry.Key.Position.Line}",
                    Position = entry.Value.Position,
                };
                continue;
            }
            if (entry.Value is MappingNode inner)
            {
                ReadMapping(inner, name + ".", file, values, problems);
                continue;
            }
            if (!values.TryGetValue(name, out Setting? known))
            {
                problems.Add(Unknown(name, entry.Key.Position));
                continue;
            }
            if (name == "data" && !file.Named)
            {
                string message =
                    "The data folder cannot be set by the file that lies in it: use --data, CUSTODIET_DATA, or a settings file elsewhere (--config).";
                problems.Add(Error("config.unknown", message, entry.Key.Position));
                continue;
            }
            string? value = entry.Value switch
            {
                ScalarNode scalar => scalar.Text,
                SequenceNode list => string.Join(
                    IsAddresses(name) ? ';' : ':',
                    list.Items.OfType<ScalarNode>().Select(s => s.Text)
                ),
                _ => null,
            };
            if (value is null)
            {
                problems.Add(
                    Error("config.shape", $"«{name}» takes a value or a list of values.", entry.Value.Position)
                );
                continue;
            }
            values[name] = known with
            {
                Value = value,
                Origin = $"file {file.Path}:{entry.Key.Position.Line}",
                Position = entry.Value.Position,
            };
        }
    }

    // Addresses hold colons themselves.
    private static bool IsAddresses(string name) =>
        name is "urls" or "outputs.hosts" or "syslog.udp" or "syslog.tcp" or "syslog.tls"
        || AccessSettings.IsList(name);

    private static string Pair(MappingEntry entry) =>
        entry.Value switch
        {
            ScalarNode scalar => $"{entry.Key.Text}={scalar.Text}",
            SequenceNode list =>
                $"{entry.Key.Text}={string.Join(',', list.Items.OfType<ScalarNode>().Select(s => s.Text))}",
            _ => $"{entry.Key.Text}=",
        };

    private static Problem Error(string code, string message, TextPosition position) =>
        new(ProblemLevel.Error, code, message, position);

    private readonly record struct SettingsFile(string Path, bool Named);
}
