using Custodiet.Configuration;
using Custodiet.People;
using Custodiet.People.Provider;
using Custodiet.Records;
using Custodiet.Records.People;

namespace Custodiet.Tests.Configuration;

public sealed class SettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-settings-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void TheFileIsOverTheDefaultsAndOptionsAreOverTheFileAndEachSaysWhence()
    {
        Write("urls: http://127.0.0.1:9000\nqueue:\n  bytes_max: 134217728\nrules: [/srv/a, /srv/b]\n");
        Settings settings = Read(new() { ["urls"] = "http://127.0.0.1:9001" });
        Assert.Equal("http://127.0.0.1:9001", settings.Text("urls"));
        Assert.Equal(134_217_728, settings.Number("queue.bytes_max"));
        Assert.Equal(["/srv/a", "/srv/b"], settings.Paths("rules"));
        Assert.Equal("option --urls", settings.All.Single(s => s.Name == "urls").Origin);
        Assert.EndsWith(
            "custodiet.yml:3",
            settings.All.Single(s => s.Name == "queue.bytes_max").Origin,
            StringComparison.Ordinal
        );
        Assert.Equal("default", settings.All.Single(s => s.Name == "alerts.window_hours").Origin);
    }

    [Fact]
    public void EveryMistakeIsNamedWithItsPlace()
    {
        Write("queue:\n  byte_max: 1\nworkers: many\nalerts:\n  window_hours: 0\n");
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(
            new Dictionary<string, string?> { ["data"] = folder }
        );
        Assert.Null(settings);
        Assert.Equal(3, problems.Count);
        Problem unknown = problems.Single(p => p.Code == "config.unknown");
        Assert.Equal((2, 3), (unknown.Position.Line, unknown.Position.Column));
        Assert.Contains("queue.bytes_max", unknown.Hint, StringComparison.Ordinal);
        Assert.Equal(2, problems.Count(p => p.Code == "config.range"));
    }

    [Fact]
    public void WhatIsOnOrOffSaysSoAndListsOfAddressesKeepTheirColons()
    {
        Write("syslog:\n  udp: [127.0.0.1:514, '[::1]:514']\n  tls_1_3: on\n");
        Settings settings = Read([]);
        Assert.Equal("127.0.0.1:514;[::1]:514", settings.Text("syslog.udp"));
        Assert.True(settings.Flag("syslog.tls_1_3"));
        Write("syslog: {tls_1_3: perhaps}\n");
        (_, IReadOnlyList<Problem> problems) = Settings.Read(new Dictionary<string, string?> { ["data"] = folder });
        Assert.Equal("config.flag", Assert.Single(problems).Code);
    }

    [Fact]
    public void TheProvidersRolesAreAMappingInTheFileAndALineInTheEnvironment()
    {
        Write(
            """
            public_url: https://soc.example.com
            trusted_proxies: [10.0.0.5, 10.1.0.0/16]
            sign_in: {passwords: until-passkey, strong_roles: [admin, lead]}
            sessions: {idle_minutes: 30, hours_max: 12}
            oidc:
              authority: https://login.example.com/tenant/v2.0
              client_id: custodiet
              client_secret: file:/run/secrets/oidc
              roles_claim: groups
              roles:
                soc-analysts: analyst
                CN=Leads,OU=SOC: [lead, analyst]
            """
        );
        PeopleOptions options = AccessSettings.ToOptions(Read([]), "keys");
        Assert.Equal(new Uri("https://soc.example.com"), options.PublicUrl);
        Assert.Equal(["10.0.0.5/32", "10.1.0.0/16"], options.TrustedProxies.Select(n => n.ToString()));
        Assert.Equal((PasswordUse.UntilPasskey, 2), (options.Passwords, options.StrongRoles.Count));
        Assert.Equal((TimeSpan.FromMinutes(30), TimeSpan.FromHours(12)), (options.IdleTime, options.SessionTime));
        Assert.Equal([Role.Analyst], options.Provider!.Roles["soc-analysts"]);
        Assert.Equal([Role.Analyst, Role.Lead], options.Provider.Roles["CN=Leads,OU=SOC"]);
        Assert.Equal(["openid", "profile"], options.Provider.Scopes);
        Assert.Null(options.Provider.ClientSecret());

        Settings asLine = Read(new() { ["oidc.roles"] = "a=analyst;b=lead,admin" });
        Assert.Equal([Role.Lead, Role.Admin], AccessSettings.ToOptions(asLine, "keys").Provider!.Roles["b"]);
    }

    [Fact]
    public void TheBlocksOfTheDocumentAboutPeopleAreSettingsAsTheyStand()
    {
        string[] blocks =
        [
            .. File.ReadAllText(Path.Combine(TestPaths.Root, "docs", "people.md"))
                .Split("```yaml\n")
                .Skip(1)
                .Select(text => text.Split("```")[0]),
        ];
        Assert.Equal(5, blocks.Length);
        List<ProviderOptions> providers = [];
        foreach (string block in blocks)
        {
            Write(block);
            PeopleOptions options = AccessSettings.ToOptions(Read([]), "keys");
            Assert.Equal("https://soc.example.com/", options.PublicUrl?.ToString());
            providers.AddRange(options.Provider is { } provider ? [provider] : []);
        }
        Assert.Equal(["Entra ID", "Keycloak", "Okta"], providers.Select(p => p.Title));
        Assert.Equal([Role.Analyst, Role.Lead], providers[0].Roles["Soc.Lead"]);
        Assert.True(providers[2].UserInfo);
    }

    [Fact]
    public void MistakesInTheAccessSettingsAreAllNamedAndASecretIsNotShown()
    {
        Write(
            """
            public_url: soc.example.com
            trusted_proxies: [here]
            sign_in: {passwords: sometimes, strong_roles: [boss]}
            oidc:
              authority: http://login.example.com
              client_secret: hunter2-hunter2
              scopes: [profile]
              roles: {x: king}
            """
        );
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(
            new Dictionary<string, string?> { ["data"] = folder }
        );
        Assert.Null(settings);
        Assert.All(problems, p => Assert.Equal("config.access", p.Code));
        Assert.Equal(9, problems.Count);
        Assert.DoesNotContain(problems, p => p.Message.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void ASecretIsReadWhereItsReferenceSaysAndAnewEachTime()
    {
        string file = Path.Combine(folder, "secret");
        Settings settings = Read(new() { ["oidc.client_secret"] = $"file:{file}" });
        Assert.Null(settings.SecretOrNull("oidc.client_secret"));
        File.WriteAllText(file, "one\n");
        Assert.Equal("one", settings.SecretOrNull("oidc.client_secret"));
        File.WriteAllText(file, "two\n");
        Assert.Equal("two", settings.SecretOrNull("oidc.client_secret"));
        Environment.SetEnvironmentVariable("CUSTODIET_SECRET_TEST", "three");
        Assert.Equal("three", SecretReference.Read("env:CUSTODIET_SECRET_TEST", settings.SecretStore));
        Assert.Null(Read([]).SecretOrNull("oidc.client_secret"));
        Assert.False(SecretReference.IsOne("plain"));
    }

    [Fact]
    public void AZoneIsAnOffsetOrANameThatThisMachineKnows()
    {
        Assert.Equal(TimeZoneInfo.Utc, Read([]).TimeZone);
        Write("parsers:\n  time_zone: \"+05:30\"\n");
        Assert.Equal(new TimeSpan(5, 30, 0), Read([]).TimeZone.BaseUtcOffset);
        Write("parsers:\n  time_zone: Europe/Atlantis\n");
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(
            new Dictionary<string, string?> { ["data"] = folder }
        );
        Assert.Null(settings);
        Assert.Contains("Europe/Atlantis", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDataFolderCannotBeSetByTheFileThatLiesInIt()
    {
        Write("data: /elsewhere\n");
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(
            new Dictionary<string, string?> { ["data"] = folder }
        );
        Assert.Null(settings);
        Assert.Equal("config.unknown", Assert.Single(problems).Code);
    }

    [Fact]
    public void AFileElsewhereMaySayWhereTheDataIsAndOptionsAreOverEverything()
    {
        string file = Path.Combine(folder, "elsewhere.yml");
        File.WriteAllText(file, $"data: {folder}/data\nworkers: 3\n");
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(
            new Dictionary<string, string?> { ["config"] = file, ["workers"] = "5" }
        );
        Assert.Empty(problems);
        Assert.Equal(Path.Combine(folder, "data"), settings!.DataFolder);
        Assert.Equal(Path.Combine(folder, "data", "outputs"), settings.Text("outputs.folder"));
        Assert.Equal(Path.Combine(folder, "data", "secrets"), Of(settings, "outputs.secrets").Default);
        Assert.Equal((5, "option --set"), (settings.Number("workers"), Of(settings, "workers").Origin));
        Assert.True(settings.FileIsOutside);
        (_, problems) = Settings.Read(new Dictionary<string, string?> { ["config"] = file + ".absent" });
        Assert.Equal("config.unreadable", Assert.Single(problems).Code);
    }

    [Fact]
    public void AProblemStandsWhereTheValueWasSetAndNamesTheNearestSetting()
    {
        Write("workers: 0\nqueu:\n  bytes_max: 134217728\nserver:\n");
        (_, IReadOnlyList<Problem> problems) = Settings.Read(
            new Dictionary<string, string?> { ["data"] = folder, ["wrkers"] = "1" }
        );
        Assert.Equal((1, 10), At(problems.Single(p => p.Code == "config.range")));
        Problem[] unknown = [.. problems.Where(p => p.Code == "config.unknown")];
        Assert.Equal("probably meant: queue.bytes_max", unknown.Single(p => p.Position.Line == 3).Hint);
        Assert.Contains("server.tls_key", unknown.Single(p => p.Position.Line == 4).Hint, StringComparison.Ordinal);
        Assert.StartsWith(
            "option --set: error config.unknown: There is no setting «wrkers». (probably meant: workers)",
            unknown.Single(p => p.Position.Line == 0).ToString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("http://127.0.0.1:1;http://[::1]:2;http://localhost:3", "", "", null)]
    [InlineData("http://0.0.0.0:8087", "", "", "for all to read")]
    [InlineData("http://0.0.0.0:8087", "10.0.0.5", "", null)]
    [InlineData("http://192.0.2.7:8087", "", "on", null)]
    [InlineData("https://0.0.0.0:8443", "", "", "needs server.tls_certificate")]
    [InlineData("http://example.org:80", "", "", "not an address")]
    [InlineData("http://user:x@127.0.0.1:80", "", "", "not an address")]
    [InlineData("ftp://127.0.0.1", "", "", "not an address")]
    [InlineData("http://127.0.0.1:1", "10.0.0.0/33", "", "neither an address nor a network")]
    public void BeyondLoopbackTlsOrAProxyIsNeededOrTheRiskTaken(
        string urls,
        string proxies,
        string plain,
        string? problem
    )
    {
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(
            new Dictionary<string, string?>
            {
                ["data"] = folder,
                ["urls"] = urls,
                ["trusted_proxies"] = proxies,
                ["server.plain_http"] = plain.Length > 0 ? plain : null,
            }
        );
        Assert.Equal(problem is null, settings is not null);
        if (problem is not null)
        {
            Assert.Contains(problems, p => p.Message.Contains(problem, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void ASecretInThePlaceOfAReferenceIsRefusedAndNeverTold()
    {
        Write("ledger:\n  anchor_webhook_token: hunter2\nserver:\n  tls_password: 'secret:hunter2'\n");
        (_, IReadOnlyList<Problem> problems) = Settings.Read(new Dictionary<string, string?> { ["data"] = folder });
        Assert.Equal([2, 4], problems.Select(p => p.Position.Line).Order());
        Assert.All(problems, p => Assert.DoesNotContain("hunter2", p.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void ShownValuesHaveUnitAndDefaultAndNoPasswordOfAnAddress()
    {
        Write("ledger:\n  anchor_webhook: https://ada:hunter2@audit.example/c\nalerts:\n  window_hours: 12\n");
        Settings settings = Read([]);
        IReadOnlyList<SettingLine> lines = SettingsView.Of(settings);
        Assert.Equal("https://…@audit.example/c", lines.Single(l => l.Name == "ledger.anchor_webhook").Value);
        SettingLine window = lines.Single(l => l.Name == "alerts.window_hours");
        Assert.Equal(("12", "24", "hours"), (window.Value, window.Default, window.Unit));
        IReadOnlyList<SettingLine> merged = SettingsView.Merge([window with { Value = "24" }], lines);
        Assert.Equal(("24", "12"), (merged[0].Value, merged[0].Pending));
        Assert.Contains(
            new SettingsInspection(settings, TimeProvider.System).Run(),
            p =>
                p.Code == "config.secret"
                && p.Position.Line == 2
                && !p.ToString().Contains("hunter2", StringComparison.Ordinal)
        );
    }

    private static (int, int) At(Problem problem) => (problem.Position.Line, problem.Position.Column);

    private static Setting Of(Settings settings, string name) => settings.All.Single(s => s.Name == name);

    private void Write(string text) => File.WriteAllText(Path.Combine(folder, "custodiet.yml"), text);

    private Settings Read(Dictionary<string, string?> options)
    {
        options["data"] = folder;
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(options);
        Assert.Empty(problems);
        return settings!;
    }
}
