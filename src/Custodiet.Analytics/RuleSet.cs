using Custodiet.Analytics.Matching;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Analytics;

/// <summary>Rules compiled to run together. Immutable and safe for many threads; a change of rules is a new set.</summary>
public sealed class RuleSet
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Plan> plansByRules = new(StringComparer.Ordinal);
    private volatile Plan?[] plans = [];

    private RuleSet(
        IReadOnlyList<SigmaRule> rules,
        IReadOnlyList<Problem> problems,
        CompiledRules compiled,
        FieldTable fields,
        LogSourceTable logSources
    )
    {
        Rules = rules;
        Problems = problems;
        Compiled = compiled;
        Fields = fields;
        LogSources = logSources;
        Matchers = LazyTests.MatchersOf(compiled.Lazies);
        Counters = new RuleSetCounters(rules.Count);
        LooksAtUnrouted = rules.Any(rule => rule.LogSource == default);
    }

    /// <summary>The rules that run, in the order given. Matches name them by their index here.</summary>
    public IReadOnlyList<SigmaRule> Rules { get; }

    /// <summary>What is wrong with the rules as a set, such as two with one id: the first of them runs.</summary>
    public IReadOnlyList<Problem> Problems { get; }

    /// <summary>How many plans were built: one for each different choice of rules that events' log sources made.</summary>
    public int PlanCount
    {
        get
        {
            lock (gate)
            {
                return plansByRules.Count;
            }
        }
    }

    /// <summary>Whether a rule looks at every event. Sigma's rules never do; the conditions of an <see cref="EventFilterSet"/> all do.</summary>
    internal bool LooksAtUnrouted { get; }

    internal FieldTable Fields { get; }

    internal LogSourceTable LogSources { get; }

    internal CompiledRules Compiled { get; }

    internal WildcardMatcher?[] Matchers { get; }

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
        List<SigmaRule> kept = [];
        List<Problem> problems = [];
        foreach (SigmaRule rule in rules)
        {
            if (byId.TryAdd(rule.Id, rule))
            {
                kept.Add(rule);
                continue;
            }
            SigmaRule first = byId[rule.Id];
            problems.Add(
                new Problem(
                    ProblemLevel.Error,
                    "sigma.id.duplicate",
                    $"The id {rule.Id} is already that of «{first.Title}» in {first.Position}; this rule is not loaded.",
                    rule.Position
                )
            );
        }
        return new RuleSet(kept, problems, new RuleCompiler(fields).Compile(kept), fields, logSources);
    }

    /// <summary>The indexes of the rules that look at events of a log source set, in ascending order.</summary>
    public IReadOnlyList<int> RulesFor(int logSourceSet)
    {
        IReadOnlyList<LogSource> sources = LogSources.Of(logSourceSet);
        return
        [
            .. Enumerable
                .Range(0, Rules.Count)
                .Where(r => Rules[r].LogSource == default || sources.Any(s => s.Satisfies(Rules[r].LogSource))),
        ];
    }

    /// <summary>The figures now.</summary>
    public RuleSetStatistics ReadStatistics() => Counters.Read();

    /// <summary>An evaluator for one thread.</summary>
    public Evaluator NewEvaluator() => new(this);

    /// <summary>The plan of a log source set, built when first asked for.</summary>
    internal Plan PlanFor(int logSourceSet)
    {
        Plan?[] known = plans;
        return logSourceSet < known.Length && known[logSourceSet] is { } plan ? plan : BuildPlan(logSourceSet);
    }

    private Plan BuildPlan(int logSourceSet)
    {
        IReadOnlyList<int> rules = RulesFor(logSourceSet);
        string key = string.Join(',', rules);
        lock (gate)
        {
            if (!plansByRules.TryGetValue(key, out Plan? plan))
            {
                plan = new Plan(Compiled, rules);
                plansByRules.Add(key, plan);
            }
            Plan?[] grown = new Plan?[Math.Max(plans.Length, logSourceSet + 1)];
            plans.CopyTo(grown, 0);
            grown[logSourceSet] = plan;
            plans = grown;
            return plan;
        }
    }
}
