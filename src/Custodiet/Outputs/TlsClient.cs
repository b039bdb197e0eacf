using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Custodiet.Outputs;

/// <summary>The client side of TLS: the server's certificate is always verified, by name and up to an authority.</summary>
internal sealed class TlsClient(TlsDefinition definition, OutputSecrets secrets)
{
    /// <summary>When the files changed last; other figures mean that connections should be made anew.</summary>
    public (long, long, long) Stamp =>
        (Of(definition.Authority, ".pem"), Of(definition.Certificate, ".crt"), Of(definition.Certificate, ".key"));

    /// <summary>Options for a connection to a host.</summary>
    /// <exception cref="SecretException">A file is not there or holds something else.</exception>
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
                policy.CustomTrustStore.ImportFromPemFile(secrets.FileOf(authority + ".pem"));
                options.CertificateChainPolicy = policy;
            }
            if (definition.Certificate is { } own)
            {
                string file = secrets.FileOf(own + ".crt");
                X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(file, secrets.FileOf(own + ".key"));
                X509Certificate2Collection chain = [];
                chain.ImportFromPemFile(file);
                options.ClientCertificateContext = SslStreamCertificateContext.Create(
                    certificate,
                    chain,
                    offline: true
                );
            }
        }
        catch (Exception unusable)
            when (unusable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new SecretException($"A certificate of the route cannot be used: {unusable.Message}");
        }
        return options;
    }

    private long Of(string? name, string ending) =>
        name is null ? 0 : File.GetLastWriteTimeUtc(secrets.FileOf(name + ending)).Ticks;
}
