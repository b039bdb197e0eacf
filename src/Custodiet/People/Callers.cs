using System.Net;
using System.Net.Sockets;

namespace Custodiet.People;

/// <summary>Where a request comes from and with what, as far as it can be known.</summary>
internal static class Callers
{
    /// <summary>The caller's address as text, or null on the Unix socket. Behind a proxy that is not trusted it is the proxy's.</summary>
    public static string? Address(HttpContext http) => AddressOf(http)?.ToString();

    /// <summary>What attempts of one caller are counted under: the address, or the 64-bit network of IPv6, which one subscriber has to himself.</summary>
    public static string Network(HttpContext http)
    {
        if (AddressOf(http) is not { } address)
        {
            return "";
        }
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes).ToString();
    }

    /// <summary>Browser and system in words, such as <c>Firefox on Linux</c>: enough to know one's own again, and no fingerprint.</summary>
    public static string Browser(HttpContext http)
    {
        string agent = http.Request.Headers.UserAgent.ToString();
        // Each names the ones after it, too: the order decides.
        string? browser = First(
            agent,
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("HeadlessChrome/", "Chromium"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
            ("curl/", "curl")
        );
        string? system = First(
            agent,
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("CrOS", "ChromeOS"),
            ("Windows", "Windows"),
            ("Mac OS X", "macOS"),
            ("Linux", "Linux")
        );
        return system is null ? browser ?? "unknown browser" : $"{browser ?? "unknown browser"} on {system}";
    }

    private static IPAddress? AddressOf(HttpContext http) =>
        http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped
            ? mapped.MapToIPv4()
            : http.Connection.RemoteIpAddress;

    private static string? First(string agent, params ReadOnlySpan<(string Mark, string Name)> known)
    {
        foreach ((string mark, string name) in known)
        {
            if (agent.Contains(mark, StringComparison.Ordinal))
            {
                return name;
            }
        }
        return null;
    }
}
