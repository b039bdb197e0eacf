using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stages;
using Custodiet.Records.Stores;
using Custodiet.Reduction;

namespace Custodiet.Streaming;

/// <summary>
/// Running totals of sources and stages. Only the stream's committer writes them, so that what a restart reads back is
/// exactly what the stored position implies.
/// </summary>
internal sealed class StreamTotals
{
    /// <summary>The stage between analytics and archive; it is there once a reduction was.</summary>
    private const string ReduceStage = "reduce";

    private readonly SourceTable sources;
    private readonly Dictionary<SourceKey, SourceStatistics> bySource = [];
    private readonly Dictionary<string, StageTotals> byStage = new(StringComparer.Ordinal);
    private readonly StageTotals inputBefore;
    private readonly IReadOnlyList<ReductionDefinition> reductions;

    public StreamTotals(
        SourceTable sources,
        IReadOnlyList<ReductionDefinition> reductions,
        IEnumerable<SourceStatistics> known,
        IEnumerable<StageTotals> stages
    )
    {
        this.sources = sources;
        this.reductions = reductions;
        foreach (SourceStatistics source in known)
        {
            bySource[source.Source] = source;
            sources.Intern(source.Source);
        }
        foreach (StageTotals stage in stages)
        {
            byStage[stage.Stage] = stage;
        }
        inputBefore = byStage.GetValueOrDefault("input") ?? Empty("input");
    }

    /// <summary>Adds what one work saw, and reports the sources that changed and the records of those that are new.</summary>
    public void Add(StreamWork work, HashSet<SourceKey> changed, List<RecordDraft> drafts)
    {
        foreach ((int id, SourceDelta delta) in work.Sources)
        {
            SourceKey key = sources.Of(id);
            if (!bySource.TryGetValue(key, out SourceStatistics? total))
            {
                DateTimeOffset firstEvent = EventTime.FromMicros(delta.OldestEventMicros);
                drafts.Add(
                    new RecordDraft(
                        new SourceDiscovered(key, delta.Parser, firstEvent),
                        $"source/{key}",
                        ActorId.Service,
                        EventTime.FromMicros(delta.FirstReceivedMicros)
                    )
                );
                total = new SourceStatistics(key, delta.Parser, 0, 0, delta.FirstReceivedMicros, 0, long.MinValue);
            }
            bySource[key] = total with
            {
                Parser = delta.Parser,
                Events = total.Events + delta.Events,
                Bytes = total.Bytes + delta.Bytes,
                LastReceivedMicros = Math.Max(total.LastReceivedMicros, delta.LastReceivedMicros),
                NewestEventMicros = Math.Max(total.NewestEventMicros, delta.NewestEventMicros),
            };
            changed.Add(key);
        }
        Dictionary<string, long> unparsed = [];
        for (int reason = 1; reason < work.Unparsed.Length; reason++)
        {
            if (work.Unparsed[reason] > 0)
            {
                unparsed["unparsed: " + Words((UnparsedReason)reason)] = work.Unparsed[reason];
            }
        }
        AddStage("parse", work.Received, work.Evaluable, unparsed);
        Dictionary<string, long> unrouted = work.Unrouted == 0 ? [] : new() { ["no log source"] = work.Unrouted };
        AddStage("analytics", work.Evaluable, work.Evaluable - work.Unrouted, unrouted);
        AddStage("findings", work.Findings.Count, work.Findings.Count, []);
        if (reductions.Count > 0)
        {
            AddReduced(work);
        }
    }

    /// <summary>The sources as they stand, for those that changed.</summary>
    public IReadOnlyList<SourceStatistics> Of(IEnumerable<SourceKey> changed) =>
        [.. changed.Select(key => bySource[key])];

    /// <summary>All stages as they stand.</summary>
    /// <param name="input">The inputs' counters since the start.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="analysedTo">First offset not analysed.</param>
    /// <param name="archivedTo">First offset not archived.</param>
    public IReadOnlyList<StageTotals> Stages(StageBalance input, QueueState queue, long analysedTo, long archivedTo)
    {
        Dictionary<string, long> rejected = new(inputBefore.Dropped, StringComparer.Ordinal);
        foreach ((string reason, long count) in input.Dropped)
        {
            rejected[reason] = rejected.GetValueOrDefault(reason) + count;
        }
        // What the queue holds is exact over every crash; the input's own counter is not, so the queue is believed.
        long lost = inputBefore.Failed + input.Failed;
        StageTotals inputs = new(
            "input",
            queue.NextOffset + lost + rejected.Values.Sum(),
            queue.NextOffset,
            lost,
            rejected
        );
        StageTotals queued = new("queue", queue.NextOffset, analysedTo, 0, new Dictionary<string, long>());
        StageTotals archive = new(
            "archive",
            Math.Max(analysedTo, archivedTo),
            archivedTo,
            0,
            new Dictionary<string, long>()
        );
        return
        [
            inputs,
            queued,
            byStage.GetValueOrDefault("parse") ?? Empty("parse"),
            byStage.GetValueOrDefault("analytics") ?? Empty("analytics"),
            byStage.GetValueOrDefault("findings") ?? Empty("findings"),
            .. byStage.TryGetValue(ReduceStage, out StageTotals? reduced) ? [reduced] : (StageTotals[])[],
            archive,
        ];
    }

    /// <summary>A reason as it is written everywhere: <c>not-json</c>.</summary>
    public static string Words(UnparsedReason reason) =>
        System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString());

    // Events that lose bytes or fields go on; what is dropped is a row without either in the archive.
    private void AddReduced(StreamWork work)
    {
        Dictionary<string, long> dropped = [];
        foreach ((int reduction, long count) in work.Reduced)
        {
            if (reductions[reduction].TakesEvents)
            {
                dropped[reductions[reduction].Id] = count;
            }
        }
        AddStage(ReduceStage, work.Received, work.Received - dropped.Values.Sum(), dropped);
    }

    private void AddStage(string name, long received, long emitted, Dictionary<string, long> dropped)
    {
        StageTotals before = byStage.GetValueOrDefault(name) ?? Empty(name);
        Dictionary<string, long> all = new(before.Dropped, StringComparer.Ordinal);
        foreach ((string reason, long count) in dropped)
        {
            all[reason] = all.GetValueOrDefault(reason) + count;
        }
        byStage[name] = before with
        {
            Received = before.Received + received,
            Emitted = before.Emitted + emitted,
            Dropped = all,
        };
    }

    private static StageTotals Empty(string stage) => new(stage, 0, 0, 0, new Dictionary<string, long>());
}
