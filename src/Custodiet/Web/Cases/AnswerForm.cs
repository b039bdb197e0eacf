using System.Globalization;
using Custodiet.Records.Judgement;

namespace Custodiet.Web.Cases;

/// <summary>An answer as forms carry it. What cannot be read becomes a value that the process refuses with its reason.</summary>
internal static class AnswerForm
{
    /// <summary>The typed answer.</summary>
    public static AnswerValue Read(IFormCollection form)
    {
        string type = form["type"].ToString();
        string text = form["value"].ToString().Trim();
        string? unit = form["unit"].ToString() is { Length: > 0 } given ? given : null;
        return type switch
        {
            "yes-no" => new AnswerValue(type, YesNo: text),
            "choices" => new AnswerValue(type, Choices: [.. form["value"].OfType<string>()]),
            "number" => new AnswerValue(type, Number: Number(text), Unit: unit),
            "duration" => new AnswerValue(type, Number: Number(text)),
            "instant" => new AnswerValue(type, Instant: Instant(text)),
            _ => new AnswerValue(type, Text: text),
        };
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    private static DateTimeOffset? Instant(string text) =>
        DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out DateTimeOffset instant
        )
            ? instant
            : null;
}
