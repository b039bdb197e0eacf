using Custodiet.Analytics;
using Custodiet.Cli;
using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet;

/// <summary>Rules of many files together: those that run, those that do not and why. An id that stands twice refuses the later rule.</summary>
internal sealed record RuleLibrary(
    IReadOnlyList<SigmaRule> Rules,
    IReadOnlyList<RefusedLine> Refused,
    IReadOnlyList<Problem> Warnings
)
{
    public static RuleLibrary Load(IReadOnlyList<SourceText> files, IReadOnlyList<Problem> reading)
    {
        RuleParse[] parses = new RuleParse[files.Count];
        Parallel.For(0, files.Count, i => parses[i] = SigmaRule.Parse(files[i]));
        List<SigmaRule> rules = [];
        List<RefusedLine> refused = [.. reading.Where(p => p.Level == ProblemLevel.Error).Select(p => new RefusedLine("", p, [p]))];
        List<Problem> warnings = [.. reading.Where(p => p.Level == ProblemLevel.Warning)];
        Dictionary<string, SigmaRule> byId = new(StringComparer.OrdinalIgnoreCase);
        foreach (RuleParse parse in parses)
        {
            foreach (SigmaRule rule in parse.Rules)
            {
                if (byId.TryAdd(rule.Id, rule))
                {
                    rules.Add(rule);
                    continue;
                }
                Problem twice = new(
                    ProblemLevel.Error,
                    "sigma.id.duplicate",
                    $"The id {rule.Id} belongs to {byId[rule.Id].File} already.",
                    rule.Position
                );
                refused.Add(new RefusedLine(rule.Id, twice, [twice]));
            }
            foreach (RefusedRule rule in parse.Refused)
            {
                Problem first = rule.Problems.First(p => p.Level == ProblemLevel.Error);
                refused.Add(new RefusedLine(rule.Id ?? rule.Title ?? "", first, rule.Problems));
            }
            warnings.AddRange(parse.Problems.Where(p => p.Level == ProblemLevel.Warning));
            HashSet<Problem> told = [.. parse.Refused.SelectMany(r => r.Problems)];
            refused.AddRange(
                parse.Problems.Where(p => p.Level == ProblemLevel.Error && !told.Contains(p)).Select(p => new RefusedLine("", p, [p]))
            );
        }
        return new RuleLibrary(rules, refused, warnings);
    }
}
