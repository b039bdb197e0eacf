using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Custodiet.Records.Events;

namespace Custodiet.Archive;

/// <summary>The values of one event by field, for the events in which a field has several.</summary>
internal sealed class RepeatedFields
{
    private static readonly JsonWriterOptions json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<int, List<(FieldKind Kind, byte[] Value)>> values = [];
    private readonly HashSet<int> taken = [];

    /// <summary>How an entry stands among those of its field.</summary>
    public enum Occurrence
    {
        /// <summary>The field has this value alone.</summary>
        Only,

        /// <summary>The first of several.</summary>
        First,

        /// <summary>Not the first of several.</summary>
        Later,
    }

    /// <summary>Adds a value.</summary>
    public void Add(in FieldValue value, Event item)
    {
        if (!values.TryGetValue(value.Field, out List<(FieldKind, byte[])>? list))
        {
            values.Add(value.Field, list = []);
        }
        list.Add((value.Kind, item.ValueOf(value).ToArray()));
    }

    /// <summary>Says what an entry of a field is, and gives all its values as a JSON array with the first of several.</summary>
    public Occurrence Take(int field, out byte[]? array)
    {
        array = null;
        List<(FieldKind Kind, byte[] Value)> list = values[field];
        if (list.Count == 1)
        {
            return Occurrence.Only;
        }
        if (!taken.Add(field))
        {
            return Occurrence.Later;
        }
        array = ToArray(list);
        return Occurrence.First;
    }

    private static byte[] ToArray(List<(FieldKind Kind, byte[] Value)> list)
    {
        ArrayBufferWriter<byte> buffer = new(256);
        using Utf8JsonWriter writer = new(buffer, json);
        writer.WriteStartArray();
        foreach ((FieldKind kind, byte[] value) in list)
        {
            switch (kind)
            {
                case FieldKind.Null:
                    writer.WriteNullValue();
                    break;
                case FieldKind.True or FieldKind.False:
                    writer.WriteBooleanValue(kind == FieldKind.True);
                    break;
                case FieldKind.Number when IsJsonNumber(value):
                    writer.WriteRawValue(value, skipInputValidation: true);
                    break;
                default:
                    writer.WriteStringValue(Encoding.UTF8.GetString(value));
                    break;
            }
        }
        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    // A parser for another format than JSON may call a text such as 0x1F a number.
    private static bool IsJsonNumber(ReadOnlySpan<byte> value)
    {
        try
        {
            Utf8JsonReader reader = new(value);
            return reader.Read() && reader.TokenType == JsonTokenType.Number && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
