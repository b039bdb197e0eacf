using System.Globalization;
using System.Text.RegularExpressions;

namespace Custodiet.Tests.Telemetry;

/// <summary>
/// A scrape, read strictly by the text format 0.0.4: every series belongs to a family that has a HELP and a TYPE before it, and no series comes
/// twice. Source: https://prometheus.io/docs/instrumenting/exposition_formats/.
/// </summary>
internal sealed partial class Scrape
{
    private readonly Dictionary<string, double> series = new(StringComparer.Ordinal);

    private Scrape() { }

    /// <summary>The families, with their types.</summary>
    public Dictionary<string, string> Types { get; } = new(StringComparer.Ordinal);

    /// <summary>A series, written as <c>name{label="value"}</c> or as the name alone.</summary>
    public double this[string name] =>
        series.TryGetValue(name, out double value) ? value : throw new KeyNotFoundException(name);

    public IEnumerable<string> Series => series.Keys;

    public bool Has(string name) => series.ContainsKey(name);

    /// <summary>The sum over all series of a family.</summary>
    public double Sum(string name) =>
        series.Where(s => s.Key == name || s.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(s => s.Value);

    public static Scrape Parse(string text)
    {
        Scrape scrape = new();
        HashSet<string> helps = new(StringComparer.Ordinal);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                Assert.True(helps.Add(line.Split(' ')[2]), $"Two HELP lines: {line}");
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ');
                Assert.True(scrape.Types.TryAdd(words[2], words[3]), $"Two TYPE lines: {line}");
            }
            else if (!line.StartsWith('#'))
            {
                Match match = Line().Match(line);
                Assert.True(match.Success, $"Not a sample: {line}");
                string name = match.Groups["name"].Value;
                string labels = match.Groups["labels"].Value;
                string family = scrape.Types.ContainsKey(name) ? name : Suffix().Replace(name, "");
                Assert.True(scrape.Types.ContainsKey(family), $"No TYPE before: {line}");
                string key = labels.Length == 0 ? name : $"{name}{{{labels}}}";
                Assert.True(
                    scrape.series.TryAdd(
                        key,
                        double.Parse(
                            match.Groups["value"].Value.Replace("+Inf", "Infinity", StringComparison.Ordinal),
                            CultureInfo.InvariantCulture
                        )
                    ),
                    $"Twice: {line}"
                );
            }
        }
        return scrape;
    }

    [GeneratedRegex(
        """^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*",?)*)\})? (?<value>[^ ]+)( [0-9]+)?$""",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex Line();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
