using System.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Reads a pattern as people write it.</summary>
/// <remarks>
/// <c>{name}</c> and <c>{name:kind}</c> are fields, <c>[…]</c> is optional, a backslash before <c>{ } [ ] \</c> takes their meaning away. A name of
/// <c>_</c> is not kept.
/// </remarks>
internal static class PatternText
{
    /// <summary>Optional parts of one pattern at most: each doubles the number of patterns that are tried.</summary>
    public const int OptionalMax = 4;

    /// <summary>Characters of one pattern at most.</summary>
    public const int CharactersMax = 1_000;

    private static readonly Dictionary<string, PartKind> kinds = new(StringComparer.Ordinal)
    {
        ["text"] = PartKind.Text,
        ["long"] = PartKind.Long,
        ["word"] = PartKind.Word,
        ["int"] = PartKind.Int,
        ["number"] = PartKind.Number,
        ["ip"] = PartKind.Address,
        ["quoted"] = PartKind.Quoted,
        ["blanks"] = PartKind.Blanks,
    };

    /// <summary>Reads a pattern.</summary>
    /// <returns>The patterns to try in turn, those with more of the optional parts first; or what is wrong.</returns>
    public static (IReadOnlyList<TextPattern> Patterns, string? Problem) Read(string text)
    {
        if (text.Length is 0 or > CharactersMax)
        {
            return ([], $"A pattern has 1 to {CharactersMax:N0} characters.");
        }
        List<(PatternPart Part, int Group)> parts = [];
        StringBuilder literal = new();
        int groups = 0;
        int group = 0;
        for (int at = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '\\' when at + 1 < text.Length && "{}[]\\".Contains(text[at + 1], StringComparison.Ordinal):
                    literal.Append(text[++at]);
                    break;
                case '{':
                    Flush(literal, group, parts);
                    int close = text.IndexOf('}', at);
                    if (close < 0)
                    {
                        return ([], "A brace is not closed.");
                    }
                    string[] words = text[(at + 1)..close].Split(':');
                    if (words.Length > 2 || words[0].Length == 0)
                    {
                        return ([], "A field is {name} or {name:kind}.");
                    }
                    string kind = words.Length == 2 ? words[1] : "text";
                    if (!kinds.TryGetValue(kind, out PartKind known))
                    {
                        return ([], $"«{kind}» is no kind of field; known are {string.Join(", ", kinds.Keys)}.");
                    }
                    byte[] name = words[0] == "_" ? [] : Encoding.UTF8.GetBytes(words[0]);
                    parts.Add((new PatternPart(known, name), group));
                    at = close;
                    break;
                case '[':
                    if (group != 0)
                    {
                        return ([], "An optional part cannot hold another.");
                    }
                    Flush(literal, group, parts);
                    group = ++groups;
                    break;
                case ']':
                    if (group == 0)
                    {
                        return ([], "A bracket closes nothing; write \\] for the character.");
                    }
                    Flush(literal, group, parts);
                    group = 0;
                    break;
                case '}':
                    return ([], "A brace closes nothing; write \\} for the character.");
                default:
                    literal.Append(text[at]);
                    break;
            }
        }
        Flush(literal, group, parts);
        if (group != 0)
        {
            return ([], "A bracket is not closed.");
        }
        if (groups > OptionalMax)
        {
            return ([], $"A pattern has at most {OptionalMax} optional parts.");
        }
        return Expand(parts, groups);
    }

    private static void Flush(StringBuilder literal, int group, List<(PatternPart, int)> parts)
    {
        if (literal.Length > 0)
        {
            parts.Add((new PatternPart(PartKind.Literal, Encoding.UTF8.GetBytes(literal.ToString())), group));
            literal.Clear();
        }
    }

    private static (IReadOnlyList<TextPattern>, string?) Expand(List<(PatternPart Part, int Group)> parts, int groups)
    {
        List<TextPattern> patterns = [];
        // The highest number has all optional parts, the lowest none.
        for (int chosen = (1 << groups) - 1; chosen >= 0; chosen--)
        {
            List<PatternPart> some = [];
            foreach ((PatternPart part, int group) in parts)
            {
                if (group != 0 && (chosen & (1 << (groups - group))) == 0)
                {
                    continue;
                }
                // Literals that meet where an optional part is left out are one.
                if (part.Kind == PartKind.Literal && some.Count > 0 && some[^1].Kind == PartKind.Literal)
                {
                    some[^1] = new PatternPart(PartKind.Literal, [.. some[^1].Value, .. part.Value]);
                }
                else
                {
                    some.Add(part);
                }
            }
            if (Check(some) is { } problem)
            {
                return ([], problem);
            }
            patterns.Add(new TextPattern(some));
        }
        return (patterns, null);
    }

    private static string? Check(List<PatternPart> parts)
    {
        if (parts.Count(part => part.Kind != PartKind.Literal) > TextPattern.FieldsMax)
        {
            return $"A pattern has at most {TextPattern.FieldsMax} fields.";
        }
        for (int i = 0; i + 1 < parts.Count; i++)
        {
            if (parts[i].Kind is PartKind.Text or PartKind.Long && parts[i + 1].Kind != PartKind.Literal)
            {
                return "A field without a kind goes on to the literal text behind it; between two fields there is none.";
            }
        }
        return parts.Count == 0 ? "Without its optional parts the pattern is empty." : null;
    }
}
