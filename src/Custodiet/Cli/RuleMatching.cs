using System.Text.Json;
using Custodiet.Analytics;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;
using Custodiet.Streaming;

namespace Custodiet.Cli;

/// <summary>
/// Matches files of lines, JSON or text, against rules, without a server. A file whose first event names its own <c>product</c> or <c>category</c> is
/// flat: its events are taken at their word, and a part that an event leaves out satisfies any rule, so one whose log source nobody
/// knows is held against all rules. Any other file is read by the parsers, as the product reads it.
/// </summary>
internal sealed class RuleMatching
{
    private readonly IReadOnlyList<SigmaRule> rules;
    private readonly EventReader parsers;
    private readonly FlatEventReader flat;
    private readonly Evaluator evaluator;
    private readonly Event current = new();
    private readonly List<int> matches = [];
    private long received;

    public RuleMatching(IReadOnlyList<SigmaRule> rules)
    {
        this.rules = rules;
        FieldTable fields = new();
        LogSourceTable logSources = new();
        RuleSet set = RuleSet.Compile(rules, fields, logSources);
        BoundParsers bound = LoadedContent
            .Read([LoadedContent.StarterFolder], [])
            .Parsers.Bind(fields, logSources, new SourceTable());
        parsers = bound.NewReader();
        flat = new FlatEventReader(fields, logSources, [.. set.Rules.Select(r => r.LogSource)]);
        evaluator = set.NewEvaluator();
    }

    /// <summary>Events read so far; an event's number counts over all files, from 0.</summary>
    public long Events { get; private set; }

    /// <summary>Events without fields to look at.</summary>
    public long Unparsed { get; private set; }

    /// <summary>Events of unknown log source, which no rule sees.</summary>
    public long Unrouted { get; private set; }

    /// <summary>Matches written.</summary>
    public long Matches { get; private set; }

    /// <summary>Reads a file, plain or gzip, and writes a JSON line per match.</summary>
    public async Task MatchAsync(string file, TextWriter output, CancellationToken cancellation)
    {
        bool? isFlat = null;
        // A line without a year is of the last one that is no later than its file.
        received = EventTime.ToMicros(File.GetLastWriteTimeUtc(file));
        using LineBatches batches = LineBatches.Open(file);
        while (await batches.NextAsync(cancellation) is { } batch)
        {
            ReadOnlyMemory<byte> text = batch.Bytes;
            while (text.Length > 0)
            {
                int end = text.Span.IndexOf((byte)'\n');
                ReadOnlyMemory<byte> line = end < 0 ? text : text[..end];
                text = end < 0 ? default : text[(end + 1)..];
                if (!line.Span.Trim(" \t\r"u8).IsEmpty)
                {
                    isFlat ??= flat.TryRead(line, current) && flat.NamedItsLogSource;
                    Match(line, isFlat.Value, output);
                }
            }
        }
    }

    private void Match(ReadOnlyMemory<byte> line, bool isFlat, TextWriter output)
    {
        long number = Events++;
        if (isFlat)
        {
            flat.TryRead(line, current);
        }
        else
        {
            parsers.Read(number, received, line.TrimEnd((byte)'\r'), current);
        }
        if (!StreamWorker.IsEvaluable(current))
        {
            Unparsed++;
            return;
        }
        if (current.LogSources == LogSourceTable.Unrouted)
        {
            Unrouted++;
            return;
        }
        matches.Clear();
        evaluator.Evaluate(current, matches);
        foreach (int match in matches)
        {
            output.WriteLine(JsonSerializer.Serialize(new MatchLine(number, rules[match].Id), Output.Json));
        }
        Matches += matches.Count;
    }

    private sealed record MatchLine(long Event, string Rule);
}
