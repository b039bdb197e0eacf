using Custodiet.Inputs;
using Custodiet.Records;
using Custodiet.Tls;

namespace Custodiet.Configuration;

/// <summary>Looks at what settings name: files, certificates, secrets, addresses. Nothing of it is changed, and no secret is told.</summary>
internal sealed class SettingsInspection(Settings settings, TimeProvider time)
{
    /// <summary>How long before its end a certificate is worth a warning.</summary>
    public static readonly TimeSpan CertificateWarning = TimeSpan.FromDays(30);

    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly List<Problem> problems = [];

    /// <summary>Everything that is wrong.</summary>
    public IReadOnlyList<Problem> Run()
    {
        Secrets();
        Certificate("server.tls_certificate", "server.tls_key", Api.Server.TlsFilesOf(settings));
        Syslog();
        foreach (string name in (string[])["content", "rules"])
        {
            foreach (string path in settings.Paths(name).Where(p => !Path.Exists(p)))
            {
                Report(
                    name,
                    "config.file",
                    $"names {path}, which is not there",
                    "create it, or take it out of the list"
                );
            }
        }
        Anchors();
        foreach (Setting setting in settings.All.Where(s => SettingsView.HoldsPassword(s.Value)))
        {
            Report(
                setting.Name,
                "config.secret",
                "holds a password in an address",
                "whoever may read the settings reads it; a setting that ends in _token or _password refers to a secret instead",
                ProblemLevel.Warning
            );
        }
        return problems;
    }

    /// <summary>The certificates in use, each with the settings that name it.</summary>
    public static IEnumerable<(string Setting, string KeySetting, TlsFiles Files)> CertificatesOf(Settings settings)
    {
        if (Api.Server.TlsFilesOf(settings) is { } web)
        {
            yield return ("server.tls_certificate", "server.tls_key", web);
        }
        if (settings.Text("syslog.tls").Length > 0 && settings.Text("syslog.tls_certificate").Length > 0)
        {
            yield return (
                "syslog.tls_certificate",
                "syslog.tls_key",
                new TlsFiles("syslog.tls", settings.Text("syslog.tls_certificate"), settings.Text("syslog.tls_key"))
                {
                    ClientAuthorities = settings.Text("syslog.tls_client_ca"),
                }
            );
        }
    }

    private void Secrets()
    {
        foreach (Setting setting in settings.All.Where(s => SecretReference.IsOne(s.Value)))
        {
            if (setting.Name == "secrets.key" && setting.Origin == "default" && settings.SecretStore.List().Count == 0)
            {
                // Nothing is encrypted, so that nothing needs the key.
                continue;
            }
            if (SecretReference.FileOf(setting.Value) is { } file)
            {
                Private(setting.Name, file);
            }
            try
            {
                _ = settings.Secret(setting.Name);
            }
            catch (SecretException missing)
            {
                Report(
                    setting.Name,
                    "config.secret",
                    $"refers to a secret that cannot be had: {missing.Message}",
                    null
                );
            }
        }
    }

    private void Certificate(string name, string keyName, TlsFiles? files)
    {
        if (files is null || !Readable(name, files.Certificate))
        {
            return;
        }
        string keyFile =
            files.Key.Length > 0 && !ServerSettings.IsPfx(files.Certificate) ? files.Key : files.Certificate;
        string keySetting = keyFile == files.Key ? keyName : name;
        if (!Readable(keySetting, keyFile))
        {
            return;
        }
        Private(keySetting, keyFile);
        try
        {
            DateTime notAfter = TlsCertificates.NotAfter(files);
            TimeSpan left = notAfter - time.GetUtcNow().UtcDateTime;
            if (left <= TimeSpan.Zero)
            {
                Report(name, "config.certificate", $"names a certificate that ended on {notAfter:u}", "renew it");
            }
            else if (left < CertificateWarning)
            {
                string message = $"names a certificate that ends on {notAfter:u}, in {left.TotalDays:N0} days";
                Report(name, "config.certificate", message, "renew it", ProblemLevel.Warning);
            }
        }
        catch (Exception unusable) when (TlsCertificates.IsOfFiles(unusable))
        {
            Report(name, "config.certificate", $"names files that cannot be used: {unusable.Message}", null);
        }
    }

    private void Syslog()
    {
        foreach (string name in (string[])["syslog.udp", "syslog.tcp", "syslog.tls"])
        {
            foreach (string text in settings.List(name).Where(t => SyslogOptions.ReadAddress(t) is null))
            {
                Report(
                    name,
                    "config.value",
                    $"names «{text}», which is not an address such as 127.0.0.1:5514 or [::]:514, nor a port",
                    null
                );
            }
        }
        if (settings.Text("syslog.tls").Length == 0)
        {
            return;
        }
        if (settings.Text("syslog.tls_certificate").Length == 0 || settings.Text("syslog.tls_key").Length == 0)
        {
            Report(
                "syslog.tls",
                "config.value",
                "needs syslog.tls_certificate and syslog.tls_key",
                "name both PEM files"
            );
            return;
        }
        foreach (
            (string name, string key, TlsFiles files) in CertificatesOf(settings)
                .Where(c => c.Files.Server == "syslog.tls")
        )
        {
            if (files.ClientAuthorities.Length == 0 || Readable("syslog.tls_client_ca", files.ClientAuthorities))
            {
                Certificate(name, key, files);
            }
        }
    }

    private void Anchors()
    {
        string root = settings.DataFolder.TrimEnd('/') + "/";
        foreach (string name in (string[])["ledger.anchor_file", "ledger.anchor_git"])
        {
            if (settings.Text(name) is not { Length: > 0 } path)
            {
                continue;
            }
            path = Path.GetFullPath(path);
            if ((path + "/").StartsWith(root, StringComparison.Ordinal))
            {
                Report(
                    name,
                    "config.value",
                    "lies in the data folder",
                    "whoever can change the ledger could change it too; name a place elsewhere"
                );
            }
            else if (
                name == "ledger.anchor_git"
                    ? !Path.Exists(Path.Combine(path, ".git"))
                    : !Directory.Exists(Path.GetDirectoryName(path))
            )
            {
                Report(
                    name,
                    "config.file",
                    name == "ledger.anchor_git"
                        ? $"names {path}, which is no git work tree"
                        : $"names {path}, whose folder is not there",
                    name == "ledger.anchor_git" ? "git init there" : "create the folder"
                );
            }
        }
    }

    private bool Readable(string name, string file)
    {
        try
        {
            using FileStream opened = File.OpenRead(file);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Report(
                name,
                "config.file",
                $"names a file that cannot be read: {failure.Message}",
                "it must be readable for the service's user"
            );
            return false;
        }
    }

    private void Private(string name, string file)
    {
        if (File.Exists(file) && (File.GetUnixFileMode(file) & Others) != 0)
        {
            Report(
                name,
                "config.mode",
                $"names {file}, which every user of this machine may read",
                $"chmod o= {file}; and put a new secret into it, if somebody may have read it"
            );
        }
    }

    private void Report(string name, string code, string message, string? hint, ProblemLevel level = ProblemLevel.Error)
    {
        Setting setting = settings.All.Single(s => s.Name == name);
        problems.Add(new Problem(level, code, $"«{name}» {message.TrimEnd('.')}.", setting.Position, hint));
    }
}
