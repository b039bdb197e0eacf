using System.Text;

namespace Custodiet.Records.Events;

/// <summary>What kind of value a field has.</summary>
public enum FieldKind : byte
{
    /// <summary>JSON null.</summary>
    Null,

    /// <summary>A string; the value is its unescaped UTF-8.</summary>
    Text,

    /// <summary>A number; the value is its text as written.</summary>
    Number,

    /// <summary>True; the value is <c>true</c>.</summary>
    True,

    /// <summary>False; the value is <c>false</c>.</summary>
    False,
}

/// <summary>One value of one field: a slice of the event's value buffer. A field with several members has several of these.</summary>
/// <param name="Field">The name's number in the <see cref="FieldTable"/>.</param>
/// <param name="Start">First byte in <see cref="Event.Values"/>.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Kind">What kind of value it is.</param>
public readonly record struct FieldValue(int Field, int Start, int Length, FieldKind Kind);

/// <summary>Why a parser could not read an event. The event is kept, archived and counted all the same.</summary>
public enum UnparsedReason : byte
{
    /// <summary>It was parsed.</summary>
    None,

    /// <summary>The bytes begin a JSON object and are not one.</summary>
    NotJson,

    /// <summary>The bytes are not valid UTF-8.</summary>
    NotUtf8,

    /// <summary>JSON nested deeper than the limit.</summary>
    TooDeep,

    /// <summary>More fields than the limit.</summary>
    TooManyFields,

    /// <summary>No parser recognises it.</summary>
    NotRecognised,

    /// <summary>The parser's time field is missing or unreadable; the time of receipt is used instead.</summary>
    NoEventTime,

    /// <summary>
    /// A parser recognised it, and its text breaks the format it should have, for example by a quote that is not closed. What could
    /// be read up to there and the whole text are its fields.
    /// </summary>
    Malformed,
}

/// <summary>
/// One event as parsers fill it and rules read it. It is a buffer that one worker reuses for one event after another:
/// nothing may keep a reference to it or to its spans. Everything that outlives the event copies what it needs.
/// </summary>
/// <remarks>Mutable on purpose: at tens of thousands of events a second, a fresh object for each would be most of the cost.</remarks>
public sealed class Event
{
    private byte[] values = new byte[8192];
    private FieldValue[] fields = new FieldValue[128];
    private int used;
    private int count;
    private int receivedBytes;

    /// <summary>The event's place in the queue: events are numbered from 0 without gaps.</summary>
    public long Offset { get; set; }

    /// <summary>When the input received it, microseconds since 1970 UTC.</summary>
    public long ReceivedMicros { get; set; }

    /// <summary>When it happened, microseconds since 1970 UTC; the time of receipt when <see cref="Unparsed"/> says that it is not known.</summary>
    public long EventMicros { get; set; }

    /// <summary>The source's number in the <see cref="SourceTable"/>.</summary>
    public int Source { get; set; }

    /// <summary>The set's number in the <see cref="LogSourceTable"/>.</summary>
    public int LogSources { get; set; }

    /// <summary>The parser that made it, or empty.</summary>
    public string Parser { get; set; } = "";

    /// <summary>Why it is not parsed, or <see cref="UnparsedReason.None"/>.</summary>
    public UnparsedReason Unparsed { get; set; }

    /// <summary>The bytes as they came; empty when a reduction took them.</summary>
    public ReadOnlyMemory<byte> Raw { get; set; }

    /// <summary>The reduction that took something of it, or null while it is whole.</summary>
    public string? ReducedBy { get; private set; }

    /// <summary>Bytes as they came, also when a reduction took them.</summary>
    public int ReceivedBytes => ReducedBy is null ? Raw.Length : receivedBytes;

    /// <summary>All field values, in the order of the text.</summary>
    public ReadOnlySpan<FieldValue> Fields => fields.AsSpan(0, count);

    /// <summary>The buffer that the values are slices of.</summary>
    public ReadOnlySpan<byte> Values => values.AsSpan(0, used);

