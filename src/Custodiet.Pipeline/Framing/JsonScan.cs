using System.Buffers;

namespace Custodiet.Pipeline.Framing;

/// <summary>Finds where pieces of JSON end, without looking into them.</summary>
internal static class JsonScan
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> ScalarEnd = SearchValues.Create(",]\""u8);

    /// <summary>
    /// The place after the element, or -1 when the text ends inside it. Depth is only counted: a hundred thousand nested
    /// brackets cost a counter, not a stack, and a bracket of the wrong kind makes an event that is kept as unparsed.
    /// </summary>
    public static int ElementEnd(ReadOnlySpan<byte> text, int at)
    {
        if (at == text.Length)
        {
            return -1;
        }
        switch (text[at])
        {
            case (byte)'"':
                return StringEndsAt(text, at + 1);
            case (byte)'{' or (byte)'[':
                break;
            default:
                int scalar = text[at..].IndexOfAny(ScalarEnd);
                return scalar < 0 ? -1 : at + scalar;
        }
        int depth = 0;
        while (true)
        {
            int step = text[at..].IndexOfAny(Structure);
            if (step < 0)
            {
                return -1;
            }
            at += step;
            switch (text[at++])
            {
                case (byte)'"':
                    at = StringEndsAt(text, at);
                    if (at < 0)
                    {
                        return -1;
                    }
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                default:
                    if (--depth == 0)
                    {
                        return at;
                    }
                    break;
            }
        }
    }

    /// <summary>The place of the first byte that is not white space, from a place on.</summary>
    public static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            at++;
        }
        return at;
    }

    private static int StringEndsAt(ReadOnlySpan<byte> text, int at)
    {
        while (true)
        {
            int step = at >= text.Length ? -1 : text[at..].IndexOfAny(StringEnd);
            if (step < 0)
            {
                return -1;
            }
            at += step;
            if (text[at] == (byte)'"')
            {
                return at + 1;
            }
            at += 2;
        }
    }
}
