using System.Globalization;
using System.Net;
using Custodiet.Documents;

namespace Custodiet.Outputs;

/// <summary>The names of the secrets that a TLS connection uses.</summary>
/// <param name="Authority"><c>NAME.pem</c>, the authorities in PEM that are trusted instead of the system's, or null.</param>
/// <param name="Certificate">Our own certificate, <c>NAME.crt</c> with <c>NAME.key</c>, or null.</param>
internal sealed record TlsDefinition(string? Authority, string? Certificate)
{
    /// <summary>The system's authorities, no certificate of our own.</summary>
    public static TlsDefinition Standard { get; } = new(null, null);

    /// <summary>Reads the map behind <c>tls</c>.</summary>
    public static TlsDefinition Read(ContentMap map)
    {
        if (map.Map("tls") is not { } tls)
        {
            return Standard;
        }
        TlsDefinition read = new(OutputSecrets.ReadName(tls, "authority"), OutputSecrets.ReadName(tls, "certificate"));
        tls.Close();
        return read;
    }
}

/// <summary>Where a route leads. The closed family below is the list of destinations.</summary>
internal abstract record DestinationDefinition
{
    private DestinationDefinition() { }

    /// <summary>As people read it.</summary>
    public abstract string Words { get; }

    /// <summary>The host and port that are spoken to, or null for none.</summary>
    public virtual (string Host, int Port)? Peer => null;

    /// <summary>Appends to a file.</summary>
    /// <param name="Path">Below the folder of outputs.</param>
    /// <param name="RotateBytes">The file is rotated before it would grow beyond. 0: never by size.</param>
    /// <param name="RotateAfter">The file is rotated when it is older. Zero: never by age.</param>
    /// <param name="Keep">How many rotated files stay; 0: all.</param>
    /// <param name="Gzip">Whether rotated files are compressed.</param>
    public sealed record ToFile(string Path, long RotateBytes, TimeSpan RotateAfter, int Keep, bool Gzip)
        : DestinationDefinition
    {
        /// <inheritdoc/>
        public override string Words => $"file {Path}";
    }

    /// <summary>Posts batches of lines.</summary>
    /// <param name="Url">The address.</param>
    /// <param name="Headers">Further headers.</param>
    /// <param name="Gzip">Whether bodies are compressed.</param>
    /// <param name="Timeout">How long one request may take.</param>
    /// <param name="Tls">The files of TLS.</param>
    public sealed record ToHttp(
        Uri Url,
        IReadOnlyList<HeaderDefinition> Headers,
        bool Gzip,
        TimeSpan Timeout,
        TlsDefinition Tls
    ) : DestinationDefinition
    {
        /// <inheritdoc/>
        public override string Words => Url.GetLeftPart(UriPartial.Path);

        /// <inheritdoc/>
        public override (string Host, int Port)? Peer => (Url.IdnHost, Url.Port);
    }

    /// <summary>Sends syslog messages.</summary>
    /// <param name="Host">The host.</param>
    /// <param name="Port">The port.</param>
    /// <param name="Transport">How.</param>
    /// <param name="Priority">Facility × 8 + severity of messages that have none.</param>
    /// <param name="MessageBytes">Larger messages are set aside.</param>
    /// <param name="Tls">The files of TLS.</param>
    public sealed record ToSyslog(
        string Host,
        int Port,
        SyslogTransport Transport,
        int Priority,
        int MessageBytes,
        TlsDefinition Tls
    ) : DestinationDefinition
    {
        /// <inheritdoc/>
        public override string Words =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"syslog {Transport.ToString().ToLowerInvariant()} {Host}:{Port}"
            );

