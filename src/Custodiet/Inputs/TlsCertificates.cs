using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Custodiet.Inputs;

/// <summary>
/// The server side of TLS from PEM files (RFC 5425): read at the start, and again with the first connection after one of the files has
/// changed. What cannot be read then is reported, and the files as they were stay in use.
/// </summary>
internal sealed class TlsCertificates
{
    private static readonly Oid clientUse = new("1.3.6.1.5.5.7.3.2");

    private readonly SyslogOptions options;
    private readonly ILogger log;
    private readonly Lock gate = new();
    private (long, long, long) stamp;
    private SslServerAuthenticationOptions current;

    private TlsCertificates(SyslogOptions options, ILogger log)
    {
        this.options = options;
        this.log = log;
        stamp = Stamp();
        (current, _) = Read();
    }

    /// <summary>Reads the files.</summary>
    /// <exception cref="IOException">A file is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="CryptographicException">A file does not hold what it should.</exception>
    public static TlsCertificates Open(SyslogOptions options, ILogger log) => new(options, log);

    /// <summary>What the next connection is to be offered and asked for.</summary>
    public SslServerAuthenticationOptions Current()
    {
        lock (gate)
        {
            if (Stamp() is var now && now != stamp)
            {
                stamp = now;
                try
                {
                    (current, DateTime notAfter) = Read();
                    log.CertificateRead(notAfter);
                }
                catch (Exception unreadable)
                    when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
                {
                    log.CertificateRefused(unreadable.Message);
                }
            }
            return current;
        }
    }

    private (long, long, long) Stamp()
    {
        static long Of(string file) => file.Length == 0 ? 0 : File.GetLastWriteTimeUtc(file).Ticks;
        return (Of(options.Certificate), Of(options.Key), Of(options.ClientAuthorities));
    }

    private (SslServerAuthenticationOptions Options, DateTime NotAfter) Read()
    {
        // Old certificates are not disposed: connections that began with them still use them.
        X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(options.Certificate, options.Key);
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(options.Certificate);
        SslServerAuthenticationOptions server = new()
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = options.Tls13 ? SslProtocols.Tls12 | SslProtocols.Tls13 : SslProtocols.Tls12,
            AllowRenegotiation = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (options.ClientAuthorities.Length > 0)
        {
            X509ChainPolicy policy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            policy.CustomTrustStore.ImportFromPemFile(options.ClientAuthorities);
            if (policy.CustomTrustStore.Count == 0)
            {
                throw new CryptographicException($"{options.ClientAuthorities} holds no certificate in PEM.");
            }
            policy.ApplicationPolicy.Add(clientUse);
            server.ClientCertificateRequired = true;
            server.CertificateChainPolicy = policy;
            server.RemoteCertificateValidationCallback = (_, client, _, errors) =>
                client is not null && errors == SslPolicyErrors.None;
        }
        return (server, certificate.NotAfter.ToUniversalTime());
    }
}
