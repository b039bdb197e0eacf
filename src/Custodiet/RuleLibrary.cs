using Custodiet.Analytics;
using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet;

/// <summary>Rules of many files together: those that run, those that do not and why. An id that stands twice refuses the later rule.</summary>
/// <param name="Rules">The rules that run.</param>
/// <param name="Refused">What is not loaded, each with everything that is wrong with it: rules, and files that cannot be read.</param>
/// <param name="Warnings">What is loaded and deserves a look.</param>
internal sealed record RuleLibrary(
    IReadOnlyList<SigmaRule> Rules,
    IReadOnlyList<RefusedRule> Refused,
    IReadOnlyList<Problem> Warnings
)
{
    /// <summary>Parses files side by side and puts them together in their order.</summary>
    /// <param name="files">The files.</param>
    /// <param name="reading">What was wrong with reading them.</param>
    public static RuleLibrary Load(IReadOnlyList<SourceText> files, IReadOnlyList<Problem> reading)
    {
        RuleParse[] parses = new RuleParse[files.Count];
        // One processor is left to those who wait for a page meanwhile.
        ParallelOptions options = new() { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount - 1) };
        Parallel.For(0, files.Count, options, i => parses[i] = SigmaRule.Parse(files[i]));
        List<SigmaRule> rules = [];
        List<RefusedRule> refused = [.. reading.Where(IsError).Select(Unreadable)];
        List<Problem> warnings = [.. reading.Where(p => !IsError(p))];
        Dictionary<string, SigmaRule> byId = new(StringComparer.OrdinalIgnoreCase);
        foreach (RuleParse parse in parses)
        {
            foreach (SigmaRule rule in parse.Rules)
            {
                if (byId.TryAdd(rule.Id, rule))
                {
                    rules.Add(rule);
                }
                else
                {
                    refused.Add(Twice(rule, byId[rule.Id]));
                }
            }
            refused.AddRange(parse.Refused);
            HashSet<Problem> told = [.. parse.Refused.SelectMany(r => r.Problems)];
            refused.AddRange(parse.Problems.Where(p => IsError(p) && !told.Contains(p)).Select(Unreadable));
            warnings.AddRange(parse.Problems.Where(p => !IsError(p)));
        }
        return new RuleLibrary(rules, refused, warnings);
    }

    private static bool IsError(Problem problem) => problem.Level == ProblemLevel.Error;

    private static RefusedRule Unreadable(Problem problem) => new(problem.Position, null, null, [problem]);

    private static RefusedRule Twice(SigmaRule later, SigmaRule first)
    {
        Problem problem = new(
            ProblemLevel.Error,
            "sigma.id.duplicate",
            $"The id {later.Id} belongs to {first.File} already.",
            later.Position
        );
        return new RefusedRule(later.Position, later.Id, later.Title, [problem]);
    }
}
