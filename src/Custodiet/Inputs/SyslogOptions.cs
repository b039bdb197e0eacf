using System.Globalization;
using System.Net;
using System.Security.Authentication;
using Custodiet.Cli;
using Custodiet.Configuration;
using Custodiet.Tls;

namespace Custodiet.Inputs;

/// <summary>The syslog inputs as they were configured. An input without an address is off.</summary>
internal sealed record SyslogOptions
{
    /// <summary>Addresses for datagrams.</summary>
    public IReadOnlyList<IPEndPoint> Udp { get; init; } = [];

    /// <summary>Addresses for plain TCP.</summary>
    public IReadOnlyList<IPEndPoint> Tcp { get; init; } = [];

    /// <summary>Addresses for TLS.</summary>
    public IReadOnlyList<IPEndPoint> Tls { get; init; } = [];

    /// <summary>PEM file of the server's certificate, with its intermediates behind it.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>PEM file of the certificate's key, not encrypted.</summary>
    public string Key { get; init; } = "";

    /// <summary>PEM file of the authorities whose clients may connect; empty: any client may.</summary>
    public string ClientAuthorities { get; init; } = "";

    /// <summary>
    /// Whether TLS 1.3 is offered beside 1.2. Default no: its servers send session tickets after the handshake, and a sender that never
    /// reads resets the connection when it closes with them unread, which throws away what it sent last.
    /// </summary>
    public bool Tls13 { get; init; }

    /// <summary>Bytes of one message. Default 64 KiB.</summary>
    public int MessageBytesMax { get; init; } = 64 * 1024;

    /// <summary>Bytes that the kernel is asked to hold for each UDP address. Default 4 MiB.</summary>
    public int UdpReceiveBytes { get; init; } = 4 << 20;

    /// <summary>Connections open at once over all TCP and TLS addresses. Default 1,000.</summary>
    public int ConnectionsMax { get; init; } = 1_000;

    /// <summary>A connection that sends nothing for so long is closed. Default a day.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The files of the TLS listeners.</summary>
    public TlsFiles TlsFiles =>
        new("syslog.tls", Certificate, Key)
        {
            ClientAuthorities = ClientAuthorities,
            Protocols = Tls13 ? SslProtocols.Tls12 | SslProtocols.Tls13 : SslProtocols.Tls12,
        };

    /// <summary>Whether any input is on.</summary>
    public bool IsOn => Udp.Count + Tcp.Count + Tls.Count > 0;

    /// <summary>Reads the settings.</summary>
    /// <exception cref="CommandException">An address cannot be read, or TLS lacks its files.</exception>
    public static SyslogOptions From(Settings settings)
    {
        SyslogOptions options = new()
        {
            Udp = Addresses(settings, "syslog.udp"),
            Tcp = Addresses(settings, "syslog.tcp"),
            Tls = Addresses(settings, "syslog.tls"),
            Certificate = settings.Text("syslog.tls_certificate"),
            Key = settings.Text("syslog.tls_key"),
            ClientAuthorities = settings.Text("syslog.tls_client_ca"),
            Tls13 = settings.Flag("syslog.tls_1_3"),
            MessageBytesMax = (int)settings.Number("syslog.message_bytes_max"),
            UdpReceiveBytes = (int)settings.Number("syslog.udp_receive_bytes"),
            ConnectionsMax = (int)settings.Number("syslog.connections_max"),
            IdleTime = TimeSpan.FromSeconds(settings.Number("syslog.idle_seconds")),
        };
        if (options.Tls.Count > 0 && (options.Certificate.Length == 0 || options.Key.Length == 0))
        {
            throw new CommandException(
                ExitCode.Usage,
                "syslog.tls needs syslog.tls_certificate and syslog.tls_key, both PEM files."
            );
        }
        return options;
    }

    /// <summary>An address as settings and people write it: <c>127.0.0.1:5514</c>, <c>[::]:514</c>, or a port alone, which means loopback.</summary>
    public static IPEndPoint? ReadAddress(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? new IPEndPoint(IPAddress.Loopback, port)
        : text.LastIndexOf(':') is var colon and > 0
        && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && IPAddress.TryParse(
            text.AsSpan(0, colon) is ['[', .. var inner, ']'] ? inner : text.AsSpan(0, colon),
            out IPAddress? address
        )
        && (text[0] == '[') == address.ToString().Contains(':', StringComparison.Ordinal)
            ? new IPEndPoint(address, port)
        : null;

    private static List<IPEndPoint> Addresses(Settings settings, string name)
    {
        List<IPEndPoint> addresses = [];
        foreach (
            string text in settings
                .Text(name)
                .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        )
        {
            addresses.Add(
                ReadAddress(text)
                    ?? throw new CommandException(
                        ExitCode.Usage,
                        $"{name}: «{text}» is not an address such as 127.0.0.1:5514 or [::]:514, nor a port."
                    )
            );
        }
        return addresses;
    }
}
