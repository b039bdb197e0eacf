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
        Assert.Null(SecretReference.Read($"file:{file}"));
        File.WriteAllText(file, "one\n");
        Assert.Equal("one", SecretReference.Read($"file:{file}"));
        File.WriteAllText(file, "two\n");
        Assert.Equal("two", SecretReference.Read($"file:{file}"));
        Environment.SetEnvironmentVariable("CUSTODIET_TEST_SECRET", "three");
        Assert.Equal("three", SecretReference.Read("env:CUSTODIET_TEST_SECRET"));
        Assert.Null(SecretReference.Read(""));
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

    private void Write(string text) => File.WriteAllText(Path.Combine(folder, "custodiet.yml"), text);

    private Settings Read(Dictionary<string, string?> options)
    {
        options["data"] = folder;
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(options);
        Assert.Empty(problems);
        return settings!;
    }
}
