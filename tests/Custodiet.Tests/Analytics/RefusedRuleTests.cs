using Custodiet.Analytics;
using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Tests.Analytics;

public class RefusedRuleTests
{
    [Theory]
    [InlineData("F|nosuch: a", "sigma.modifier.unknown")]
    [InlineData("F|expand: '%names%'", "sigma.modifier.expand")]
    [InlineData("F|exists|contains: true", "sigma.modifier.combination")]
    [InlineData("F|exists: maybe", "sigma.value.exists")]
    [InlineData("F|re|cidr: a", "sigma.modifier.combination")]
    [InlineData("F|contains|gt: 5", "sigma.modifier.combination")]
    [InlineData("F|lt|gt: 5", "sigma.modifier.combination")]
    [InlineData("F|i: a", "sigma.modifier.combination")]
    [InlineData("F|re: '('", "sigma.value.regex")]
    [InlineData("F|re: 'a(?=b)'", "sigma.value.regex-unsupported")]
    [InlineData("F|re: '(a)\\1'", "sigma.value.regex-unsupported")]
    [InlineData("F|cidr: 10.0.0.0/33", "sigma.value.cidr")]
    [InlineData("F|gt: many", "sigma.value.number")]
    [InlineData("F|contains: null", "sigma.value.null")]
    [InlineData("F|base64: 'a*'", "sigma.value.wildcard")]
    [InlineData("F|contains|base64: 'a'", "sigma.value.wildcard")]
    [InlineData("F|windash: '-a -b -c -d -e -f'", "sigma.value.windash")]
    [InlineData("F: []", "sigma.value.empty-list")]
    [InlineData("F: {a: b}", "sigma.value.kind")]
    [InlineData("F: [[a]]", "sigma.value.kind")]
    [InlineData("'|exists': true", "sigma.modifier.keyword")]
    public void AnItemIsRefusedWithAReason(string item, string code) =>
        Assert.Equal(code, Sigma.Refusal($"s:\n    {item}\ncondition: s"));

    [Fact]
    public void AProblemStandsWhereItsCauseIs()
    {
        RuleParse parse = Parse(Sigma.Text("s:\n    Image: x\n    CommandLine|contians: y\ncondition: s"));
        Problem problem = Assert.Single(parse.Problems);
        Assert.Equal("rules.yml:12:9", problem.Position.ToString());
        Assert.Contains("contians", problem.Message, StringComparison.Ordinal);
        RefusedRule refused = Assert.Single(parse.Refused);
        Assert.Equal("A rule", refused.Title);
        Assert.Equal("11111111-2222-4333-8444-555555555555", refused.Id);
    }

    [Fact]
    public void AllProblemsOfARuleAreReported()
    {
        RuleParse parse = Parse(Sigma.Text("s:\n    A|bad: x\n    B|worse: y\n    C|cidr: z\ncondition: s"));
        Assert.Equal(3, parse.Problems.Count(p => p.Level == ProblemLevel.Error));
    }

    [Fact]
    public void ABadRuleNeverStopsAnother()
    {
        string good = Sigma.Text("s:\n    F: a\ncondition: s");
        string bad = Sigma.Text("s:\n    F|bad: a\ncondition: s");
        RuleParse parse = Parse($"{good}---\n{bad}---\njust a text\n---\n{good}");
        Assert.Equal(2, parse.Rules.Count);
        Assert.Equal(2, parse.Refused.Count);
        Assert.NotEqual(parse.Rules[0].Position.Line, parse.Rules[1].Position.Line);
    }

