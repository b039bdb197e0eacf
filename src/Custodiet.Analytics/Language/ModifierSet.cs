using Custodiet.Records;

namespace Custodiet.Analytics.Language;

/// <summary>The modifiers of one item, in the order written, with what they say together.</summary>
internal sealed class ModifierSet
{
    private static readonly HashSet<string> Known =
    [
        "contains",
        "startswith",
        "endswith",
        "all",
        "cased",
        "exists",
        "re",
        "i",
        "m",
        "s",
        "base64",
        "base64offset",
        "wide",
        "utf16le",
        "utf16be",
        "utf16",
        "windash",
        "cidr",
        "lt",
        "lte",
        "gt",
        "gte",
        "neq",
        "fieldref",
        "minute",
        "hour",
        "day",
        "week",
        "month",
        "year",
    ];

    // What decides the kind of comparison, and the modifiers that still mean something beside it.
    private static readonly (string Decisive, string[] Allowed)[] Combinations =
    [
        ("exists", []),
        ("re", ["i", "m", "s", "all", "neq", "contains", "startswith", "endswith"]),
        ("cidr", ["all", "neq"]),
        ("fieldref", ["all", "neq", "cased", "contains", "startswith", "endswith"]),
    ];

    private static readonly string[] TimeParts = ["minute", "hour", "day", "week", "month", "year"];
    private static readonly string[] Comparisons = ["lt", "lte", "gt", "gte"];

    private ModifierSet(IReadOnlyList<string> names) => Names = names;

    public IReadOnlyList<string> Names { get; }

    public bool Has(string name) => Names.Contains(name);

    public TimePart? Part =>
        Names.FirstOrDefault(TimeParts.Contains) is { } part ? Enum.Parse<TimePart>(part, ignoreCase: true) : null;

    public Comparison? Comparison =>
        Names.FirstOrDefault(Comparisons.Contains) switch
        {
            "lt" => Language.Comparison.Less,
            "lte" => Language.Comparison.LessOrEqual,
            "gt" => Language.Comparison.Greater,
            "gte" => Language.Comparison.GreaterOrEqual,
            _ => null,
        };

    /// <summary>Reads the modifiers of a key and reports the unknown and the impossible.</summary>
    public static ModifierSet? Read(IReadOnlyList<string> names, TextPosition position, ProblemList problems)
    {
        bool valid = true;
        foreach (string name in names)
        {
            if (name == "expand")
            {
                valid = false;
                problems.Error(
                    "sigma.modifier.expand",
                    "The rule needs values for its placeholders («expand»), and none are given.",
                    position,
                    "replace the placeholder by your own values and remove «expand»"
                );
            }
            else if (!Known.Contains(name))
            {
                valid = false;
                problems.Error("sigma.modifier.unknown", $"The modifier «{name}» is not known.", position);
            }
        }
        ModifierSet set = new(names);
        return valid && set.Combines(position, problems) ? set : null;
    }

    private bool Combines(TextPosition position, ProblemList problems)
    {
        foreach ((string decisive, string[] allowed) in Combinations)
        {
            if (Has(decisive) && Names.FirstOrDefault(n => n != decisive && !allowed.Contains(n)) is { } other)
            {
                return Refuse(decisive, other, position, problems);
            }
        }
        if (!Has("re") && Names.FirstOrDefault(n => n is "i" or "m" or "s") is { } flag)
        {
            problems.Error("sigma.modifier.combination", $"«{flag}» only modifies «re».", position);
            return false;
        }
        string? numeric = Names.FirstOrDefault(n => Comparisons.Contains(n) || TimeParts.Contains(n));
        if (
            numeric is not null
            && Names.FirstOrDefault(n =>
                n is not ("all" or "neq") && !Comparisons.Contains(n) && !TimeParts.Contains(n)
            )
                is { } text
        )
        {
            return Refuse(numeric, text, position, problems);
        }
        if (Names.Count(Comparisons.Contains) > 1 || Names.Count(TimeParts.Contains) > 1)
        {
            problems.Error(
                "sigma.modifier.combination",
                "Only one comparison and one part of a time are possible.",
                position
            );
            return false;
        }
        return true;
    }

    private static bool Refuse(string first, string second, TextPosition position, ProblemList problems)
    {
        problems.Error("sigma.modifier.combination", $"«{first}» and «{second}» do not go together.", position);
        return false;
    }
}
