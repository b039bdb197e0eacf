using Custodiet.Analytics;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;

namespace Custodiet.Tests.Analytics;

public class FindingMakerTests
{
    private static readonly SourceKey Source = new("windows-sysmon", "WS-041");
    private readonly FieldTable fields = new();
    private readonly LogSourceTable logSources = new();

    [Fact]
    public void AFindingNamesRuleAuthorAndDigestAndShowsWhatTheRuleRead()
    {
        SigmaRule rule = Sigma.Rule("s:\n    CommandLine|contains: x\n    Tags: b\ncondition: s");
        Event e = Sigma.Event(
            fields,
            logSources,
            ("Image", "cmd.exe"),
            ("Tags", new object?[] { "a", "b" }),
            ("CommandLine", "run x"),
            ("Unrelated", "no"),
            ("User", null)
        );
        e.Offset = 42;
        e.EventMicros = 1_700_000_000_000_000;
        Finding finding = new FindingMaker(fields).Make(e, rule, Source);
        Assert.Equal(new RuleReference(rule.Id, rule.Title, rule.Digest, "An Author"), finding.Rule);
        Assert.Equal(FindingId.Of(42, rule.Id), finding.Id);
        Assert.Equal(42, finding.EventOffset);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), finding.OccurredAt);
        Assert.Equal(new Entity("host", "WS-041"), finding.Entity);
        Assert.Equal(Severity.High, finding.Severity);
        Assert.Equal(
            [new("CommandLine", "run x"), new("Tags", "a"), new("Tags", "b"), new("Image", "cmd.exe")],
            finding.Fields
        );
    }

    [Fact]
    public void TheCallerMayNameTheEntityAndTheHeadline()
    {
        SigmaRule rule = Sigma.Rule("s:\n    A: x\ncondition: s");
        Event e = Sigma.Event(fields, logSources, ("A", "x"), ("arn", "user/ann"), ("Image", "y"));
        Finding finding = new FindingMaker(fields).Make(e, rule, new Entity("user", "ann"), Source, ["arn"]);
        Assert.Equal("user:ann", finding.Entity.ToString());
        Assert.Equal([new("A", "x"), new("arn", "user/ann")], finding.Fields);
    }

    [Fact]
    public void FieldsAndValuesAreCapped()
    {
        SigmaRule rule = Sigma.Rule("s:\n    A: x\n    B: y\ncondition: s");
        string value = string.Concat(Enumerable.Repeat("😀", AnalyticsLimits.FindingValueCharactersMax));
        Event e = Sigma.Event(fields, logSources, ("A", value), ("B", Enumerable.Repeat((object?)"y", 500).ToArray()));
        Finding finding = new FindingMaker(fields).Make(e, rule, Source);
        Assert.Equal(AnalyticsLimits.FindingFieldsMax, finding.Fields.Count);
        Assert.InRange(finding.Fields[0].Value.Length, 1, AnalyticsLimits.FindingValueCharactersMax);
        Assert.EndsWith("…", finding.Fields[0].Value, StringComparison.Ordinal);
        Assert.False(char.IsHighSurrogate(finding.Fields[0].Value[^2]));
    }
}
