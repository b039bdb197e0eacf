using System.Text.Json;
using Custodiet.Analytics;
using Custodiet.Cli;
using Custodiet.Content;

namespace Custodiet.Tests.Cli;

public sealed class RuleMatchingTests : IDisposable
{
    private const string Rule = """
        title: A shell started
        id: 5b1f0a52-8ad6-4f0c-8f4d-6f2a3c0c9e11
        status: test
        logsource: {product: linux, category: process_creation}
        detection:
          selection: {Image|endswith: /sh}
          condition: selection
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-match-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task AFlatFileHoldsAnEventOfUnknownLogSourceAgainstAllRules()
    {
        RuleMatching matching = Matching();
        List<(long Event, string Rule)> found = await MatchAsync(
            matching,
            """
            {"product":"linux","category":"process_creation","Image":"/bin/sh"}
            {"product":"windows","category":"process_creation","Image":"/bin/sh"}
            {"Image":"/bin/sh"}
            {"product":"linux","Image":"/bin/sh"}

            {"product":"linux","Image":"/bin/ls"}
            """
        );
        Assert.Equal([0L, 2, 3], found.Select(f => f.Event));
        Assert.All(found, f => Assert.Equal("5b1f0a52-8ad6-4f0c-8f4d-6f2a3c0c9e11", f.Rule));
        Assert.Equal((5L, 0L, 0L, 3L), (matching.Events, matching.Unparsed, matching.Unrouted, matching.Matches));
    }

    [Fact]
    public async Task AFileOfAnotherShapeIsReadByTheParsersAsTheProductReadsIt()
    {
        RuleMatching matching = Matching();
        List<(long Event, string Rule)> found = await MatchAsync(
            matching,
            """
            {"timestamp":"2026-03-02T11:00:00Z","Image":"/bin/sh"}
            not JSON
            {"timestamp":"2026-03-02T11:00:00Z","product":"linux","category":"process_creation","Image":"/bin/sh"}
            """
        );
        Assert.Equal([2L], found.Select(f => f.Event));
        Assert.Equal((3L, 1L, 1L, 1L), (matching.Events, matching.Unparsed, matching.Unrouted, matching.Matches));
    }

    [Fact]
    public async Task TheFlatStreamsGiveWhatTwoOtherEnginesFound()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        RuleFiles rules = ContentFolder.ReadRules([SharedRules.Folder], cancellation);
        RuleMatching mixed = new(RuleLibrary.Load(rules.Texts, rules.Problems).Rules);
        await mixed.MatchAsync(TestPaths.Shared("data/sigma/bench/mixed-flat.jsonl.gz"), TextWriter.Null, cancellation);
        Assert.Equal((131_954L, 8_833L), (mixed.Events, mixed.Matches));
    }

    private static RuleMatching Matching() => new(SigmaRule.Parse(new("rule.yml", Rule)).Rules);

    private async Task<List<(long, string)>> MatchAsync(RuleMatching matching, string lines)
    {
        string file = Path.Combine(folder, "events.jsonl");
        await File.WriteAllTextAsync(file, lines, TestContext.Current.CancellationToken);
        await using StringWriter output = new();
        await matching.MatchAsync(file, output, TestContext.Current.CancellationToken);
        return
        [
            .. output
                .ToString()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => JsonDocument.Parse(l).RootElement)
                .Select(l => (l.GetProperty("event").GetInt64(), l.GetProperty("rule").GetString()!)),
        ];
    }
}
