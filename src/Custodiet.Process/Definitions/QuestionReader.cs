using Custodiet.Documents;
using Custodiet.Process.Conditions;
using Custodiet.Process.Facts;
using Custodiet.Records;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Definitions;

/// <summary>Reads the questions of a process; it remembers them, because conditions may look at all that stand before.</summary>
internal sealed class QuestionReader(List<Problem> problems)
{
    /// <summary>Questions in one step at most.</summary>
    public const int QuestionsMax = 50;

    /// <summary>Options of one question at most: nine have a number key.</summary>
    public const int OptionsMax = 40;

    /// <summary>Things shown beside one judgement at most.</summary>
    public const int ShownMax = 12;

    private static readonly string[] keys =
    [
        "id",
        "kind",
        "type",
        "unit",
        "unit_one",
        "text",
        "hint",
        "options",
        "when",
        "required",
        "fill",
        "show",
        "say",
    ];

    private static readonly string[] requirements = ["no", "step", "close"];

    private readonly Dictionary<string, Question> earlier = new(StringComparer.Ordinal);

    /// <summary>The questions of one step.</summary>
    public IReadOnlyList<Question> ReadAll(string step, ContentMap map)
    {
        List<Question> questions = [];
        foreach (Node item in map.Items("questions", "A step", required: true, QuestionsMax))
        {
            if (ContentMap.Open(item, "A question", keys, problems) is { } question)
            {
                questions.Add(Read(step, question));
            }
        }
        return questions;
    }

    private Question Read(string step, ContentMap map)
    {
        string id = map.Id("A question");
        bool fact = map.OneOf("kind", ["judgement", "fact"], required: true, "A question") == "fact";
        string type = map.OneOf("type", AnswerTypes.All, required: true, "A question");
        Question question = new(
            id,
            step,
            fact ? QuestionKind.Fact : QuestionKind.Judgement,
            type,
            map.OptionalText("unit"),
            map.Text("text", "A question"),
            map.OptionalText("hint"),
            ReadOptions(map, type),
            ReadCondition(map),
            ReadRequirement(map, type),
            ReadFill(map, fact, type),
            ReadShown(map, fact),
            ReadSay(map),
            map.OptionalText("unit_one")
        );
        if (question.Unit is not null && type != "number")
        {
            map.Report("process.unit.place", $"Only a number has a unit, not {type}.", map.Find("unit")!.Position);
        }
        if (question.UnitOne is not null && question.Unit is null)
        {
            map.Report(
                "process.unit.one",
                "«unit_one» is the word for one of a «unit», which is missing.",
                map.Find("unit_one")!.Position
            );
        }
        if (id.Length > 0 && !earlier.TryAdd(id, question))
        {
            map.Report("process.id.twice", $"A question «{id}» stands above.", map.Find("id")!.Position);
        }
        return question;
    }

    private List<QuestionOption> ReadOptions(ContentMap map, string type)
    {
        bool needed = type is "choice" or "choices";
        List<QuestionOption> options = [];
        if (!needed && map.Has("options"))
        {
            map.Report(
                "process.options.place",
                $"A question of type {type} has no options.",
                map.Find("options")!.Position
            );
            return options;
        }
        foreach (Node item in map.Items("options", "A question to choose from", needed, OptionsMax))
        {
            if (ContentMap.Open(item, "An option", ["id", "label", "hint", "say"], problems) is not { } option)
            {
                continue;
            }
            string id = option.Id("An option");
            if (id.Length > 0 && options.Any(other => other.Id == id))
            {
                option.Report("process.id.twice", $"An option «{id}» stands above.", option.Find("id")!.Position);
            }
            string label = option.Text("label", "An option");
            options.Add(new QuestionOption(id, label, option.OptionalText("hint"), option.OptionalText("say")));
        }
        return options;
    }

    private Condition? ReadCondition(ContentMap map)
    {
        if (map.OptionalText("when") is null || map.Find("when") is not ScalarNode scalar)
        {
            return null;
        }
        TextPosition start = scalar.Position with { Column = scalar.Position.Column + (scalar.Quoted ? 1 : 0) };
        (Condition? condition, IReadOnlyList<Problem> mistakes) = ConditionParser.Parse(scalar.Text, start, earlier);
        problems.AddRange(mistakes);
        return condition;
    }

    private static Requirement ReadRequirement(ContentMap map, string type)
    {
        string word = map.OneOf("required", requirements, required: false, "A question");
        // Invariant 9: no prose is required of anyone, and free text is never the only place a fact is in.
        if (word != "no" && type == "text" && map.OptionalText("kind") == "judgement")
        {
            map.Report(
                "process.text.required",
                "A judgement in free text cannot be required.",
                map.Find("required")!.Position,
                "offer choices instead"
            );
        }
        return word switch
        {
            "step" => Requirement.Step,
            "close" => Requirement.Close,
            _ => Requirement.No,
        };
    }

    private List<FactExpression> ReadFill(ContentMap map, bool fact, string type)
    {
        List<FactExpression> fill = [];
        if (!fact && map.Has("fill"))
        {
            map.Report(
                "process.judgement.filled",
                "A judgement is never filled in.",
                map.Find("fill")!.Position,
                "use «show» for what is known"
            );
            return fill;
        }
        foreach (ScalarNode text in map.Texts("fill", "A question", required: false, ShownMax))
        {
            fill.AddRange(FactSources.Parse(text.Text, text.Position, type, problems));
        }
        return fill;
    }

    private List<ShownFact> ReadShown(ContentMap map, bool fact)
    {
        List<ShownFact> shown = [];
        if (fact && map.Has("show"))
        {
            map.Report("process.fact.shown", "«show» belongs to judgements.", map.Find("show")!.Position, "use «fill»");
            return shown;
        }
        foreach (Node item in map.Items("show", "A question", required: false, ShownMax))
        {
            if (ContentMap.Open(item, "What is shown", ["label", "from"], problems) is not { } entry)
            {
                continue;
            }
            string label = entry.Text("label", "What is shown");
            string from = entry.Text("from", "What is shown");
            if (from.Length > 0)
            {
                TextPosition at = entry.Find("from")!.Position;
                shown.AddRange(FactSources.Parse(from, at, null, problems).Select(fact => new ShownFact(label, fact)));
            }
        }
        return shown;
    }

    private static string? ReadSay(ContentMap map)
    {
        string? say = map.OptionalText("say");
        if (say is not null && !say.Contains(SayPlaceholder, StringComparison.Ordinal))
        {
            map.Report(
                "process.say.placeholder",
                $"The sentence does not say the answer: {SayPlaceholder} is missing.",
                map.Find("say")!.Position
            );
        }
        return say;
    }

    /// <summary>Where a sentence takes the answer.</summary>
    public const string SayPlaceholder = "{answer}";
}
