using Custodiet.Analytics;
using Custodiet.Documents;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;

namespace Custodiet.Tests.Analytics;

public class RuleSetTests
{
    private readonly FieldTable fields = new();
    private readonly LogSourceTable logSources = new();

    [Fact]
    public void AnEventIsSeenByTheRulesOfEveryLogSourceItHas()
    {
        RuleSet set = Compile(
            Text("a", "{product: windows, category: registry_set}"),
            Text("b", "{product: windows, category: registry_event}"),
            Text("c", "{product: windows, service: sysmon}"),
            Text("d", "{product: windows}"),
            Text("e", "{product: linux}"),
            Text("f", "{category: registry_set}")
        );
        Event e = Event(
            new LogSource("windows", "registry_set", "sysmon"),
            new LogSource("windows", "registry_event", "sysmon")
        );
        Assert.Equal([0, 1, 2, 3, 5], Evaluate(set, e));
        Assert.Equal([0, 1, 2, 3, 5], set.RulesFor(e.LogSources));
    }

    [Fact]
    public void AnEventWithoutALogSourceIsCountedAsUnroutedAndMatchesNothing()
    {
        RuleSet set = Compile(Text("a", "{product: windows}"));
        Event e = Event();
        Assert.Empty(Evaluate(set, e));
        RuleSetStatistics statistics = set.ReadStatistics();
        Assert.Equal(1, statistics.EventsUnrouted);
        Assert.Equal(1, statistics.Events);
    }

    [Fact]
    public void AnEventWhoseLogSourceNoRuleNamesIsCounted()
    {
        RuleSet set = Compile(Text("a", "{product: windows}"));
        Assert.Empty(Evaluate(set, Event(new LogSource("linux", null, null))));
        Assert.Equal(1, set.ReadStatistics().EventsWithoutRules);
    }

    [Fact]
    public void MatchesAndCutValuesAreCounted()
    {
        RuleSet set = Compile(Text("a", "{product: windows}"));
        Event e = Event(new LogSource("windows", null, null));
        e.Add(fields.Intern("G"), new byte[AnalyticsLimits.ValueBytesMax + 1], FieldKind.Text);
        Evaluate(set, e);
        RuleSetStatistics statistics = set.ReadStatistics();
        Assert.Equal(1, statistics.Rules[0].Matches);
        Assert.Equal(0, statistics.Rules[0].Errors);
        Assert.Equal(1, statistics.ValuesCut);
    }

    [Fact]
    public void OfTwoRulesWithOneIdTheFirstRunsAndTheOtherIsAProblem()
    {
        RuleSet set = Compile(Text("a", "{product: windows}"), Text("A", "{product: linux}"));
        Assert.Single(set.Rules);
        Assert.Equal("sigma.id.duplicate", Assert.Single(set.Problems).Code);
    }

    [Fact]
    public void PlansAreSharedWhereTheRulesAreTheSame()
    {
        RuleSet set = Compile(Text("a", "{product: windows}"));
        for (int i = 0; i < 20; i++)
        {
            Evaluate(set, Event(new LogSource("windows", $"category_{i}", null)));
        }
        Assert.Equal(1, set.PlanCount);
    }

    [Fact]
    public void ManyThreadsFindTheSame()
    {
        RuleSet set = Compile([
            .. Enumerable.Range(0, 50).Select(i => Text($"r{i}", $"{{product: windows, category: c{i % 7}}}")),
        ]);
        int[] sets =
        [
            .. Enumerable.Range(0, 7).Select(i => logSources.Intern([new LogSource("windows", $"c{i}", null)])),
        ];
        int field = fields.Intern("F");
        Parallel.For(
            0,
            4,
            _ =>
            {
                Evaluator evaluator = set.NewEvaluator();
                Event e = new();
                List<int> matches = [];
                for (int i = 0; i < 700; i++)
                {
                    e.Clear();
                    e.LogSources = sets[i % 7];
                    e.Add(field, "a"u8, FieldKind.Text);
                    matches.Clear();
                    evaluator.Evaluate(e, matches);
                    Assert.Equal(Enumerable.Range(0, 50).Where(r => r % 7 == i % 7), matches);
                }
            }
        );
        Assert.Equal(2800, set.ReadStatistics().Events);
    }

