using System.Globalization;
using System.Text.Json.Serialization;
using Custodiet.Documents;
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
internal sealed class Settings
{
    /// <summary>The settings file's name in the data folder, where it is looked for when nothing names another.</summary>
    public const string FileName = "custodiet.yml";

    /// <summary>The environment variable that names another settings file.</summary>
    public const string FileVariable = "CUSTODIET_CONFIG";

    // Variables that are no settings: of commands, of tests, and the secrets that settings refer to.
    private static readonly string[] otherVariables = ["CUSTODIET_TOKEN", FileVariable, "CUSTODIET_SHARED"];
    private const string SecretVariables = "CUSTODIET_SECRET_";

    private static readonly SettingDefinition[] definitions =
    [
        new("data", "Folder that holds everything. Default: custodiet below the user's data folder.", null),
        new(
            "urls",
            "Addresses to listen on, separated by semicolons: http://127.0.0.1:8087, https://0.0.0.0:8443. https needs server.tls_certificate.",
            "http://127.0.0.1:8087"
        ),
        .. ServerSettings.Definitions,
        new("content", "More content folders, separated by colons; the starter content is always read.", ""),
        new("rules", "More Sigma rule files or folders, separated by colons.", ""),
        new(
            "workers",
            "Threads that parse and match. Default: the processors of this machine. Range 1 to 64.",
            null,
            1,
            64
        ),
        new(
            "queue.bytes_max",
            "Bytes the event queue may hold on disk before it pushes back. Range 64 MiB to 1 TiB.",
            "4294967296",
            64L << 20,
            1L << 40
        ),
        new(
            "queue.free_bytes_min",
            "Bytes that must stay free on the disk; below it inputs push back. Range 0 to 1 TiB.",
            "536870912",
            0,
            1L << 40
        ),
        OnOff(
            "queue.set_damaged_aside",
            "Set segments of the queue that the disk damaged aside as .damaged files and go on with a gap; off: refuse to start and say where.",
            "off"
        ),
        new("input.event_bytes_max", "Bytes of one event. Range 1 KiB to 16 MiB.", "1048576", 1024, 16 << 20),
        new(
            "input.batch_bytes_max",
            "Bytes of one request body after decompression. Range 1 MiB to 256 MiB.",
            "67108864",
            1 << 20,
            256 << 20
        ),
        OnOff("input.hec", "Splunk's HTTP Event Collector below /services/collector.", "on"),
        OnOff("input.elasticsearch", "Elasticsearch's bulk API: /_bulk and what shippers ask for before it.", "on"),
        OnOff("input.otlp", "Logs of the OpenTelemetry protocol over HTTP: /v1/logs.", "on"),
        OnOff("input.cloudevents", "CloudEvents over HTTP: /api/v1/cloudevents.", "on"),
        new(
            "input.bodies_bytes_max",
            "Bytes of all request bodies in memory at once; beyond it senders are told to wait. Range 16 MiB to 16 GiB.",
            "134217728",
            16 << 20,
            16L << 30
        ),
        new(
            "syslog.udp",
            "Addresses for syslog over UDP, separated by semicolons: 127.0.0.1:5514, [::]:514, or a port alone, which means loopback. Empty: off.",
            ""
        ),
        new("syslog.tcp", "Addresses for syslog over TCP, written alike. Empty: off.", ""),
        new("syslog.tls", "Addresses for syslog over TLS, written alike; needs certificate and key. Empty: off.", ""),
        new("syslog.tls_certificate", "PEM file of the server's certificate, its intermediates behind it.", ""),
        new("syslog.tls_key", "PEM file of its key, not encrypted.", ""),
        new(
            "syslog.tls_client_ca",
            "PEM file of the authorities that issue clients' certificates. Empty: clients need none.",
            ""
        ),
        OnOff(
            "syslog.tls_1_3",
            "Offer TLS 1.3 beside 1.2: a sender that never reads and closes its connection may then lose its last messages.",
            "off"
        ),
        new(
            "syslog.message_bytes_max",
            "Bytes of one syslog message; larger ones are dropped and counted. Range 1 KiB to 1 MiB.",
            "65536",
            1024,
            1 << 20
        ),
        new(
            "syslog.udp_receive_bytes",
            "Bytes of datagrams that the kernel is asked to hold for each UDP address. Range 64 KiB to 1 GiB.",
            "4194304",
            64 << 10,
            1 << 30
        ),
        new(
            "syslog.connections_max",
            "Connections open at once over TCP and TLS; more are closed at once and counted. Range 1 to 100000.",
            "1000",
            1,
            100_000
        ),
        new(
            "syslog.idle_seconds",
            "A TCP or TLS connection that sends nothing for so long is closed. Range 10 to 2592000.",
            "86400",
            10,
            2_592_000
        ),
        new(
            "outputs.hosts",
            "Hosts beside this machine that routes may speak to, separated by semicolons: siem.example.org, *.example.org, 10.1.2.3:6514. Empty: none.",
            ""
        ),
        new("outputs.folder", "Folder below which routes write files. Default: outputs in the data folder.", null),
        new(
            "outputs.secrets",
            "Folder of the secrets that routes name, one file each. Default: secrets in the data folder.",
            null
        ),
        new(
            "outputs.held_bytes_max",
            "Bytes of released events that the queue keeps for routes whose destination is slow; past it the oldest are passed over, counted and recorded. Range 0 to 1 TiB.",
            "1073741824",
            0,
            1L << 40
        ),
        new(
            "parsers.time_zone",
            "Zone of syslog and web server times that name none: UTC, an offset such as +02:00, or a name such as Europe/Berlin.",
            "UTC"
        ),
        new(
            "alerts.window_hours",
            "Findings of one rule about one entity join an alert up to so many hours after its last event. Range 1 to 720.",
            "24",
            1,
            720
        ),
        new(
            "archive.keep_days",
            "Days that events are kept from their receipt on, where no declaration of sources says otherwise; 0: without end. Range 0 to 36500.",
            "365",
            0,
            36_500
        ),
        new(
            "archive.bytes_max",
            "Bytes on disk that the archive of events may have; beyond it the oldest events are deleted. 0: no bound. Range 0 to 1 PiB.",
            "0",
            0,
            1L << 50
        ),
        new("ledger.anchor_file", "File outside the data folder that every checkpoint is appended to.", ""),
        new("ledger.anchor_webhook", "Address that every checkpoint is posted to.", ""),
        new(
            "ledger.anchor_webhook_token",
            "Where the token is that is sent with them as Authorization: Bearer: file:/path, env:NAME, credential:NAME or store:NAME. Empty: none.",
            ""
        ),
        new("ledger.anchor_git", "Git work tree that checkpoints are committed to.", ""),
        .. AccessSettings.Definitions,
        .. TelemetrySettings.Definitions,
        new(
            "secrets.key",
            "Where the key of the encrypted secrets in the data folder is, outside it: credential:NAME or file:/path.",
            "credential:" + SecretStore.KeyCredential
        ),
    ];

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
        foreach (string name in (string[])["outputs", "secrets"])
        {
            string setting = name == "outputs" ? "outputs.folder" : "outputs.secrets";
            values[setting] = values[setting] with
            {
                Value = Path.Combine(Path.GetFullPath(values["data"].Value), name),
            };
        }
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
        CheckNames(options, problems);
        CheckValues(values, problems);
        Settings settings = new(values, file, named is not null);
        return (problems.Any(p => p.Level == ProblemLevel.Error) ? null : settings, problems);
    }

    /// <summary>The environment variable that sets a setting: <c>queue.bytes_max</c> is <c>CUSTODIET_QUEUE_BYTES_MAX</c>.</summary>
    public static string EnvironmentName(string setting) => "CUSTODIET_" + setting.Replace('.', '_').ToUpperInvariant();

    /// <summary>Parts of a list.</summary>
    public static string[] Split(string list) =>
        list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

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

    private static bool IsOn(string value) => value is "on" or "true" or "yes";

    private static SettingDefinition OnOff(string name, string description, string standard) =>
        new(name, description, standard, IsFlag: true);

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

/// <summary>A setting as it is documented.</summary>
/// <param name="Name">For example <c>queue.bytes_max</c>.</param>
/// <param name="Description">What it does, with unit, default and range.</param>
/// <param name="Default">Its value when nothing sets it; null where a rule computes it.</param>
/// <param name="Minimum">Smallest number.</param>
/// <param name="Maximum">Largest number; 0 for what is no number.</param>
/// <param name="IsFlag">Whether it is on or off.</param>
/// <param name="IsMap">Whether it is a mapping, kept as <c>key=value;key=value</c>.</param>
internal sealed record SettingDefinition(
    string Name,
    string Description,
    string? Default,
    long Minimum = 0,
    long Maximum = 0,
    bool IsFlag = false,
    bool IsMap = false
);
