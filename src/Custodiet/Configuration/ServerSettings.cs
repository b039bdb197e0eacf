using System.Net;

namespace Custodiet.Configuration;

/// <summary>The settings of the web server's addresses: what they are and what is wrong with them.</summary>
internal static class ServerSettings
{
    /// <summary>All of them, in the documented order.</summary>
    public static readonly IReadOnlyList<SettingDefinition> Definitions =
    [
        new(
            "server.tls_certificate",
            "File of the certificate for https: PEM, its intermediates behind it, or PFX (.pfx, .p12), which holds the key too. Read again when it changes.",
            ""
        ),
        new("server.tls_key", "PEM file of the certificate's key. Read again when it changes.", ""),
        new(
            "server.tls_password",
            "Where the password of the key or of the PFX file is: file:/path, env:NAME, credential:NAME or store:NAME. Empty: it has none.",
            ""
        ),
        new(
            "server.plain_http",
            "Listen on http beyond this machine although no proxy is named: passwords then cross the network for all to read.",
            "off",
            IsFlag: true
        ),
    ];

    /// <summary>What is wrong beyond ranges and flags, each with the setting that it is wrong in.</summary>
    public static IEnumerable<(string Name, string Message)> Problems(Func<string, string> value)
    {
        bool tls = value("server.tls_certificate").Length > 0;
        foreach (string url in Settings.Split(value("urls")))
        {
            if (Endpoint(url) is not { } endpoint)
            {
                yield return (
                    "urls",
                    $"names «{url}», which is not an address such as http://127.0.0.1:8087 or https://0.0.0.0:8443, with an IP address or localhost"
                );
                continue;
            }
            if (endpoint.IsTls && !tls)
            {
                yield return ("urls", $"names «{url}», and https needs server.tls_certificate");
            }
            if (
                !endpoint.IsTls
                && !endpoint.IsLoopback
                && value("trusted_proxies").Length == 0
                && !IsOn(value("server.plain_http"))
            )
            {
                yield return (
                    "urls",
                    $"names «{url}», where passwords would cross the network for all to read: use https with server.tls_certificate; or name the TLS proxies in front in trusted_proxies; or take the risk with server.plain_http: on"
                );
            }
        }
        foreach (string name in (string[])["server.tls_password", "ledger.anchor_webhook_token", "secrets.key"])
        {
            if (value(name) is { Length: > 0 } reference && !SecretReference.IsOne(reference))
            {
                // The value itself is not told: it may be the secret.
                yield return (
                    name,
                    "says where the secret is, as file:/path, env:NAME, credential:NAME or store:NAME, and never the secret"
                );
            }
        }
        if (value("secrets.key").StartsWith("store:", StringComparison.Ordinal))
        {
            yield return ("secrets.key", "cannot lie in the store that it opens");
        }
        if (tls && value("server.tls_key").Length == 0 && !IsPfx(value("server.tls_certificate")))
        {
            yield return ("server.tls_certificate", "is PEM, and needs server.tls_key");
        }
    }

    /// <summary>An address to listen on, or null for a text that is none.</summary>
    public static ServerEndpoint? Endpoint(string url)
    {
        if (
            !Uri.TryCreate(url, UriKind.Absolute, out Uri? address)
            || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
            || address.PathAndQuery != "/"
            || address.UserInfo.Length > 0
        )
        {
            return null;
        }
        bool tls = address.Scheme == Uri.UriSchemeHttps;
        return IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip)
                ? new ServerEndpoint(ip, address.Port, tls, IPAddress.IsLoopback(ip))
            : address.Host is "localhost" ? new ServerEndpoint(null, address.Port, tls, IsLoopback: true)
            : null;
    }

    /// <summary>Whether a file's name says that it is PFX.</summary>
    public static bool IsPfx(string file) => Path.GetExtension(file).ToUpperInvariant() is ".PFX" or ".P12";

    private static bool IsOn(string value) => value is "on" or "true" or "yes";
}

/// <summary>Where the web server listens.</summary>
/// <param name="Address">The address; null: localhost, over IPv4 and IPv6.</param>
/// <param name="Port">The port; 0: any that is free.</param>
/// <param name="IsTls">Whether it speaks TLS.</param>
/// <param name="IsLoopback">Whether only programs on this machine reach it.</param>
internal sealed record ServerEndpoint(IPAddress? Address, int Port, bool IsTls, bool IsLoopback);
