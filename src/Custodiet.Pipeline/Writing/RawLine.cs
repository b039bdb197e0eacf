using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Custodiet.Pipeline.Writing;

/// <summary>Writes an event's raw bytes as one line of a body of lines.</summary>
public static class RawLine
{
    private static readonly JsonWriterOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes the bytes as they are where they are one line already. A JSON object on several lines has blanks for its line breaks, which
    /// means the same. Text with line breaks, and text that a receiver would take for a JSON array or for an empty line, becomes
    /// <c>{"message": …}</c>.
    /// </summary>
    public static void Write(ReadOnlySpan<byte> raw, IBufferWriter<byte> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        ReadOnlySpan<byte> inner = raw.Trim(" \t\r\n"u8);
        bool broken = raw.IndexOfAny((byte)'\r', (byte)'\n') >= 0;
        if (!inner.IsEmpty && inner[0] != '[' && !broken)
        {
            target.Write(raw);
        }
        else if (broken && IsObject(inner))
        {
            Span<byte> line = target.GetSpan(inner.Length)[..inner.Length];
            inner.CopyTo(line);
            line.Replace((byte)'\r', (byte)' ');
            line.Replace((byte)'\n', (byte)' ');
            target.Advance(inner.Length);
        }
        else
        {
            using Utf8JsonWriter json = new(target, options);
            json.WriteStartObject();
            json.WriteString("message"u8, raw);
            json.WriteEndObject();
        }
    }

    private static bool IsObject(ReadOnlySpan<byte> text)
    {
        if (text is not [(byte)'{', .., (byte)'}'])
        {
            return false;
        }
        try
        {
            Utf8JsonReader reader = new(text, new JsonReaderOptions { MaxDepth = 1_000 });
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