    [Fact]
    public void AnEventWithoutAMatchAllocatesNothing()
    {
        RuleSet set = Compile(Text("a", "{product: windows}"));
        Evaluator evaluator = set.NewEvaluator();
        Event e = Event(new LogSource("windows", null, null));
        e.Clear();
        e.LogSources = logSources.Intern([new LogSource("windows", null, null)]);
        e.Add(fields.Intern("F"), "b"u8, FieldKind.Text);
        List<int> matches = [];
        evaluator.Evaluate(e, matches);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            evaluator.Evaluate(e, matches);
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
        Assert.Empty(matches);
    }

    [Fact]
    public void AFullFieldTableMakesARuleBlindButNeverWrong()
    {
        FieldTable small = new(1);
        SigmaRule rule = Sigma.Rule("s:\n    A: x\n    B: y\ncondition: s");
        RuleSet set = RuleSet.Compile([rule], small, logSources);
        Event e = new() { LogSources = logSources.Intern([Sigma.Windows]) };
        e.Add(small.Intern("A"), "x"u8, FieldKind.Text);
        e.Add(small.Intern("C"), "y"u8, FieldKind.Text);
        Assert.Empty(Evaluate(set, e));
    }

    [Fact]
    public void ARuleCarriesWhatItsAuthorWrote()
    {
        SigmaRule rule = Assert.Single(
            SigmaRule
                .Parse(
                    new SourceText(
                        "r.yml",
                        "title: T\nid: i\nstatus: stable\nauthor: Ann, Bob\ndescription: |\n  What it\n  finds\nreferences:\n  - https://example.com\n"
                            + "tags: [attack.execution, attack.t1059.001, attack.T1003, cve.2020-1]\nlogsource: {product: Windows, service: Sysmon}\n"
                            + "detection: {s: {A: x, B|fieldref: C}, k: [word], condition: s or k}\nfalsepositives: [Admins]\nlevel: critical\ncustom: yes\n"
                    )
                )
                .Rules
        );
        Assert.Equal(Severity.Critical, rule.Severity);
        Assert.Equal(["T1059.001", "T1003"], rule.Techniques);
        Assert.Equal(["A", "B", "C"], rule.Fields);
        Assert.True(rule.HasKeywords);
        Assert.Equal("Ann, Bob", rule.Author);
        Assert.Equal("What it\nfinds", rule.Description);
        Assert.Equal(new LogSource("windows", null, "sysmon"), rule.LogSource);
        Assert.Equal(["Admins"], rule.FalsePositives);
        Assert.Equal("stable", rule.Status);
    }

    [Fact]
    public void ARuleIsSaidInWords()
    {
        SigmaRule rule = Sigma.Rule(
            "sel:\n    Image|endswith: ['\\a.exe', '\\b.exe']\n    CommandLine|contains|all|windash: ['-x', y]\nflt:\n    User|exists: false\ncondition: sel and not flt"
        );
        Assert.Equal(
            """
            all of these hold:
              [sel] all of these hold:
                Image ends with any of «\a.exe», «\b.exe»
                CommandLine contains all of «-x», «y» (with any kind of dash)
              not: [flt] User is absent
            """,
            rule.Explain()
        );
    }

    private static string Text(string id, string logSource) =>
        $"title: {id}\nid: {id}\nlevel: low\nlogsource: {logSource}\ndetection: {{s: {{F: a}}, condition: s}}\n";

    private RuleSet Compile(params string[] texts) =>
        RuleSet.Compile(
            [.. texts.SelectMany(t => SigmaRule.Parse(new SourceText("r.yml", t)).Rules)],
            fields,
            logSources
        );

    private Event Event(params LogSource[] sources)
    {
        Event e = new() { LogSources = logSources.Intern(sources) };
        e.Add(fields.Intern("F"), "a"u8, FieldKind.Text);
        return e;
    }

    private static List<int> Evaluate(RuleSet set, Event e)
    {
        List<int> matches = [];
        set.NewEvaluator().Evaluate(e, matches);
        return matches;
    }
}
