using Custodiet.Analytics;
using Custodiet.Records;

namespace Custodiet.Web;

/// <summary>The rules in use and those that are not, as the service loaded them.</summary>
/// <param name="Set">The rules that run.</param>
/// <param name="Refused">Documents that are not loaded, each with all that is wrong.</param>
/// <param name="ContentProblems">What is wrong with other content: parsers, mappings, processes.</param>
internal sealed record LoadedRules(
    RuleSet Set,
    IReadOnlyList<RefusedRule> Refused,
    IReadOnlyList<Problem> ContentProblems
)
{
    private readonly Dictionary<string, int> byId = Index(Set);

    /// <summary>The rule of an id, or null.</summary>
    public SigmaRule? Find(string id) => byId.TryGetValue(id, out int at) ? Set.Rules[at] : null;

    /// <summary>What the rule of an id did, or null.</summary>
    public RuleStatistics? StatisticsOf(string id) =>
        byId.TryGetValue(id, out int at) ? Set.ReadStatistics().Rules[at] : null;

    private static Dictionary<string, int> Index(RuleSet set)
    {
        Dictionary<string, int> index = new(StringComparer.OrdinalIgnoreCase);
        for (int at = 0; at < set.Rules.Count; at++)
        {
            index.TryAdd(set.Rules[at].Id, at);
        }
        return index;
    }
}
