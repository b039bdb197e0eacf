using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Custodiet.Pipeline.Framing;

/// <summary>
/// Makes one JSON object on one line of what a protocol carries: the sender's metadata under one name, and beside it the event's own
/// members as they came, so that a parser recognises the event whichever way it took. What is no object becomes a member
/// <c>message</c> (text) or <c>event</c> (any other value). Text that is itself a JSON object counts as that object.
/// </summary>
public static class CarriedEvent
{
    /// <summary>Levels that a JSON text may have before a decoder gives it up. Parsers have a lower limit of their own.</summary>
    public const int DepthMax = 256;

    private static readonly SearchValues<byte> breaks = SearchValues.Create("\r\n"u8);
    private static readonly SearchValues<byte> special = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Select(b => (byte)b),
        (byte)'"',
        (byte)'\\',
        .. Enumerable.Range(0x80, 0x80).Select(b => (byte)b),
    ]);

    /// <summary>Adds an event whose body is a JSON value.</summary>
    /// <param name="target">Where it is ended. No event may be open.</param>
    /// <param name="metadata">Complete members, for example <c>"_hec":{…}</c>; may be empty.</param>
    /// <param name="value">A valid JSON value.</param>
    public static void AddValue(EventBuffer target, ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(target);
        value = Trim(value);
        switch (value[0])
        {
            case (byte)'{':
                WriteObject(target, metadata, value);
                break;
            case (byte)'"' when TryUnpack(value) is { } unpacked:
                WriteObject(target, metadata, unpacked.AsSpan());
                break;
            case (byte)'"':
                WriteMember(target, metadata, "message"u8, value);
                break;
            default:
                WriteMember(target, metadata, "event"u8, value);
                break;
        }
        target.End();
    }

    /// <summary>Adds an event whose body is text. Bytes that are not UTF-8 become U+FFFD.</summary>
    public static void AddText(EventBuffer target, ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> text)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (IsObject(text))
        {
            WriteObject(target, metadata, Trim(text));
        }
        else
        {
            Begin(target, metadata);
            target.Write("\"message\":"u8);
            WriteString(target, text);
            target.Write("}"u8);
        }
        target.End();
    }

    /// <summary>Adds an event whose body is bytes that are no text: member <c>data_base64</c>.</summary>
    public static void AddBytes(EventBuffer target, ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(target);
        Begin(target, metadata);
        target.Write("\"data_base64\":\""u8);
        Base64.EncodeToUtf8(
            bytes,
            target.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length)),
            out _,
            out int length
        );
        target.Advance(length);
        target.Write("\"}"u8);
        target.End();
    }

    /// <summary>Writes a JSON value, its line breaks as spaces: in valid JSON they stand between tokens only.</summary>
    public static void WriteOnOneLine(EventBuffer target, ReadOnlySpan<byte> json)
    {
        ArgumentNullException.ThrowIfNull(target);
        while (true)
        {
            int at = json.IndexOfAny(breaks);
            if (at < 0)
            {
                target.Write(json);
                return;
            }
            target.Write(json[..at]);
            target.Write(" "u8);
            json = json[(at + 1)..];
        }
    }

    /// <summary>Writes text as a JSON string. Bytes that are not UTF-8 become U+FFFD.</summary>
    public static void WriteString(EventBuffer target, ReadOnlySpan<byte> text)
    {
        ArgumentNullException.ThrowIfNull(target);
        target.Write("\""u8);
        while (text.Length > 0)
        {
            int plain = text.IndexOfAny(special);
            if (plain < 0)
            {
                target.Write(text);
                break;
            }
            target.Write(text[..plain]);
            text = text[(plain + WriteSpecial(target, text[plain..]))..];
        }
        target.Write("\""u8);
    }

    /// <summary>Whether a text is one valid JSON object and nothing else.</summary>
    public static bool IsObject(ReadOnlySpan<byte> text) => Trim(text) is [(byte)'{', ..] && IsValue(text);

    /// <summary>Whether a text is one valid JSON value and nothing else.</summary>
    public static bool IsValue(ReadOnlySpan<byte> text)
    {
        try
        {
            Utf8JsonReader reader = new(text, new JsonReaderOptions { MaxDepth = DepthMax });
            bool any = false;
            while (reader.Read())
            {
                any = true;
            }
            return any;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static int WriteSpecial(EventBuffer target, ReadOnlySpan<byte> text)
    {
        byte first = text[0];
        if (first >= 0x80)
        {
            if (
                System.Text.Rune.DecodeFromUtf8(text, out System.Text.Rune rune, out int length) == OperationStatus.Done
            )
            {
                target.Write(text[..length]);
            }
            else
            {
                rune = System.Text.Rune.ReplacementChar;
                target.Advance(rune.EncodeToUtf8(target.GetSpan(4)));
            }
            return length;
        }
        switch (first)
        {
            case (byte)'"' or (byte)'\\':
                target.Write([(byte)'\\', first]);
                break;
            case (byte)'\n':
                target.Write("\\n"u8);
                break;
            case (byte)'\r':
                target.Write("\\r"u8);
                break;
            case (byte)'\t':
                target.Write("\\t"u8);
                break;
            default:
                target.Write("\\u00"u8);
                target.Write([Hex(first >> 4), Hex(first & 15)]);
                break;
        }
        return 1;
    }

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);

    private static void Begin(EventBuffer target, ReadOnlySpan<byte> metadata)
    {
        target.Write("{"u8);
        if (metadata.Length > 0)
        {
            target.Write(metadata);
            target.Write(","u8);
        }
    }

    private static void WriteObject(EventBuffer target, ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> members = Trim(value[1..^1]);
        target.Write("{"u8);
        target.Write(metadata);
        if (metadata.Length > 0 && members.Length > 0)
        {
            target.Write(","u8);
        }
        WriteOnOneLine(target, members);
        target.Write("}"u8);
    }

    private static void WriteMember(
        EventBuffer target,
        ReadOnlySpan<byte> metadata,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> value
    )
    {
        Begin(target, metadata);
        target.Write("\""u8);
        target.Write(name);
        target.Write("\":"u8);
        WriteOnOneLine(target, value);
        target.Write("}"u8);
    }

    /// <summary>The JSON object that a JSON string holds, or null.</summary>
    private static byte[]? TryUnpack(ReadOnlySpan<byte> literal)
    {
        if (Trim(literal[1..^1]) is not [(byte)'{', ..] || !Utf8.IsValid(literal))
        {
            return null;
        }
        try
        {
            Utf8JsonReader reader = new(literal);
            reader.Read();
            byte[] room = new byte[literal.Length];
            ReadOnlySpan<byte> text = Trim(room.AsSpan(0, reader.CopyString(room)));
            return IsObject(text) ? text.ToArray() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: text that no UTF-8 can hold.
            return null;
        }
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        int start = text.IndexOfAnyExcept(" \t\r\n"u8);
        return start < 0 ? default : text[start..(text.LastIndexOfAnyExcept(" \t\r\n"u8) + 1)];
    }
}
