using System.Text;
using Custodiet.Analytics.Language;

namespace Custodiet.Analytics.Matching;

/// <summary>
/// Matches a pattern with wildcards against UTF-8. Between two <c>*</c> the leftmost place is always the right one to take,
/// so nothing is tried twice.
/// </summary>
internal sealed class WildcardMatcher
{
    private readonly Segment[] segments;
    private readonly bool openStart;
    private readonly bool openEnd;

    public WildcardMatcher(Pattern pattern)
    {
        List<Segment> found = [];
        List<byte[]?> pieces = [];
        foreach (PatternPart part in pattern.Parts)
        {
            if (part.Kind != PartKind.AnyRun)
            {
                pieces.Add(part.Kind == PartKind.Literal ? Encoding.UTF8.GetBytes(part.Text) : null);
                continue;
            }
            Flush();
        }
        Flush();
        segments = [.. found];
        openStart = pattern.Parts.Count > 0 && pattern.Parts[0].Kind == PartKind.AnyRun;
        openEnd = pattern.Parts.Count > 0 && pattern.Parts[^1].Kind == PartKind.AnyRun;

        void Flush()
        {
            if (pieces.Count > 0)
            {
                found.Add(new Segment([.. pieces]));
                pieces.Clear();
            }
        }
    }

    public bool IsMatch(ReadOnlySpan<byte> value)
    {
        int at = 0;
        for (int i = 0; i < segments.Length; i++)
        {
            bool first = i == 0 && !openStart;
            bool last = i == segments.Length - 1 && !openEnd;
            at = segments[i].Find(value, at, first, last);
            if (at < 0)
            {
                return false;
            }
        }
        return openEnd || segments.Length > 0 || value.IsEmpty;
    }

    /// <summary>Literals and single characters without a <c>*</c> between them; a piece of null is one character.</summary>
    private sealed class Segment(byte[]?[] pieces)
    {
        private readonly int lengthMin = pieces.Sum(p => p?.Length ?? 1);
        private readonly int lengthMax = pieces.Sum(p => p?.Length ?? 4);

        /// <summary>The place after the leftmost match, or -1.</summary>
        public int Find(ReadOnlySpan<byte> value, int from, bool onlyHere, bool mustEnd)
        {
            if (mustEnd && !onlyHere)
            {
                from = Math.Max(from, value.Length - lengthMax);
            }
            for (int start = from; start <= value.Length - lengthMin; start++)
            {
                if (!onlyHere && pieces[0] is { } literal)
                {
                    int next = value[start..].IndexOf(literal);
                    if (next < 0)
                    {
                        return -1;
                    }
                    start += next;
                }
                bool inside = start < value.Length && (value[start] & 0xC0) == 0x80 && !onlyHere;
                int end = inside ? -1 : MatchAt(value, start);
                if (end >= 0 && (!mustEnd || end == value.Length))
                {
                    return end;
                }
                if (onlyHere)
                {
                    return -1;
                }
            }
            return -1;
        }

        private int MatchAt(ReadOnlySpan<byte> value, int at)
        {
            foreach (byte[]? piece in pieces)
            {
                if (piece is null)
                {
                    if (at >= value.Length)
                    {
                        return -1;
                    }
                    Rune.DecodeFromUtf8(value[at..], out _, out int consumed);
                    at += consumed;
                }
                else if (value[at..].StartsWith(piece))
                {
                    at += piece.Length;
                }
                else
                {
                    return -1;
                }
            }
            return at;
        }
    }
}
