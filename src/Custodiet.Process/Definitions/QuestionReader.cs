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

    private static readonly string[] requirements = ["no", "step", "close"];

    private readonly Dictionary<string, Question> earlier = new(StringComparer.Ordinal);

    /// <summary>The questions of one step.</summary>
    public IReadOnlyList<Question> ReadAll(string step, ContentMap map)
    {
        List<Question> questions = [];
        foreach (ContentMap question in map.Each("questions", "A question", required: true, QuestionsMax))
        {
            questions.Add(Read(step, question));
            question.Close();
        }
        return questions;
    }

    private Question Read(string step, ContentMap map)
    {
        string id = map.Id();
        bool fact = map.OneOf("kind", ["judgement", "fact"], required: true) == "fact";
        string type = map.OneOf("type", AnswerTypes.All, required: true);
        Question question = new(
            id,
            step,
            fact ? QuestionKind.Fact : QuestionKind.Judgement,
            type,
            map.Optional("unit"),
            map.Required("text"),
            map.Optional("hint"),
            ReadOptions(map, type),
            ReadCondition(map),
            ReadRequirement(map, type),
            ReadFill(map, fact, type),
            ReadShown(map, fact),
            ReadSay(map),
            map.Optional("unit_one")
        );
        if (question.Unit is not null && type != "number")
        {
            map.Error("unit.place", $"Only a number has a unit, not {type}.", map.Find("unit")!.Position);
        }
        if (question.UnitOne is not null && question.Unit is null)
        {
            map.Error(
                "unit.one",
                "«unit_one» is the word for one of a «unit», which is missing.",
                map.Find("unit_one")!.Position
            );
        }
        if (id.Length > 0 && !earlier.TryAdd(id, question))
        {
            map.Error("id.twice", $"A question «{id}» stands above.", map.Find("id")!.Position);
        }
        return question;
    }

    private static List<QuestionOption> ReadOptions(ContentMap map, string type)
    {
        bool needed = type is "choice" or "choices";
        List<QuestionOption> options = [];
        if (!needed && map.Has("options"))
        {
            map.Error("options.place", $"A question of type {type} has no options.", map.Find("options")!.Position);
            return options;
        }
        foreach (ContentMap option in map.Each("options", "An option", needed, OptionsMax))
        {
            string id = option.Id();
            if (id.Length > 0 && options.Any(other => other.Id == id))
            {
                option.Error("id.twice", $"An option «{id}» stands above.", option.Find("id")!.Position);
            }
            string label = option.Required("label");
            options.Add(new QuestionOption(id, label, option.Optional("hint"), option.Optional("say")));
            option.Close();
        }
        return options;
    }

    private Condition? ReadCondition(ContentMap map)
    {
        if (map.Optional("when") is null || map.Find("when") is not ScalarNode scalar)
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
        string word = map.OneOf("required", requirements);
        // Invariant 9: no prose is required of anyone, and free text is never the only place a fact is in.
        if (word != "no" && type == "text" && map.Optional("kind") == "judgement")
        {
            map.Error(
                "text.required",
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
            map.Error(
                "judgement.filled",
                "A judgement is never filled in.",
                map.Find("fill")!.Position,
                "use «show» for what is known"
            );
            return fill;
        }
        foreach (ScalarNode text in map.Scalars("fill", atMost: ShownMax))
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
            map.Error("fact.shown", "«show» belongs to judgements.", map.Find("show")!.Position, "use «fill»");
            return shown;
        }
        foreach (ContentMap entry in map.Each("show", "What is shown", atMost: ShownMax))
        {
            string label = entry.Required("label");
            string from = entry.Required("from");
            if (from.Length > 0)
            {
                TextPosition at = entry.Find("from")!.Position;
                shown.AddRange(FactSources.Parse(from, at, null, problems).Select(fact => new ShownFact(label, fact)));
            }
            entry.Close();
        }
        return shown;
    }

    private static string? ReadSay(ContentMap map)
    {
        string? say = map.Optional("say");
        if (say is not null && !say.Contains(SayPlaceholder, StringComparison.Ordinal))
        {
            map.Error(
                "say.placeholder",
                $"The sentence does not say the answer: {SayPlaceholder} is missing.",
                map.Find("say")!.Position
            );
        }
        return say;
    }

    /// <summary>Where a sentence takes the answer.</summary>
    public const string SayPlaceholder = "{answer}";
}
