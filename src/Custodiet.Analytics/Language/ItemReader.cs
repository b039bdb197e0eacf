using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Analytics.Language;

/// <summary>Reads one <c>field|modifier: value</c> of a detection, or a list of keywords.</summary>
internal sealed class ItemReader(ProblemList problems)
{
    private int values;

    /// <summary>Reads a key and its value or values.</summary>
    /// <returns>Null when it has an error, which is then among the problems.</returns>
    public Expression? Read(string key, TextPosition position, Node value)
    {
        string[] pieces = key.Split('|');
        string? field = pieces[0].Length == 0 ? null : pieces[0];
        if (ModifierSet.Read(pieces[1..], position, problems) is not { } modifiers)
        {
            return null;
        }
        if (Scalars(value) is not { } scalars)
        {
            return null;
        }
        if (modifiers.Has("all") && scalars.Count == 1)
        {
            problems.Warn("sigma.modifier.all", "«all» means nothing for a single value.", position);
        }
        List<Expression> parts = [];
        foreach (ScalarNode scalar in scalars)
        {
            if (ReadValue(field, modifiers, scalar) is { } part)
            {
                parts.Add(part);
            }
        }
        if (parts.Count < scalars.Count)
        {
            return null;
        }
        Expression meaning =
            parts.Count == 1 ? parts[0]
            : modifiers.Has("all") ? new AllOf(parts)
            : new AnyOf(parts);
        return new Item(
            field,
            modifiers.Names,
            [.. scalars.Select(s => s.IsNull ? "null" : s.Text)],
            modifiers.Has("neq") ? new Not(meaning) : meaning
        );
    }

    private List<ScalarNode>? Scalars(Node value)
    {
        switch (value)
        {
            case ScalarNode single:
                return [single];
            case SequenceNode { Items.Count: 0 }:
                problems.Error("sigma.value.empty-list", "The list has no values.", value.Position);
                return null;
            case SequenceNode list:
                foreach (Node node in list.Items.Where(n => n is not ScalarNode))
                {
                    problems.Error("sigma.value.kind", $"A value is expected here, not {node.Kind}.", node.Position);
                }
                return list.Items.All(n => n is ScalarNode) ? [.. list.Items.Cast<ScalarNode>()] : null;
            default:
                problems.Error(
                    "sigma.value.kind",
                    $"A value or a list is expected here, not {value.Kind}.",
                    value.Position
                );
                return null;
        }
    }

    private Expression? ReadValue(string? field, ModifierSet modifiers, ScalarNode value)
    {
        if (value.Text.Length > AnalyticsLimits.PatternCharactersMax)
        {
            return Fail(
                "sigma.value.length",
                $"The value has more than {AnalyticsLimits.PatternCharactersMax:N0} characters.",
                value
            );
        }
        if (++values > AnalyticsLimits.RuleValuesMax)
        {
            return Fail(
                "sigma.value.count",
                $"The rule has more than {AnalyticsLimits.RuleValuesMax:N0} values.",
                value
            );
        }
        if (value.IsNull)
        {
            return ReadNull(field, modifiers, value);
        }
        if (modifiers.Has("re"))
        {
            return ReadRegex(field, modifiers, value);
        }
        if (modifiers.Has("cidr"))
        {
            return CidrBlock.TryParse(value.Text, out CidrBlock block)
                ? new Leaf(new CidrTest(field, block))
                : Fail("sigma.value.cidr", $"«{value.Text}» is not a network in CIDR notation.", value);
        }
        bool needsField =
            modifiers.Has("exists")
            || modifiers.Has("fieldref")
            || modifiers.Comparison is not null
            || modifiers.Part is not null;
        if (needsField && field is null)
        {
            return Fail("sigma.modifier.keyword", $"«{modifiers.Names[0]}» needs a field.", value);
        }
        return needsField ? ReadFieldTest(field!, modifiers, value) : ReadText(field, modifiers, value);
    }

    private Leaf? ReadNull(string? field, ModifierSet modifiers, ScalarNode value)
    {
        if (field is null || modifiers.Names.Any(m => m is not ("all" or "neq")))
        {
            return Fail("sigma.value.null", "An empty value is only possible for a field without modifiers.", value);
        }
        return new Leaf(new NullTest(field));
    }

    private Expression? ReadFieldTest(string field, ModifierSet modifiers, ScalarNode value)
    {
        if (modifiers.Has("exists"))
        {
            return bool.TryParse(value.Text, out bool expected)
                ? Exists(field, expected)
                : Fail("sigma.value.exists", "«exists» needs true or false.", value);
        }
        if (modifiers.Has("fieldref"))
        {
            PatternShape shape =
                modifiers.Has("contains") ? PatternShape.Contains
                : modifiers.Has("startswith") ? PatternShape.StartsWith
                : modifiers.Has("endswith") ? PatternShape.EndsWith
                : PatternShape.Exact;
            return new Leaf(new FieldReferenceTest(field, value.Text, shape, modifiers.Has("cased")));
        }
        if (!double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            return Fail("sigma.value.number", $"«{modifiers.Names[^1]}» needs a number, not «{value.Text}».", value);
        }
        return new Leaf(new CompareTest(field, modifiers.Part, modifiers.Comparison ?? Comparison.Equal, number));
    }

