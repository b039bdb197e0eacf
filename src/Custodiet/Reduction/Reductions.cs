using Custodiet.Analytics;
using Custodiet.Records.Events;

namespace Custodiet.Reduction;

/// <summary>
/// The reductions of one place, compiled. They apply behind analytics only: rules see every event whole, and in the archive an event that
/// a rule found stays whole.
/// </summary>
internal sealed class Reductions
{
    private readonly EventFilterSet filters;
    private readonly FieldTable fields;

    private Reductions(IReadOnlyList<ReductionDefinition> all, EventFilterSet filters, FieldTable fields)
    {
        All = all;
        this.filters = filters;
        this.fields = fields;
    }

    /// <summary>The reductions in the order in which they are asked.</summary>
    public IReadOnlyList<ReductionDefinition> All { get; }

    /// <summary>Compiles reductions; the order in which they are given does not matter.</summary>
    public static Reductions Compile(
        IEnumerable<ReductionDefinition> definitions,
        FieldTable fields,
        LogSourceTable logSources,
        SourceTable sources,
        Func<SourceKey, Criticality> criticality
    )
    {
        ReductionDefinition[] all = [.. definitions.OrderBy(r => r.Priority).ThenBy(r => r.Id, StringComparer.Ordinal)];
        EventFilterSet filters = EventFilterSet.Compile(
            [.. all.Select(r => r.When)],
            fields,
            logSources,
            sources,
            criticality
        );
        return new Reductions(all, filters, fields);
    }

    /// <summary>A reducer for one thread; null when there is nothing to reduce.</summary>
    public Reducer? NewReducer() => All.Count == 0 ? null : new Reducer(All, filters.NewEvaluator(), fields);
}

/// <summary>Decides about one event after another and takes what is to go. Serves one thread.</summary>
internal sealed class Reducer(
    IReadOnlyList<ReductionDefinition> reductions,
    EventFilterEvaluator evaluator,
    FieldTable fields
)
{
    private readonly Dictionary<int, bool>[] keeps = [.. reductions.Select(_ => new Dictionary<int, bool>())];

    /// <summary>The reductions, which decisions name by their index.</summary>
    public IReadOnlyList<ReductionDefinition> Reductions => reductions;

    /// <summary>The reduction that takes something of the event, or -1 when it stays whole. The same event always gets the same answer.</summary>
    public int Decide(Event item)
    {
        int decides = evaluator.Evaluate(item).IndexOf(true);
        return
            decides >= 0
            && reductions[decides].Act == ReductionAct.KeepOneIn
            && IsOneIn(item, reductions[decides].OneIn)
            ? -1
            : decides;
    }

    /// <summary>Takes from the event what the reduction says. Of an event that goes, what remains is when, whence, and its size.</summary>
    public void Apply(Event item, int reduction)
    {
        ReductionDefinition by = reductions[reduction];
        item.Reduce(
            by.Id,
            by.Act switch
            {
                ReductionAct.DropRaw => static _ => true,
                ReductionAct.DropFields => field => Keeps(reduction, field),
                _ => null,
            }
        );
    }

    // By the offset alone, mixed (SplitMix64's finaliser): a restart, the archive and every route keep the same ones, and no rhythm of a
    // sender decides which.
    private static bool IsOneIn(Event item, int count)
    {
        ulong mixed = (ulong)item.Offset + 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (mixed ^ (mixed >> 31)) % (ulong)count == 0;
    }

    private bool Keeps(int reduction, int field)
    {
        if (field == FieldTable.None)
        {
            return true;
        }
        if (!keeps[reduction].TryGetValue(field, out bool kept))
        {
            string name = fields.NameOf(field);
            kept = !reductions[reduction]
                .Fields.Any(pattern =>
                    pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern
                );
            keeps[reduction].Add(field, kept);
        }
        return kept;
    }
}
