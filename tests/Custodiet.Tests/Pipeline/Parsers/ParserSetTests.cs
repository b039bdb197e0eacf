using Custodiet.Documents;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;

namespace Custodiet.Tests.Pipeline.Parsers;

public class ParserSetTests
{
    private const string Minimal = """
        id: demo
        description: A demonstration.
        technology: demo
        recognise:
          - exists: a
        time:
          - path: t
        """;

    private static ParserSetLoad Load(params string[] parsers) =>
        ParserSet.Load([.. parsers.Select((text, i) => new SourceText($"p{i}.yml", text))], []);

    [Fact]
    public void AParserWithoutSamplesIsUsedWithAWarning()
    {
        ParserSetLoad load = Load(Minimal);
        Assert.Equal("demo", Assert.Single(load.Set!.Parsers).Id);
        Problem problem = Assert.Single(load.Problems);
        Assert.Equal(("parser.samples", ProblemLevel.Warning), (problem.Code, problem.Level));
    }

    [Theory]
    [InlineData("recogniz: x", "parser.unknown-key", 8)]
    [InlineData("priority: high", "parser.type", 8)]
    [InlineData("log_sources: {use: nowhere}", "parser.logsource", 8)]
    [InlineData("log_sources: {rules: [{when: {channel: x}, service: y}]}", "parser.input", 8)]
    [InlineData("fields: {spaces: maybe}", "parser.spaces", 8)]
    [InlineData("headline: {a: b}", "parser.type", 8)]
    [InlineData("samples: [x]", "parser.type", 8)]
    public void AMistakeIsReportedWithItsPlace(string line, string code, int number)
    {
        ParserSetLoad load = Load(Minimal + "\n" + line + "\n");
        Problem problem = load.Problems.First(item => item.Level == ProblemLevel.Error);
        Assert.Equal((code, number), (problem.Code, problem.Position.Line));
        Assert.Null(load.Set);
    }

    [Fact]
    public void AllMistakesOfAFileAreReportedAtOnce()
    {
        ParserSetLoad load = Load("version: x\nrecognise: [{path: a}]\ntime: [{path: t, format: odd}]\nfoo: 1\n");
        string[] codes = [.. load.Problems.Select(problem => problem.Code)];
        Assert.Contains("parser.missing", codes);
        Assert.Contains("parser.type", codes);
        Assert.Contains("parser.condition", codes);
        Assert.Contains("parser.time-format", codes);
        Assert.Contains("parser.unknown-key", codes);
    }

    [Fact]
    public void ABrokenFileDoesNotStopAnother()
    {
        ParserSetLoad load = Load("id: [", Minimal, "- a list", new string('[', 100_000), "");
        Assert.Equal("demo", Assert.Single(load.Set!.Parsers).Id);
        Assert.Equal(
            ["p0.yml", "p2.yml", "p3.yml", "p4.yml"],
            load.Problems.Where(problem => problem.Level == ProblemLevel.Error)
                .Select(problem => problem.Position.File)
                .Distinct()
        );
    }

    [Fact]
    public void OfTwoParsersWithOneIdTheSecondIsLeftOut()
    {
        ParserSetLoad load = Load(Minimal, Minimal);
        Assert.Single(load.Set!.Parsers);
        Assert.Contains(load.Problems, problem => problem is { Code: "parser.duplicate", Position.File: "p1.yml" });
    }

    [Fact]
    public void TheLowerPriorityIsAskedFirst()
    {
        ParserSetLoad load = Load(
            Minimal + "\npriority: 5\n",
            Minimal.Replace("id: demo", "id: first", StringComparison.Ordinal) + "\npriority: 4\n"
        );
        Reading reading = new(load.Set);
        reading.Read("""{"a":1,"t":"2026-03-02T08:16:00Z"}""");
        Assert.Equal("first", reading.Event.Parser);
    }

    [Fact]
    public void WhatNoParserRecognisesKeepsItsFieldsAndSaysSo()
    {
        Reading reading = new(Load(Minimal).Set);
        reading.Read("""{"b":{"c":1}}""");
        Assert.Equal(Custodiet.Records.Events.UnparsedReason.NotRecognised, reading.Event.Unparsed);
        Assert.Equal("1", reading.First("b.c"));
        Assert.Equal("unknown@unknown", reading.SourceNow);
    }

    [Fact]
    public void ASampleThatDoesNotBecomeWhatItSaysIsAProblemAtItsPlace()
    {
        ParserSetLoad load = Load(
            Minimal
                + """

                samples:
                  - name: wrong
                    event: '{"a":1,"t":"2026-03-02T08:16:00Z"}'
                    time: 2026-03-02T08:17:00Z
                    source: other@x
                    entity: host:y
                    log_sources: [windows/*/security]
                    fields: {a: 2}
                    absent: [t]
                  - name: not its own
                    event: '{"b":1}'
                """
        );
        IReadOnlyList<Problem> problems = load.Set!.CheckSamples();
        Assert.Equal(8, problems.Count);
        Assert.Equal(6, problems.Count(problem => problem.Position.Line == 9));
        Assert.Equal(2, problems.Count(problem => problem.Position.Line == 17));
    }

    [Fact]
    public void FieldsAreRenamedDroppedAndGivenSecondNamesAsTheFileSays()
    {
        Reading reading = new(
            Load(
                Minimal
                    + """

                    fields:
                      spaces: strip
                      under:
                        - {path: d.*, join: _, without: ["#x"]}
                      rename: {r: Renamed}
                      drop: [secret]
                      also: {Renamed: Again}
                    """
            ).Set
        );
        reading.Read(
            """{"a":1,"t":"2026-03-02T08:16:00Z","r":"v","secret":{"deep":1},"secrets":2,"d":{"any":{"#x":{"in ner":{"leaf":3}}}}}"""
        );
        Assert.Equal("v", reading.First("Renamed"));
        Assert.Equal("v", reading.First("Again"));
        Assert.Equal("2", reading.First("secrets"));
        Assert.Equal("3", reading.First("inner_leaf"));
        Assert.Empty(reading.Values("secret.deep"));
        Assert.Equal(0, reading.Reader.ValuesLeftOut);
    }
}
