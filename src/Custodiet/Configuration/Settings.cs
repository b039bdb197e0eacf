using System.Globalization;
using Custodiet.Documents;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;

namespace Custodiet.Configuration;

/// <summary>One setting as it holds, and whence.</summary>
/// <param name="Name">For example <c>queue.bytes_max</c>.</param>
/// <param name="Value">Its value as text.</param>
/// <param name="Origin"><c>default</c>, <c>file PATH:line</c>, <c>environment NAME</c> or <c>option --name</c>.</param>
/// <param name="Description">What it does, with unit, default and range.</param>
internal sealed record Setting(string Name, string Value, string Origin, string Description);

/// <summary>All settings: one file, the environment over it, options over both.</summary>
internal sealed class Settings
{
    private static readonly SettingDefinition[] definitions =
    [
        new("data", "Folder that holds everything. Default: custodiet below the user's data folder.", null),
        new("urls", "Addresses to listen on, separated by semicolons.", "http://127.0.0.1:8087"),
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
        new("ledger.anchor_git", "Git work tree that checkpoints are committed to.", ""),
        .. AccessSettings.Definitions,
    ];

    private readonly Dictionary<string, Setting> values;

    private Settings(Dictionary<string, Setting> values) => this.values = values;

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
    /// <param name="options">Values given on the command line; a null value counts as not given.</param>
    /// <param name="defaultFolder">Name of the default data folder.</param>
    public static (Settings? Settings, IReadOnlyList<Problem> Problems) Read(
        IReadOnlyDictionary<string, string?> options,
        string defaultFolder = "custodiet"
    )
    {
        List<Problem> problems = [];
        Dictionary<string, Setting> values = [];
        foreach (SettingDefinition definition in definitions)
        {
            string value = definition.Default ?? Computed(definition.Name, defaultFolder);
            values[definition.Name] = new Setting(definition.Name, value, "default", definition.Description);
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
        string file = Path.Combine(Path.GetFullPath(values["data"].Value), "custodiet.yml");
        ReadFile(file, values, problems);
        foreach (SettingDefinition definition in definitions)
        {
            Overlay(values, definition.Name, options);
        }
        foreach (SettingDefinition definition in definitions.Where(d => d.IsFlag))
        {
            Setting setting = values[definition.Name];
            if (!IsOn(setting.Value) && setting.Value is not ("off" or "false" or "no"))
            {
                problems.Add(
                    Error(
                        "config.flag",
                        $"«{setting.Name}» is «{setting.Value}» (from {setting.Origin}), which is neither on nor off.",
                        new TextPosition(file, 0, 0)
                    )
                );
            }
        }
        foreach (SettingDefinition definition in definitions.Where(d => d.Maximum > 0))
        {
            Setting setting = values[definition.Name];
            if (
                !long.TryParse(
                    setting.Value,
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out long number
                )
                || number < definition.Minimum
                || number > definition.Maximum
            )
            {
                problems.Add(
                    Error(
                        "config.range",
                        $"«{setting.Name}» is «{setting.Value}» (from {setting.Origin}), which is not a whole number from {definition.Minimum} to {definition.Maximum}.",
                        new TextPosition(file, 0, 0)
                    )
                );
            }
        }
        Setting timeZone = values["parsers.time_zone"];
        if (!TimeZones.TryFind(timeZone.Value, out _))
        {
            problems.Add(
                Error(
                    "config.zone",
                    $"«{timeZone.Name}» is «{timeZone.Value}» (from {timeZone.Origin}), which is not a time zone that this machine knows.",
                    new TextPosition(file, 0, 0)
                )
            );
        }
        foreach ((string name, string message) in AccessSettings.Problems(name => values[name].Value))
        {
            problems.Add(
                Error(
                    "config.access",
                    $"«{name}» (from {values[name].Origin}) {message}.",
                    new TextPosition(file, 0, 0)
                )
            );
        }
        return (problems.Any(p => p.Level == ProblemLevel.Error) ? null : new Settings(values), problems);
    }

    /// <summary>The environment variable that sets a setting: <c>queue.bytes_max</c> is <c>CUSTODIET_QUEUE_BYTES_MAX</c>.</summary>
    public static string EnvironmentName(string setting) => "CUSTODIET_" + setting.Replace('.', '_').ToUpperInvariant();

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
        if (Environment.GetEnvironmentVariable(EnvironmentName(name)) is { Length: > 0 } fromEnvironment)
        {
            values[name] = values[name] with
            {
                Value = fromEnvironment,
                Origin = $"environment {EnvironmentName(name)}",
            };
        }
        if (options.GetValueOrDefault(name) is { } fromOption)
        {
            values[name] = values[name] with { Value = fromOption, Origin = $"option --{name}" };
        }
    }

    private static void ReadFile(string file, Dictionary<string, Setting> values, List<Problem> problems)
    {
        if (!File.Exists(file))
        {
            return;
        }
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add(Error("config.unreadable", failure.Message, new TextPosition(file, 0, 0)));
            return;
        }
        YamlParse parse = Yaml.Parse(text, file);
        problems.AddRange(parse.Problems);
        foreach (Node document in parse.Documents)
        {
            ReadMapping(document, "", file, values, problems);
        }
    }

    private static void ReadMapping(
        Node node,
        string prefix,
        string file,
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
                values[name] = values[name] with { Value = text, Origin = $"file {file}:{entry.Key.Position.Line}" };
                continue;
            }
            if (entry.Value is MappingNode inner)
            {
                ReadMapping(inner, name + ".", file, values, problems);
                continue;
            }
            if (!values.TryGetValue(name, out Setting? known) || name == "data")
            {
                string hint = "known: " + string.Join(", ", definitions.Select(d => d.Name).Where(n => n != "data"));
                problems.Add(
                    new Problem(
                        ProblemLevel.Error,
                        "config.unknown",
                        $"There is no setting «{name}».",
                        entry.Key.Position,
                        hint
                    )
                );
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
            values[name] = known with { Value = value, Origin = $"file {file}:{entry.Key.Position.Line}" };
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
