using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Writing;

/// <summary>
/// Writes an event as one JSON object on one line, with the names of the dataset <c>events</c>: <c>event_offset</c>, <c>received_at</c>, <c>event_at</c>,
/// <c>technology</c>, <c>sensor</c>, <c>parser</c>, <c>log_sources</c>, <c>unparsed</c>, <c>reduced</c>, <c>fields</c>, and <c>raw</c> or, when it is not UTF-8,
/// <c>raw_base64</c>. A field with several values is an array. Serves one thread.
/// </summary>
public sealed class EventJson(FieldTable fields, SourceTable sources, LogSourceTable logSources)
{
    private static readonly JsonWriterOptions options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        // Every object here is begun and ended in one method.
        SkipValidation = true,
    };

    private readonly Dictionary<int, int> occurrences = [];
    private readonly Dictionary<int, JsonEncodedText> names = [];
    private Utf8JsonWriter? writer;

    /// <summary>Writes the event, without a line break behind it.</summary>
    public void Write(Event item, IBufferWriter<byte> target)
    {
        ArgumentNullException.ThrowIfNull(item);
        Utf8JsonWriter json = writer ??= new Utf8JsonWriter(target, options);
        json.Reset(target);
        SourceKey source = sources.Of(item.Source);
        json.WriteStartObject();
        json.WriteNumber("event_offset"u8, item.Offset);
        json.WriteString("received_at"u8, EventTime.FromMicros(item.ReceivedMicros).UtcDateTime);
        json.WriteString("event_at"u8, EventTime.FromMicros(item.EventMicros).UtcDateTime);
        json.WriteString("technology"u8, source.Technology);
        json.WriteString("sensor"u8, source.Sensor);
        json.WriteString("parser"u8, item.Parser);
        json.WriteStartArray("log_sources"u8);
        foreach (LogSource member in logSources.Of(item.LogSources))
        {
            json.WriteStringValue(member.ToString());
        }
        json.WriteEndArray();
        if (item.Unparsed != UnparsedReason.None)
        {
            json.WriteString("unparsed"u8, JsonNamingPolicy.KebabCaseLower.ConvertName(item.Unparsed.ToString()));
        }
        if (item.ReducedBy is { } reduced)
        {
            json.WriteString("reduced"u8, reduced);
        }
        WriteFields(item, json);
        if (item.ReducedBy is null)
        {
            if (Utf8.IsValid(item.Raw.Span))
            {
                json.WriteString("raw"u8, item.Raw.Span);
            }
            else
            {
                json.WriteBase64String("raw_base64"u8, item.Raw.Span);
            }
        }
        json.WriteEndObject();
        json.Flush();
    }

    private JsonEncodedText NameOf(int field)
    {
        // Bounded by the table of names.
        if (!names.TryGetValue(field, out JsonEncodedText name))
        {
            name = JsonEncodedText.Encode(fields.NameOf(field), options.Encoder);
            names.Add(field, name);
        }
        return name;
    }

    private void WriteFields(Event item, Utf8JsonWriter json)
    {
        occurrences.Clear();
        ReadOnlySpan<FieldValue> values = item.Fields;
        foreach (ref readonly FieldValue value in values)
        {
            occurrences[value.Field] = occurrences.GetValueOrDefault(value.Field) + 1;
        }
        json.WriteStartObject("fields"u8);
        for (int i = 0; i < values.Length; i++)
        {
            int field = values[i].Field;
            // A field without a number found no room in the table of names; one that was written is not written again.
            if (field == FieldTable.None || !occurrences.Remove(field, out int count))
            {
                continue;
            }
            json.WritePropertyName(NameOf(field));
            if (count == 1)
            {
                WriteValue(item, values[i], json);
                continue;
            }
            json.WriteStartArray();
            for (int next = i; count > 0; next++)
            {
                if (values[next].Field == field)
                {
                    WriteValue(item, values[next], json);
                    count--;
                }
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WriteValue(Event item, in FieldValue value, Utf8JsonWriter json)
    {
        ReadOnlySpan<byte> bytes = item.ValueOf(value);
        switch (value.Kind)
        {
            case FieldKind.Null:
                json.WriteNullValue();
                break;
            case FieldKind.True or FieldKind.False:
                json.WriteBooleanValue(value.Kind == FieldKind.True);
                break;
            case FieldKind.Number when IsNumber(bytes):
                json.WriteRawValue(bytes, skipInputValidation: true);
                break;
            default:
                json.WriteStringValue(bytes);
                break;
        }
    }

    /// <summary>Whether the bytes are a number as RFC 8259 section 6 writes it. Text formats have numbers that are none, such as <c>007</c>.</summary>
    internal static bool IsNumber(ReadOnlySpan<byte> text)
    {
        text = text.StartsWith("-"u8) ? text[1..] : text;
        ReadOnlySpan<byte> whole = Digits(ref text);
        if (whole.IsEmpty || (whole[0] == '0' && whole.Length > 1))
        {
            return false;
        }
        if (text.StartsWith("."u8))
        {
            text = text[1..];
            if (Digits(ref text).IsEmpty)
            {
                return false;
            }
        }
        if (text is [(byte)'e' or (byte)'E', ..])
        {
            text = text[1..];
            text = text is [(byte)'+' or (byte)'-', ..] ? text[1..] : text;
            return !Digits(ref text).IsEmpty && text.IsEmpty;
        }
        return text.IsEmpty;
    }

    private static ReadOnlySpan<byte> Digits(ref ReadOnlySpan<byte> text)
    {
        int length = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        ReadOnlySpan<byte> digits = length < 0 ? text : text[..length];
        text = text[digits.Length..];
        return digits;
    }
}
