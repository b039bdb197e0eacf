using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Custodiet.Configuration;

namespace Custodiet.Tls;

/// <summary>
/// The server side of TLS from files: read at the start, and again with the first connection after one of the files has changed. What
/// cannot be used then is reported, and the files as they were stay in use.
/// </summary>
internal sealed class TlsCertificates
{
    private static readonly Oid clientUse = new("1.3.6.1.5.5.7.3.2");

    private readonly TlsFiles files;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly Lock gate = new();
    private string stamp;
    private SslServerAuthenticationOptions current;

    private TlsCertificates(TlsFiles files, TimeProvider time, ILogger log)
    {
        this.files = files;
        this.time = time;
        this.log = log;
        stamp = Stamp();
        (current, DateTime notAfter) = Read(files);
        if (notAfter <= time.GetUtcNow())
        {
            log.CertificateExpired(files.Server, notAfter);
        }
    }

    /// <summary>Reads the files.</summary>
    /// <exception cref="IOException">A file is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="CryptographicException">A file does not hold what it should, or the key is another certificate's.</exception>
    /// <exception cref="SecretException">The password is not where it should be.</exception>
    public static TlsCertificates Open(TlsFiles files, TimeProvider time, ILogger log) => new(files, time, log);

    /// <summary>Until when the certificate in the files holds, UTC; the files are read once.</summary>
    /// <exception cref="CryptographicException">As <see cref="Open"/>, and its other exceptions.</exception>
    public static DateTime NotAfter(TlsFiles files) => Read(files).NotAfter;

    /// <summary>Whether an exception says that files cannot be used, and not that there is a bug.</summary>
    public static bool IsOfFiles(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or CryptographicException or SecretException;

    /// <summary>What the next connection is to be offered and asked for.</summary>
    public SslServerAuthenticationOptions Current()
    {
        lock (gate)
        {
            if (Stamp() is var now && now != stamp)
            {
                stamp = now;
                Renew();
            }
            return current;
        }
    }

    private void Renew()
    {
        try
        {
            (SslServerAuthenticationOptions next, DateTime notAfter) = Read(files);
            if (notAfter <= time.GetUtcNow())
            {
                throw new CryptographicException($"it ended on {notAfter:u}.");
            }
            current = next;
            log.CertificateRead(files.Server, notAfter);
        }
        catch (Exception unusable) when (IsOfFiles(unusable))
        {
            log.CertificateRefused(files.Server, unusable.Message);
        }
    }

    // A link's own time stays when its target is replaced, so the target counts.
    private string Stamp()
    {
        static string Of(string path)
        {
            if (path.Length == 0)
            {
                return "";
            }
            FileInfo file = new(path);
            FileInfo target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return target.Exists ? $"{target.FullName} {target.LastWriteTimeUtc.Ticks} {target.Length}" : "";
        }
        try
        {
            return $"{Of(files.Certificate)}|{Of(files.Key)}|{Of(files.ClientAuthorities)}";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return gone.Message;
        }
    }

    private static (SslServerAuthenticationOptions Options, DateTime NotAfter) Read(TlsFiles files)
    {
        // Old certificates are not disposed: connections that began with them still use them.
        (X509Certificate2 certificate, X509Certificate2Collection chain) = ReadCertificate(files);
        SslServerAuthenticationOptions server = new()
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = files.Protocols,
            AllowRenegotiation = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (files.ClientAuthorities.Length > 0)
        {
            X509ChainPolicy policy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            policy.CustomTrustStore.ImportFromPemFile(files.ClientAuthorities);
            if (policy.CustomTrustStore.Count == 0)
            {
                throw new CryptographicException($"{files.ClientAuthorities} holds no certificate in PEM.");
            }
            policy.ApplicationPolicy.Add(clientUse);
            server.ClientCertificateRequired = true;
            server.CertificateChainPolicy = policy;
            server.RemoteCertificateValidationCallback = (_, client, _, errors) =>
                client is not null && errors == SslPolicyErrors.None;
        }
        return (server, certificate.NotAfter.ToUniversalTime());
    }

    private static (X509Certificate2, X509Certificate2Collection) ReadCertificate(TlsFiles files)
    {
        string? password = files.Password();
        try
        {
            if (ServerSettings.IsPfx(files.Certificate))
            {
                X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12CollectionFromFile(
                    files.Certificate,
                    password
                );
                X509Certificate2 own =
                    all.FirstOrDefault(c => c.HasPrivateKey)
                    ?? throw new CryptographicException($"{files.Certificate} holds no key.");
                all.Remove(own);
                return (own, all);
            }
            X509Certificate2 certificate = password is null
                ? X509Certificate2.CreateFromPemFile(files.Certificate, files.Key)
                : X509Certificate2.CreateFromEncryptedPemFile(files.Certificate, password, files.Key);
            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(files.Certificate);
            return (certificate, chain);
        }
        catch (ArgumentException mismatch)
        {
            throw new CryptographicException($"{files.Key} is not the key of {files.Certificate}.", mismatch);
        }
    }
}
