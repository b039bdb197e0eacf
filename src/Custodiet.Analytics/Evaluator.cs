using Custodiet.Analytics.Matching;
using Custodiet.Records.Events;

namespace Custodiet.Analytics;

/// <summary>Finds the rules that an event matches. One evaluator serves one thread; it is synchronous and looks nothing up.</summary>
public sealed class Evaluator
{
    private readonly RuleSet set;
    private readonly MatchState state;
    private readonly FoldedEvent folded = new();
    private readonly LazyTests lazies;
    private readonly Step[] steps;
    private readonly int[] entries;

    internal Evaluator(RuleSet set)
    {
        this.set = set;
        CompiledRules compiled = set.Compiled;
        steps = compiled.Steps;
        entries = compiled.Entries;
        state = new MatchState(compiled.Signals.Count, set.Rules.Count, compiled.Lazies.Length);
        lazies = new LazyTests(compiled.Lazies, set.Matchers, folded, set.Fields);
    }

    /// <summary>How many rules the last event had to be tried against after the scan; a measure of the scan's selectivity.</summary>
    public int LastCandidates { get; private set; }

    /// <summary>Appends the indexes in <see cref="RuleSet.Rules"/> of all rules that the event matches, in ascending order.</summary>
    /// <remarks>A rule whose evaluation throws is counted as an error of that rule and does not stop the others.</remarks>
    public void Evaluate(Event e, List<int> matches)
    {
        ArgumentNullException.ThrowIfNull(e);
        ArgumentNullException.ThrowIfNull(matches);
        set.Counters.Event();
        LastCandidates = 0;
        if (e.LogSources == LogSourceTable.Unrouted && !set.LooksAtUnrouted)
        {
            set.Counters.Unrouted();
            return;
        }
        Plan plan = set.PlanFor(e.LogSources);
        if (plan.Rules.Count == 0)
        {
            set.Counters.WithoutRules();
            return;
        }
        state.Begin();
        folded.Fold(e);
        for (int i = 0; i < folded.CutCount; i++)
        {
            set.Counters.ValueCut();
        }
        plan.Scan(e, folded, state);
        LastCandidates = state.CandidateCount;
        int before = matches.Count;
        for (int i = 0; i < state.CandidateCount; i++)
        {
            Try(state.Candidates[i], e, matches);
        }
        if (matches.Count - before > 1)
        {
            matches.Sort(before, matches.Count - before, null);
        }
    }

    private void Try(int rule, Event e, List<int> matches)
    {
        try
        {
            if (Holds(entries[rule], e))
            {
                matches.Add(rule);
                set.Counters.Match(rule);
            }
        }
        // A rule's evaluation begins here: whatever one rule does must not keep the others from the event.
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            set.Counters.Error(rule);
        }
    }

    private bool Holds(int step, Event e)
    {
        while (step >= 0)
        {
            ref readonly Step current = ref steps[step];
            bool holds =
                current.Test >= 0
                    ? state.SignalMarks[current.Test] == state.Epoch
                    : lazies.Holds(~current.Test, e, state);
            step = holds ? current.OnTrue : current.OnFalse;
        }
        return step == CompiledRules.Accept;
    }
}
