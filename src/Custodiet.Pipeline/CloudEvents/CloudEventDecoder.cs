using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Pipeline.CloudEvents;

/// <summary>Why nothing of a request is taken.</summary>
/// <param name="Reason">As a sentence; in a batch it names the event, from 0.</param>
/// <param name="IsSize">Whether a limit was exceeded.</param>
public sealed record CloudEventProblem(string Reason, bool IsSize);

/// <summary>
/// Reads CloudEvents 1.0 as HTTP carries them: binary, structured or batched (HTTP protocol binding section 3, JSON format). Data that is
/// a JSON object gives the event its members; context attributes stand under <c>_cloudevent</c>. Text data becomes <c>message</c>, other
/// data <c>data_base64</c>. Never throws for what a request holds.
/// </summary>
public static class CloudEventDecoder
{
    private static readonly string[] required = ["specversion", "id", "source", "type"];

    private static readonly (string Name, byte[] Utf8)[] known =
    [
        .. required.Append("datacontenttype").Select(n => (n, Encoding.UTF8.GetBytes(n))),
    ];

    /// <summary>Reads one event in the JSON format, or an array of them.</summary>
    public static CloudEventProblem? DecodeStructured(
        ReadOnlySpan<byte> body,
        bool batch,
        FramingLimits limits,
        EventBuffer target
    )
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(target);
        try
        {
            Utf8JsonReader reader = new(body, new JsonReaderOptions { MaxDepth = CarriedEvent.DepthMax });
            reader.Read();
            if (!batch)
            {
                return ReadEvent(ref reader, body, 0, limits, target)
                    ?? (reader.Read() ? Broken("More than one event.") : null);
            }
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                return Broken("A batch is a JSON array.");
            }
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (ReadEvent(ref reader, body, target.Count, limits, target) is { } problem)
                {
                    return problem;
                }
            }
            return reader.Read() ? Broken("Something stands behind the batch.") : null;
        }
        catch (JsonException broken)
        {
            return Broken($"The JSON is broken: {broken.Message}");
        }
    }

    /// <summary>Reads an event whose attributes are headers and whose data is the body.</summary>
    /// <param name="attributes">Context attributes, in lower case and without the prefix <c>ce-</c>, values decoded.</param>
    /// <param name="contentType">The media type of the data, or empty.</param>
    /// <param name="body">The data.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="target">The event.</param>
    public static CloudEventProblem? DecodeBinary(
        IReadOnlyDictionary<string, string> attributes,
        string contentType,
        ReadOnlySpan<byte> body,
        FramingLimits limits,
        EventBuffer target
    )
    {
        ArgumentNullException.ThrowIfNull(attributes);
        ArgumentNullException.ThrowIfNull(contentType);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(target);
        if (Missing(attributes.GetValueOrDefault, 0) is { } missing)
        {
            return missing;
        }
        if (body.Length > limits.EventBytes)
        {
            return TooLarge(body.Length, limits);
        }
        using EventBuffer metadata = new();
        metadata.Write("\"_cloudevent\":{"u8);
        foreach ((string name, string value) in attributes)
        {
            Name(metadata, Encoding.UTF8.GetBytes(name));
            CarriedEvent.WriteString(metadata, Encoding.UTF8.GetBytes(value));
        }
        if (contentType.Length > 0)
        {
            Name(metadata, "datacontenttype"u8);
            CarriedEvent.WriteString(metadata, Encoding.UTF8.GetBytes(contentType));
        }
        metadata.Write("}"u8);
        AddData(target, metadata.Open, contentType, body);
        return Check(limits, target);
    }

    private static CloudEventProblem? ReadEvent(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> body,
        int number,
        FramingLimits limits,
        EventBuffer target
    )
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return Broken(string.Create(CultureInfo.InvariantCulture, $"Event {number} is no JSON object."));
        }
        Dictionary<string, string?> values = [];
        Range data = default;
        bool hasData = false;
        byte[]? binary = null;
        using EventBuffer metadata = new();
        metadata.Write("\"_cloudevent\":{"u8);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isData = reader.NameIs("data"u8);
            bool isBase64 = reader.NameIs("data_base64"u8);
            string? name = NameOf(ref reader);
            int nameAt = (int)reader.TokenStartIndex;
            int nameEnd = (int)reader.BytesConsumed;
            reader.Read();
            bool isText = reader.TokenType == JsonTokenType.String;
            int start = (int)reader.TokenStartIndex;
            ReadOnlySpan<byte> content = isText ? reader.ValueSpan : default;
            bool isNull = reader.TokenType == JsonTokenType.Null;
            if (isBase64 && isText)
            {
                binary = BytesOf(ref reader);
            }
            reader.Skip();
            Range value = start..(int)reader.BytesConsumed;
            if (isData)
            {
                (data, hasData) = (value, !isNull);
            }
            else if (isBase64 && !isNull && binary is null)
            {
                return Broken(
                    string.Create(CultureInfo.InvariantCulture, $"Event {number}: data_base64 is no Base64.")
                );
            }
            else if (!isNull && !isBase64)
            {
                if (name is not null)
                {
                    values[name] = isText ? Encoding.UTF8.GetString(content) : null;
                }
                // The name with its quotes; the reader counts the colon to it.
                Separate(metadata);
                CarriedEvent.WriteOnOneLine(metadata, body[nameAt..nameEnd].TrimEnd(" \t\r\n:"u8));
                metadata.Write(":"u8);
                CarriedEvent.WriteOnOneLine(metadata, body[value]);
            }
        }
        metadata.Write("}"u8);
        if (Missing(key => values.GetValueOrDefault(key), number) is { } missing)
        {
            return missing;
        }
        if (binary is null)
        {
            CarriedEvent.AddValue(target, metadata.Open, hasData ? body[data] : "{}"u8);
            return Check(limits, target);
        }
        AddData(target, metadata.Open, values.GetValueOrDefault("datacontenttype") ?? "", binary);
        return Check(limits, target);
    }

    private static byte[]? BytesOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : null;
        }
        catch (InvalidOperationException)
        {
            // An escape of half a surrogate pair, which is no Base64 either.
            return null;
        }
    }

    private static void AddData(
        EventBuffer target,
        ReadOnlySpan<byte> metadata,
        string contentType,
        ReadOnlySpan<byte> data
    )
    {
        if (data.IsEmpty)
        {
            CarriedEvent.AddValue(target, metadata, "{}"u8);
        }
        else if (IsJson(contentType) && CarriedEvent.IsValue(data))
        {
            CarriedEvent.AddValue(target, metadata, data);
        }
        else if (Utf8.IsValid(data))
        {
            CarriedEvent.AddText(target, metadata, data);
        }
        else
        {
            CarriedEvent.AddBytes(target, metadata, data);
        }
    }

    // Section 3.1 of the JSON format: «*/json» and «*/*+json».
    private static bool IsJson(string contentType)
    {
        string type = contentType.Split(';')[0].Trim();
        return type.EndsWith("/json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static CloudEventProblem? Missing(Func<string, string?> valueOf, int number)
    {
        foreach (string name in required)
        {
            if (string.IsNullOrEmpty(valueOf(name)))
            {
                return Broken(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Event {number} lacks the attribute «{name}», or it is no text."
                    )
                );
            }
        }
        return valueOf("specversion") == "1.0"
            ? null
            : Broken(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Event {number} is of specversion «{valueOf("specversion")}»; 1.0 is taken."
                )
            );
    }

    private static string? NameOf(ref Utf8JsonReader reader)
    {
        foreach ((string name, byte[] utf8) in known)
        {
            if (reader.NameIs(utf8))
            {
                return name;
            }
        }
        return null;
    }

    private static void Separate(EventBuffer metadata) => metadata.Write(metadata.Open[^1] == (byte)'{' ? ""u8 : ","u8);

    private static void Name(EventBuffer metadata, ReadOnlySpan<byte> name)
    {
        Separate(metadata);
        CarriedEvent.WriteString(metadata, name);
        metadata.Write(":"u8);
    }

    private static CloudEventProblem? Check(FramingLimits limits, EventBuffer target) =>
        target.Lengths[^1] > limits.EventBytes ? TooLarge(target.Lengths[^1], limits)
        : target.Count > limits.BatchEvents
            ? new CloudEventProblem(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The batch has more than {limits.BatchEvents} events, which is the limit."
                ),
                IsSize: true
            )
        : target.Bytes.Length > limits.BatchBytes
            ? new CloudEventProblem(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The events have more than {limits.BatchBytes} bytes, which is the limit for one request."
                ),
                IsSize: true
            )
        : null;

    private static CloudEventProblem TooLarge(int bytes, FramingLimits limits) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"An event has {bytes} bytes; the limit for one event is {limits.EventBytes}."
            ),
            IsSize: true
        );

    private static CloudEventProblem Broken(string reason) => new(reason, IsSize: false);
}
