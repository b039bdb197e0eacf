using Custodiet.Analytics;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Reduction;

namespace Custodiet.Streaming;

/// <summary>One worker's reusable parts: a reader, an evaluator, an event. It takes one work after another, never two at once.</summary>
internal sealed class StreamWorker(StreamParts parts, long analysedFrom, long archivedFrom)
{
    private readonly EventReader reader = parts.Parsers.NewReader();
    private readonly Evaluator evaluator = parts.Rules.NewEvaluator();
    private readonly Event current = new();
    private readonly List<int> matches = [];
    private readonly Reducer? reducer = parts.Reductions.NewReducer();
    private readonly Dictionary<string, IReadOnlyList<string>> headlines = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether rules can look at an event: it is parsed, or it lacks nothing but a time of its own, or a parser knows whose it is and
    /// its text breaks off. A sender must not hide from rules by leaving a quote open.
    /// </summary>
    public static bool IsEvaluable(Event item) =>
        item.Unparsed is UnparsedReason.None or UnparsedReason.NoEventTime or UnparsedReason.Malformed;

    /// <summary>Parses and matches the events of a work, and leaves the results in it.</summary>
    public void Do(StreamWork work)
    {
        IReadOnlyList<int> lengths = work.Batch.Batch.Lengths;
        ReadOnlyMemory<byte> bytes = work.Batch.Batch.Bytes;
        long received = work.Batch.Batch.ReceivedMicros;
        int position = work.FirstByte;
        if (work.NextOffset > archivedFrom)
        {
            work.Chunk = parts.Archive.NewChunk();
        }
        reader.SetInput(work.Batch.Batch.Input);
        for (int index = work.First; index < work.First + work.Count; index++)
        {
            long offset = work.Batch.FirstOffset + index;
            ReadOnlyMemory<byte> raw = bytes.Slice(position, lengths[index]);
            position += lengths[index];
            reader.Read(offset, received, raw, current);
            int findings = work.Findings.Count;
            bool analysed = offset < analysedFrom;
            if (!analysed)
            {
                Count(work);
                Match(work);
            }
            int reduction = reducer?.Decide(current) ?? -1;
            if (reduction >= 0 && (analysed ? IsFound() : work.Findings.Count > findings))
            {
                // A finding keeps its event.
                reduction = -1;
            }
            if (reduction >= 0 && !analysed)
            {
                work.Reduced[reduction] = work.Reduced.GetValueOrDefault(reduction) + 1;
            }
            if (offset >= archivedFrom)
            {
                if (reduction >= 0)
                {
                    reducer!.Apply(current, reduction);
                }
                work.Chunk!.Add(current);
            }
        }
    }

    /// <summary>Whether a rule finds the event, which was analysed before a restart.</summary>
    private bool IsFound()
    {
        matches.Clear();
        if (IsEvaluable(current))
        {
            evaluator.Evaluate(current, matches);
        }
        return matches.Count > 0;
    }

    private IReadOnlyList<string> HeadlineOf(string parser)
    {
        if (!headlines.TryGetValue(parser, out IReadOnlyList<string>? names))
        {
            names = [.. parts.Parsers.HeadlineOf(parser).Select(parts.Fields.NameOf)];
            headlines.Add(parser, names);
        }
        return names;
    }

    private void Count(StreamWork work)
    {
        work.Received++;
        if (IsEvaluable(current))
        {
            work.Evaluable++;
        }
        else
        {
            work.Unparsed[(int)current.Unparsed]++;
        }
        if (!work.Sources.TryGetValue(current.Source, out SourceDelta? delta))
        {
            delta = new SourceDelta();
            work.Sources.Add(current.Source, delta);
        }
        delta.Events++;
        delta.Bytes += current.Raw.Length;
        delta.FirstReceivedMicros = Math.Min(delta.FirstReceivedMicros, current.ReceivedMicros);
        delta.LastReceivedMicros = Math.Max(delta.LastReceivedMicros, current.ReceivedMicros);
        delta.OldestEventMicros = Math.Min(delta.OldestEventMicros, current.EventMicros);
        delta.NewestEventMicros = Math.Max(delta.NewestEventMicros, current.EventMicros);
        delta.Parser = current.Parser;
    }

    private void Match(StreamWork work)
    {
        if (!IsEvaluable(current))
        {
            return;
        }
        if (current.LogSources == LogSourceTable.Unrouted)
        {
            work.Unrouted++;
            return;
        }
        matches.Clear();
        evaluator.Evaluate(current, matches);
        if (matches.Count == 0)
        {
            return;
        }
        SourceKey source = parts.Sources.Of(current.Source);
        Entity entity = parts.Parsers.EntityOf(current);
        IReadOnlyList<string> headline = HeadlineOf(current.Parser);
        foreach (int match in matches)
        {
            work.Findings.Add(parts.Findings.Make(current, parts.Rules.Rules[match], entity, source, headline));
        }
    }
}
