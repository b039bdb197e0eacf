using System.Security.Authentication;

namespace Custodiet.Tls;

/// <summary>The files of a TLS server.</summary>
/// <param name="Server">Who uses them, in words for messages: <c>syslog.tls</c>, <c>https</c>.</param>
/// <param name="Certificate">The certificate: PEM with its intermediates behind it, or PFX, which holds the key too.</param>
/// <param name="Key">PEM file of its key; unused with PFX.</param>
internal sealed record TlsFiles(string Server, string Certificate, string Key)
{
    /// <summary>The password of key or PFX file, or null for none.</summary>
    public Func<string?> Password { get; init; } = () => null;

    /// <summary>PEM file of the authorities whose clients may connect; empty: any client may.</summary>
    public string ClientAuthorities { get; init; } = "";

    /// <summary>The versions of TLS on offer.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;
}
