using System.Text;

namespace Custodiet.Analytics.Language;

/// <summary>Says an expression in words.</summary>
internal static class Explanation
{
    private const int ValuesShownMax = 20;

    public static string Of(Expression expression)
    {
        StringBuilder text = new();
        Write(text, expression, 0, "");
        return text.ToString().TrimEnd('\n');
    }

    private static void Write(StringBuilder text, Expression expression, int level, string prefix)
    {
        switch (expression)
        {
            case AllOf all:
                WriteParts(text, all.Parts, level, prefix + "all of these hold:");
                break;
            case AnyOf any:
                WriteParts(text, any.Parts, level, prefix + "at least one of these holds:");
                break;
            case Not not:
                Write(text, not.Part, level, prefix + "not: ");
                break;
            case Named named:
                Write(text, named.Part, level, $"{prefix}[{named.Name}] ");
                break;
            case Item item:
                Line(text, level, prefix + Say(item));
                break;
            default:
                throw new InvalidOperationException($"No such expression here: {expression.GetType().Name}.");
        }
    }

    private static void WriteParts(StringBuilder text, IReadOnlyList<Expression> parts, int level, string heading)
    {
        Line(text, level, heading);
        foreach (Expression part in parts)
        {
            Write(text, part, level + 1, "");
        }
    }

    private static void Line(StringBuilder text, int level, string line) =>
        text.Append(' ', level * 2).Append(line).Append('\n');

    private static string Say(Item item)
    {
        string subject = item.Field ?? "the event";
        if (item.Modifiers.Contains("exists"))
        {
            return $"{subject} is {(item.Values[0].Equals("true", StringComparison.OrdinalIgnoreCase) ? "present" : "absent")}";
        }
        string verb = Verb(item);
        string quantity =
            item.Values.Count == 1 ? ""
            : item.Modifiers.Contains("all") ? "all of "
            : "any of ";
        string negation = item.Modifiers.Contains("neq") ? "does not hold: " : "";
        return $"{negation}{subject}{Part(item)} {verb} {quantity}{Values(item)}{Remarks(item)}";
    }

    private static string Verb(Item item)
    {
        foreach (string modifier in item.Modifiers)
        {
            string? verb = modifier switch
            {
                "re" => "matches the expression",
                "cidr" => "is an address in",
                "lt" => "is less than",
                "lte" => "is at most",
                "gt" => "is more than",
                "gte" => "is at least",
                "contains" => "contains",
                "startswith" => "begins with",
                "endswith" => "ends with",
                _ => null,
            };
            if (verb is not null)
            {
                return verb;
            }
        }
        return item.Field is null ? "contains" : "is";
    }

    private static string Part(Item item) =>
        item.Modifiers.FirstOrDefault(m => m is "minute" or "hour" or "day" or "week" or "month" or "year") is { } part
            ? $" ({part})"
            : "";

    private static string Values(Item item)
    {
        string prefix = item.Modifiers.Contains("fieldref") ? "the field " : "";
        IEnumerable<string> shown = item
            .Values.Take(ValuesShownMax)
            .Select(v => v == "null" ? "nothing (absent)" : $"{prefix}«{v}»");
        string more = item.Values.Count > ValuesShownMax ? $" and {item.Values.Count - ValuesShownMax:N0} more" : "";
        return string.Join(", ", shown) + more;
    }

    private static string Remarks(Item item)
    {
        string[] remarks =
        [
            .. item
                .Modifiers.Select(m =>
                    m switch
                    {
                        "cased" => "exact case",
                        "windash" => "with any kind of dash",
                        "base64" or "base64offset" => "as Base64",
                        "wide" or "utf16le" or "utf16be" or "utf16" => "as UTF-16",
                        "i" => "in any case",
                        _ => null,
                    }
                )
                .OfType<string>(),
        ];
        return remarks.Length == 0 ? "" : $" ({string.Join(", ", remarks)})";
    }
}
