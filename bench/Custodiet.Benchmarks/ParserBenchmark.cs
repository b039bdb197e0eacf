using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Custodiet.Documents;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;

namespace Custodiet.Benchmarks;

/// <summary>Measures parsing alone: bytes of an event to its fields, time, source and log sources. Nothing is matched or stored.</summary>
internal static class ParserBenchmark
{
    private const int Passes = 5;

    // The second lets tables grow to what the first has filled.
    private const int WarmingPasses = 2;

    /// <summary>Runs it and prints CPU and allocated bytes an event: of five passes the least CPU and the most bytes.</summary>
    /// <param name="files">Files of lines; none for the samples that the starter parsers carry, parser by parser.</param>
    /// <param name="count">Events in a pass, at least.</param>
    /// <param name="output">Where to print.</param>
    public static int Run(IReadOnlyList<string> files, int count, TextWriter output)
    {
        ParserSet set = Load();
        if (files.Count > 0)
        {
            Measure(set, "all files", EventFiles.Read(files), count, output);
            return 0;
        }
        foreach ((string parser, List<byte[]> lines) in Samples())
        {
            Measure(set, parser, lines, count, output);
        }
        MeasureExpressions(count, output);
        return 0;
    }

    private static ParserSet Load() => ParserSet.Load(Texts("parsers"), Texts("logsources")).Set!;

    private static SourceText[] Texts(string folder) =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(BenchmarkPaths.Root, "content", folder), "*.yml")
                .Order(StringComparer.Ordinal)
                .Select(file => new SourceText(file, File.ReadAllText(file))),
        ];

    /// <summary>The events of the samples that are read without a fault.</summary>
    private static IEnumerable<(string Parser, List<byte[]> Lines)> Samples()
    {
        foreach (SourceText text in Texts("parsers"))
        {
            MappingNode parser = (MappingNode)Yaml.Parse(text.Text, text.File).Documents[0];
            List<byte[]> lines = [];
            foreach (Node item in ((SequenceNode)parser.Find("samples")!).Items)
            {
                MappingNode sample = (MappingNode)item;
                if (sample.Find("unparsed") is null)
                {
                    lines.Add(Encoding.UTF8.GetBytes(TextOf(sample, "event").Trim()));
                }
            }
            yield return (TextOf(parser, "id"), lines);
        }
    }

    private static string TextOf(MappingNode map, string key) => ((ScalarNode)map.Find(key)!).Text;

    private static void Measure(ParserSet set, string name, List<byte[]> lines, int count, TextWriter output)
    {
        EventReader reader = set.Bind(new FieldTable(), new LogSourceTable(), new SourceTable()).NewReader();
        Event item = new();
        long received = EventTime.ToMicros(new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero));
        int rounds = Math.Max(1, count / lines.Count);
        long fields = 0;
        (double micros, long allocated) = Best(() =>
        {
            for (int round = 0; round < rounds; round++)
            {
                foreach (byte[] line in lines)
                {
                    reader.Read(0, received, line, item);
                    fields += item.Fields.Length;
                }
            }
        });
        long events = (long)rounds * lines.Count;
        Print(
            output,
            name,
            micros / events,
            lines.Average(line => line.Length),
            (double)fields / events / (Passes + WarmingPasses),
            (double)allocated / events
        );
    }

    /// <summary>
    /// sshd's patterns as regular expressions that cannot backtrack, on the text behind the header: what matching alone would cost
    /// by the way that was not taken.
    /// </summary>
    private static void MeasureExpressions(int count, TextWriter output)
    {
        SourceText text = Texts("parsers").Single(t => t.File.EndsWith("linux-sshd.yml", StringComparison.Ordinal));
        MappingNode parser = (MappingNode)Yaml.Parse(text.Text, text.File).Documents[0];
        Regex[] expressions =
        [
            .. ((SequenceNode)((MappingNode)parser.Find("body")!).Find("patterns")!).Items.Select(item => new Regex(
                ToExpression(item is MappingNode map ? TextOf(map, "pattern") : ((ScalarNode)item).Text),
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant
            )),
        ];
        byte[][] messages =
        [
            "Accepted password for mia from 192.0.2.10 port 50022 ssh2"u8.ToArray(),
            "Failed password for invalid user x from 192.0.2.66 port 40000 ssh2"u8.ToArray(),
            "Connection closed by invalid user admin 192.0.2.66 port 40010 [preauth]"u8.ToArray(),
            "fatal: buffer_get_string: bad string length 3735928559"u8.ToArray(),
        ];
        int rounds = Math.Max(1, count / 20 / messages.Length);
        int matched = 0;
        (double micros, long allocated) = Best(() =>
        {
            for (int round = 0; round < rounds; round++)
            {
                foreach (byte[] message in messages)
                {
                    string line = Encoding.UTF8.GetString(message);
                    foreach (Regex expression in expressions)
                    {
                        Match match = expression.Match(line);
                        if (match.Success)
                        {
                            matched += match.Groups.Count;
                            break;
                        }
                    }
                }
            }
        });
        long events = (long)rounds * messages.Length;
        Print(
            output,
            "(sshd by regex)",
            micros / events,
            messages.Average(m => m.Length),
            matched / (double)events / (Passes + WarmingPasses),
            (double)allocated / events
        );
    }

    private static string ToExpression(string pattern)
    {
        StringBuilder expression = new("^");
        int group = 0;
        for (int at = 0; at < pattern.Length; at++)
        {
            switch (pattern[at])
            {
                case '\\':
                    expression.Append(Regex.Escape(pattern[++at].ToString()));
                    break;
                case '[':
                    expression.Append("(?:");
                    break;
                case ']':
                    expression.Append(")?");
                    break;
                case '{':
                    int close = pattern.IndexOf('}', at);
                    string[] words = pattern[(at + 1)..close].Split(':');
                    string kind = words.Length == 2 ? words[1] : "text";
                    expression
                        .Append(CultureInfo.InvariantCulture, $"(?<g{group++}>")
                        .Append(
                            kind switch
                            {
                                "int" => "-?[0-9]+",
                                "word" => "[^ \\t]+",
                                "ip" => "[0-9A-Fa-f.:]+",
                                "long" => ".*",
                                _ => ".*?",
                            }
                        )
                        .Append(')');
                    at = close;
                    break;
                default:
                    expression.Append(Regex.Escape(pattern[at].ToString()));
                    break;
            }
        }
        return expression.Append('$').ToString();
    }

    /// <summary>The least CPU microseconds and the most allocated bytes of a pass, after those that warm up.</summary>
    private static (double Micros, long Allocated) Best(Action pass)
    {
        for (int i = 0; i < WarmingPasses; i++)
        {
            pass();
        }
        double best = double.MaxValue;
        long allocated = 0;
        for (int i = 0; i < Passes; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan started = Environment.CpuUsage.TotalTime;
            pass();
            double micros = (Environment.CpuUsage.TotalTime - started).TotalMicroseconds;
            best = Math.Min(best, micros);
            allocated = Math.Max(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return (best, allocated);
    }

    private static void Print(
        TextWriter output,
        string name,
        double micros,
        double bytes,
        double fields,
        double allocated
    ) =>
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name, -22} {micros, 8:F3} µs an event   {bytes, 6:F0} bytes   {fields, 5:F1} fields   {allocated, 8:F1} bytes allocated"
            )
        );
}
