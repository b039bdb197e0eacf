namespace Custodiet.Configuration;

// Every setting there is, in the documented order.
internal sealed partial class Settings
{
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
            "Where the secrets are that routes name: a folder with one file each, credential (systemd's) or store (the encrypted ones). Default: the folder secrets in the data folder.",
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

    private static SettingDefinition OnOff(string name, string description, string standard) =>
        new(name, description, standard, IsFlag: true);
}
