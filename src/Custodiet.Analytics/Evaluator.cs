using Custodiet.Analytics.Matching;
using Custodiet.Records.Events;

namespace Custodiet.Analytics;

/// <summary>Finds the rules that an event matches. One evaluator serves one thread; it is synchronous and looks nothing up.</summary>
public sealed class Evaluator
{
    private readonly RuleSet set;
    private readonly Interpreter interpreter;

    internal Evaluator(RuleSet set)
    {
        this.set = set;
        interpreter = new Interpreter(set.Fields);
    }

    /// <summary>Appends the indexes in <see cref="RuleSet.Rules"/> of all rules that the event matches, in ascending order.</summary>
    public void Evaluate(Event e, List<int> matches)
    {
        ArgumentNullException.ThrowIfNull(e);
        ArgumentNullException.ThrowIfNull(matches);
        IReadOnlyList<LogSource> sources = set.LogSources.Of(e.LogSources);
        for (int i = 0; i < set.Rules.Count; i++)
        {
            if (sources.Any(s => s.Satisfies(set.Rules[i].LogSource)) && interpreter.Matches(set.Rules[i], e))
            {
                matches.Add(i);
            }
        }
    }
}
