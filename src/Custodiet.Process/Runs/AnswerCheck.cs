using System.Text.RegularExpressions;
using Custodiet.Process.Definitions;
using Custodiet.Process.Triage;
using Custodiet.Records;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Runs;

/// <summary>Compares an answer with its question's type and options.</summary>
public static partial class AnswerCheck
{
    /// <summary>Characters of a text answer at most: 2,000.</summary>
    public const int TextCharactersMax = 2_000;

    /// <summary>Everything that is wrong with a value; empty when nothing is.</summary>
    public static IReadOnlyList<Problem> Check(Question question, AnswerValue value)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(value);
        if (value.Type != question.Type)
        {
            return [Wrong(question, $"The answer must be of type {question.Type}, not {value.Type}.")];
        }
        if (!HasOnlyItsMember(value))
        {
            return [Wrong(question, $"An answer of type {value.Type} has exactly that value, and it is not empty.")];
        }
        string? mistake = value.Type switch
        {
            "choice" => Unknown(question, [value.Text!]),
            "choices" => value.Choices!.Distinct().Count() != value.Choices!.Count
                ? "A choice stands there twice."
                : Unknown(question, value.Choices),
            "yes-no" => AnswerTypes.YesNo.Contains(value.YesNo!) ? null : "The answer is yes, no or cannot-tell.",
            "number" or "duration" => Number(question, value),
            "technique" => Technique().IsMatch(value.Text!) ? null : "An ATT&CK technique looks like T1059.001.",
            "instant" => null,
            _ => value.Text!.Length > TextCharactersMax ? $"At most {TextCharactersMax:N0} characters." : null,
        };
        return mistake is null ? [] : [Wrong(question, mistake)];
    }

    /// <summary>Whether two values say the same.</summary>
    public static bool Same(AnswerValue? left, AnswerValue? right) =>
        left is null || right is null
            ? left is null && right is null
            : left with { Choices = null } == right with { Choices = null }
                && (left.Choices ?? []).SequenceEqual(right.Choices ?? [], StringComparer.Ordinal);

    private static bool HasOnlyItsMember(AnswerValue value)
    {
        bool text = value.Text is not null;
        bool choices = value.Choices is not null;
        bool yesNo = value.YesNo is not null;
        bool number = value.Number is not null;
        bool instant = value.Instant is not null;
        int count = new[] { text, choices, yesNo, number, instant }.Count(set => set);
        return count == 1
            && value.Type switch
            {
                "choices" => choices && value.Choices!.Count > 0,
                "yes-no" => yesNo,
                "number" or "duration" => number,
                "instant" => instant,
                _ => text && !string.IsNullOrWhiteSpace(value.Text),
            };
    }

    private static string? Unknown(Question question, IEnumerable<string> chosen)
    {
        string? unknown = chosen.FirstOrDefault(id => question.Options.All(option => option.Id != id));
        return unknown is null
            ? null
            : $"«{unknown}» is no option; they are: {string.Join(", ", question.Options.Select(o => o.Id))}.";
    }

    private static string? Number(Question question, AnswerValue value)
    {
        if (!double.IsFinite(value.Number!.Value))
        {
            return "The number must be finite.";
        }
        if (value.Type == "duration" && value.Number < 0)
        {
            return "A duration is not negative.";
        }
        return value.Type == "number" && value.Unit != question.Unit
            ? $"The unit is {question.Unit ?? "none"}, not {value.Unit ?? "none"}."
            : null;
    }

    private static Problem Wrong(Question question, string message) =>
        Desk.Mistake("answer.invalid", message, question.Id);

    [GeneratedRegex(@"^T\d{4}(\.\d{3})?\z")]
    private static partial Regex Technique();
}
