using System.Text;
using Custodiet.Documents;
using Custodiet.Pipeline.Mappings;
using Custodiet.Records;
using Custodiet.Records.Findings;

namespace Custodiet.Tests.Pipeline.Mappings;

public class MappingSetTests
{
    private static readonly DateTimeOffset ReceivedAt = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly MappingSetLoad Starter = MappingSet.Load(PipelineContent.Texts("mappings"));

    private static MappingOutcome Map(string json, string? mapping = null) =>
        Starter.Set!.Map(Encoding.UTF8.GetBytes(json), mapping, ReceivedAt);

    private static string Alerts(string alerts) =>
        $$"""{"receiver":"r","groupKey":"g","externalURL":"https://a.example","alerts":[{{alerts}}]}""";

    private static string Alert(string fingerprint) =>
        $$$"""{"fingerprint":"{{{fingerprint}}}","startsAt":"2026-03-02T08:16:00Z","labels":{"alertname":"n"}}""";

    [Fact]
    public void EveryStarterMappingLoadsAndItsSamplesBecomeWhatTheySay()
    {
        Assert.Empty(Starter.Problems.Select(problem => problem.ToString()));
        Assert.Equal(4, Starter.Set!.Mappings.Count);
        Assert.Empty(Starter.Set.CheckSamples().Select(problem => problem.ToString()));
    }

    [Fact]
    public void TheSameReferenceGivesTheSameFindingId()
    {
        FindingId first = Assert.Single(Map(Alerts(Alert("a"))).Findings).Id;
        Assert.Equal(first, Assert.Single(Map(Alerts(Alert("a"))).Findings).Id);
        Assert.NotEqual(first, Assert.Single(Map(Alerts(Alert("b"))).Findings).Id);
    }

    [Fact]
    public void AFindingWithoutAReferenceIsAProblemAtItsPlaceAndTheOthersAreTaken()
    {
        MappingOutcome outcome = Map(
            Alerts($$$"""{{{Alert("a")}}},{"labels":{"alertname":"n"}},{},{{{Alert("b")}}}""")
        );
        Assert.Equal(2, outcome.Findings.Count);
        Assert.Equal(["mapping.ref", "mapping.ref", "mapping.title"], outcome.Problems.Select(problem => problem.Code));
        Assert.StartsWith("$.alerts[1]:", outcome.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFindingWithoutATimeHasTheTimeOfReceipt() =>
        Assert.Equal(
            ReceivedAt,
            Assert.Single(Map("""{"class_uid":2004,"finding_info":{"uid":"a","title":"t"}}""").Findings).OccurredAt
        );

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("/relative")]
    [InlineData("file:///etc/passwd")]
    public void ALinkThatIsNoWebAddressIsLeftOut(string link)
    {
        MappingOutcome outcome = Map(
            $$$"""{"class_uid":2004,"finding_info":{"uid":"a","title":"t","src_url":"{{{link}}}"}}"""
        );
        Assert.Null(Assert.Single(outcome.Findings).Link);
    }

    [Theory]
    [InlineData("{}", "mapping.unrecognised")]
    [InlineData("[{}]", "mapping.unrecognised")]
    [InlineData("42", "mapping.unrecognised")]
    [InlineData("", "mapping.json")]
    [InlineData("{", "mapping.json")]
    [InlineData("{\"a\":1,\"alerts\\ud800\":[]}", "mapping.name")]
    [InlineData("{\"a\":\n x}", "mapping.json")]
    public void WhatCannotBeReadIsAProblem(string body, string code)
    {
        MappingOutcome outcome = Map(body);
        Assert.Empty(outcome.Findings);
        Assert.Equal(code, Assert.Single(outcome.Problems).Code);
    }

    [Fact]
    public void BrokenJsonIsReportedWithLineAndColumn()
    {
        Problem problem = Assert.Single(Map("{\"a\":\n x}").Problems);
        Assert.Equal((2, 2), (problem.Position.Line, problem.Position.Column));
    }

    [Fact]
    public void AMappingThatDoesNotExistIsNamedWithThoseThatDo()
    {
        Problem problem = Assert.Single(Map("{}", "nothing").Problems);
        Assert.Equal("mapping.unknown", problem.Code);
        Assert.Contains("alertmanager", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ANamedMappingIsUsedWithoutRecognition()
    {
        MappingOutcome outcome = Map($$"""{"alerts":[{{Alert("a")}}]}""", "alertmanager");
        Assert.Single(outcome.Findings);
        Assert.Equal("alertmanager", outcome.Mapping);
    }

    [Fact]
    public void HostileBodiesAreAnsweredAndNotSuffered()
    {
        Assert.Equal("mapping.json", Assert.Single(Map(new string('[', 100_000)).Problems).Code);
        Assert.Equal("mapping.size", Assert.Single(Map(new string(' ', 9_000_000)).Problems).Code);
        string many = string.Join(',', Enumerable.Range(0, 10_002).Select(i => Alert($"{i}")));
        MappingOutcome outcome = Map(Alerts(many));
        Assert.Equal("mapping.findings", Assert.Single(outcome.Problems).Code);
        Assert.Empty(outcome.Findings);
    }

    [Fact]
    public void LongValuesAreCutAndFieldsAreBounded()
    {
        string labels = string.Join(',', Enumerable.Range(0, 200).Select(i => $"\"l{i}\":\"v\""));
        MappingOutcome outcome = Map(
            Alerts(
                $$$$"""{"fingerprint":"a","startsAt":"x","annotations":{"summary":"{{{{new string('s', 5_000)}}}}"},"labels":{ {{{{labels}}}} }}"""
            )
        );
        Finding finding = Assert.Single(outcome.Findings);
        Assert.Equal(2_000, finding.Rule.Title.Length);
        Assert.Equal(64, finding.Fields.Count);
    }

    [Fact]
    public void TextThatIsHalfASurrogatePairDoesNotStopTheOthers()
    {
        MappingOutcome outcome = Map(
            """{"class_uid":2004,"message":"\ud83d","finding_info":{"uid":"a","title":"t","desc":"\ud83d"}}"""
        );
        Assert.Single(outcome.Findings);
    }

    [Fact]
    public void ANameThatIsNoUtf8DoesNotStopTheOthers()
    {
        byte[] body = System.Text.Encoding.UTF8.GetBytes(
            Alerts("""{"fingerprint":"a","startsAt":"x","labels":{"alertname":"n","#":"v"}}""")
        );
        body[System.Array.IndexOf(body, (byte)'#')] = 0x8F;
        Assert.Single(Starter.Set!.Map(body, null, DateTimeOffset.UnixEpoch).Findings);
    }

    [Fact]
    public void MistakesInAMappingAreAllReportedWithTheirPlace()
    {
        MappingSetLoad load = MappingSet.Load([
            new SourceText("m.yml", "id: x\ndescription: d\nseverity: {words: {a: odd}}\nrecognise: []\nfoo: 1\n"),
        ]);
        Assert.Null(load.Set);
        string[] codes = [.. load.Problems.Select(problem => problem.Code)];
        Assert.Contains("mapping.severity", codes);
        Assert.Contains("mapping.missing", codes);
        Assert.Contains(load.Problems, problem => problem is { Code: "mapping.unknown-key", Position.Line: 5 });
    }
}
