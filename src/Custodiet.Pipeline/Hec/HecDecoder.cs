using System.Globalization;
using System.Text;
using System.Text.Json;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Pipeline.Hec;

/// <summary>What is wrong with a body, by the code that the HTTP Event Collector answers.</summary>
public enum HecFault
{
    /// <summary>There is no event in it.</summary>
    NoData = 5,

    /// <summary>It is not a sequence of JSON objects, or exceeds a limit.</summary>
    InvalidData = 6,

    /// <summary>An object has no member <c>event</c>.</summary>
    EventRequired = 12,

    /// <summary>The member <c>event</c> is empty.</summary>
    EventBlank = 13,
}

/// <summary>Why a body was refused. Nothing of it is taken.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="EventNumber">The first event that is not in order, from 0.</param>
/// <param name="Reason">The same as a sentence.</param>
/// <param name="IsSize">Whether a limit was exceeded.</param>
public sealed record HecProblem(HecFault Fault, int EventNumber, string Reason, bool IsSize = false);

/// <summary>What a request to the raw endpoint says about its events in its query; null where it says nothing.</summary>
public sealed record HecDefaults(string? Time, string? Host, string? Source, string? SourceType, string? Index);

/// <summary>
/// Reads bodies of Splunk's HTTP Event Collector: JSON objects one after another, or raw lines. Each becomes one event; what the sender
/// says about it (<c>time</c>, <c>host</c>, <c>source</c>, <c>sourcetype</c>, <c>index</c>, <c>fields</c>) stands under <c>_hec</c>.
/// Never throws for what a body holds.
/// </summary>
public static class HecDecoder
{
    private static readonly byte[][] kept =
    [
        .. ((string[])["time", "host", "source", "sourcetype", "index", "fields"]).Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Reads JSON objects.</summary>
    /// <param name="body">The body.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="target">The events; what it holds after a problem is of no use.</param>
    /// <returns>What is wrong, or null.</returns>
    public static HecProblem? DecodeEvents(ReadOnlySpan<byte> body, FramingLimits limits, EventBuffer target)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(target);
        int number = 0;
        try
        {
            Utf8JsonReader reader = new(
                body,
                new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = CarriedEvent.DepthMax }
            );
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    return new HecProblem(HecFault.InvalidData, number, "A JSON object was expected.");
                }
                if ((AddEvent(ref reader, body, number, target) ?? Check(limits, number, target)) is { } problem)
                {
                    return problem;
                }
                number++;
            }
        }
        catch (JsonException broken)
        {
            return new HecProblem(HecFault.InvalidData, number, $"The JSON is broken: {broken.Message}");
        }
        return number == 0 ? NoData : null;
    }

    /// <summary>Reads raw lines; empty ones are left out.</summary>
    public static HecProblem? DecodeRaw(
        ReadOnlySpan<byte> body,
        HecDefaults defaults,
        FramingLimits limits,
        EventBuffer target
    )
    {
        ArgumentNullException.ThrowIfNull(defaults);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(target);
        using EventBuffer metadata = new();
        WriteDefaults(metadata, defaults);
        int number = 0;
        while (body.Length > 0)
        {
            int end = body.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = (end < 0 ? body : body[..end]).TrimEnd((byte)'\r');
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Length == 0)
            {
                continue;
            }
            CarriedEvent.AddText(target, metadata.Open, line);
            if (Check(limits, number, target) is { } problem)
            {
                return problem;
            }
            number++;
        }
        return number == 0 ? NoData : null;
    }

    private static HecProblem NoData => new(HecFault.NoData, 0, "The body holds no event.");

    private static HecProblem? AddEvent(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> body,
        int number,
        EventBuffer target
    )
    {
        Range found = default;
        JsonTokenType type = JsonTokenType.None;
        using EventBuffer metadata = new();
        metadata.Write("\"_hec\":{"u8);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isEvent = reader.NameIs("event"u8);
            byte[]? name = isEvent ? null : NameOf(ref reader);
            reader.Read();
            JsonTokenType kind = reader.TokenType;
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            Range value = start..(int)reader.BytesConsumed;
            if (isEvent)
            {
                (found, type) = (value, kind);
            }
            else if (name is not null)
            {
                WriteName(metadata, name);
                CarriedEvent.WriteOnOneLine(metadata, body[value]);
            }
        }
        metadata.Write("}"u8);
        if (type is JsonTokenType.None or JsonTokenType.Null)
        {
            return new HecProblem(HecFault.EventRequired, number, "It has no member «event».");
        }
        if (type == JsonTokenType.String && body[found].Length == 2)
        {
            return new HecProblem(HecFault.EventBlank, number, "Its member «event» is empty.");
        }
        CarriedEvent.AddValue(target, metadata.Open, body[found]);
        return null;
    }

    private static byte[]? NameOf(ref Utf8JsonReader reader)
    {
        foreach (byte[] name in kept)
        {
            if (reader.NameIs(name))
            {
                return name;
            }
        }
        return null;
    }

    private static void WriteName(EventBuffer metadata, ReadOnlySpan<byte> name)
    {
        metadata.Write(metadata.Open[^1] == (byte)'{' ? "\""u8 : ",\""u8);
        metadata.Write(name);
        metadata.Write("\":"u8);
    }

    private static void WriteDefaults(EventBuffer metadata, HecDefaults defaults)
    {
        metadata.Write("\"_hec\":{"u8);
        WriteDefault(metadata, "time"u8, defaults.Time);
        WriteDefault(metadata, "host"u8, defaults.Host);
        WriteDefault(metadata, "source"u8, defaults.Source);
        WriteDefault(metadata, "sourcetype"u8, defaults.SourceType);
        WriteDefault(metadata, "index"u8, defaults.Index);
        metadata.Write("}"u8);
    }

    private static void WriteDefault(EventBuffer metadata, ReadOnlySpan<byte> name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            WriteName(metadata, name);
            CarriedEvent.WriteString(metadata, Encoding.UTF8.GetBytes(value));
        }
    }

    private static HecProblem? Check(FramingLimits limits, int number, EventBuffer target)
    {
        string? exceeded =
            target.Lengths[^1] > limits.EventBytes
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The event has {target.Lengths[^1]} bytes; the limit for one event is {limits.EventBytes}."
                )
            : target.Count > limits.BatchEvents
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The body has more than {limits.BatchEvents} events, which is the limit."
                )
            : target.Bytes.Length > limits.BatchBytes
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The events have more than {limits.BatchBytes} bytes, which is the limit for one body."
                )
            : null;
        return exceeded is null ? null : new HecProblem(HecFault.InvalidData, number, exceeded, IsSize: true);
    }
}
