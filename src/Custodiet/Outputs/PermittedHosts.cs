using System.Globalization;

namespace Custodiet.Outputs;

/// <summary>
/// The hosts that routes may speak to: this machine, and what the setting <c>outputs.hosts</c> lists. Content alone must not be able to
/// carry data out, so whoever runs the machine has to agree once to each host.
/// </summary>
internal sealed class PermittedHosts
{
    private readonly List<(string Host, int? Port)> permitted = [];

    /// <summary>Reads <c>siem.example.org;10.1.2.3:6514;*.logs.example.org;[2001:db8::1]:6514</c>.</summary>
    /// <param name="text">Hosts, each with or without a port, separated by semicolons.</param>
    /// <exception cref="FormatException">A part cannot be read.</exception>
    public static PermittedHosts Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        PermittedHosts hosts = new();
        foreach (string part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            hosts.permitted.Add(Read(part));
        }
        return hosts;
    }

    /// <summary>Why a host may not be spoken to, or null when it may.</summary>
    public string? Refusal(string host, int port)
    {
        bool may =
            DestinationDefinition.IsLoopback(host)
            || permitted.Any(p => (p.Port is null || p.Port == port) && Matches(p.Host, host));
        return may
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{host}:{port} is not among the hosts that outputs.hosts permits."
            );
    }

    private static (string, int?) Read(string part)
    {
        int colon = part.LastIndexOf(':');
        // Behind brackets, or the only one: other colons belong to an IPv6 address.
        bool hasPort = colon > 0 && (part[colon - 1] == ']' || part.IndexOf(':', StringComparison.Ordinal) == colon);
        string host = (hasPort ? part[..colon] : part).Trim('[', ']');
        int? port = null;
        if (hasPort)
        {
            port = ushort.TryParse(
                part.AsSpan(colon + 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out ushort read
            )
                ? read
                : throw new FormatException($"«{part}» has no port behind its colon.");
        }
        string name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return Uri.CheckHostName(name) == UriHostNameType.Unknown
            ? throw new FormatException(
                $"«{part}» is no host such as siem.example.org, *.example.org or 10.1.2.3:6514."
            )
            : (host, port);
    }

    private static bool Matches(string pattern, string host) =>
        pattern.StartsWith("*.", StringComparison.Ordinal)
            ? host.Length > pattern.Length - 1 && host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
            : pattern.Equals(host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase);
}
