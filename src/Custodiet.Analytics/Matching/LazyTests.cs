using System.Text;
using Custodiet.Analytics.Language;
using Custodiet.Records.Events;

namespace Custodiet.Analytics.Matching;

/// <summary>Answers lazy tests for one evaluator, each at most once an event.</summary>
internal sealed class LazyTests
{
    private readonly LazyTest[] tests;
    private readonly WildcardMatcher?[] matchers;
    private readonly FoldedEvent folded;
    private readonly FieldTable fields;
    private char[] characters = new char[1024];
    private byte[] left = [];
    private byte[] right = [];

    public LazyTests(LazyTest[] tests, WildcardMatcher?[] matchers, FoldedEvent folded, FieldTable fields)
    {
        this.tests = tests;
        this.matchers = matchers;
        this.folded = folded;
        this.fields = fields;
    }

    /// <summary>The matchers of the tests that have wildcards, shared by all evaluators of a rule set.</summary>
    public static WildcardMatcher?[] MatchersOf(LazyTest[] tests) =>
        [.. tests.Select(t => t.Test is TextTest text ? new WildcardMatcher(text.Pattern) : null)];

    /// <summary>Whether the test holds for the event.</summary>
    public bool Holds(int index, Event e, MatchState state)
    {
        if (state.LazyMarks[index] == state.Epoch)
        {
            return state.LazyAnswers[index];
        }
        bool answer = Holds(index, e);
        state.LazyMarks[index] = state.Epoch;
        state.LazyAnswers[index] = answer;
        return answer;
    }

    private bool Holds(int index, Event e)
    {
        LazyTest lazy = tests[index];
        if (lazy.Test is NullTest or ExistsTest)
        {
            return Presence.Of(e, lazy.Field, lazy.Test.Field!, fields) switch
            {
                FieldPresence.Absent => lazy.Test is NullTest,
                FieldPresence.Null => true,
                _ => lazy.Test is ExistsTest,
            };
        }
        ReadOnlySpan<FieldValue> values = e.Fields;
        for (int i = 0; i < values.Length; i++)
        {
            ref readonly FieldValue value = ref values[i];
            bool asked =
                lazy.Field == CompiledRules.Keywords
                    ? value.Kind == FieldKind.Text
                    : value.Field == lazy.Field && value.Field != FieldTable.None;
            if (!asked)
            {
                continue;
            }
            if (value.Kind != FieldKind.Null && Holds(index, lazy, e, i, value))
            {
                return true;
            }
        }
        return false;
    }

    private bool Holds(int index, LazyTest lazy, Event e, int valueIndex, in FieldValue value)
    {
        switch (lazy.Test)
        {
            case TextTest text:
                return HoldsText(text, matchers[index]!, e, valueIndex, value);
            case RegexTest regex:
                return regex.Regex.IsMatch(Characters(ValueLimit.Head(e.ValueOf(value))));
            case CidrTest cidr:
                return CidrBlock.TryParseAddress(e.ValueOf(value), out bool v6, out UInt128 address)
                    && cidr.Block.Contains(v6, address);
            case CompareTest compare:
                return Instants.TryCompare(compare, e.ValueOf(value));
            case FieldReferenceTest reference:
                return Refers(reference, lazy.Other, e, value);
            default:
                throw new InvalidOperationException($"No such lazy test: {lazy.Test.GetType().Name}.");
        }
    }

    private bool HoldsText(TextTest test, WildcardMatcher matcher, Event e, int valueIndex, in FieldValue value)
    {
        bool cut = value.Length > AnalyticsLimits.ValueBytesMax;
        if (!test.Cased)
        {
            return matcher.IsMatch(folded.Head(valueIndex, value, out _));
        }
        return test.Pattern.Shape switch
        {
            PatternShape.Exact when cut => false,
            PatternShape.EndsWith => matcher.IsMatch(e.ValueOf(value)),
            _ => matcher.IsMatch(ValueLimit.Head(e.ValueOf(value))),
        };
    }

    private bool Refers(FieldReferenceTest test, int otherField, Event e, in FieldValue value)
    {
        if (value.Length > AnalyticsLimits.ValueBytesMax)
        {
            return false;
        }
        ReadOnlySpan<byte> one = Folded(test, e.ValueOf(value), ref left);
        foreach (ref readonly FieldValue candidate in e.Fields)
        {
            if (
                candidate.Field != otherField
                || otherField == FieldTable.None
                || candidate.Kind == FieldKind.Null
                || candidate.Length > AnalyticsLimits.ValueBytesMax
            )
            {
                continue;
            }
            ReadOnlySpan<byte> other = Folded(test, e.ValueOf(candidate), ref right);
            bool refers = test.Shape switch
            {
                PatternShape.Contains => one.IndexOf(other) >= 0,
                PatternShape.StartsWith => one.StartsWith(other),
                PatternShape.EndsWith => one.EndsWith(other),
                _ => one.SequenceEqual(other),
            };
            if (refers)
            {
                return true;
            }
        }
        return false;
    }

    private static ReadOnlySpan<byte> Folded(FieldReferenceTest test, ReadOnlySpan<byte> value, ref byte[] buffer)
    {
        if (test.Cased)
        {
            return value;
        }
        if (buffer.Length < value.Length * Folding.GrowthMax)
        {
            buffer = new byte[value.Length * Folding.GrowthMax];
        }
        return buffer.AsSpan(0, Folding.Fold(value, buffer));
    }

    private ReadOnlySpan<char> Characters(ReadOnlySpan<byte> value)
    {
        if (characters.Length < value.Length)
        {
            characters = new char[value.Length];
        }
        return characters.AsSpan(0, Encoding.UTF8.GetChars(value, characters));
    }
}
