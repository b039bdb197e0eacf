using System.Globalization;
using System.Text;
using Custodiet.Records;
using Custodiet.Records.Findings;

namespace Custodiet.Pipeline.Mappings;

/// <summary>Runs the samples that mappings carry and reports what differs.</summary>
internal static class MappingSamples
{
    public static IReadOnlyList<Problem> Check(MappingSet set, IReadOnlyList<MappingDefinition> definitions)
    {
        List<Problem> problems = [];
        foreach (MappingDefinition mapping in definitions)
        {
            foreach (MappingSample sample in mapping.Samples)
            {
                void Expect(string what, string expected, string actual)
                {
                    if (expected != actual)
                    {
                        problems.Add(
                            new Problem(
                                ProblemLevel.Error,
                                "mapping.sample",
                                $"Sample «{sample.Name}» of {mapping.Id}: {what} should be «{expected}» but is «{actual}».",
                                sample.Position
                            )
                        );
                    }
                }
                MappingOutcome outcome = set.Map(Encoding.UTF8.GetBytes(sample.Body), null, DateTimeOffset.UnixEpoch);
                Expect("the mapping", mapping.Id, outcome.Mapping ?? "(none)");
                Expect("the problems", "", string.Join("; ", outcome.Problems.Select(problem => problem.Message)));
                Expect("the number of findings", Number(sample.Findings.Count), Number(outcome.Findings.Count));
                foreach ((var expected, Finding finding) in sample.Findings.Zip(outcome.Findings))
                {
                    foreach ((string what, IReadOnlyList<string> values) in expected)
                    {
                        Expect(what, string.Join(", ", values), Value(finding, what));
                    }
                }
            }
        }
        return problems;
    }

    private static string Value(Finding finding, string what) =>
        what switch
        {
            "ref" => finding.SourceRef ?? "(none)",
            "title" => finding.Rule.Title,
            "rule_id" => finding.Rule.Id,
            "severity" => finding.Severity.ToString().ToLowerInvariant(),
            "time" => finding.OccurredAt.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
            "source" => finding.Source.ToString(),
            "entity" => finding.Entity.ToString(),
            "link" => finding.Link ?? "(none)",
            "techniques" => string.Join(", ", finding.Techniques ?? []),
            _ when what.StartsWith("field ", StringComparison.Ordinal) => string.Join(
                ", ",
                finding.Fields.Where(field => field.Name == what[6..]).Select(field => field.Value)
            ),
            _ => $"(«{what}» is not part of a finding)",
        };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