        /// <inheritdoc/>
        public override (string Host, int Port)? Peer => (Host, Port);
    }

    /// <summary>Reads the map behind <c>to</c>, which has exactly one destination.</summary>
    public static DestinationDefinition? Read(ContentMap map)
    {
        string[] given = [.. ((string[])["file", "http", "syslog"]).Where(map.Has)];
        if (given.Length != 1)
        {
            map.Error("destination", "«to» names exactly one of file, http, syslog.", map.Position);
            return null;
        }
        if (map.Map(given[0]) is not { } one)
        {
            return null;
        }
        DestinationDefinition? read = given[0] switch
        {
            "file" => ReadFile(one),
            "http" => ReadHttp(one),
            _ => ReadSyslog(one),
        };
        one.Close();
        return read;
    }

    /// <summary>Whether a host is this machine.</summary>
    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    private static ToFile ReadFile(ContentMap map)
    {
        string path = map.Required("path");
        string[] parts = path.Split('/');
        if (
            path.Length > 0
            && (parts.Any(p => p is "" or "." or "..") || path.Contains('\0', StringComparison.Ordinal))
        )
        {
            map.Error(
                "path",
                $"«{path}» is no path below the folder of outputs.",
                map.Find("path")!.Position,
                "names with / between, no .. and no / at the beginning"
            );
        }
        long bytes = 256 << 20;
        int hours = 24;
        int keep = 0;
        if (map.Map("rotate") is { } rotate)
        {
            bytes = RouteDefinition.Within(rotate, "megabytes", 256, 0, 1_000_000) * (1L << 20);
            hours = RouteDefinition.Within(rotate, "hours", 24, 0, 24 * 366);
            keep = RouteDefinition.Within(rotate, "keep", 0, 0, 100_000);
            rotate.Close();
        }
        bool gzip = map.OneOf("compress", ["gzip", "none"]) == "gzip";
        return new ToFile(path, bytes, TimeSpan.FromHours(hours), keep, gzip);
    }

    private static ToHttp? ReadHttp(ContentMap map)
    {
        string text = map.Required("url");
        bool gzip = map.OneOf("compress", ["gzip", "none"]) == "gzip";
        int seconds = RouteDefinition.Within(map, "timeout_seconds", 30, 1, 600);
        TlsDefinition tls = TlsDefinition.Read(map);
        List<HeaderDefinition> headers = HeaderDefinition.ReadAll(map);
        if (text.Length == 0)
        {
            return null;
        }
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)
        )
        {
            Wrong(map, "url", "url", $"«{text}» is not an address that begins with http:// or https://.");
            return null;
        }
        if (url.UserInfo.Length > 0)
        {
            Wrong(
                map,
                "url",
                "secret",
                "The address holds a name or a password.",
                "give it as a header with a secret: Authorization: {secret: NAME, before: \"Basic \"}"
            );
        }
        if (url.Scheme == Uri.UriSchemeHttp && !IsLoopback(url.IdnHost) && headers.Any(h => h.Secret is not null))
        {
            Wrong(map, "url", "secret", "A secret would be sent in clear text.", "use https://");
        }
        return new ToHttp(url, headers, gzip, TimeSpan.FromSeconds(seconds), tls);
    }

    private static ToSyslog? ReadSyslog(ContentMap map)
    {
        string address = map.Required("address");
        SyslogTransport transport = map.OneOf("transport", ["tls", "tcp", "udp"], required: true) switch
        {
            "udp" => SyslogTransport.Udp,
            "tcp" => SyslogTransport.Tcp,
            _ => SyslogTransport.Tls,
        };
        int facility = Array.IndexOf(
            SyslogWords.Facilities,
            map.OneOf("facility", SyslogWords.Facilities.Reorder("local0"))
        );
        int severity = Array.IndexOf(
            SyslogWords.Severities,
            map.OneOf("severity", SyslogWords.Severities.Reorder("info"))
        );
        // A datagram of IPv4 holds 65,507 bytes.
        int most = transport == SyslogTransport.Udp ? 65_507 : 16 << 20;
        int bytes = RouteDefinition.Within(map, "message_bytes", Math.Min(most, 65_536), 480, most);
        TlsDefinition tls = TlsDefinition.Read(map);
        int colon = address.LastIndexOf(':');
        if (
            colon < 1
            || !ushort.TryParse(
                address.AsSpan(colon + 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out ushort port
            )
            || Uri.CheckHostName(address[..colon]) == UriHostNameType.Unknown
        )
        {
            if (address.Length > 0)
            {
                Wrong(map, "address", "address", $"«{address}» is no host and port.", "siem.example.org:6514");
            }
            return null;
        }
        string host = address[..colon].Trim('[', ']');
        return new ToSyslog(host, port, transport, (facility * 8) + severity, bytes, tls);
    }

    private static void Wrong(ContentMap map, string key, string code, string message, string? hint = null) =>
        map.Error(code, message, map.Find(key)!.Position, hint);
}

