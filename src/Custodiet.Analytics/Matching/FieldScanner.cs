using System.Text;
using Custodiet.Analytics.Language;
using Custodiet.Records.Events;

namespace Custodiet.Analytics.Matching;

/// <summary>Finds in one value all that the rules of a plan ask about its field.</summary>
internal sealed class FieldScanner
{
    private readonly int[] hasValue;
    private readonly ExactTable? exact;
    private readonly bool hasNumbers;
    private readonly AffixTrie? starts;
    private readonly AffixTrie? ends;
    private readonly GramFilter? contains;
    private readonly GramFilter? containsNonAscii;
    private readonly GramFilter? containsShort;
    private readonly (int Pattern, byte Byte)[] containsByte;

    /// <param name="tests">The field's tests, each with its pattern.</param>
    /// <param name="frequencies">How common byte runs are.</param>
    public FieldScanner(IReadOnlyList<(int Pattern, ScanTest Test)> tests, GramFrequencies frequencies)
    {
        PatternLiteral[] start = Of(ScanOperation.StartsWith);
        PatternLiteral[] end = Of(ScanOperation.EndsWith);
        PatternLiteral[] inner = Of(ScanOperation.Contains);
        hasValue = [.. Of(ScanOperation.HasValue).Select(l => l.Pattern)];
        PatternLiteral[] numbers = Of(ScanOperation.ExactNumber);
        (int, byte[], bool)[] texts =
        [
            .. Of(ScanOperation.Exact).Select(l => (l.Pattern, l.Bytes, false)),
            .. numbers.Select(l => (l.Pattern, l.Bytes, true)),
        ];
        hasNumbers = numbers.Length > 0;
        exact = texts.Length == 0 ? null : new ExactTable(texts);
        starts = start.Length == 0 ? null : new AffixTrie(start, backwards: false);
        ends = end.Length == 0 ? null : new AffixTrie(end, backwards: true);
        PatternLiteral[] longer = [.. inner.Where(l => l.Bytes.Length >= 4)];
        contains = Filter([.. longer.Where(l => Ascii.IsValid(l.Bytes))], 4, b => frequencies.RarestOffset(b));
        containsNonAscii = Filter([.. longer.Where(l => !Ascii.IsValid(l.Bytes))], 4, b => frequencies.RarestOffset(b));
        containsShort = Filter([.. inner.Where(l => l.Bytes.Length is 2 or 3)], 2, ShortOffset);
        containsByte = [.. inner.Where(l => l.Bytes.Length == 1).Select(l => (l.Pattern, l.Bytes[0]))];

        PatternLiteral[] Of(ScanOperation operation) =>
            [
                .. tests
                    .Where(t => t.Test.Operation == operation)
                    .Select(t => new PatternLiteral(t.Pattern, Encoding.UTF8.GetBytes(t.Test.Literal))),
            ];
    }

    /// <summary>Scans one value and raises what it holds.</summary>
    public void Scan(
        Event e,
        int index,
        in FieldValue value,
        FoldedEvent folded,
        PatternTable patterns,
        MatchState state
    )
    {
        if (value.Kind == FieldKind.Null)
        {
            return;
        }
        Raise(hasValue, patterns, state);
        ReadOnlySpan<byte> head = folded.Head(index, value, out bool nonAscii);
        bool cut = value.Length > AnalyticsLimits.ValueBytesMax;
        if (exact is not null && !cut)
        {
            exact.Scan(head, false, patterns, state);
            if (hasNumbers && value.Kind == FieldKind.Number && !Numbers.IsPlainInteger(head))
            {
                ScanOtherSpelling(e, value, patterns, state);
            }
        }
        starts?.Scan(head, patterns, state);
        ends?.Scan(cut ? folded.Tail(e, value, ends.LengthMax) : head, patterns, state);
        contains?.Scan(head, patterns, state);
        containsShort?.Scan(head, patterns, state);
        if (nonAscii && containsNonAscii is not null && !Ascii.IsValid(head))
        {
            containsNonAscii.Scan(head, patterns, state);
        }
        foreach ((int pattern, byte wanted) in containsByte)
        {
            if (head.Contains(wanted))
            {
                patterns.Raise(pattern, state);
            }
        }
    }

    private void ScanOtherSpelling(Event e, in FieldValue value, PatternTable patterns, MatchState state)
    {
        if (Numbers.Canonical(e.TextOf(value)) is { } canonical)
        {
            exact!.Scan(Encoding.UTF8.GetBytes(canonical), true, patterns, state);
        }
    }

    private static void Raise(int[] found, PatternTable patterns, MatchState state)
    {
        foreach (int pattern in found)
        {
            patterns.Raise(pattern, state);
        }
    }

    private static GramFilter? Filter(IReadOnlyList<PatternLiteral> literals, int width, Func<byte[], int> offsetOf) =>
        literals.Count == 0 ? null : new GramFilter(literals, width, offsetOf);

    // Letters and digits are commoner than signs: of the two places a gram can begin at, take the one with fewer of them.
    private static int ShortOffset(byte[] literal) =>
        literal.Length == 3 && Plain(literal[0]) + Plain(literal[1]) > Plain(literal[1]) + Plain(literal[2]) ? 1 : 0;

    private static int Plain(byte b) => char.IsAsciiLetterOrDigit((char)b) ? 1 : 0;
}
