using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Analytics;

/// <summary>Rules compiled to run together. Immutable and safe for many threads; a change of rules is a new set.</summary>
public sealed class RuleSet
{
    private RuleSet(
        IReadOnlyList<SigmaRule> rules,
        IReadOnlyList<Problem> problems,
        FieldTable fields,
        LogSourceTable logSources
    )
    {
        Rules = rules;
        Problems = problems;
        Fields = fields;
        LogSources = logSources;
        Counters = new RuleSetCounters(rules.Count);
    }

    /// <summary>The rules that run, in the order given. Matches name them by their index here.</summary>
    public IReadOnlyList<SigmaRule> Rules { get; }

    /// <summary>What is wrong with the rules as a set, such as two with one id: the first of them runs.</summary>
    public IReadOnlyList<Problem> Problems { get; }

    internal FieldTable Fields { get; }

    internal LogSourceTable LogSources { get; }

    internal RuleSetCounters Counters { get; }

    /// <summary>Compiles rules.</summary>
    /// <param name="rules">The rules. Of several with one id the first is kept.</param>
    /// <param name="fields">The table that events' field numbers come from; the rules' field names are added to it.</param>
    /// <param name="logSources">The table that events' log source sets come from.</param>
    public static RuleSet Compile(IReadOnlyList<SigmaRule> rules, FieldTable fields, LogSourceTable logSources)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(logSources);
        Dictionary<string, SigmaRule> byId = new(StringComparer.OrdinalIgnoreCase);
        List<Problem> problems = [];
        foreach (SigmaRule rule in rules)
        {
            if (!byId.TryAdd(rule.Id, rule))
            {
                problems.Add(
                    new Problem(
                        ProblemLevel.Error,
                        "sigma.id.duplicate",
                        $"The id {rule.Id} is already that of «{byId[rule.Id].Title}» in {byId[rule.Id].Position}; this rule is not loaded.",
                        rule.Position
                    )
                );
            }
        }
        return new RuleSet([.. byId.Values], problems, fields, logSources);
    }

    /// <summary>The indexes of the rules that look at events of a log source set, in ascending order.</summary>
    public IReadOnlyList<int> RulesFor(int logSourceSet)
    {
        IReadOnlyList<LogSource> sources = LogSources.Of(logSourceSet);
        return [.. Enumerable.Range(0, Rules.Count).Where(r => sources.Any(s => s.Satisfies(Rules[r].LogSource)))];
    }

    /// <summary>The figures now.</summary>
    public RuleSetStatistics ReadStatistics() => Counters.Read();

    /// <summary>An evaluator for one thread.</summary>
    public Evaluator NewEvaluator() => new(this);
}
