using System.Globalization;
using Custodiet.Documents;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Definitions;

/// <summary>Reads the verdict step: verdicts by their OCSF ids, the reasons that go with each, impacts, confidences.</summary>
internal static class VerdictReader
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

    /// <summary>Reads the verdict of a step that has one; null when it is no map.</summary>
    public static VerdictStep? Read(string id, string title, ContentMap step)
    {
        if (step.Open(step.Find("verdict")!, "The verdict") is not { } map)
        {
            return null;
        }
        VerdictStep verdict = new(
            id,
            title,
            map.Required("text"),
            ReadChoices(map),
            [.. ReadScale<Impact>(map, "impacts").Select(i => new ImpactChoice(i.Value, i.Label, i.Hint))],
            [.. ReadScale<Confidence>(map, "confidences").Select(c => new ConfidenceChoice(c.Value, c.Label, c.Hint))]
        );
        map.Close();
        return verdict;
    }

    private static List<VerdictChoice> ReadChoices(ContentMap map)
    {
        List<VerdictChoice> choices = [];
        foreach (ContentMap choice in map.Each("choices", "A verdict", required: true, ChoicesMax))
        {
            Verdict verdict = ReadNumber<Verdict>(choice);
            if (choices.Any(other => other.Verdict == verdict))
            {
                choice.Error("id.twice", $"Verdict {(int)verdict} stands above.", choice.Position);
            }
            bool impact = choice.OneOf("impact", ["no", "required"]) == "required";
            string label = choice.Required("label");
            choices.Add(new VerdictChoice(verdict, label, choice.Optional("hint"), impact, ReadReasons(choice)));
            choice.Close();
        }
        return choices;
    }

    private static List<ReasonChoice> ReadReasons(ContentMap choice)
    {
        List<ReasonChoice> reasons = [];
        foreach (ContentMap reason in choice.Each("reasons", "A reason", required: true, ReasonsMax))
        {
            string id = reason.Id();
            if (id.Length > 0 && reasons.Any(other => other.Id == id))
            {
                reason.Error("id.twice", $"A reason «{id}» stands above.", reason.Find("id")!.Position);
            }
            string work = reason.OneOf("leads_to", works);
            string label = reason.Required("label");
            reasons.Add(new ReasonChoice(id, label, reason.Optional("hint"), work == works[0] ? null : work));
            reason.Close();
        }
        return reasons;
    }

    private static List<(T Value, string Label, string? Hint)> ReadScale<T>(ContentMap map, string key)
        where T : struct, Enum
    {
        List<(T Value, string Label, string? Hint)> scale = [];
        foreach (ContentMap entry in map.Each(key, required: true, atMost: ChoicesMax))
        {
            T value = ReadNumber<T>(entry);
            if (scale.Any(other => other.Value.Equals(value)))
            {
                entry.Error("id.twice", "This number stands above.", entry.Position);
            }
            scale.Add((value, entry.Required("label"), entry.Optional("hint")));
            entry.Close();
        }
        return scale;
    }

    private static T ReadNumber<T>(ContentMap map)
        where T : struct, Enum
    {
        string text = map.Required("id");
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
            map.Error("ocsf.unknown", $"«{text}» is no OCSF {name}_id.", map.Find("id")!.Position, known);
        }
        return default;
    }
}
