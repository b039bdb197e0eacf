using Custodiet.Documents;
using Custodiet.Process.Alerts;
using Custodiet.Process.Definitions;
using Custodiet.Process.Facts;
using Custodiet.Process.Runs;
using Custodiet.Process.Triage;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Process;

/// <summary>A small SOC: the starter's triage process, all desks, and two analysts and a lead.</summary>
internal sealed class Desks : IDisposable
{
    public static readonly Viewer Ada = new(new ActorId("p-ada"), new HashSet<Role> { Role.Analyst });
    public static readonly Viewer Bo = new(new ActorId("p-bo"), new HashSet<Role> { Role.Analyst });
    public static readonly Viewer Lea = new(new ActorId("p-lea"), new HashSet<Role> { Role.Lead });
    public static readonly Viewer Eve = new(new ActorId("p-eve"), new HashSet<Role> { Role.Engineer });

    public static readonly Decision Benign = new(Verdict.Benign, "expected", null, Confidence.High);
    public static readonly Decision Malware = new(Verdict.TruePositive, "malware", Impact.High, Confidence.Medium);

    public Desks(AlertGroupingLimits? limits = null)
    {
        Records = new MemoryRecords(Time);
        Grouping = new AlertGrouping(Time, limits);
        Processes = new ProcessLibrary([Triage]);
        DeskTools tools = new(Records, Records, Processes, Time, Grouping.Apply);
        Facts = new FactReader(Records, Time, (_, _) => ValueTask.FromResult<string?>("complete for 24 h"));
        AlertDesk = new AlertDesk(tools);
        CaseDesk = new CaseDesk(tools);
        RunDesk = new RunDesk(tools, Facts);
    }

    public static ProcessDefinition Triage { get; } = ReadTriage();

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));

    public MemoryRecords Records { get; }

    public AlertGrouping Grouping { get; }

    public ProcessLibrary Processes { get; }

    public FactReader Facts { get; }

    public AlertDesk AlertDesk { get; }

    public CaseDesk CaseDesk { get; }

    public RunDesk RunDesk { get; }

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Grouping.Dispose();

    /// <summary>A finding of a rule about a host.</summary>
    public Finding Finding(
        long offset,
        string rule = "r-1",
        string host = "WS-041",
        TimeSpan after = default,
        Severity severity = Severity.Medium
    ) =>
        new(
            FindingId.Of(offset, rule),
            new RuleReference(rule, $"Title of {rule}", new string('a', 64), "somebody"),
            severity,
            offset,
            Time.GetUtcNow() + after,
            new SourceKey("windows-sysmon", host),
            new Entity("host", host),
            [
                new FindingField("CommandLine", "reg.exe save hklm\\sam"),
                new FindingField("ParentImage", "C:\\winword.exe"),
                new FindingField("User", "CORP\\ada"),
            ],
            Techniques: ["T1003.002"]
        );

    /// <summary>Another tool's finding.</summary>
    public Finding Foreign(string reference, FindingId? id = null) =>
        new(
            id ?? FindingId.Of("siem", reference),
            new RuleReference("siem-7", "Their rule", "", null),
            Severity.High,
            null,
            Time.GetUtcNow(),
            new SourceKey("siem", "prod"),
            new Entity("host", "web-1"),
            [],
            reference,
            "https://siem.example/alerts/1"
        );

    public async Task<IReadOnlyList<Alert>> RaiseAsync(params Finding[] findings)
    {
        AppendOutcome outcome = await Grouping.AppendAsync(findings, request => request, Records, Records, Stop);
        Assert.IsType<AppendOutcome.Appended>(outcome);
        return [.. Records.Alerts];
    }

    /// <summary>An alert as it stands.</summary>
    public async Task<Alert> NowAsync(Alert alert) => (await Records.AlertAsync(alert.Id, Viewer.Service, Stop))!;

    public static Act Done(ActOutcome outcome) => Assert.IsType<ActOutcome.Done>(outcome).Act;

    private static ProcessDefinition ReadTriage()
    {
        string file = Path.Combine(TestPaths.Content, "processes", "triage.yml");
        ProcessParse parse = ProcessDefinition.Parse(new SourceText("triage.yml", File.ReadAllText(file)));
        Assert.Empty(parse.Problems);
        return parse.Definition!;
    }
}
