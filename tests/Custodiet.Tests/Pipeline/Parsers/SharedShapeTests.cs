using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Parsers;

/// <summary>What becomes of the shared recordings that are not Windows events: parser, log sources and reasons, counted.</summary>
public class SharedShapeTests
{
    [Fact]
    public void TheTallyOfEveryShapeAddsUp()
    {
        string folder = Path.GetDirectoryName(TestPaths.Shared("data/sigma/events/README.md"))!;
        Reading reading = new();
        Dictionary<(string Shape, string Parser, string Sources, UnparsedReason Reason), long> tally = [];
        long received = 0;
        foreach (string file in Directory.EnumerateFiles(folder, "*.jsonl.gz").Order(StringComparer.Ordinal))
        {
            string shape = Path.GetFileName(file).Replace(".jsonl.gz", "", StringComparison.Ordinal);
            if (shape.StartsWith("windows", StringComparison.Ordinal) || shape == "mixed-stream")
            {
                continue;
            }
            using StreamReader lines = new(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
            while (lines.ReadLine() is { } line)
            {
                (string kind, byte[] raw) = Unwrap(shape, line);
                reading.Read(raw);
                received++;
                string sources = string.Join(" ", reading.LogSourcesNow);
                var key = (kind, reading.Event.Parser, sources, reading.Event.Unparsed);
                tally[key] = tally.GetValueOrDefault(key) + 1;
            }
        }
        Assert.Equal(received, tally.Values.Sum());
        foreach (
            ((string shape, string parser, string sources, UnparsedReason reason), long count) in tally.OrderBy(pair =>
                (pair.Key.Shape, -pair.Value)
            )
        )
        {
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{count, 6} {shape} {parser} [{sources}] {(reason == UnparsedReason.None ? "" : reason.ToString())}"
            );
        }
    }

    /// <summary>The unit tests of other rules hold their event in a wrapper that says which service it is of.</summary>
    private static (string Kind, byte[] Raw) Unwrap(string shape, string line)
    {
        if (shape != "saas-cloud-panther-tests")
        {
            return (shape, Encoding.UTF8.GetBytes(line));
        }
        using JsonDocument document = JsonDocument.Parse(line);
        string kind = document.RootElement.GetProperty("log_type").GetString() ?? "";
        string raw = document.RootElement.GetProperty("event").GetRawText();
        bool audit =
            kind.Contains("Azure", StringComparison.Ordinal)
            || kind.Contains("Microsoft", StringComparison.Ordinal)
            || kind.Contains("Okta", StringComparison.Ordinal);
        return (audit ? $"saas {kind}" : "saas (other)", Encoding.UTF8.GetBytes(raw));
    }
}
