using Custodiet.Documents;
using Custodiet.Process.Facts;
using Custodiet.Records;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;

namespace Custodiet.Process.Definitions;

/// <summary>Reads one process file from its head to its verdict.</summary>
internal sealed class ProcessReader(SourceText source)
{
    /// <summary>Steps in a process at most, the verdict included.</summary>
    public const int StepsMax = 32;

    /// <summary>Goals at most.</summary>
    public const int GoalsMax = 20;

    private static readonly string[] headKeys =
    [
        "id",
        "version",
        "title",
        "purpose",
        "goals",
        "owner",
        "roles",
        "review_interval",
        "steps",
    ];

    private readonly List<Problem> problems = [];

    public ProcessParse Read()
    {
        YamlParse yaml = Yaml.Parse(source.Text, source.File);
        problems.AddRange(yaml.Problems);
        ProcessDefinition? definition = null;
        if (yaml.Documents.Count == 1)
        {
            definition = ReadHead(yaml.Documents[0]);
        }
        else if (problems.Count == 0)
        {
            Node? second = yaml.Documents.Skip(1).FirstOrDefault();
            problems.Add(
                new Problem(
                    ProblemLevel.Error,
                    "process.documents",
                    $"A process file holds one document; this one holds {yaml.Documents.Count:N0}.",
                    second?.Position ?? new TextPosition(source.File, 1, 1)
                )
            );
        }
        bool refused = problems.Any(problem => problem.Level == ProblemLevel.Error);
        return new ProcessParse(refused ? null : definition, problems);
    }

    private ProcessDefinition? ReadHead(Node root)
    {
        if (ContentMap.Open(root, "A process", headKeys, problems) is not { } head)
        {
            return null;
        }
        string id = head.Id("A process");
        string version = head.Text("version", "A process");
        if (version.Length > 0 && !SemanticVersion.IsValid(version))
        {
            string hint = "three numbers as in 1.4.0; quote it when YAML would read a number";
            head.Report(
                "process.version.invalid",
                $"«{version}» is not a version.",
                head.Find("version")!.Position,
                hint
            );
        }
        string title = head.Text("title", "A process");
        string purpose = head.Text("purpose", "A process");
        string[] goals =
        [
            .. head.Texts("goals", "A process", required: true, GoalsMax).Select(goal => goal.Text.Trim()),
        ];
        string owner = head.Text("owner", "A process");
        List<Role> roles = ReadRoles(head);
        TimeSpan review = ReadReviewInterval(head);
        (List<ProcessStep> steps, VerdictStep? verdict) = ReadSteps(head);
        return verdict is null
            ? null
            : new ProcessDefinition(
                new ProcessReference(id, version, source.Digest),
                title,
                purpose,
                goals,
                owner,
                roles,
                review,
                steps,
                verdict
            );
    }

    private static List<Role> ReadRoles(ContentMap head)
    {
        List<Role> roles = [];
        string[] words = [.. Enum.GetNames<Role>().Select(name => name.ToLowerInvariant())];
        foreach (ScalarNode word in head.Texts("roles", "A process", required: true, words.Length))
        {
            int place = Array.IndexOf(words, word.Text);
            if (place < 0)
            {
                string hint = $"one of: {string.Join(", ", words)}";
                head.Report("process.role.unknown", $"There is no role «{word.Text}».", word.Position, hint);
            }
            else
            {
                roles.Add(Enum.GetValues<Role>()[place]);
            }
        }
        return roles;
    }

    private static TimeSpan ReadReviewInterval(ContentMap head)
    {
        string text = head.Text("review_interval", "A process");
        if (!Duration.TryParse(text, out TimeSpan interval) && text.Length > 0)
        {
            head.Report(
                "process.duration.invalid",
                $"«{text}» is not a duration.",
                head.Find("review_interval")!.Position,
                "a whole number and s, m, h or d, for example 90d"
            );
        }
        return interval;
    }

    private (List<ProcessStep> Steps, VerdictStep? Verdict) ReadSteps(ContentMap head)
    {
        List<ProcessStep> steps = [];
        VerdictStep? verdict = null;
        QuestionReader questions = new(problems);
        HashSet<string> ids = new(StringComparer.Ordinal);
        IReadOnlyList<Node> items = head.Items("steps", "A process", required: true, StepsMax);
        foreach (Node item in items)
        {
            if (ContentMap.Open(item, "A step", ["id", "title", "questions", "verdict"], problems) is not { } step)
            {
                continue;
            }
            string id = step.Id("A step");
            if (id.Length > 0 && !ids.Add(id))
            {
                step.Report("process.id.twice", $"A step «{id}» stands above.", step.Find("id")!.Position);
            }
            string title = step.Text("title", "A step");
            if (step.Has("verdict") && step.Has("questions"))
            {
                step.Report(
                    "process.step.both",
                    "A step has questions or the verdict, not both.",
                    step.Find("verdict")!.Position,
                    "put the questions into a step before the verdict"
                );
            }
            if (step.Find("verdict") is { } node)
            {
                if (verdict is not null || !ReferenceEquals(item, items[^1]))
                {
                    step.Report(
                        "process.verdict.place",
                        "The verdict is the last step, and there is one.",
                        node.Position
                    );
                }
                verdict = new VerdictReader(problems).Read(id, title, node) ?? verdict;
                continue;
            }
            steps.Add(new ProcessStep(id, title, questions.ReadAll(id, step)));
        }
        if (verdict is null && items.Count > 0 && problems.Count == 0)
        {
            head.Report(
                "process.verdict.missing",
                "The process has no verdict.",
                head.Find("steps")!.Position,
                "give the last step a «verdict»"
            );
        }
        return (steps, verdict);
    }
}
