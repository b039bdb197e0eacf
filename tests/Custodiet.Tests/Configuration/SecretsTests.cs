using Custodiet.Configuration;
using Custodiet.Records;
using Custodiet.Tests.Inputs;

namespace Custodiet.Tests.Configuration;

/// <summary>Secrets by reference, the encrypted ones in the data folder, and what inspection of settings finds.</summary>
public sealed class SecretsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-secrets-").FullName;

    private string Data => Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;

    private string KeyFile => Path.Combine(folder, "key");

    private SecretStore Store => new(Data, "file:" + KeyFile);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void AStoredSecretIsReadBackListedByNameAndNowhereInTheFile()
    {
        MakeKey();
        Store.Set("webhook", "hunter2"u8, DateTimeOffset.UnixEpoch);
        Store.Set("other", "x"u8, DateTimeOffset.UnixEpoch);
        Assert.Equal("hunter2", Store.Read("webhook"));
        Assert.Equal("hunter2", SecretReference.Read("store:webhook", Store));
        Assert.Equal(["other", "webhook"], Store.List().Select(s => s.Name));
        string file = File.ReadAllText(Path.Combine(Data, SecretStore.FileName));
        Assert.DoesNotContain("hunter2", file, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("hunter2"u8), file, StringComparison.Ordinal);
        Assert.True(Store.Remove("other"));
        Assert.False(Store.Remove("other"));
    }

    [Fact]
    public void AnotherKeyAChangedSecretAndAnExchangedOneAreRefused()
    {
        MakeKey();
        Store.Set("a", "one"u8, DateTimeOffset.UnixEpoch);
        Store.Set("b", "two"u8, DateTimeOffset.UnixEpoch);
        string path = Path.Combine(Data, SecretStore.FileName);
        string file = File.ReadAllText(path);
        File.WriteAllText(
            path,
            file.Replace("\"a\":", "\"c\":", StringComparison.Ordinal)
                .Replace("\"b\":", "\"a\":", StringComparison.Ordinal)
        );
        Assert.Contains(
            "another key",
            Assert.Throws<SecretException>(() => Store.Read("a")).Message,
            StringComparison.Ordinal
        );
        File.WriteAllText(path, file);
        MakeKey();
        Assert.Contains(
            "Set it again",
            Assert.Throws<SecretException>(() => Store.Read("a")).Message,
            StringComparison.Ordinal
        );
        File.WriteAllText(path, "{");
        Assert.Contains(
            "damaged",
            Assert.Throws<SecretException>(() => Store.Read("a")).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void AKeyThatIsMissingNoneOrInTheDataFolderIsToldWithWhatToDo()
    {
        Assert.Contains("custodiet secret key", Refusal(Store), StringComparison.Ordinal);
        File.WriteAllText(KeyFile, "short");
        Assert.Contains("is no key", Refusal(Store), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Data, "key"), SecretStore.NewKey());
        Assert.Contains(
            "protects nothing",
            Refusal(new SecretStore(Data, $"file:{Data}/key")),
            StringComparison.Ordinal
        );
        Assert.Contains("LoadCredential", Refusal(new SecretStore(Data, "credential:none")), StringComparison.Ordinal);
        Assert.Throws<SecretException>(() => Store.Set("../x", "v"u8, DateTimeOffset.UnixEpoch));
    }

    [Theory]
    [InlineData("file:/etc/x", true)]
    [InlineData("file:relative", false)]
    [InlineData("env:NAME", true)]
    [InlineData("credential:name", true)]
    [InlineData("credential:../name", false)]
    [InlineData("store:a/b", false)]
    [InlineData("store:", false)]
    [InlineData("hunter2", false)]
    public void ReferencesHaveFourForms(string text, bool isOne) => Assert.Equal(isOne, SecretReference.IsOne(text));

    [Fact]
    public void ASecretInAFileLosesItsLineEndAndWhatIsNotThereIsSaidWithoutItsValue()
    {
        string file = Path.Combine(folder, "s");
        File.WriteAllText(file, "hunter2\n");
        Assert.Equal("hunter2", SecretReference.Read("file:" + file, Store));
        Assert.Null(SecretReference.Read("", Store));
        File.WriteAllText(file, "\n");
        Assert.Contains(
            "holds nothing",
            Assert.Throws<SecretException>(() => SecretReference.Read("file:" + file, Store)).Message,
            StringComparison.Ordinal
        );
        SecretException none = Assert.Throws<SecretException>(() => SecretReference.Read("hunter2", Store));
        Assert.DoesNotContain("hunter2", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InspectionNamesEachBadFileWithItsSettingAndLine()
    {
        using TestAuthority authority = new(folder);
        (string certificate, string key) = authority.Issue("one");
        (_, string otherKey) = authority.Issue("two");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        File.SetUnixFileMode(otherKey, UnixFileMode.UserRead);
        string token = Path.Combine(folder, "token");
        File.WriteAllText(token, "t");
        File.SetUnixFileMode(token, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        IReadOnlyList<Problem> problems = Inspect(
            $"""
            server:
              tls_certificate: {certificate}
              tls_key: {key}
            syslog:
              tls: 16514
              tls_certificate: {certificate}
              tls_key: {otherKey}
            ledger:
              anchor_webhook_token: file:{token}
              anchor_file: {Data}/anchor
              anchor_git: {folder}/none
            rules: {folder}/absent
            """
        );
        Assert.Equal(
            [
                ("config.certificate", 2),
                ("config.mode", 3),
                ("config.certificate", 6),
                ("config.mode", 9),
                ("config.value", 10),
                ("config.file", 11),
                ("config.file", 12),
            ],
            problems.Select(p => (p.Code, p.Position.Line)).OrderBy(p => p.Line)
        );
        Assert.Contains(
            "in 20 days",
            problems.Single(p => p.Position.Line == 2).Message.Replace("19 days", "20 days", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.Contains("chmod", problems.Single(p => p.Position.Line == 3).Hint, StringComparison.Ordinal);
        Assert.Contains("match", problems.Single(p => p.Position.Line == 6).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InspectionOfFilesThatAreNotThereOrMayNotBeReadSaysSo()
    {
        IReadOnlyList<Problem> problems = Inspect(
            $"server: {{tls_certificate: {folder}/no.pem, tls_key: {folder}/no.key}}\nsyslog: {{tcp: nowhere, tls: 6514}}\nledger: {{anchor_webhook_token: env:CUSTODIET_SECRET_ABSENT}}\n"
        );
        Assert.Equal(4, problems.Count);
        Assert.Contains(
            problems,
            p => p.Code == "config.file" && p.Message.Contains("no.pem", StringComparison.Ordinal)
        );
        Assert.Contains(problems, p => p.Message.Contains("«nowhere»", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Message.Contains("needs syslog.tls_certificate", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Code == "config.secret");
        Assert.Empty(Inspect("workers: 2\n"));
    }

    private static string Refusal(SecretStore store) =>
        Assert.Throws<SecretException>(() => store.Set("name", "value"u8, DateTimeOffset.UnixEpoch)).Message;

    private void MakeKey() => File.WriteAllText(KeyFile, SecretStore.NewKey() + "\n");

    private IReadOnlyList<Problem> Inspect(string yaml)
    {
        File.WriteAllText(Path.Combine(Data, Settings.FileName), yaml);
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(
            new Dictionary<string, string?> { ["data"] = Data }
        );
        Assert.Empty(problems);
        return new SettingsInspection(settings!, TimeProvider.System).Run();
    }
}
