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

    /// <summary>Characters of one text at most.</summary>
    public const int TextCharactersMax = 2_000;

    private readonly List<Problem> problems = [];

    public ProcessParse Read()
    {
        ProcessDefinition? definition = null;
        if (ContentMap.Open(source, "A process", "process", problems, TextCharactersMax) is { } head)
        {
            definition = ReadHead(head);
            head.Close();
        }
        bool refused = problems.Any(problem => problem.Level == ProblemLevel.Error);
        return new ProcessParse(refused ? null : definition, problems);
    }

    private ProcessDefinition? ReadHead(ContentMap head)
    {
        string id = head.Id();
        string version = head.Required("version");
        if (version.Length > 0 && !SemanticVersion.IsValid(version))
        {
            string hint = "three numbers as in 1.4.0; quote it when YAML would read a number";
            head.Error("version.invalid", $"«{version}» is not a version.", head.Find("version")!.Position, hint);
        }
        string title = head.Required("title");
        string purpose = head.Required("purpose");
        string[] goals = [.. head.Scalars("goals", required: true, GoalsMax).Select(goal => goal.Text.Trim())];
        string owner = head.Required("owner");
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
        foreach (ScalarNode word in head.Scalars("roles", required: true, words.Length))
        {
            int place = Array.IndexOf(words, word.Text);
            if (place < 0)
            {
                string hint = $"one of: {string.Join(", ", words)}";
                head.Error("role.unknown", $"There is no role «{word.Text}».", word.Position, hint);
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
        string text = head.Required("review_interval");
        if (!Duration.TryParse(text, out TimeSpan interval) && text.Length > 0)
        {
            head.Error(
                "duration.invalid",
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
        ContentMap[] items = [.. head.Each("steps", "A step", required: true, StepsMax)];
        foreach (ContentMap step in items)
        {
            string id = step.Id();
            if (id.Length > 0 && !ids.Add(id))
            {
                step.Error("id.twice", $"A step «{id}» stands above.", step.Find("id")!.Position);
            }
            string title = step.Required("title");
            if (step.Has("verdict") && step.Has("questions"))
            {
                step.Error(
                    "step.both",
                    "A step has questions or the verdict, not both.",
                    step.Find("verdict")!.Position,
                    "put the questions into a step before the verdict"
                );
            }
            if (step.Has("verdict"))
            {
                if (verdict is not null || step != items[^1])
                {
                    step.Error(
                        "verdict.place",
                        "The verdict is the last step, and there is one.",
                        step.Find("verdict")!.Position
                    );
                }
                verdict = VerdictReader.Read(id, title, step) ?? verdict;
            }
            else
            {
                steps.Add(new ProcessStep(id, title, questions.ReadAll(id, step)));
            }
            step.Close();
        }
        if (verdict is null && items.Length > 0 && problems.Count == 0)
        {
            head.Error(
                "verdict.missing",
                "The process has no verdict.",
                head.Find("steps")!.Position,
                "give the last step a «verdict»"
            );
        }
        return (steps, verdict);
    }
}
