using System.Text;
using Custodiet.Analytics.Language;
using Custodiet.Records.Events;

namespace Custodiet.Analytics.Matching;

/// <summary>
/// Evaluates a rule straight from its expression, one test after another, with none of the shortcuts of the fast path.
/// It is the oracle that the fast path is compared with, so it shares as little as possible with it.
/// </summary>
internal sealed class Interpreter(FieldTable fields)
{
    public bool Matches(SigmaRule rule, Event e) => Holds(rule.Condition, e);

    private bool Holds(Expression expression, Event e) =>
        expression switch
        {
            AllOf all => all.Parts.All(p => Holds(p, e)),
            AnyOf any => any.Parts.Any(p => Holds(p, e)),
            Not not => !Holds(not.Part, e),
            Named named => Holds(named.Part, e),
            Item item => Holds(item.Meaning, e),
            Leaf leaf => Holds(leaf.Test, e),
            _ => throw new InvalidOperationException($"No such expression: {expression.GetType().Name}."),
        };

    private bool Holds(Test test, Event e)
    {
        FieldValue[] values = ValuesOf(test.Field, e);
        return test switch
        {
            NullTest => values.Any(v => v.Kind == FieldKind.Null)
                || (values.Length == 0 && !HasMembers(test.Field!, e)),
            ExistsTest => values.Length > 0 || HasMembers(test.Field!, e),
            FieldReferenceTest reference => values.Any(v => Refers(reference, e, v)),
            _ => values.Any(v => v.Kind != FieldKind.Null && Holds(test, e.ValueOf(v).ToArray(), v.Kind)),
        };
    }

    private bool HasMembers(string field, Event e) =>
        e
            .Fields.ToArray()
            .Any(v => v.Field >= 0 && fields.NameOf(v.Field).StartsWith(field + ".", StringComparison.Ordinal));

    private FieldValue[] ValuesOf(string? field, Event e)
    {
        if (field is null)
        {
            return [.. e.Fields.ToArray().Where(v => v.Kind == FieldKind.Text)];
        }
        int number = fields.Find(field);
        return number == FieldTable.None ? [] : [.. e.Fields.ToArray().Where(v => v.Field == number)];
    }

    private static bool Holds(Test test, byte[] value, FieldKind kind)
    {
        bool cut = value.Length > AnalyticsLimits.ValueBytesMax;
        string head = Encoding.UTF8.GetString(ValueLimit.Head(value));
        switch (test)
        {
            case TextTest text:
                return TextHolds(text, cut, head, value);
            case NumberTest number:
                string whole = Encoding.UTF8.GetString(value);
                return !cut
                    && (
                        whole == number.Decimal
                        || (kind == FieldKind.Number && Numbers.Canonical(whole) == number.Decimal)
                    );
            case RegexTest regex:
                return regex.Regex.IsMatch(head);
            case CidrTest cidr:
                return CidrBlock.TryParseAddress(value, out bool v6, out UInt128 address)
                    && cidr.Block.Contains(v6, address);
            case CompareTest compare:
                return Instants.TryCompare(compare, value);
            default:
                throw new InvalidOperationException($"No such test: {test.GetType().Name}.");
        }
    }

    private static bool TextHolds(TextTest test, bool cut, string head, byte[] value)
    {
        if (cut && test.Pattern.Shape == PatternShape.Exact)
        {
            return false;
        }
        string text = cut && test.Pattern.Shape == PatternShape.EndsWith ? Encoding.UTF8.GetString(value) : head;
        Pattern pattern = test.Cased ? test.Pattern : test.Pattern.Folded();
        return IsLike(RunesOf(test.Cased ? text : Folding.Fold(text)), 0, pattern.Parts, 0);
    }

    private bool Refers(FieldReferenceTest test, Event e, FieldValue value)
    {
        int other = fields.Find(test.Other);
        return value.Kind != FieldKind.Null
            && e.Fields.ToArray()
                .Any(v =>
                    v.Field == other
                    && other != FieldTable.None
                    && v.Kind != FieldKind.Null
                    && Refers(test, e.ValueOf(value), e.ValueOf(v))
                );
    }

    private static bool Refers(FieldReferenceTest test, ReadOnlySpan<byte> value, ReadOnlySpan<byte> other)
    {
        if (value.Length > AnalyticsLimits.ValueBytesMax || other.Length > AnalyticsLimits.ValueBytesMax)
        {
            return false;
        }
        string left = Encoding.UTF8.GetString(value);
        string right = Encoding.UTF8.GetString(other);
        left = test.Cased ? left : Folding.Fold(left);
        right = test.Cased ? right : Folding.Fold(right);
        return test.Shape switch
        {
            PatternShape.Contains => left.Contains(right, StringComparison.Ordinal),
            PatternShape.StartsWith => left.StartsWith(right, StringComparison.Ordinal),
            PatternShape.EndsWith => left.EndsWith(right, StringComparison.Ordinal),
            _ => left == right,
        };
    }

    private static Rune[] RunesOf(string text) => [.. text.EnumerateRunes()];

    // Dynamic programming over (part, position), the plainest correct way to match wildcards.
    private static bool IsLike(Rune[] text, int from, IReadOnlyList<PatternPart> parts, int part)
    {
        bool[] reachable = new bool[text.Length + 1];
        reachable[from] = true;
        for (; part < parts.Count; part++)
        {
            reachable = Step(text, reachable, parts[part]);
        }
        return reachable[^1];
    }

    private static bool[] Step(Rune[] text, bool[] reachable, PatternPart part)
    {
        bool[] next = new bool[reachable.Length];
        Rune[] literal = RunesOf(part.Text);
        bool seen = false;
        for (int i = 0; i < reachable.Length; i++)
        {
            seen |= reachable[i];
            if (part.Kind == PartKind.AnyRun)
            {
                next[i] = seen;
            }
            else if (reachable[i] && part.Kind == PartKind.OneCharacter && i < text.Length)
            {
                next[i + 1] = true;
            }
            else if (reachable[i] && part.Kind == PartKind.Literal && text.AsSpan(i).StartsWith(literal))
            {
                next[i + literal.Length] = true;
            }
        }
        return next;
    }
}