    /// <summary>All field values, for the parser that is filling the event to name them in place before anyone reads them.</summary>
    public Span<FieldValue> Naming => fields.AsSpan(0, count);

    /// <summary>Keeps bytes that several values will be slices of.</summary>
    /// <returns>Where they begin in <see cref="Values"/>.</returns>
    public int Keep(ReadOnlySpan<byte> bytes)
    {
        int start = used;
        bytes.CopyTo(Reserve(bytes.Length));
        used += bytes.Length;
        return start;
    }

    /// <summary>Forgets what was added after a moment: a parser tried the event and found that it is not its own.</summary>
    /// <param name="fieldCount">How many field values there were.</param>
    /// <param name="valueBytes">How many bytes of <see cref="Values"/> there were.</param>
    public void Rewind(int fieldCount, int valueBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)fieldCount, (uint)count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)valueBytes, (uint)used);
        count = fieldCount;
        used = valueBytes;
    }

    /// <summary>Gives a value that is already here, or a part of it, a second name; both share its bytes.</summary>
    public void Alias(int field, in FieldValue value)
    {
        FieldValue alias = value with { Field = field };
        if (count == fields.Length)
        {
            Array.Resize(ref fields, count * 2);
        }
        fields[count++] = alias;
    }

    /// <summary>Forgets the field values past the first so many.</summary>
    public void KeepFields(int fieldCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)fieldCount, (uint)count);
        count = fieldCount;
    }

    /// <summary>Takes its bytes, and of its fields those that are not to be kept. What it is and whence stays.</summary>
    /// <param name="by">The reduction.</param>
    /// <param name="keeps">Whether the field of this number stays; null for none of them.</param>
    public void Reduce(string by, Predicate<int>? keeps)
    {
        ArgumentException.ThrowIfNullOrEmpty(by);
        receivedBytes = ReceivedBytes;
        ReducedBy = by;
        Raw = default;
        int kept = 0;
        for (int i = 0; keeps is not null && i < count; i++)
        {
            if (keeps(fields[i].Field))
            {
                fields[kept++] = fields[i];
            }
        }
        count = kept;
        used = kept == 0 ? 0 : used;
    }

    /// <summary>Makes it empty for the next event.</summary>
    public void Clear()
    {
        used = 0;
        count = 0;
        Offset = 0;
        ReceivedMicros = 0;
        EventMicros = 0;
        Source = 0;
        LogSources = LogSourceTable.Unrouted;
        Parser = "";
        Unparsed = UnparsedReason.None;
        Raw = default;
        ReducedBy = null;
    }

    /// <summary>The UTF-8 of one value.</summary>
    public ReadOnlySpan<byte> ValueOf(in FieldValue value) => values.AsSpan(value.Start, value.Length);

    /// <summary>The text of one value.</summary>
    public string TextOf(in FieldValue value) => Encoding.UTF8.GetString(ValueOf(value));

    /// <summary>The first value of a field.</summary>
    /// <returns>Whether the field is present.</returns>
    public bool TryGet(int field, out FieldValue value)
    {
        foreach (ref readonly FieldValue candidate in Fields)
        {
            if (candidate.Field == field)
            {
                value = candidate;
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>Adds a value, copying its bytes.</summary>
    public void Add(int field, ReadOnlySpan<byte> value, FieldKind kind)
    {
        Span<byte> target = Reserve(value.Length);
        value.CopyTo(target);
        Commit(field, value.Length, kind);
    }

    /// <summary>Room for a value of at most so many bytes, to be written in place and then committed.</summary>
    public Span<byte> Reserve(int length)
    {
        if (values.Length - used < length)
        {
            Array.Resize(ref values, Math.Max(values.Length * 2, used + length));
        }
        return values.AsSpan(used, length);
    }

    /// <summary>Adds the value that was written into the reserved room.</summary>
    public void Commit(int field, int length, FieldKind kind)
    {
        if (count == fields.Length)
        {
            Array.Resize(ref fields, count * 2);
        }
        fields[count++] = new FieldValue(field, used, length, kind);
        used += length;
    }
}
