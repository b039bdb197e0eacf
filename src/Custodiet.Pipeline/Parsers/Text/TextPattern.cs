namespace Custodiet.Pipeline.Parsers;

/// <summary>What a part of a pattern takes.</summary>
internal enum PartKind
{
    /// <summary>Exactly this text.</summary>
    Literal,

    /// <summary>Anything up to the first occurrence of the literal that follows, or to the end.</summary>
    Text,

    /// <summary>Anything up to the last occurrence of the literal that follows.</summary>
    Long,

    /// <summary>One or more bytes that are no blanks.</summary>
    Word,

    /// <summary>Digits, with a minus in front perhaps.</summary>
    Int,

    /// <summary>Digits with one point among them perhaps.</summary>
    Number,

    /// <summary>An IPv4 or IPv6 address as far as its characters go: hex digits, dots, colons, and a zone behind %.</summary>
    Address,

    /// <summary>A text in double quotes; backslashes before quotes and backslashes are taken out.</summary>
    Quoted,

    /// <summary>One or more blanks.</summary>
    Blanks,
}

/// <summary>One part of a pattern.</summary>
/// <param name="Kind">What it takes.</param>
/// <param name="Value">The text of a literal, the field name of another part; empty for one whose value is not kept.</param>
internal sealed record PatternPart(PartKind Kind, byte[] Value);

/// <summary>
/// A pattern such as <c>Failed {method} for [invalid user ]{user:long} from {src_ip:ip} port {src_port:int} ssh2</c>: literal text and fields, matched
/// from the first byte to the last. Nothing is ever tried a second time, so matching is linear in the text whatever the text holds; an
/// optional part in brackets makes two patterns of one when it is read.
/// </summary>
internal sealed class TextPattern(IReadOnlyList<PatternPart> parts)
{
    /// <summary>Fields of one pattern at most.</summary>
    public const int FieldsMax = 32;

    private readonly PatternPart[] parts = [.. parts];

    /// <summary>The parts.</summary>
    public ReadOnlySpan<PatternPart> Parts => parts;

    /// <summary>Matches a whole text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="found">Where each part begins and ends that is not a literal, in turn; at least <see cref="FieldsMax"/> long.</param>
    public bool Matches(ReadOnlySpan<byte> text, Span<(int From, int To)> found)
    {
        int at = 0;
        int field = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            PatternPart part = parts[i];
            ReadOnlySpan<byte> rest = text[at..];
            int from = at;
            int length;
            switch (part.Kind)
            {
                case PartKind.Literal:
                    if (!rest.StartsWith(part.Value))
                    {
                        return false;
                    }
                    at += part.Value.Length;
                    continue;
                case PartKind.Quoted:
                    if (rest.IsEmpty || rest[0] != Bytes.Quote)
                    {
                        return false;
                    }
                    int close = Bytes.ClosingQuote(rest, 1, rest[0], out _);
                    if (close < 0)
                    {
                        return false;
                    }
                    found[field++] = (from + 1, from + close);
                    at += close + 1;
                    continue;
                case PartKind.Text or PartKind.Long:
                    length = LengthBefore(rest, i, part.Kind);
                    if (length < 0)
                    {
                        return false;
                    }
                    break;
                default:
                    length = LengthOf(rest, part.Kind);
                    if (length == 0)
                    {
                        return false;
                    }
                    break;
            }
            at += length;
            found[field++] = (from, at);
        }
        return at == text.Length;
    }

    /// <summary>How far a text goes: to the end, or to the literal behind it. A literal that ends the pattern stands at the text's end.</summary>
    private int LengthBefore(ReadOnlySpan<byte> rest, int part, PartKind kind)
    {
        if (part + 1 == parts.Length)
        {
            return rest.Length;
        }
        ReadOnlySpan<byte> literal = parts[part + 1].Value;
        if (part + 2 == parts.Length)
        {
            return rest.EndsWith(literal) ? rest.Length - literal.Length : -1;
        }
        return kind == PartKind.Text ? rest.IndexOf(literal) : rest.LastIndexOf(literal);
    }

    private static int LengthOf(ReadOnlySpan<byte> rest, PartKind kind)
    {
        int length = 0;
        switch (kind)
        {
            case PartKind.Word:
                length = rest.IndexOfAny((byte)' ', (byte)'\t');
                return length < 0 ? rest.Length : length;
            case PartKind.Blanks:
                return Bytes.SkipBlanks(rest, 0);
            case PartKind.Int:
                int sign = rest.StartsWith("-"u8) ? 1 : 0;
                length = Digits(rest[sign..]);
                return length == 0 ? 0 : sign + length;
            case PartKind.Number:
                length = Digits(rest);
                if (length > 0 && length < rest.Length && rest[length] == (byte)'.')
                {
                    int fraction = Digits(rest[(length + 1)..]);
                    length += fraction == 0 ? 0 : 1 + fraction;
                }
                return length;
            default:
                return AddressLength(rest);
        }
    }

    private static int Digits(ReadOnlySpan<byte> text)
    {
        int length = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return length < 0 ? text.Length : length;
    }

    private static int AddressLength(ReadOnlySpan<byte> text)
    {
        int length = 0;
        bool separated = false;
        while (length < text.Length)
        {
            byte next = text[length];
            if (next is (byte)'.' or (byte)':')
            {
                separated = true;
            }
            else if (Bytes.HexDigit(next) < 0)
            {
                break;
            }
            length++;
        }
        if (!separated)
        {
            return 0;
        }
        if (length < text.Length && text[length] == (byte)'%')
        {
            int zone = text[(length + 1)..].IndexOfAny(" \t/]"u8);
            return zone < 0 ? text.Length : length + 1 + zone;
        }
        // A colon or a point behind the address is the sentence's.
        return text[length - 1] is (byte)'.' or (byte)':' && !text[..length].EndsWith("::"u8) ? length - 1 : length;
    }
}
