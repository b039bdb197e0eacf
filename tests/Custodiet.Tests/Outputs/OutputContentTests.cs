using Custodiet.Documents;
using Custodiet.Outputs;
using Custodiet.Records;

namespace Custodiet.Tests.Outputs;

public class OutputContentTests
{
    private const string Good = """
        id: to-siem
        version: 2
        description: Domain controllers
        send: events
        when:
          technology: [windows, windows-*]
          criticality: [high, vital]
          detection:
            quiet: {EventID: 5156}
            condition: not quiet
        format: json
        reduce: false
        batch: {events: 10, bytes: 2048, seconds: 5}
        to:
          http:
            url: https://siem.example.org/in
            headers: {X-Tenant: a, Authorization: {secret: siem.token, before: "Splunk "}}
            compress: none
            timeout_seconds: 5
            tls: {authority: ours, certificate: sender}
        """;

    [Fact]
    public void ARouteIsReadAsItStands()
    {
        List<Problem> problems = [];
        RouteDefinition route = RouteDefinition.Read(new SourceText("r.yml", Good), problems)!;
        Assert.Empty(problems);
        Assert.Equal(("to-siem", RouteFormat.Json, false), (route.Id, route.Format, route.Reduced));
        Assert.Equal(new RouteBatch(10, 2_048, TimeSpan.FromSeconds(5)), route.Batch);
        DestinationDefinition.ToHttp to = Assert.IsType<DestinationDefinition.ToHttp>(route.To);
        Assert.Equal(
            (
                new Uri("https://siem.example.org/in"),
                false,
                TimeSpan.FromSeconds(5),
                new TlsDefinition("ours", "sender")
            ),
            (to.Url, to.Gzip, to.Timeout, to.Tls)
        );
        Assert.Equal(
            [
                new HeaderDefinition("X-Tenant", "a", null),
                new HeaderDefinition("Authorization", "Splunk ", "siem.token"),
            ],
            to.Headers
        );
    }

    [Theory]
    [InlineData("id: a", "route.missing", 1)]
    [InlineData("id: A\nto: {file: {path: x}}", "route.id", 1)]
    [InlineData("id: a\nto: {}", "route.destination", 2)]
    [InlineData("id: a\nto: {file: {path: x}, http: {url: 'http://localhost'}}", "route.destination", 2)]
    [InlineData("id: a\nto: {file: {path: ../x}}", "route.path", 2)]
    [InlineData("id: a\nto: {file: {path: /etc/x}}", "route.path", 2)]
    [InlineData("id: a\nto: {file: {path: x, rotate: {megabytes: -1}}}", "route.type", 2)]
    [InlineData("id: a\nto: {file: {path: x, rotate: {hours: 99999}}}", "route.range", 2)]
    [InlineData("id: a\nto: {file: {path: x}}\nbatch: {events: 0}", "route.range", 3)]
    [InlineData("id: a\nto: {file: {path: x}}\nformat: xml", "route.word", 3)]
    [InlineData("id: a\nto: {file: {path: x}}\nwhere: {}", "route.unknown-key", 3)]
    [InlineData("id: a\nto: {file: {path: x}}\nwhen: {}", "route.empty", 3)]
    [InlineData("id: a\nto: {file: {path: x}}\nwhen: {criticality: huge}", "route.word", 3)]
    [InlineData(
        "id: a\nto: {file: {path: x}}\nwhen:\n  detection: {s: {A: 1}, condition: t}",
        "sigma.condition.unknown",
        4
    )]
    [InlineData("id: a\nto: {file: {path: x}}\nwhen:\n  logsource: {}", "route.empty", 4)]
    [InlineData("id: a\nsend: findings\nwhen: {sensor: x}\nto: {file: {path: x}}", "route.misplaced", 3)]
    [InlineData("id: a\nseverity: high\nto: {file: {path: x}}", "route.misplaced", 2)]
    [InlineData("id: a\nto:\n  http: {url: ftp://x/}", "route.url", 3)]
    [InlineData("id: a\nto:\n  http: {url: 'https://me:pw@x/'}", "route.secret", 3)]
    [InlineData("id: a\nto:\n  http:\n    url: https://x/\n    headers: {Authorization: Bearer x}", "route.secret", 5)]
    [InlineData("id: a\nto:\n  http:\n    url: https://x/\n    headers: {Host: y}", "route.header", 5)]
    [InlineData("id: a\nto:\n  http:\n    url: http://x/\n    headers: {A: {secret: b}}", "route.secret", 4)]
    [InlineData("id: a\nto:\n  http:\n    url: https://x/\n    headers: {A: {secret: ../b}}", "route.secret", 5)]
    [InlineData("id: a\nto:\n  syslog: {address: x, transport: tcp}", "route.address", 3)]
    [InlineData("id: a\nto:\n  syslog: {address: 'x:1'}", "route.missing", 3)]
    [InlineData("id: a\nto:\n  syslog: {address: 'x:1', transport: udp, message_bytes: 70000}", "route.range", 3)]
    public void AMistakeIsNamedWithItsPlace(string text, string code, int line)
    {
        List<Problem> problems = [];
        RouteDefinition? route = RouteDefinition.Read(new SourceText("r.yml", text), problems);
        Assert.Null(route);
        Assert.Contains(problems, p => p.Code == code && p.Position.File == "r.yml" && p.Position.Line == line);
        Assert.All(problems, p => Assert.True(p.Position.Column > 0));
    }

