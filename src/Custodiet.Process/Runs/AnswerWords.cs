using System.Globalization;
using Custodiet.Process.Definitions;
using Custodiet.Process.Facts;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Runs;

/// <summary>Answers in words, for pages and narratives.</summary>
public static class AnswerWords
{
    /// <summary>A value in words: options by their label, instants in UTC, durations in their largest unit.</summary>
    public static string Of(Question? question, AnswerValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Type switch
        {
            "choice" => Label(question, value.Text),
            "choices" => string.Join(", ", (value.Choices ?? []).Select(choice => Label(question, choice))),
            "yes-no" => value.YesNo == "cannot-tell" ? "cannot tell" : value.YesNo ?? "",
            "number" =>
                $"{value.Number?.ToString("#,0.###", CultureInfo.InvariantCulture)} {Unit(question, value)}".TrimEnd(),
            "duration" => Duration.InWords(
                TimeSpan.FromSeconds(Math.Min(value.Number ?? 0, Duration.Max.TotalSeconds))
            ),
            "instant" => value.Instant?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)
                ?? "",
            _ => value.Text ?? "",
        };
    }

    private static string? Unit(Question? question, AnswerValue value) =>
        value.Number == 1 && question?.UnitOne is { } one && value.Unit == question.Unit ? one : value.Unit;

    private static string Label(Question? question, string? id) =>
        question?.Options.FirstOrDefault(option => option.Id == id)?.Label ?? id ?? "";
}
