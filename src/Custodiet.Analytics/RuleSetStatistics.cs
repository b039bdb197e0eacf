namespace Custodiet.Analytics;

/// <summary>How often one rule matched and failed since the set was compiled.</summary>
/// <param name="Matches">Events that it matched.</param>
/// <param name="Errors">Events on which its evaluation threw; the other rules went on.</param>
public readonly record struct RuleStatistics(long Matches, long Errors);

/// <summary>What a rule set did since it was compiled. Evaluators add to it, pages and health read it.</summary>
/// <param name="Events">Events evaluated.</param>
/// <param name="EventsUnrouted">Events without a log source, which no rule can see.</param>
/// <param name="EventsWithoutRules">Events whose log sources no rule names.</param>
/// <param name="ValuesCut">Values longer than <see cref="AnalyticsLimits.ValueBytesMax"/>.</param>
/// <param name="Rules">Per rule, in the order of <see cref="RuleSet.Rules"/>.</param>
public sealed record RuleSetStatistics(
    long Events,
    long EventsUnrouted,
    long EventsWithoutRules,
    long ValuesCut,
    IReadOnlyList<RuleStatistics> Rules
);
