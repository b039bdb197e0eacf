using System.Globalization;
using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Definitions;

/// <summary>Reads the verdict step: verdicts by their OCSF ids, the reasons that go with each, impacts, confidences.</summary>
internal sealed class VerdictReader(List<Problem> problems)
{
    /// <summary>Verdicts at most: OCSF has twelve.</summary>
    public const int ChoicesMax = 12;

    /// <summary>Reasons of one verdict at most: nine have a number key.</summary>
    public const int ReasonsMax = 20;

    /// <summary>What a reason can lead to.</summary>
    private static readonly string[] works =
    [
        "nothing",
        "tune-rule",
        "fix-pipeline",
        "respond",
        "close-gap",
        "collect-more",
    ];

    public VerdictStep? Read(string id, string title, Node node)
    {
        string[] keys = ["text", "choices", "impacts", "confidences"];
        if (ContentMap.Open(node, "The verdict", keys, problems) is not { } map)
        {
            return null;
        }
        return new VerdictStep(
            id,
            title,
            map.Text("text", "The verdict"),
            ReadChoices(map),
            [.. ReadScale<Impact>(map, "impacts").Select(i => new ImpactChoice(i.Value, i.Label, i.Hint))],
            [.. ReadScale<Confidence>(map, "confidences").Select(c => new ConfidenceChoice(c.Value, c.Label, c.Hint))]
        );
    }

    private List<VerdictChoice> ReadChoices(ContentMap map)
    {
        List<VerdictChoice> choices = [];
        foreach (Node item in map.Items("choices", "The verdict", required: true, ChoicesMax))
        {
            string[] keys = ["id", "label", "hint", "impact", "reasons"];
            if (ContentMap.Open(item, "A verdict", keys, problems) is not { } choice)
            {
                continue;
            }
            Verdict verdict = ReadNumber<Verdict>(choice);
            if (choices.Any(other => other.Verdict == verdict))
            {
                choice.Report("process.id.twice", $"Verdict {(int)verdict} stands above.", choice.Position);
            }
            bool impact = choice.OneOf("impact", ["no", "required"], required: false, "A verdict") == "required";
            string label = choice.Text("label", "A verdict");
            choices.Add(new VerdictChoice(verdict, label, choice.OptionalText("hint"), impact, ReadReasons(choice)));
        }
        return choices;
    }

    private List<ReasonChoice> ReadReasons(ContentMap choice)
    {
        List<ReasonChoice> reasons = [];
        foreach (Node item in choice.Items("reasons", "A verdict", required: true, ReasonsMax))
        {
            if (ContentMap.Open(item, "A reason", ["id", "label", "hint", "leads_to"], problems) is not { } reason)
            {
                continue;
            }
            string id = reason.Id("A reason");
            if (id.Length > 0 && reasons.Any(other => other.Id == id))
            {
                reason.Report("process.id.twice", $"A reason «{id}» stands above.", reason.Find("id")!.Position);
            }
            string work = reason.OneOf("leads_to", works, required: false, "A reason");
            string label = reason.Text("label", "A reason");
            reasons.Add(new ReasonChoice(id, label, reason.OptionalText("hint"), work == works[0] ? null : work));
        }
        return reasons;
    }

    private List<(T Value, string Label, string? Hint)> ReadScale<T>(ContentMap map, string key)
        where T : struct, Enum
    {
        List<(T Value, string Label, string? Hint)> scale = [];
        foreach (Node item in map.Items(key, "The verdict", required: true, ChoicesMax))
        {
            if (ContentMap.Open(item, $"An entry of «{key}»", ["id", "label", "hint"], problems) is not { } entry)
            {
                continue;
            }
            T value = ReadNumber<T>(entry);
            if (scale.Any(other => other.Value.Equals(value)))
            {
                entry.Report("process.id.twice", "This number stands above.", entry.Position);
            }
            scale.Add((value, entry.Text("label", $"An entry of «{key}»"), entry.OptionalText("hint")));
        }
        return scale;
    }

    private static T ReadNumber<T>(ContentMap map)
        where T : struct, Enum
    {
        string text = map.Text("id", $"A {typeof(T).Name.ToLowerInvariant()}");
        if (
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && Enum.IsDefined(typeof(T), number)
        )
        {
            return (T)Enum.ToObject(typeof(T), number);
        }
        if (text.Length > 0)
        {
            string known = string.Join(
                ", ",
                Enum.GetValues<T>().Select(v => $"{Convert.ToInt32(v, CultureInfo.InvariantCulture)} {v}")
            );
            string name = typeof(T).Name.ToLowerInvariant();
            map.Report("process.ocsf.unknown", $"«{text}» is no OCSF {name}_id.", map.Find("id")!.Position, known);
        }
        return default;
    }
}
