using System.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>What text formats share when they look at bytes.</summary>
internal static class Bytes
{
    public const byte Quote = (byte)'"';
    public const byte Backslash = (byte)'\\';

    public static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';

    /// <summary>The place of the first byte that is no blank, from a place on.</summary>
    public static int SkipBlanks(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && IsBlank(text[at]))
        {
            at++;
        }
        return at;
    }

    /// <summary>The length without blanks at the end.</summary>
    public static int TrimmedLength(ReadOnlySpan<byte> text)
    {
        int length = text.Length;
        while (length > 0 && IsBlank(text[length - 1]))
        {
            length--;
        }
        return length;
    }

    /// <summary>The place of the quote that closes a text, or -1. A backslash takes the next byte out of consideration.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Behind the opening quote.</param>
    /// <param name="quote">The quote.</param>
    /// <param name="escaped">Whether there was a backslash.</param>
    public static int ClosingQuote(ReadOnlySpan<byte> text, int at, byte quote, out bool escaped)
    {
        escaped = false;
        while (at < text.Length)
        {
            int step = text[at..].IndexOfAny(quote, Backslash);
            if (step < 0)
            {
                return -1;
            }
            at += step;
            if (text[at] == quote)
            {
                return at;
            }
            escaped = true;
            at += 2;
        }
        return -1;
    }

    /// <summary>
    /// Copies a quoted text without the backslashes before quotes and backslashes. Others stay: <c>C:\Users</c> in quotes is
    /// written by many that never heard of escapes.
    /// </summary>
    /// <returns>Bytes written.</returns>
    public static int Unescape(ReadOnlySpan<byte> source, byte quote, Span<byte> target)
    {
        int written = 0;
        for (int at = 0; at < source.Length; at++)
        {
            if (
                source[at] == Backslash
                && at + 1 < source.Length
                && (source[at + 1] == quote || source[at + 1] == Backslash)
            )
            {
                at++;
            }
            target[written++] = source[at];
        }
        return written;
    }

    /// <summary>Pairs of hexadecimal digits as bytes; what is no valid UTF-8 becomes U+FFFD and zero bytes become spaces.</summary>
    /// <param name="digits">An even number of digits.</param>
    /// <param name="target">Three bytes for each two digits.</param>
    /// <returns>Bytes written, or -1 when there is another character than a digit.</returns>
    public static int FromHex(ReadOnlySpan<byte> digits, Span<byte> target)
    {
        int length = digits.Length / 2;
        // Decoded into the last third, then moved forward: replacing can make three bytes of one, never more.
        Span<byte> decoded = target.Slice(target.Length - length, length);
        for (int i = 0; i < length; i++)
        {
            int high = HexDigit(digits[2 * i]);
            int low = HexDigit(digits[(2 * i) + 1]);
            if ((high | low) < 0)
            {
                return -1;
            }
            int value = (high << 4) | low;
            decoded[i] = value == 0 ? (byte)' ' : (byte)value;
        }
        int written = 0;
        while (!decoded.IsEmpty)
        {
            Rune.DecodeFromUtf8(decoded, out Rune rune, out int used);
            decoded = decoded[used..];
            written += rune.EncodeToUtf8(target[written..]);
        }
        return written;
    }

    /// <summary>The value of a hexadecimal digit, or -1.</summary>
    public static int HexDigit(byte digit) =>
        digit switch
        {
            >= (byte)'0' and <= (byte)'9' => digit - '0',
            >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
            >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
            _ => -1,
        };
}