    [Theory]
    [InlineData("id: a\ndrop: event", "reduction.missing", 1)]
    [InlineData("id: a\nwhen: {sensor: x}", "reduction.act", 1)]
    [InlineData("id: a\nwhen: {sensor: x}\ndrop: event\nkeep_one_in: 3", "reduction.act", 1)]
    [InlineData("id: a\nwhen: {sensor: x}\nkeep_one_in: 1", "reduction.size", 3)]
    [InlineData("id: a\nwhen: {sensor: x}\ndrop: all", "reduction.word", 3)]
    [InlineData("id: a\nwhen: {sensor: x}\ndrop: {fields: []}", "reduction.empty", 3)]
    [InlineData("id: a\nwhen: {sensor: x}\ndrop: event\nat: analytics", "reduction.word", 4)]
    public void AMistakeInAReductionIsNamedWithItsPlace(string text, string code, int line)
    {
        List<Problem> problems = [];
        Assert.Null(Custodiet.Reduction.ReductionDefinition.Read(new SourceText("r.yml", text), problems));
        Assert.Contains(problems, p => p.Code == code && p.Position.Line == line);
    }

    [Fact]
    public void FilesThatDoNotGoTogetherAreLeftOutByNameAndTheOthersStay()
    {
        List<Problem> problems = [];
        SourceText[] routes =
        [
            new("1.yml", "id: a\nto: {file: {path: x}}"),
            new("2.yml", "id: a\nto: {file: {path: y}}"),
            new("3.yml", "id: b\nto: {file: {path: x}}"),
            new("4.yml", "id: c\nto: {file: {path: z}}"),
            new("5.yml", "nonsense: ["),
        ];
        SourceText[] reductions = [new("6.yml", "id: r\nwhen: {sensor: x}\ndrop: raw")];
        OutputContent content = OutputContent.Read(routes, reductions, problems);
        Assert.Equal(["a", "c"], content.Routes.Select(r => r.Id));
        Assert.Contains(problems, p => p.Code == "route.id.duplicate" && p.Position.File == "2.yml");
        Assert.Contains(problems, p => p.Code == "route.path.duplicate" && p.Position.File == "3.yml");
        Assert.Contains(problems, p => p.Level == ProblemLevel.Error && p.Position.File == "5.yml");
        Assert.Equal(2, problems.Count(p => p.Code == "route.raw.reduced"));
    }

    [Fact]
    public void TheCheckOfContentNamesWhatIsWrongWithRoutesAndReductions()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("custodiet-content-");
        Directory.CreateDirectory(Path.Combine(root.FullName, "routes"));
        Directory.CreateDirectory(Path.Combine(root.FullName, "reductions"));
        File.WriteAllText(Path.Combine(root.FullName, "routes", "good.yml"), Good);
        File.WriteAllText(Path.Combine(root.FullName, "routes", "bad.yml"), "id: bad\nto:\n  file: {path: ../x}\n");
        File.WriteAllText(Path.Combine(root.FullName, "reductions", "bad.yml"), "id: bad\ndrop: event\n");
        Custodiet.Cli.ContentReport report = Custodiet.Cli.ContentCommand.Check([root.FullName]);
        Assert.Equal((1, 0), (report.Routes, report.Reductions));
        string[] told =
        [
            .. report.Problems.Select(p =>
                $"{Path.GetFileName(p.Position.File)}:{p.Position.Line}:{p.Position.Column} {p.Code}"
            ),
        ];
        Assert.Contains("bad.yml:3:16 route.path", told);
        Assert.Contains("bad.yml:1:1 reduction.missing", told);
        root.Delete(recursive: true);
    }

    [Theory]
    [InlineData("", "localhost", 1, true)]
    [InlineData("", "127.3.2.1", 1, true)]
    [InlineData("", "::1", 1, true)]
    [InlineData("", "siem.example.org", 443, false)]
    [InlineData("siem.example.org", "SIEM.example.org", 443, true)]
    [InlineData("siem.example.org:443", "siem.example.org", 443, true)]
    [InlineData("siem.example.org:443", "siem.example.org", 80, false)]
    [InlineData("*.example.org", "a.b.example.org", 1, true)]
    [InlineData("*.example.org", "example.org", 1, false)]
    [InlineData("*.example.org", "evil-example.org", 1, false)]
    [InlineData("a; 10.1.2.3:6514 ;[2001:db8::1]:514", "10.1.2.3", 6514, true)]
    [InlineData("a; 10.1.2.3:6514 ;[2001:db8::1]:514", "2001:db8::1", 514, true)]
    [InlineData("2001:db8::1", "2001:db8::1", 9, true)]
    public void OnlyThisMachineAndPermittedHostsAreSpokenTo(string setting, string host, int port, bool may) =>
        Assert.Equal(may, PermittedHosts.Parse(setting).Refusal(host, port) is null);

    [Theory]
    [InlineData("a:x")]
    [InlineData("a b")]
    [InlineData("*")]
    public void AHostThatCannotBeReadIsRefused(string setting) =>
        Assert.Throws<FormatException>(() => PermittedHosts.Parse(setting));
}
