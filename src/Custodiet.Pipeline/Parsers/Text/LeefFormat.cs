namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// IBM Log Event Extended Format: <c>LEEF:1.0|vendor|product|version|event id|</c> and pairs separated by tabs, or
/// <c>LEEF:2.0|vendor|product|version|event id|delimiter|</c>, the delimiter a character or its number (<c>x5E</c>, <c>0x5E</c>).
/// </summary>
/// <remarks>IBM QRadar, "LEEF event components".</remarks>
internal sealed class LeefFormat : TextFormat
{
    private static readonly byte[][] header =
    [
        "DeviceVendor"u8.ToArray(),
        "DeviceProduct"u8.ToArray(),
        "DeviceVersion"u8.ToArray(),
        "EventID"u8.ToArray(),
    ];

    /// <inheritdoc/>
    public override Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        if (!text.StartsWith("LEEF:"u8))
        {
            return Decoding.NoMatch;
        }
        int at = text.IndexOf((byte)'|') + 1;
        bool second = text.StartsWith("LEEF:2"u8);
        foreach (byte[] name in header)
        {
            int bar = at == 0 ? -1 : CefFormat.HeaderEnd(text, at, out _);
            if (bar < 0)
            {
                return Decoding.Malformed;
            }
            CefFormat.AddHeader(text, origin, name, at, bar, sink);
            at = bar + 1;
        }
        byte delimiter = (byte)'\t';
        if (second && text[at..].IndexOf((byte)'|') is >= 0 and <= 5 and var length)
        {
            if (TryDelimiter(text.Slice(at, length), out byte named))
            {
                delimiter = named;
                at += length + 1;
            }
        }
        return ReadAttributes(text, origin, at, delimiter, sink);
    }

    private static Decoding ReadAttributes(ReadOnlySpan<byte> text, int origin, int at, byte delimiter, FieldSink sink)
    {
        bool whole = true;
        while (at < text.Length && !sink.IsFull)
        {
            int length = text[at..].IndexOf(delimiter);
            int end = length < 0 ? text.Length : at + length;
            int start = Bytes.SkipBlanks(text[..end], at);
            int assign = text[start..end].IndexOf((byte)'=');
            if (assign > 0)
            {
                int from = start + assign + 1;
                sink.Slice(text.Slice(start, assign), origin + from, Bytes.TrimmedLength(text[from..end]));
            }
            whole &= assign > 0 || start == end;
            at = end + 1;
        }
        if (sink.IsFull)
        {
            return Decoding.TooManyFields;
        }
        return whole ? Decoding.Read : Decoding.Malformed;
    }

    private static bool TryDelimiter(ReadOnlySpan<byte> text, out byte delimiter)
    {
        delimiter = (byte)'\t';
        switch (text)
        {
            case []:
                return true;
            case [var one]:
                delimiter = one;
                return true;
            case [(byte)'0', (byte)'x' or (byte)'X', var high, var low]:
                return TryHex(high, low, out delimiter);
            case [(byte)'x' or (byte)'X', var high, var low]:
                return TryHex(high, low, out delimiter);
            case [(byte)'0', (byte)'x' or (byte)'X', var single]:
                return TryHex((byte)'0', single, out delimiter);
            case [(byte)'x' or (byte)'X', var single]:
                return TryHex((byte)'0', single, out delimiter);
            default:
                return false;
        }
    }

    private static bool TryHex(byte high, byte low, out byte value)
    {
        int number = (Bytes.HexDigit(high) << 4) | Bytes.HexDigit(low);
        value = number > 0 ? (byte)number : (byte)'\t';
        return number is > 0 and < 128;
    }
}
