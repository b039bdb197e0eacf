using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Custodiet.People;

/// <summary>The ways to be somebody, and how a request chooses one.</summary>
internal static class Schemes
{
    /// <summary>Chooses among the others.</summary>
    public const string Default = "Custodiet";

    /// <summary>A person's session, by cookie.</summary>
    public static readonly string Session = IdentityConstants.ApplicationScheme;

    /// <summary>The identity provider, which lets people in and then has no part in their requests.</summary>
    public const string Provider = "Provider";

    /// <summary>A program's token.</summary>
    public const string Token = "Token";

    /// <summary>A caller on the service's own Unix socket.</summary>
    public const string Console = "Console";

    private const string consoleMark = "custodiet.console";

    /// <summary>Declares that whoever connects here has a shell as the service's user. For a Unix socket in a folder with mode 0700 only.</summary>
    public static ListenOptions UseConsolePeer(this ListenOptions listen)
    {
        // Use is the connection builder's: the mark is set before the first request is read.
        ((IConnectionBuilder)listen).Use(next =>
            connection =>
            {
                connection.Items[consoleMark] = true;
                return next(connection);
            }
        );
        return listen;
    }

    /// <summary>Whether the request came over such an endpoint.</summary>
    public static bool IsConsolePeer(HttpContext http) =>
        http.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(consoleMark, out object? mark) == true
        && mark is true;

    /// <summary>
    /// Whether a program on this machine asks, for itself. A proxy on this machine asks for somebody else, and a browser
    /// may be led here by a foreign name that resolves to 127.0.0.1; neither counts.
    /// </summary>
    public static bool IsLoopbackPeer(HttpContext http) =>
        IsConsolePeer(http)
        || (
            http.Connection.RemoteIpAddress is { } address
            && IPAddress.IsLoopback(address)
            && IsLoopbackHost(http.Request.Host.Host)
            && !http.Request.Headers.ContainsKey("X-Forwarded-For")
            // Where the header went whose word was taken for the address.
            && !http.Request.Headers.ContainsKey("X-Original-For")
            && !http.Request.Headers.ContainsKey("Forwarded")
            && !http.Request.Headers.ContainsKey("Via")
        );

    /// <summary>The scheme for a request: the socket, then a token, then the cookie. Routes of other protocols know no cookie.</summary>
    public static string Choose(HttpContext http) =>
        IsConsolePeer(http) ? Console
        : http.Request.Headers.Authorization.Count > 0 || ProtocolRoute.Of(http) is not null ? Token
        : Session;

    /// <summary>Whether a host name or address means this machine.</summary>
    public static bool IsLoopbackHost(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
