using System.Text;
using System.Text.Json;
using Custodiet.Analytics;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;

namespace Custodiet.Tests.EndToEnd;

/// <summary>SigmaHQ's own regression cases through the starter parsers: a case passes when its rule matches at least so many of its events.</summary>
public class RegressionCaseTests
{
    [Fact]
    public void EveryRegressionCaseOfSigmaHqMatches()
    {
        string[] cases = File.ReadAllLines(TestPaths.Shared("data/sigma/regression/cases.jsonl"));
        LoadedContent content = LoadedContent.Read([TestPaths.Content], [SharedRules.Folder]);
        FieldTable fields = new();
        LogSourceTable logSources = new();
        RuleSet rules = RuleSet.Compile(content.Rules.Rules, fields, logSources);
        EventReader reader = content.Parsers.Bind(fields, logSources, new SourceTable()).NewReader();
        Evaluator evaluator = rules.NewEvaluator();
        Event current = new();
        List<int> matches = [];
        List<string> missed = [];
        foreach (string line in cases)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement item = document.RootElement;
            string ruleId = item.GetProperty("rule_id").GetString()!;
            JsonElement expected = item.GetProperty("expected_match_count");
            int wanted = expected.ValueKind == JsonValueKind.Null ? 1 : expected.GetInt32();
            int found = 0;
            foreach (JsonElement example in item.GetProperty("events").EnumerateArray())
            {
                reader.Read(0, 0, Encoding.UTF8.GetBytes(example.GetRawText()), current);
                Assert.Equal(UnparsedReason.None, current.Unparsed);
                matches.Clear();
                evaluator.Evaluate(current, matches);
                found += matches.Count(m => rules.Rules[m].Id == ruleId);
            }
            if (found < wanted)
            {
                missed.Add($"{item.GetProperty("rule_title").GetString()} ({ruleId}): {found} of {wanted}");
            }
        }
        Assert.Equal(129, cases.Length);
        Assert.True(missed.Count == 0, string.Join('\n', missed));
    }

    [Fact]
    public void AllButTheTwoRulesThatNeedValuesAreLoaded()
    {
        LoadedContent content = LoadedContent.Read([TestPaths.Content], [SharedRules.Folder]);
        int own = Directory
            .EnumerateFiles(Path.Combine(TestPaths.Content, "rules"), "*.yml", SearchOption.AllDirectories)
            .Count();
        Assert.Equal(3_752 + own, content.Rules.Rules.Count);
        Assert.Equal(2, content.Rules.Refused.Count);
        Assert.All(
            content.Rules.Refused,
            r => Assert.Contains(r.Problems, p => p.Message.Contains("expand", StringComparison.Ordinal))
        );
    }
}
