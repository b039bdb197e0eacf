using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Custodiet.Analytics;
using Custodiet.Analytics.Matching;
using Custodiet.Documents;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Analytics;

/// <summary>The rules of SigmaHQ and events recorded by others; expected figures from the notes beside them.</summary>
public class SharedRulesTests
{
    private static readonly Lazy<RuleParse[]> Parses = new(() => [.. ReadRules()]);

    [Fact]
    public void AllRulesLoadButTheTwoThatNeedValues()
    {
        RuleParse[] parses = Load();
        Assert.Equal(3_752, parses.Sum(p => p.Rules.Count));
        Assert.Equal(2, parses.Sum(p => p.Refused.Count));
        Assert.All(
            parses.SelectMany(p => p.Refused),
            r => Assert.Equal("sigma.modifier.expand", Assert.Single(r.Problems).Code)
        );
        Assert.All(parses.SelectMany(p => p.Rules), r => Assert.NotEmpty(r.Explain()));
    }

    [Fact]
    public void TheFirstEventsOfTheMixedStreamMatchAsTheInterpreterSays()
    {
        (RuleSet set, FieldTable fields, LogSourceTable logSources) = Compile(_ => true);
        FlatEventReader reader = new(fields, logSources, set.Rules.Select(r => r.LogSource));
        Evaluator evaluator = set.NewEvaluator();
        Interpreter interpreter = new(fields);
        Event e = new();
        List<int> matches = [];
        int number = 0;
        int compared = 0;
        foreach (byte[] line in Lines("data/sigma/bench/mixed-flat.jsonl.gz").Take(20_000))
        {
            Assert.True(reader.TryRead(line, e));
            matches.Clear();
            evaluator.Evaluate(e, matches);
            if (number++ % 1_999 == 0 || (matches.Count > 0 && compared < 15))
            {
                compared++;
                Assert.Equal(set.RulesFor(e.LogSources).Where(r => interpreter.Matches(set.Rules[r], e)), matches);
            }
        }
        Assert.Equal(20_000, number);
    }

    [Fact]
    public void ProcessCreationsMatchAsOftenAsTwoOtherEnginesFound()
    {
        (RuleSet set, FieldTable fields, LogSourceTable logSources) = Compile(r =>
            r.LogSource == new LogSource("windows", "process_creation", null)
        );
        FlatEventReader reader = new(fields, logSources);
        Evaluator evaluator = set.NewEvaluator();
        Event e = new();
        List<int> matches = [];
        byte[][] lines = [.. Lines("data/sigma/bench/process-creation-flat.jsonl.gz")];
        for (int i = 0; i < 20_000; i++)
        {
            Assert.True(reader.TryRead(lines[i % lines.Length], e));
            evaluator.Evaluate(e, matches);
        }
        Assert.Equal(1_415, set.Rules.Count);
        Assert.Equal(6_903, matches.Count);
    }

    [Fact]
    public void EveryRegressionCaseMatchesAtLeastAsOftenAsItExpects()
    {
        (RuleSet set, FieldTable fields, LogSourceTable logSources) = Compile(_ => true);
        Evaluator evaluator = set.NewEvaluator();
        Dictionary<string, int> indexes = set.Rules.Index().ToDictionary(r => r.Item.Id, r => r.Index);
        List<string> failed = [];
        int cases = 0;
        foreach (string line in File.ReadLines(TestPaths.Shared("data/sigma/regression/cases.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement test = document.RootElement;
            string id = test.GetProperty("rule_id").GetString()!;
            JsonElement count = test.GetProperty("expected_match_count");
            int expected = count.ValueKind == JsonValueKind.Number ? count.GetInt32() : 1;
            int found = test.GetProperty("events")
                .EnumerateArray()
                .Count(e =>
                {
                    List<int> matches = [];
                    evaluator.Evaluate(WindowsEvent.Read(e, fields, logSources), matches);
                    return matches.Contains(indexes[id]);
                });
            cases++;
            if (found < expected)
            {
                failed.Add($"{id} {test.GetProperty("rule_path")}: {found} of {expected}");
            }
        }
        Assert.Equal(129, cases);
        Assert.Empty(failed);
    }

    private static RuleParse[] Load()
    {
        TestPaths.Shared("data/sigma/rules/sigmahq-rules-8eaafff1.tar.gz");
        return Parses.Value;
    }

    private static (RuleSet, FieldTable, LogSourceTable) Compile(Func<SigmaRule, bool> wanted)
    {
        FieldTable fields = new();
        LogSourceTable logSources = new();
        SigmaRule[] rules = [.. Load().SelectMany(p => p.Rules).Where(wanted)];
        return (RuleSet.Compile(rules, fields, logSources), fields, logSources);
    }

    private static IEnumerable<RuleParse> ReadRules()
    {
        using FileStream file = File.OpenRead(TestPaths.Shared("data/sigma/rules/sigmahq-rules-8eaafff1.tar.gz"));
        using GZipStream plain = new(file, CompressionMode.Decompress);
        using TarReader archive = new(plain);
        while (archive.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is not null && entry.Name.EndsWith(".yml", StringComparison.Ordinal))
            {
                using StreamReader reader = new(entry.DataStream);
                yield return SigmaRule.Parse(new SourceText(entry.Name, reader.ReadToEnd()));
            }
        }
    }

    private static IEnumerable<byte[]> Lines(string shared)
    {
        using FileStream file = File.OpenRead(TestPaths.Shared(shared));
        using GZipStream plain = new(file, CompressionMode.Decompress);
        using StreamReader reader = new(plain);
        while (reader.ReadLine() is { } line)
        {
            yield return Encoding.UTF8.GetBytes(line);
        }
    }
}
