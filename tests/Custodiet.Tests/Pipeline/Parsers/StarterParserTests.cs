using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Custodiet.Documents;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Parsers;

public class StarterParserTests
{
    [Fact]
    public void EveryStarterParserLoadsWithoutAProblem() =>
        Assert.Empty(PipelineContent.Parsers.Problems.Select(problem => problem.ToString()));

    [Fact]
    public void EverySampleOfEveryParserBecomesWhatItSays() =>
        Assert.Empty(PipelineContent.Set.CheckSamples().Select(problem => problem.ToString()));

    [Fact]
    public void TheExampleOfTheDocumentIsReadAsItSays()
    {
        string page = File.ReadAllText(Path.Combine(TestPaths.Root, "docs", "parsers.md"));
        int start = page.IndexOf("```yaml\n", StringComparison.Ordinal) + 8;
        string example = page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
        ParserSetLoad load = ParserSet.Load(
            [.. PipelineContent.Texts("parsers"), new SourceText("example.yml", example)],
            PipelineContent.Texts("logsources")
        );
        Assert.Empty(load.Problems.Select(problem => problem.ToString()));
        Assert.Empty(load.Set!.CheckSamples().Select(problem => problem.ToString()));
        ParserSummary parser = load.Set.Parsers.Single(parser => parser.File == "example.yml");
        Assert.Equal(3, parser.Samples);
        Assert.All(
            load.Set.Parsers.Where(p => p.Id != parser.Id),
            p => Assert.Contains($"`{p.Id}`", page, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void TheSharedStreamIsParsedShapeByShapeWithNothingUnaccounted()
    {
        string path = TestPaths.Shared("data/sigma/events/mixed-stream.jsonl.gz");
        Reading reading = new();
        Dictionary<(string Shape, string Parser, UnparsedReason Reason), long> counts = [];
        long received = 0;
        using GZipStream gzip = new(File.OpenRead(path), CompressionMode.Decompress);
        using StreamReader lines = new(gzip);
        while (lines.ReadLine() is { } line)
        {
            (string shape, ReadOnlyMemory<byte> raw) = Unwrap(Encoding.UTF8.GetBytes(line));
            reading.Read(raw);
            received++;
            (string, string, UnparsedReason) key = (shape, reading.Event.Parser, reading.Event.Unparsed);
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }
        Assert.Equal(131_954, received);
        Assert.Equal(received, counts.Values.Sum());
        foreach (((string shape, string parser, UnparsedReason reason), long count) in counts)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{shape} {parser} {reason} {count}");
        }
        string[] strict =
        [
            "windows-evtx-json",
            "windows-winlogbeat6",
            "windows-nxlog",
            "windows-wef-flat",
            "aws-cloudtrail",
            "aws-cloudtrail-logstash",
        ];
        Assert.All(
            counts.Keys.Where(key => strict.Contains(key.Shape)),
            key => Assert.Equal(UnparsedReason.None, key.Reason)
        );
        Dictionary<string, string> expected = new()
        {
            ["windows-evtx-json"] = "windows-evtx-json",
            ["windows-winlogbeat6"] = "windows-winlogbeat",
            ["windows-nxlog"] = "windows-nxlog",
            ["windows-wef-flat"] = "windows-wef-flat",
            ["aws-cloudtrail"] = "aws-cloudtrail",
            ["aws-cloudtrail-logstash"] = "aws-cloudtrail",
            ["zeek"] = "zeek",
        };
        Assert.All(
            counts.Keys.Where(key => expected.ContainsKey(key.Shape)),
            key => Assert.Equal(expected[key.Shape], key.Parser)
        );
    }

    /// <summary>The event's own bytes inside the stream's <c>{"shape", "event"}</c> wrapper.</summary>
    internal static (string Shape, ReadOnlyMemory<byte> Event) Unwrap(ReadOnlyMemory<byte> line)
    {
        Utf8JsonReader reader = new(line.Span);
        string shape = "";
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }
            bool isShape = reader.ValueTextEquals("shape");
            reader.Read();
            if (isShape)
            {
                shape = reader.GetString()!;
                continue;
            }
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            return (shape, line[start..(int)reader.BytesConsumed]);
        }
        throw new InvalidDataException("The line has no event.");
    }
}
