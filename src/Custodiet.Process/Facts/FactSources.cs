using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Process.Facts;

/// <summary>The closed list of places a fact can be read from, with the types of answer each can fill.</summary>
internal static class FactSources
{
    private static readonly string[] words = ["text", "observable"];
    private static readonly string[] counts = ["number"];

    /// <summary>Names that take a window in brackets.</summary>
    private static readonly HashSet<string> windowed = ["history.same_rule_entity"];

    private static readonly Dictionary<string, string[]> known = new(StringComparer.Ordinal)
    {
        ["finding.rule"] = words,
        ["finding.rule_id"] = words,
        ["finding.author"] = words,
        ["finding.severity"] = words,
        ["finding.technique"] = ["technique", "text"],
        ["finding.link"] = words,
        ["finding.occurred_at"] = ["instant", "text"],
        ["alert.entity"] = ["entity", "text", "observable"],
        ["alert.source"] = words,
        ["alert.finding_count"] = counts,
        ["alert.first_event"] = ["instant", "text"],
        ["alert.last_event"] = ["instant", "text"],
        ["alert.duration"] = ["duration"],
        ["history.same_rule_entity"] = counts,
        ["history.judged_like"] = words,
        ["history.open_on_entity"] = counts,
        ["source.condition"] = words,
    };

    /// <summary>All names, for messages; <c>event.FIELD</c> stands for every native field.</summary>
    public static IEnumerable<string> Names => known.Keys.Append("event.FIELD");

    /// <summary>Reads alternatives separated by <c>|</c>; every mistake goes to the list.</summary>
    public static IReadOnlyList<FactExpression> Parse(
        string text,
        TextPosition start,
        string? type,
        List<Problem> problems
    )
    {
        List<FactExpression> expressions = [];
        int at = 0;
        foreach (string part in text.Split('|'))
        {
            TextPosition position = start with { Column = start.Column + at + (part.Length - part.TrimStart().Length) };
            if (ParseOne(part.Trim(), position, type, problems) is { } expression)
            {
                expressions.Add(expression);
            }
            at += part.Length + 1;
        }
        return expressions;
    }

    private static FactExpression? ParseOne(string text, TextPosition position, string? type, List<Problem> problems)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && text[..dot] == "event" && dot < text.Length - 1)
        {
            return new FactExpression("event", text[(dot + 1)..], null);
        }
        int bracket = text.IndexOf('(', StringComparison.Ordinal);
        string name = bracket < 0 ? text : text[..bracket];
        if (!known.TryGetValue(name, out string[]? types))
        {
            string? near = Nearest.To(name, Names);
            string hint = near is null ? $"one of: {string.Join(", ", Names)}" : $"did you mean «{near}»?";
            problems.Add(
                new Problem(ProblemLevel.Error, "fact.unknown", $"No fact can be read from «{name}».", position, hint)
            );
            return null;
        }
        if (type is not null && !types.Contains(type))
        {
            string message = $"«{name}» gives {string.Join(" or ", types)}, not {type}.";
            problems.Add(new Problem(ProblemLevel.Error, "fact.type", message, position));
        }
        TimeSpan? window = null;
        if (bracket >= 0 || windowed.Contains(name))
        {
            if (
                !windowed.Contains(name)
                || bracket < 0
                || !text.EndsWith(')')
                || !Duration.TryParse(text[(bracket + 1)..^1], out TimeSpan value)
            )
            {
                string hint = windowed.Contains(name) ? $"for example {name}(30d)" : $"write {name}";
                problems.Add(
                    new Problem(ProblemLevel.Error, "fact.window", $"«{text}» is not understood.", position, hint)
                );
                return null;
            }
            window = value;
        }
        return new FactExpression(name[..dot], name[(dot + 1)..], window);
    }
}
