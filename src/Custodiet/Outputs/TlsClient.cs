using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Custodiet.Configuration;

namespace Custodiet.Outputs;

/// <summary>The client side of TLS: the server's certificate is always verified, by name and up to an authority.</summary>
internal sealed class TlsClient(TlsDefinition definition, OutputSecrets secrets)
{
    private const string Pem = ".pem";
    private const string Crt = ".crt";
    private const string Key = ".key";

    /// <summary>A digest of what connections are made with; another one means that they should be made anew.</summary>
    /// <exception cref="SecretException">A certificate is not there.</exception>
    public string Stamp =>
        secrets.Stamp([
            .. definition.Authority is { } authority ? (string[])[authority + Pem] : [],
            .. definition.Certificate is { } own ? (string[])[own + Crt, own + Key] : [],
        ]);

    /// <summary>Options for a connection to a host.</summary>
    /// <exception cref="SecretException">A certificate is not there or is something else.</exception>
    public SslClientAuthenticationOptions Options(string host)
    {
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        try
        {
            if (definition.Authority is { } authority)
            {
                X509ChainPolicy policy = new()
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                };
                policy.CustomTrustStore.ImportFromPem(secrets.Text(authority + Pem));
                options.CertificateChainPolicy = policy;
            }
            if (definition.Certificate is { } own)
            {
                string text = secrets.Text(own + Crt);
                X509Certificate2 certificate = X509Certificate2.CreateFromPem(text, secrets.Text(own + Key));
                X509Certificate2Collection chain = [];
                chain.ImportFromPem(text);
                options.ClientCertificateContext = SslStreamCertificateContext.Create(
                    certificate,
                    chain,
                    offline: true
                );
            }
        }
        catch (CryptographicException unusable)
        {
            throw new SecretException($"A certificate of the route cannot be used: {unusable.Message}");
        }
        return options;
    }
}
