using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Parts of XML, looked at byte by byte. Nothing here goes back, so all of it is linear.</summary>
internal static class XmlText
{
    private static readonly SearchValues<byte> nameEnds = SearchValues.Create(" \t\r\n=/>"u8);

    private static readonly (byte[] Opens, byte[] Closes)[] markup =
    [
        ("<!--"u8.ToArray(), "-->"u8.ToArray()),
        ("<![CDATA["u8.ToArray(), "]]>"u8.ToArray()),
        ("<?"u8.ToArray(), "?>"u8.ToArray()),
    ];

    /// <summary>The place of the first byte that is no white space, from a place on.</summary>
    public static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        int length = text[at..].IndexOfAnyExcept(" \t\r\n"u8);
        return length < 0 ? text.Length : at + length;
    }

    /// <summary>The end of the name that begins here; the same place when none does.</summary>
    public static int NameEnd(ReadOnlySpan<byte> text, int at)
    {
        int length = text[at..].IndexOfAny(nameEnds);
        return length < 0 ? text.Length : at + length;
    }

    /// <summary>A name without its namespace's prefix.</summary>
    public static ReadOnlySpan<byte> LocalName(ReadOnlySpan<byte> name) => name[(name.IndexOf((byte)':') + 1)..];

    /// <summary>The place behind a comment, a CDATA section or a processing instruction.</summary>
    /// <returns>0 when none of them begins here; -1 for one that does not end, and for a declaration such as DOCTYPE.</returns>
    public static int SkipMarkup(ReadOnlySpan<byte> text, int at)
    {
        if (at + 1 >= text.Length || text[at + 1] is not ((byte)'!' or (byte)'?'))
        {
            return 0;
        }
        foreach ((byte[] opens, byte[] closes) in markup)
        {
            if (text[at..].StartsWith(opens))
            {
                int length = text[(at + opens.Length)..].IndexOf(closes);
                return length < 0 ? -1 : at + opens.Length + length + closes.Length;
            }
        }
        return -1;
    }

    /// <summary>Reads <c>key="value"</c> or <c>key='value'</c>.</summary>
    public static bool TryAttribute(ReadOnlySpan<byte> text, int at, out Stretch key, out Stretch value)
    {
        int keyEnd = NameEnd(text, at);
        key = new Stretch(at, keyEnd - at);
        value = default;
        int equals = SkipSpace(text, keyEnd);
        if (key.Length == 0 || equals >= text.Length || text[equals] != (byte)'=')
        {
            return false;
        }
        int quote = SkipSpace(text, equals + 1);
        if (quote >= text.Length || text[quote] is not (Bytes.Quote or (byte)'\''))
        {
            return false;
        }
        int length = text[(quote + 1)..].IndexOf(text[quote]);
        value = new Stretch(quote + 1, Math.Max(length, 0));
        return length >= 0;
    }

    /// <summary>
    /// Writes the text behind character data: references replaced, CDATA taken as it is, comments left out. A reference that XML does not know stays
    /// as it is written; a number that is no character becomes U+FFFD.
    /// </summary>
    /// <param name="source">What stands between two tags, or an attribute's value.</param>
    /// <param name="target">At least as long.</param>
    /// <returns>Bytes written.</returns>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int written = 0;
        while (!source.IsEmpty)
        {
            int plain = source.IndexOfAny((byte)'&', (byte)'<');
            plain = plain < 0 ? source.Length : plain;
            written += Copy(source[..plain], target[written..]);
            source = source[plain..];
            if (source.IsEmpty)
            {
                break;
            }
            if (source[0] == (byte)'&')
            {
                written += Reference(source, target[written..], out int used);
                source = source[used..];
                continue;
            }
            int behind = SkipMarkup(source, 0);
            if (behind <= 0)
            {
                // Only an attribute may hold such a character, though XML forbids it.
                target[written++] = source[0];
                behind = 1;
            }
            else if (source.StartsWith(markup[1].Opens))
            {
                written += Copy(source[9..(behind - 3)], target[written..]);
            }
            source = source[behind..];
        }
        return written;
    }

    private static int Copy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        source.CopyTo(target);
        return source.Length;
    }

    /// <summary>Writes what a reference stands for: never more bytes than it has itself.</summary>
    private static int Reference(ReadOnlySpan<byte> source, Span<byte> target, out int used)
    {
        // The longest is &#x0010FFFF; with some zeros too many.
        int end = source[..Math.Min(source.Length, 16)].IndexOf((byte)';');
        ReadOnlySpan<byte> name = end < 0 ? default : source[1..end];
        used = end + 1;
        byte known =
            name.SequenceEqual("lt"u8) ? (byte)'<'
            : name.SequenceEqual("gt"u8) ? (byte)'>'
            : name.SequenceEqual("amp"u8) ? (byte)'&'
            : name.SequenceEqual("quot"u8) ? (byte)'"'
            : name.SequenceEqual("apos"u8) ? (byte)'\''
            : (byte)0;
        if (known != 0)
        {
            target[0] = known;
            return 1;
        }
        if (TryNumber(name, out Rune rune))
        {
            return rune.EncodeToUtf8(target);
        }
        used = 1;
        target[0] = (byte)'&';
        return 1;
    }

    private static bool TryNumber(ReadOnlySpan<byte> name, out Rune rune)
    {
        rune = Rune.ReplacementChar;
        if (name.Length < 2 || name[0] != (byte)'#')
        {
            return false;
        }
        bool hex = name[1] is (byte)'x';
        ReadOnlySpan<byte> digits = name[(hex ? 2 : 1)..];
        bool read = Utf8Parser.TryParse(digits, out uint number, out int used, hex ? 'x' : 'D');
        if (!read || used != digits.Length)
        {
            return false;
        }
        if (number != 0 && Rune.IsValid(number))
        {
            rune = new Rune(number);
        }
        return true;
    }
}