/// <summary>A header of an HTTP destination: a value as it stands, or a secret by its name.</summary>
/// <param name="Name">The header.</param>
/// <param name="Value">The value, or what stands before the secret.</param>
/// <param name="Secret">The secret's name, or null.</param>
internal sealed record HeaderDefinition(string Name, string Value, string? Secret)
{
    private static readonly string[] ours =
    [
        "content-length",
        "content-encoding",
        "transfer-encoding",
        "host",
        "idempotency-key",
    ];

    private static readonly string[] secret =
    [
        "authorization",
        "proxy-authorization",
        "cookie",
        "x-api-key",
        "api-key",
    ];

    /// <summary>Reads the map behind <c>headers</c>.</summary>
    public static List<HeaderDefinition> ReadAll(ContentMap map)
    {
        List<HeaderDefinition> headers = [];
        if (map.Map("headers") is not { } all)
        {
            return headers;
        }
        foreach (MappingEntry entry in all.Entries)
        {
            string name = entry.Key.Text;
            string folded = name.ToLowerInvariant();
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            {
                all.Error("header", $"«{name}» is no name of a header.", entry.Key.Position);
            }
            else if (ours.Contains(folded))
            {
                all.Error("header", $"«{name}» is set by Custodiet.", entry.Key.Position);
            }
            else if (entry.Value is MappingNode)
            {
                ContentMap value = all.Map(name)!;
                string? before = value.AsWritten("before");
                string? reference = OutputSecrets.ReadName(value, "secret", required: true);
                value.Close();
                headers.Add(new HeaderDefinition(name, before ?? "", reference));
            }
            else if (secret.Contains(folded))
            {
                string hint = $"{name}: {{secret: NAME}}, with the value where outputs.secrets says";
                all.Error("secret", $"«{name}» is a secret; content never holds one.", entry.Value.Position, hint);
            }
            else
            {
                headers.Add(new HeaderDefinition(name, all.Optional(name) ?? "", null));
            }
        }
        return headers;
    }
}

/// <summary>How syslog messages travel.</summary>
internal enum SyslogTransport
{
    /// <summary>TLS (RFC 5425).</summary>
    Tls,

    /// <summary>TCP, octet counting (RFC 6587 section 3.4.1).</summary>
    Tcp,

    /// <summary>UDP (RFC 5426).</summary>
    Udp,
}

/// <summary>The names of RFC 5424 section 6.2.1, each at its number.</summary>
internal static class SyslogWords
{
    public static string[] Facilities { get; } =
    [
        "kern",
        "user",
        "mail",
        "daemon",
        "auth",
        "syslog",
        "lpr",
        "news",
        "uucp",
        "cron",
        "authpriv",
        "ftp",
        "ntp",
        "audit",
        "alert",
        "clock",
        "local0",
        "local1",
        "local2",
        "local3",
        "local4",
        "local5",
        "local6",
        "local7",
    ];

    public static string[] Severities { get; } =
    ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

    /// <summary>The words with one of them first, which holds when none is given.</summary>
    public static string[] Reorder(this string[] words, string first) => [first, .. words.Where(w => w != first)];
}
