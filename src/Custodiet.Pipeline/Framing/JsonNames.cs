using System.Buffers.Text;
using System.Text.Json;

namespace Custodiet.Pipeline.Framing;

/// <summary>Compares names of JSON members that a sender chose.</summary>
internal static class JsonNames
{
    private const int EscapeLength = 6;

    /// <summary>
    /// Whether the name on which the reader stands, its escapes resolved, is this one. <c>ValueTextEquals</c> throws for a name that
    /// escapes half of a surrogate pair; here it is merely another name.
    /// </summary>
    /// <param name="reader">Stands on a name.</param>
    /// <param name="name">Letters, digits and underscores.</param>
    public static bool NameIs(this ref readonly Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> text = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            return text.SequenceEqual(name);
        }
        foreach (byte expected in name)
        {
            if (text.IsEmpty)
            {
                return false;
            }
            int length = 1;
            int value = text[0];
            if (value == '\\')
            {
                // \n and its like are in no name of ours; behind \u the reader has seen four digits.
                if (
                    text[1] != (byte)'u'
                    || !Utf8Parser.TryParse(text[2..EscapeLength], out ushort code, out _, standardFormat: 'x')
                )
                {
                    return false;
                }
                (length, value) = (EscapeLength, code);
            }
            if (value != expected)
            {
                return false;
            }
            text = text[length..];
        }
        return text.IsEmpty;
    }
}
