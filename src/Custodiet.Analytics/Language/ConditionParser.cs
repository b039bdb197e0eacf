using Custodiet.Records;

namespace Custodiet.Analytics.Language;

/// <summary>
/// Reads a condition. Precedence from weak to strong: <c>or</c>, <c>and</c>, <c>not</c>, <c>x of</c>, parentheses
/// (sigma-specification 2.1, «Condition»).
/// </summary>
internal sealed class ConditionParser
{
    private readonly string text;
    private readonly Func<int, TextPosition> positionOf;
    private readonly IReadOnlyDictionary<string, Expression> identifiers;
    private readonly ProblemList problems;
    private readonly List<(string Text, int Offset)> tokens = [];
    private int next;
    private int depth;

    private ConditionParser(
        string text,
        Func<int, TextPosition> positionOf,
        IReadOnlyDictionary<string, Expression> identifiers,
        ProblemList problems
    )
    {
        this.text = text;
        this.positionOf = positionOf;
        this.identifiers = identifiers;
        this.problems = problems;
    }

    /// <summary>Parses a condition.</summary>
    /// <returns>Null when it has an error, which is then among the problems.</returns>
    public static Expression? Parse(
        string text,
        Func<int, TextPosition> positionOf,
        IReadOnlyDictionary<string, Expression> identifiers,
        ProblemList problems
    )
    {
        ConditionParser parser = new(text, positionOf, identifiers, problems);
        if (!parser.Tokenise())
        {
            return null;
        }
        if (parser.tokens.Count == 0)
        {
            problems.Error("sigma.condition.empty", "The condition is empty.", positionOf(0));
            return null;
        }
        Expression? expression = parser.ParseOr();
        if (expression is not null && parser.next < parser.tokens.Count)
        {
            parser.Fail("sigma.condition.syntax", $"«{parser.Peek}» is not expected here.");
            return null;
        }
        return expression;
    }

    private string? Peek => next < tokens.Count ? tokens[next].Text : null;

    private bool Tokenise()
    {
        for (int i = 0; i < text.Length; )
        {
            char c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
                continue;
            }
            if (c == '|')
            {
                problems.Error(
                    "sigma.condition.aggregation",
                    "Aggregations after «|» were removed from Sigma.",
                    positionOf(i),
                    "write a correlation rule instead"
                );
                return false;
            }
            int start = i++;
            if (c is not ('(' or ')'))
            {
                if (!IsIdentifier(c))
                {
                    problems.Error(
                        "sigma.condition.syntax",
                        $"«{c}» has no meaning in a condition.",
                        positionOf(start)
                    );
                    return false;
                }
                while (i < text.Length && IsIdentifier(text[i]))
                {
                    i++;
                }
            }
            tokens.Add((text[start..i], start));
        }
        return true;
    }

    private static bool IsIdentifier(char c) => char.IsLetterOrDigit(c) || c is '_' or '-' or '*' or '.';

    private Expression? ParseOr() => ParseChain("or", ParseAnd, static parts => new AnyOf(parts));

    private Expression? ParseAnd() => ParseChain("and", ParseNot, static parts => new AllOf(parts));

    private Expression? ParseChain(
        string word,
        Func<Expression?> parsePart,
        Func<IReadOnlyList<Expression>, Expression> join
    )
    {
        List<Expression> parts = [];
        do
        {
            if (parsePart() is not { } part)
            {
                return null;
            }
            parts.Add(part);
        } while (Take(word));
        return parts.Count == 1 ? parts[0] : join(parts);
    }

    private Expression? ParseNot()
    {
        if (!Is("not") && Peek != "(")
        {
            return ParseTerm();
        }
        if (++depth > AnalyticsLimits.ConditionDepthMax)
        {
            return Fail(
                "sigma.condition.depth",
                $"The condition is nested deeper than {AnalyticsLimits.ConditionDepthMax} levels."
            );
        }
        bool negated = Take("not");
        Expression? part = negated ? ParseNot() : ParseParentheses();
        depth--;
        return part is null ? null
            : negated ? new Not(part)
            : part;
    }

    private Expression? ParseParentheses()
    {
        next++;
        Expression? inner = ParseOr();
        if (inner is null)
        {
            return null;
        }
        return Take(")") ? inner : Fail("sigma.condition.syntax", "A closing parenthesis is missing.");
    }

    private Expression? ParseTerm()
    {
        if (Peek is not { } word)
        {
            return Fail("sigma.condition.syntax", "The condition ends where a search identifier is expected.");
        }
        bool quantified = next + 1 < tokens.Count && IsWord(tokens[next + 1].Text, "of");
        if (quantified)
        {
            return ParseQuantified(word);
        }
        if (word == ")" || IsWord(word, "and") || IsWord(word, "or") || IsWord(word, "of"))
        {
            return Fail("sigma.condition.syntax", $"A search identifier is expected, not «{word}».");
        }
        if (!identifiers.TryGetValue(word, out Expression? expression))
        {
            return Fail("sigma.condition.unknown", $"The rule has no search identifier «{word}».");
        }
        next++;
        return expression;
    }

    private Expression? ParseQuantified(string quantifier)
    {
        bool all = IsWord(quantifier, "all");
        if (!all && quantifier != "1" && !IsWord(quantifier, "any"))
        {
            return Fail(
                "sigma.condition.quantifier",
                $"«{quantifier} of» is not known; there are «1 of» and «all of»."
            );
        }
        next += 2;
        if (Peek is not { } pattern)
        {
            return Fail("sigma.condition.syntax", "«of» must be followed by «them» or a pattern.");
        }
        Expression[] chosen = [.. identifiers.Where(i => Selects(pattern, i.Key)).Select(i => i.Value)];
        if (chosen.Length == 0)
        {
            return Fail("sigma.condition.no-match", $"No search identifier matches «{pattern}».");
        }
        next++;
        return chosen.Length == 1 ? chosen[0]
            : all ? new AllOf(chosen)
            : new AnyOf(chosen);
    }

    private static bool Selects(string pattern, string name)
    {
        if (IsWord(pattern, "them"))
        {
            return name[0] != '_';
        }
        if (name[0] == '_' && pattern[0] != '_')
        {
            return false;
        }
        return GlobMatches(pattern, name);
    }

    private static bool GlobMatches(string pattern, string name)
    {
        string[] pieces = pattern.Split('*');
        if (pieces.Length == 1)
        {
            return pattern == name;
        }
        if (!name.StartsWith(pieces[0], StringComparison.Ordinal))
        {
            return false;
        }
        int at = pieces[0].Length;
        for (int i = 1; i < pieces.Length - 1; i++)
        {
            int found = name.IndexOf(pieces[i], at, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }
            at = found + pieces[i].Length;
        }
        return name.Length - at >= pieces[^1].Length && name.EndsWith(pieces[^1], StringComparison.Ordinal);
    }

    private bool Is(string word) => Peek is { } token && IsWord(token, word);

    private bool Take(string word)
    {
        if (!Is(word))
        {
            return false;
        }
        next++;
        return true;
    }

    private static bool IsWord(string token, string word) => token.Equals(word, StringComparison.OrdinalIgnoreCase);

    private Expression? Fail(string code, string message)
    {
        problems.Error(code, message, positionOf(next < tokens.Count ? tokens[next].Offset : text.Length));
        return null;
    }
}
