using System.Buffers.Text;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>JSON string escapes.</summary>
internal static class JsonText
{
    /// <summary>
    /// Writes the text behind a JSON string that a reader has already accepted. Half a surrogate pair, which Windows puts into
    /// script text, becomes U+FFFD: the framework's own reader would throw.
    /// </summary>
    /// <param name="escaped">The string without its quotes.</param>
    /// <param name="target">At least as long as <paramref name="escaped"/>.</param>
    /// <returns>Bytes written.</returns>
    public static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> target)
    {
        int written = 0;
        while (true)
        {
            int step = CopyPlain(escaped, target[written..]);
            written += step;
            if (step == escaped.Length)
            {
                return written;
            }
            byte kind = escaped[step + 1];
            escaped = escaped[(step + 2)..];
            if (kind == (byte)'u')
            {
                written += Rune(ref escaped).EncodeToUtf8(target[written..]);
                continue;
            }
            target[written++] = kind switch
            {
                (byte)'b' => (byte)'\b',
                (byte)'f' => (byte)'\f',
                (byte)'n' => (byte)'\n',
                (byte)'r' => (byte)'\r',
                (byte)'t' => (byte)'\t',
                _ => kind,
            };
        }
    }

    /// <summary>
    /// Copies up to the next backslash. Windows paths have one every few bytes, so searching and copying in one step is what counts;
    /// a block may write past the backslash, which is safe because the target has room for all of the source.
    /// </summary>
    /// <returns>Bytes copied; the source's length when it has no backslash.</returns>
    private static int CopyPlain(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int at = 0;
        while (source.Length - at >= Vector128<byte>.Count)
        {
            Vector128<byte> block = Vector128.Create(source[at..]);
            block.CopyTo(target[at..]);
            uint found = Vector128.Equals(block, Vector128.Create((byte)'\\')).ExtractMostSignificantBits();
            if (found != 0)
            {
                return at + BitOperations.TrailingZeroCount(found);
            }
            at += Vector128<byte>.Count;
        }
        for (; at < source.Length; at++)
        {
            if (source[at] == (byte)'\\')
            {
                return at;
            }
            target[at] = source[at];
        }
        return at;
    }

    private static Rune Rune(ref ReadOnlySpan<byte> digits)
    {
        char first = Unit(digits);
        digits = digits[4..];
        if (
            char.IsHighSurrogate(first)
            && digits.Length >= 6
            && digits[0] == (byte)'\\'
            && digits[1] == (byte)'u'
            && Unit(digits[2..]) is var second
            && char.IsLowSurrogate(second)
        )
        {
            digits = digits[6..];
            return new Rune(first, second);
        }
        return char.IsSurrogate(first) ? System.Text.Rune.ReplacementChar : new Rune(first);
    }

    private static char Unit(ReadOnlySpan<byte> digits) =>
        Utf8Parser.TryParse(digits[..4], out ushort unit, out int used, 'x') && used == 4
            ? (char)unit
            : throw new InvalidOperationException("The JSON reader accepted an escape without four digits.");
}