    private static Expression Exists(string field, bool expected)
    {
        Leaf exists = new(new ExistsTest(field));
        return expected ? exists : new Not(exists);
    }

    private Leaf? ReadRegex(string? field, ModifierSet modifiers, ScalarNode value)
    {
        RegexOptions options = modifiers.Has("i") ? RegexOptions.IgnoreCase : RegexOptions.None;
        options |= modifiers.Has("m") ? RegexOptions.Multiline : RegexOptions.None;
        options |= modifiers.Has("s") ? RegexOptions.Singleline : RegexOptions.None;
        try
        {
            return new Leaf(new RegexTest(field, new LinearRegex(value.Text, options)));
        }
        catch (ArgumentException invalid)
        {
            return Fail("sigma.value.regex", $"The regular expression is not valid: {invalid.Message}", value);
        }
        catch (NotSupportedException unsupported)
        {
            return Fail(
                "sigma.value.regex-unsupported",
                $"The regular expression cannot be run in linear time: {unsupported.Message}",
                value
            );
        }
    }

    private Expression? ReadText(string? field, ModifierSet modifiers, ScalarNode value)
    {
        bool plain = modifiers.Names.All(m => m is "all" or "neq" or "cased");
        if (plain && field is not null && !value.Quoted && DecimalOf(value.Text) is { } number)
        {
            return new Leaf(new NumberTest(field, number));
        }
        if (Transform(modifiers, value) is not { } patterns)
        {
            return null;
        }
        bool placed = modifiers.Has("startswith") || modifiers.Has("endswith");
        bool cased = modifiers.Has("cased");
        Leaf[] leaves =
        [
            .. patterns
                .Select(p => field is null && !placed ? p.Containing() : p)
                .Distinct()
                .Select(p => new Leaf(new TextTest(field, p, cased))),
        ];
        values += leaves.Length - 1;
        return leaves.Length == 1 ? leaves[0] : new AnyOf(leaves);
    }

    // Plain numbers only: an exponent or a leading zero is more often a piece of a hash or an id than a number.
    private static string? DecimalOf(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c is '-' or '.') && !HasLeadingZero(text)
            ? Numbers.Canonical(text)
            : null;

    private static bool HasLeadingZero(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().TrimStart('-');
        return digits.Length > 1 && digits[0] == '0' && digits[1] != '.';
    }

    private IReadOnlyList<Pattern>? Transform(ModifierSet modifiers, ScalarNode value)
    {
        IReadOnlyList<Pattern> patterns = [Pattern.Parse(value.Text)];
        byte[]? bytes = null;
        foreach (string modifier in modifiers.Names)
        {
            bool encodes = modifier is "base64" or "base64offset" or "wide" or "utf16le" or "utf16be" or "utf16";
            if (encodes && (patterns.Count > 1 || patterns[0].HasWildcards))
            {
                Fail("sigma.value.wildcard", $"«{modifier}» needs a value without wildcards or variants.", value);
                return null;
            }
            switch (modifier)
            {
                case "contains":
                    patterns = [.. patterns.Select(p => p.Containing())];
                    break;
                case "startswith":
                    patterns = [.. patterns.Select(p => p.Starting())];
                    break;
                case "endswith":
                    patterns = [.. patterns.Select(p => p.Ending())];
                    break;
                case "windash"
                    when patterns.Any(p => Encodings.CountOptionDashes(p) > AnalyticsLimits.WindashDashesMax):
                    Fail("sigma.value.windash", $"More than {AnalyticsLimits.WindashDashesMax} dashes to vary.", value);
                    return null;
                case "windash":
                    patterns = [.. patterns.SelectMany(Encodings.WindashVariants)];
                    break;
                case "base64":
                    patterns = [Pattern.OfLiteral(Convert.ToBase64String(bytes ?? Bytes(patterns[0])))];
                    bytes = null;
                    break;
                case "base64offset":
                    patterns = [.. Encodings.Base64Offsets(bytes ?? Bytes(patterns[0])).Select(Pattern.OfLiteral)];
                    bytes = null;
                    if (patterns.Count == 0)
                    {
                        Fail("sigma.value.short", "The value is too short for «base64offset».", value);
                        return null;
                    }
                    break;
                default:
                    if (encodes)
                    {
                        bytes = Encodings.Utf16(patterns[0].Literal, modifier);
                        patterns = [Pattern.OfLiteral(Encoding.Latin1.GetString(bytes))];
                    }
                    break;
            }
        }
        return patterns;
    }

    private static byte[] Bytes(Pattern pattern) => Encoding.UTF8.GetBytes(pattern.Literal);

    private Leaf? Fail(string code, string message, ScalarNode value)
    {
        problems.Error(code, message, value.Position);
        return null;
    }
}
