using System.Buffers.Text;
using System.Globalization;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Pipeline.Otlp;

/// <summary>What is wrong with a part of a request.</summary>
internal enum OtlpFault
{
    None,

    /// <summary>Not well formed: nothing of the request can be trusted.</summary>
    Broken,

    /// <summary>The record is larger than an event may be.</summary>
    TooLarge,

    /// <summary>A value is nested deeper than <see cref="OtlpWriter.DepthMax"/>.</summary>
    TooDeep,
}

/// <summary>Writes the parts of log records as JSON, whichever of the two encodings they came in, and gathers the events.</summary>
internal sealed class OtlpWriter(FramingLimits limits, EventBuffer target) : IDisposable
{
    /// <summary>Levels of nested values.</summary>
    public const int DepthMax = 32;

    private readonly Dictionary<OtlpFault, int> rejected = [];

    /// <summary>The resource's attributes, the members of an object.</summary>
    public EventBuffer Resource { get; } = new();

    /// <summary>The scope, the members of an object.</summary>
    public EventBuffer Scope { get; } = new();

    /// <summary>What the record says beside its body, the members of an object.</summary>
    public EventBuffer Record { get; } = new();

    /// <summary>The record's attributes, the members of an object.</summary>
    public EventBuffer Attributes { get; } = new();

    /// <summary>The record's body, a JSON value; empty when it has none.</summary>
    public EventBuffer Body { get; } = new();

    /// <summary>Bytes of one event at most.</summary>
    public int EventBytes => limits.EventBytes;

    /// <summary>Why the whole request is refused for its size, or null.</summary>
    public string? Exceeded { get; private set; }

    /// <summary>Records not taken, by what is wrong with them.</summary>
    public IReadOnlyDictionary<OtlpFault, int> Rejected => rejected;

    /// <summary>Ends a record: it becomes an event, or is rejected with the fault that its parts showed.</summary>
    public void End(OtlpFault fault)
    {
        using EventBuffer metadata = new();
        int bytes = Resource.OpenBytes + Scope.OpenBytes + Record.OpenBytes + Attributes.OpenBytes + Body.OpenBytes;
        if (fault == OtlpFault.None && bytes <= limits.EventBytes)
        {
            metadata.Write("\"_otlp\":{"u8);
            metadata.Write(Record.Open);
            Object(metadata, "attributes"u8, Attributes);
            Object(metadata, "resource"u8, Resource);
            Object(metadata, "scope"u8, Scope);
            metadata.Write("}"u8);
            CarriedEvent.AddValue(target, metadata.Open, Body.OpenBytes == 0 ? "{}"u8 : Body.Open);
        }
        else
        {
            fault = fault == OtlpFault.None ? OtlpFault.TooLarge : fault;
            rejected[fault] = rejected.GetValueOrDefault(fault) + 1;
        }
        if (target.Count + rejected.Values.Sum() > limits.BatchEvents)
        {
            Exceeded = string.Create(
                CultureInfo.InvariantCulture,
                $"The request has more than {limits.BatchEvents} log records, which is the limit."
            );
        }
        if (target.Bytes.Length > limits.BatchBytes)
        {
            Exceeded = string.Create(
                CultureInfo.InvariantCulture,
                $"The events, each with its resource and scope, have more than {limits.BatchBytes} bytes, which is the limit for one request."
            );
        }
        Clear(Record, Attributes, Body);
    }

    /// <summary>Forgets what parts hold.</summary>
    public static void Clear(params ReadOnlySpan<EventBuffer> parts)
    {
        foreach (EventBuffer part in parts)
        {
            part.Discard();
        }
    }

    /// <summary>Writes a comma unless the members have only begun.</summary>
    public static void Separate(EventBuffer members)
    {
        if (members.Open is [.., not ((byte)'{' or (byte)'[' or (byte)':')])
        {
            members.Write(","u8);
        }
    }

    /// <summary>Writes a name of ours and its colon.</summary>
    public static void Name(EventBuffer members, ReadOnlySpan<byte> name)
    {
        Separate(members);
        members.Write("\""u8);
        members.Write(name);
        members.Write("\":"u8);
    }

    /// <summary>Writes a text member, unless it is empty.</summary>
    public static void Text(EventBuffer members, ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        if (!text.IsEmpty)
        {
            Name(members, name);
            CarriedEvent.WriteString(members, text);
        }
    }

    /// <summary>Writes a member that is a time, unless it is 0, which means that it is not known.</summary>
    public static void Time(EventBuffer members, ReadOnlySpan<byte> name, ulong unixNanoseconds)
    {
        if (unixNanoseconds == 0)
        {
            return;
        }
        Name(members, name);
        (ulong seconds, ulong nanoseconds) = Math.DivRem(unixNanoseconds, 1_000_000_000);
        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds((long)seconds);
        Span<byte> text = stackalloc byte[40];
        CultureInfo culture = CultureInfo.InvariantCulture;
        System.Text.Unicode.Utf8.TryWrite(
            text,
            culture,
            $"\"{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss}.{nanoseconds:000000000}Z\"",
            out int length
        );
        members.Write(text[..length]);
    }

    /// <summary>Writes a whole number.</summary>
    public static void Number(EventBuffer target, long number)
    {
        Utf8Formatter.TryFormat(number, target.GetSpan(20), out int length);
        target.Advance(length);
    }

    /// <summary>Writes a number, or its name as text where JSON has no number for it.</summary>
    public static void Number(EventBuffer target, double number)
    {
        if (double.IsFinite(number))
        {
            number.TryFormat(target.GetSpan(32), out int length, "R", CultureInfo.InvariantCulture);
            target.Advance(length);
        }
        else
        {
            target.Write(
                double.IsNaN(number) ? "\"NaN\""u8
                : number > 0 ? "\"Infinity\""u8
                : "\"-Infinity\""u8
            );
        }
    }

    /// <summary>Gives the memory of the parts back.</summary>
    public void Dispose()
    {
        foreach (EventBuffer part in (EventBuffer[])[Resource, Scope, Record, Attributes, Body])
        {
            part.Dispose();
        }
    }

    private static void Object(EventBuffer metadata, ReadOnlySpan<byte> name, EventBuffer members)
    {
        if (members.OpenBytes > 0)
        {
            Name(metadata, name);
            metadata.Write("{"u8);
            metadata.Write(members.Open);
            metadata.Write("}"u8);
        }
    }
}