    [Fact]
    public void ASyntaxErrorKeepsTheDocumentsBeforeIt()
    {
        RuleParse parse = Parse(Sigma.Text("s:\n    F: a\ncondition: s") + "---\ntitle: [unclosed\nid: x\n");
        Assert.Single(parse.Rules);
        Assert.StartsWith("yaml.", Assert.Single(parse.Refused).Problems[0].Code, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDigestOfADocumentDoesNotChangeWithItsNeighbours()
    {
        string one = Sigma.Text("s:\n    F: a\ncondition: s");
        string two = Sigma.Text("s:\n    F: b\ncondition: s");
        string[] first = [.. Parse($"{one}---\n{two}").Rules.Select(r => r.Digest)];
        string[] changed = [.. Parse($"{one}---\n{two}# changed\n").Rules.Select(r => r.Digest)];
        Assert.Equal(first[0], changed[0]);
        Assert.NotEqual(first[1], changed[1]);
        Assert.Equal(new SourceText("x", one).Digest, Assert.Single(Parse(one).Rules).Digest);
    }

    [Theory]
    [InlineData("title: x\ncorrelation: {type: event_count}", "sigma.kind.correlation")]
    [InlineData("title: x\nlogsource: {product: p}\nfilter: {rules: any}", "sigma.kind.filter")]
    [InlineData("title: x", "sigma.detection.missing")]
    [InlineData("[1, 2]", "sigma.document.kind")]
    [InlineData("title: x\ndetection: {s: {a: b}, condition: s}", "sigma.logsource.missing")]
    [InlineData("title: x\nlogsource: {definition: y}\ndetection: {s: {a: b}, condition: s}", "sigma.logsource.empty")]
    [InlineData("logsource: {product: p}\ndetection: {s: {a: b}, condition: s}", "sigma.title.missing")]
    [InlineData("title: x\nlogsource: {product: p}\ndetection: [a]", "sigma.detection.kind")]
    [InlineData("title: x\nlogsource: {product: p}\ndetection: {s: {}, condition: s}", "sigma.detection.empty")]
    [InlineData("title: x\nlogsource: {product: p}\ndetection: {s: {a: b}, condition: {x: y}}", "sigma.condition.kind")]
    [InlineData(
        "title: x\ntitle: y\nlogsource: {product: p}\ndetection: {s: {a: b}, condition: s}",
        "yaml.duplicate-key"
    )]
    [InlineData("title: &x y\nlogsource: {product: p}\ndetection: {s: {a: b}, condition: s}", "yaml.anchor")]
    [InlineData("a: &x [1]\nb: [*x, *x, *x]", "yaml.alias")]
    [InlineData("", "sigma.file.empty")]
    [InlineData("# only a comment", "sigma.file.empty")]
    public void ADocumentIsRefusedByName(string text, string code)
    {
        RuleParse parse = Parse(text);
        Assert.Empty(parse.Rules);
        Assert.NotEmpty(parse.Refused);
        Assert.Contains(parse.Problems, p => p.Code == code);
    }

    [Fact]
    public void ARuleWithoutAnIdGoesByItsTitleAndIsWarnedAbout()
    {
        RuleParse parse = Parse(
            "title: My rule\nlogsource: {product: p}\ndetection: {s: {a: b}, condition: s}\nlevel: low"
        );
        Assert.Equal("My rule", Assert.Single(parse.Rules).Id);
        Assert.Equal("sigma.id.missing", Assert.Single(parse.Problems).Code);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void AHundredThousandBracketsAreRefusedAndDoNotEndTheProcess(char bracket)
    {
        RuleParse parse = Parse("title: x\ndetection: " + new string(bracket, 100_000));
        Assert.Empty(parse.Rules);
        Assert.Contains(parse.Problems, p => p.Code is "yaml.depth" or "yaml.syntax");
    }

    [Theory]
    [InlineData("title: x\ndetection:\n  s: [a, b\n  condition: s")]
    [InlineData("title: 'unterminated")]
    [InlineData("\ttitle: x")]
    [InlineData("%YAML 9.9\n---\ntitle: x")]
    [InlineData("title: \"\\uD800\"")]
    [InlineData("? [complex, key]\n: value")]
    [InlineData("\0\0\0")]
    public void BrokenTextIsAProblemWithAPosition(string text)
    {
        RuleParse parse = Parse(text);
        Assert.Empty(parse.Rules);
        Assert.NotEmpty(parse.Problems);
        Assert.All(parse.Problems, p => Assert.Equal("rules.yml", p.Position.File));
    }

    [Fact]
    public void EveryPrefixOfARuleIsReadWithoutAnException()
    {
        string text = Sigma.Text(
            "s:\n    Image|endswith|windash: ['-a', '*b']\n    X|re: 'a[b]c'\ncondition: 1 of s* and not (s)"
        );
        for (int length = 0; length < text.Length; length++)
        {
            RuleParse parse = Parse(text[..length]);
            Assert.True(parse.Rules.Count + parse.Refused.Count > 0);
        }
    }

    private static RuleParse Parse(string text) => SigmaRule.Parse(new SourceText("rules.yml", text));
}
