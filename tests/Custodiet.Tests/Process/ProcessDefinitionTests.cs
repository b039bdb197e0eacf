using Custodiet.Documents;
using Custodiet.Process.Definitions;
using Custodiet.Records;
using Custodiet.Records.Judgement;

namespace Custodiet.Tests.Process;

public sealed class ProcessDefinitionTests
{
    private const string Minimal = """
        id: p
        version: 1.0.0
        title: T
        purpose: P
        goals: [g]
        owner: soc-lead
        roles: [analyst]
        review_interval: 90d
        steps:
          - id: one
            title: One
            questions:
              - { id: q1, kind: judgement, type: yes-no, text: First? }
              - { id: q2, kind: judgement, type: choice, text: Second?, when: q1 == 'yes', options: [ { id: a, label: A } ] }
          - id: end
            title: End
            verdict:
              text: What?
              choices:
                - { id: 5, label: Benign, reasons: [ { id: expected, label: expected } ] }
              impacts: [ { id: 1, label: low } ]
              confidences: [ { id: 3, label: high } ]
        """;

    [Fact]
    public void TheTriageProcessHasFourStepsAndNeverFillsAJudgement()
    {
        ProcessDefinition triage = Desks.Triage;
        Assert.Equal(("triage", "1.0.1"), (triage.Reference.Id, triage.Reference.Version));
        Assert.Equal(["what-happened", "expected", "scope"], triage.Steps.Select(step => step.Id));
        Assert.Equal("verdict", triage.Verdict.Id);
        Assert.All(triage.Questions.Where(q => q.Kind == QuestionKind.Judgement), q => Assert.Empty(q.Fill));
        Assert.All(triage.Questions.Where(q => q.Kind == QuestionKind.Fact), q => Assert.NotEmpty(q.Fill));
    }

    [Fact]
    public void TheTwoCausesOfFalsePositivesLeadToDifferentWork()
    {
        VerdictChoice choice = Desks.Triage.Verdict.Find(Verdict.FalsePositive)!;
        Assert.Equal("tune-rule", choice.Find("bad-logic")!.LeadsTo);
        Assert.Equal("fix-pipeline", choice.Find("bad-data")!.LeadsTo);
    }

    [Fact]
    public void ImpactIsRequiredWhereHarmIsPossible()
    {
        Verdict[] required =
        [
            .. Desks.Triage.Verdict.Choices.Where(choice => choice.ImpactRequired).Select(choice => choice.Verdict),
        ];
        Assert.Equal([Verdict.TruePositive, Verdict.Suspicious, Verdict.SecurityRisk], required);
    }

    [Fact]
    public void TheReferenceHoldsTheDigestOfTheText()
    {
        SourceText source = new("p.yml", Minimal);
        ProcessParse parse = ProcessDefinition.Parse(source);
        Assert.Empty(parse.Problems);
        Assert.Equal(new ProcessReference("p", "1.0.0", source.Digest), parse.Definition!.Reference);
    }

    [Theory]
    [InlineData("version: 1.0.0", "version: one", "process.version.invalid", 2, 10)]
    [InlineData("version: 1.0.0", "version: 1.01.0", "process.version.invalid", 2, 10)]
    [InlineData("owner: soc-lead", "", "process.missing", 1, 1)]
    [InlineData("owner: soc-lead", "ownr: soc-lead", "process.unknown-key", 6, 1)]
    [InlineData("roles: [analyst]", "roles: [analist]", "process.role.unknown", 7, 9)]
    [InlineData("review_interval: 90d", "review_interval: 3 months", "process.duration.invalid", 8, 18)]
    [InlineData("id: q2", "id: q1", "process.id.twice", 14, 15)]
    [InlineData("type: yes-no", "type: yesno", "process.word", 13, 42)]
    [InlineData("when: q1 == 'yes'", "when: q1 == 'yess'", "condition.option.unknown", 14, 77)]
    [InlineData("when: q1 == 'yes'", "when: q3 == 'yes'", "condition.question.unknown", 14, 71)]
    [InlineData("when: q1 == 'yes'", "when: q1 = 'yes'", "condition.syntax", 14, 74)]
    [InlineData("text: First?", "text: First?, fill: finding.rule", "process.judgement.filled", 13, 70)]
    [InlineData("type: yes-no", "type: text, required: close", "process.text.required", 13, 58)]
    [InlineData("type: yes-no", "type: yes-no, unit_one: day", "process.unit.one", 13, 60)]
    [InlineData("id: 5,", "id: 11,", "process.ocsf.unknown", 20, 17)]
    [InlineData("impacts: [ { id: 1, label: low } ]", "", "process.missing", 18, 7)]
    public void AMistakeIsNamedWithItsPlace(string right, string wrong, string code, int line, int column)
    {
        ProcessParse parse = Parse(Minimal.Replace(right, wrong, StringComparison.Ordinal));
        Assert.Null(parse.Definition);
        Problem problem = Assert.Single(parse.Problems, problem => problem.Code == code);
        Assert.Equal(new TextPosition("p.yml", line, column), problem.Position);
    }

    [Fact]
    public void AllMistakesOfAFileAreReportedTogether()
    {
        string text = Minimal
            .Replace("version: 1.0.0", "version: x", StringComparison.Ordinal)
            .Replace("roles: [analyst]", "roles: [chief]", StringComparison.Ordinal)
            .Replace("id: 5,", "id: 77,", StringComparison.Ordinal);
        Assert.Equal(3, Parse(text).Problems.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("just text")]
    [InlineData("- a\n- b")]
    [InlineData("id: p\n---\nid: q")]
    [InlineData("id: [p")]
    [InlineData("id: &x p")]
    [InlineData("steps: 3")]
    [InlineData("steps: [[], 1, {}]")]
    [InlineData("steps: [{questions: [[], 1, {options: 3, kind: [a], show: [1]}]}, {verdict: []}]")]
    public void WhateverTheTextHoldsTheAnswerIsProblemsAndNoException(string text)
    {
        ProcessParse parse = Parse(text);
        Assert.Null(parse.Definition);
        Assert.NotEmpty(parse.Problems);
    }

    [Fact]
    public void DeepNestingIsRefusedAtOnce()
    {
        Assert.Equal("yaml.depth", Parse("steps: " + new string('[', 100_000)).Problems[^1].Code);
    }

    [Fact]
    public void ATextThatIsCutAnywhereNeverThrows()
    {
        string text = File.ReadAllText(Path.Combine(TestPaths.Content, "processes", "triage.yml"));
        for (int length = 0; length < text.Length; length += 97)
        {
            ProcessParse parse = Parse(text[..length]);
            Assert.True(parse.Definition is not null || parse.Problems.Count > 0);
        }
    }

    [Fact]
    public void TheHighestVersionIsCurrentAndOldOnesAreFoundByDigest()
    {
        ProcessDefinition old = Parse(Minimal).Definition!;
        ProcessDefinition newer = Parse(Minimal.Replace("1.0.0", "1.10.0", StringComparison.Ordinal)).Definition!;
        ProcessDefinition between = Parse(Minimal.Replace("1.0.0", "1.9.0", StringComparison.Ordinal)).Definition!;
        ProcessLibrary library = new([old, newer, between]);
        Assert.Same(newer, library.Find("p"));
        Assert.Same(old, library.Find(old.Reference));
        Assert.Null(library.Find(old.Reference with { Digest = "" }));
    }

    private static ProcessParse Parse(string text) => ProcessDefinition.Parse(new SourceText("p.yml", text));
}
