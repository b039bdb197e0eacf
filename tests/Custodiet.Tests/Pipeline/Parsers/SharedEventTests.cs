using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Custodiet.Documents;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Parsers;

/// <summary>What the shared recordings must become. Where they come from and what is expected of them, their READMEs say.</summary>
public class SharedEventTests
{
    [Fact]
    public void FlatEventsGetExactlyTheLogSourceTheyCarry()
    {
        string path = TestPaths.Shared("data/sigma/bench/mixed-flat.jsonl.gz");
        Reading reading = new();
        long labelled = 0;
        using StreamReader lines = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        for (int line = 0; lines.ReadLine() is { } text; line++)
        {
            // Every tenth is enough: all kinds recur thousands of times.
            if (line % 10 != 0)
            {
                continue;
            }
            byte[] raw = Encoding.UTF8.GetBytes(text);
            reading.Read(raw);
            using JsonDocument document = JsonDocument.Parse(raw);
            if (!document.RootElement.TryGetProperty("product", out JsonElement product))
            {
                continue;
            }
            labelled++;
            Assert.Equal("sigma-labelled", reading.Event.Parser);
            LogSource expected = new(product.GetString(), Part(document, "category"), Part(document, "service"));
            Assert.Equal([expected], reading.LogSources.Of(reading.Event.LogSources));
        }
        Assert.True(labelled > 10_000);

        static string? Part(JsonDocument document, string name) =>
            document.RootElement.TryGetProperty(name, out JsonElement part) ? part.GetString() : null;
    }

    [Fact]
    public void EveryRegressionCaseHasAnEventThatItsRuleCanSee()
    {
        string cases = TestPaths.Shared("data/sigma/regression/cases.jsonl");
        Dictionary<string, LogSource> rules = ReadRules();
        Reading reading = new();
        List<string> blind = [];
        foreach (string line in File.ReadLines(cases))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            LogSource wanted = rules[root.GetProperty("rule_path").GetString()!];
            int seen = 0;
            foreach (JsonElement item in root.GetProperty("events").EnumerateArray())
            {
                reading.Read(item.GetRawText());
                Assert.Equal("windows-evtx-json", reading.Event.Parser);
                seen += reading.LogSources.Of(reading.Event.LogSources).Any(source => source.Satisfies(wanted)) ? 1 : 0;
            }
            JsonElement expected = root.GetProperty("expected_match_count");
            if (seen < (expected.ValueKind == JsonValueKind.Number ? expected.GetInt32() : 1))
            {
                blind.Add($"{root.GetProperty("rule_path").GetString()} {wanted} sees {seen}");
            }
        }
        Assert.Empty(blind);
    }

    private static Dictionary<string, LogSource> ReadRules()
    {
        string folder = TestPaths.Shared("data/sigma/rules");
        string archive = Directory.EnumerateFiles(folder, "*.tar.gz").Single();
        Dictionary<string, LogSource> rules = new(StringComparer.Ordinal);
        using TarReader tar = new(new GZipStream(File.OpenRead(archive), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null || !entry.Name.EndsWith(".yml", StringComparison.Ordinal))
            {
                continue;
            }
            using StreamReader text = new(entry.DataStream);
            if (
                Yaml.Parse(text.ReadToEnd(), entry.Name).Documents is [MappingNode rule, ..]
                && rule.Find("logsource") is MappingNode source
            )
            {
                string? Part(string name) => (source.Find(name) as ScalarNode)?.Text;
                rules[entry.Name] = new LogSource(Part("product"), Part("category"), Part("service"));
            }
        }
        return rules;
    }
}
