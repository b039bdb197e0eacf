using System.Globalization;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Analytics;

/// <summary>Filters compiled to be asked together. Immutable and safe for many threads.</summary>
public sealed class EventFilterSet
{
    private readonly RuleSet conditions;
    private readonly int[] filterOfRule;

    private EventFilterSet(
        IReadOnlyList<EventFilter> filters,
        RuleSet conditions,
        int[] filterOfRule,
        SourceTable sources,
        Func<SourceKey, Criticality> criticality
    )
    {
        Filters = filters;
        this.conditions = conditions;
        this.filterOfRule = filterOfRule;
        Sources = sources;
        CriticalityOf = criticality;
    }

    /// <summary>The filters in the order given.</summary>
    public IReadOnlyList<EventFilter> Filters { get; }

    internal LogSourceTable LogSources => conditions.LogSources;

    internal SourceTable Sources { get; }

    internal Func<SourceKey, Criticality> CriticalityOf { get; }

    internal ReadOnlySpan<int> FilterOfRule => filterOfRule;

    /// <summary>Compiles filters.</summary>
    /// <param name="filters">The filters.</param>
    /// <param name="fields">The table that events' field numbers come from.</param>
    /// <param name="logSources">The table that events' log source sets come from.</param>
    /// <param name="sources">The table that events' sources come from.</param>
    /// <param name="criticality">What is declared of sources.</param>
    public static EventFilterSet Compile(
        IReadOnlyList<EventFilter> filters,
        FieldTable fields,
        LogSourceTable logSources,
        SourceTable sources,
        Func<SourceKey, Criticality> criticality
    )
    {
        ArgumentNullException.ThrowIfNull(filters);
        int[] withCondition = [.. Enumerable.Range(0, filters.Count).Where(i => filters[i].Condition is not null)];
        SigmaRule[] rules =
        [
            .. withCondition.Select(i => new SigmaRule(filters[i].Condition!)
            {
                Id = i.ToString(CultureInfo.InvariantCulture),
                Title = "",
                Digest = "",
                Position = new TextPosition("", 0, 0),
                // Empty: the rule is asked about every event. The filter's own log source is looked at before.
                LogSource = default,
            }),
        ];
        RuleSet conditions = RuleSet.Compile(rules, fields, logSources);
        return new EventFilterSet(filters, conditions, withCondition, sources, criticality);
    }

    /// <summary>An evaluator for one thread.</summary>
    public EventFilterEvaluator NewEvaluator() => new(this, conditions.NewEvaluator());
}

/// <summary>Says which filters select an event. One evaluator serves one thread.</summary>
public sealed class EventFilterEvaluator
{
    private readonly EventFilterSet set;
    private readonly Evaluator conditions;
    private readonly List<int> matches = [];
    private readonly Dictionary<int, bool[]> bySource = [];
    private readonly Dictionary<int, bool[]> byLogSources = [];
    private readonly bool[] selected;

    internal EventFilterEvaluator(EventFilterSet set, Evaluator conditions)
    {
        this.set = set;
        this.conditions = conditions;
        selected = new bool[set.Filters.Count];
    }

    /// <summary>For each filter, in order, whether it selects the event. Valid until the next call.</summary>
    public ReadOnlySpan<bool> Evaluate(Event e)
    {
        ArgumentNullException.ThrowIfNull(e);
        bool[] ofSource = OfSource(e.Source);
        bool[] ofLogSources = OfLogSources(e.LogSources);
        bool parsed = e.Unparsed == UnparsedReason.None;
        bool asks = false;
        for (int i = 0; i < selected.Length; i++)
        {
            EventFilter filter = set.Filters[i];
            selected[i] = ofSource[i] && ofLogSources[i] && (filter.Parsed is not { } wanted || wanted == parsed);
            asks |= selected[i] && filter.Condition is not null;
        }
        if (!asks)
        {
            return selected;
        }
        matches.Clear();
        conditions.Evaluate(e, matches);
        int next = 0;
        for (int rule = 0; rule < set.FilterOfRule.Length; rule++)
        {
            bool holds = next < matches.Count && matches[next] == rule;
            next += holds ? 1 : 0;
            selected[set.FilterOfRule[rule]] &= holds;
        }
        return selected;
    }

    private bool[] OfSource(int source)
    {
        if (!bySource.TryGetValue(source, out bool[]? known))
        {
            SourceKey key = set.Sources.Of(source);
            Criticality criticality = set.CriticalityOf(key);
            known = [.. set.Filters.Select(filter => filter.Selects(key, criticality))];
            bySource.Add(source, known);
        }
        return known;
    }

    private bool[] OfLogSources(int logSources)
    {
        if (!byLogSources.TryGetValue(logSources, out bool[]? known))
        {
            IReadOnlyList<LogSource> members = set.LogSources.Of(logSources);
            known = [.. set.Filters.Select(filter => filter.Selects(members))];
            byLogSources.Add(logSources, known);
        }
        return known;
    }
}
