using System.Text;
using System.Text.Unicode;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;

namespace Custodiet.Archive;

/// <summary>What a chunk keeps of one event besides its fields.</summary>
internal struct ChunkRow
{
    public long Offset;
    public long ReceivedMicros;
    public long EventMicros;
    public int Source;
    public int LogSources;
    public string Parser;
    public UnparsedReason Unparsed;
    public nint Raw;
    public int RawLength;
    public bool RawIsText;
    public int FieldCount;
    public int ReceivedBytes;
    public string? ReducedBy;

    /// <summary>Whether the bytes are kept: a reduction takes them.</summary>
    public readonly bool HasRaw => ReducedBy is null;
}

/// <summary>One entry of an event's map of fields. A length of -1 is JSON's null.</summary>
internal readonly record struct ChunkField(int Field, int Length, nint Value);

/// <summary>Events of one batch, copied into flat buffers by one worker, read by the segment writer.</summary>
internal sealed class ArchiveChunk(ParquetArchive owner, ChunkMemory memory) : IArchiveChunk
{
    private const int RowBytes = 96;
    private const int FieldBytes = 16;

    private readonly ChunkArena arena = new(memory);
    private ChunkRow[] rows = new ChunkRow[16];
    private ChunkField[] fields = new ChunkField[512];
    private int count;
    private int fieldCount;

    // Finds repeated names in a single pass over an event: a name was seen in this event when its mark is the event's number.
    // Per thread, not per chunk: many chunks wait to be written, few threads fill them.
    [ThreadStatic]
    private static uint[]? marks;

    [ThreadStatic]
    private static uint mark;

    /// <summary>Who made it and may take it back.</summary>
    public ParquetArchive Owner => owner;

    /// <inheritdoc/>
    public int Count => count;

    /// <summary>The events.</summary>
    public ReadOnlySpan<ChunkRow> Rows => rows.AsSpan(0, count);

    /// <summary>The fields of all events, one event after another.</summary>
    public ReadOnlySpan<ChunkField> Fields => fields.AsSpan(0, fieldCount);

    /// <summary>Bytes of the raw events that it keeps.</summary>
    public long RawBytes { get; private set; }

    /// <summary>Events that are not parsed.</summary>
    public long Unparsed { get; private set; }

    /// <summary>Whether it was appended and may not be filled any more.</summary>
    public bool Sealed { get; set; }

    /// <summary>Memory that it holds.</summary>
    public long HeldBytes => arena.Bytes + ((long)rows.Length * RowBytes) + ((long)fields.Length * FieldBytes);

    /// <summary>The first event's offset.</summary>
    public long FirstOffset => rows[0].Offset;

    /// <summary>The last event's offset.</summary>
    public long LastOffset => rows[count - 1].Offset;

    /// <inheritdoc/>
    public void Add(Event item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (Sealed)
        {
            throw new InvalidOperationException("A chunk belongs to the archive once it was appended.");
        }
        if (count > 0 && item.Offset != rows[count - 1].Offset + 1)
        {
            throw new ArgumentException(
                $"Event {item.Offset} does not follow event {rows[count - 1].Offset}.",
                nameof(item)
            );
        }
        if (count == rows.Length)
        {
            Array.Resize(ref rows, count * 2);
        }
        ReadOnlySpan<byte> raw = item.Raw.Span;
        rows[count] = new ChunkRow
        {
            Offset = item.Offset,
            ReceivedMicros = item.ReceivedMicros,
            EventMicros = item.EventMicros,
            Source = item.Source,
            LogSources = item.LogSources,
            Parser = item.Parser,
            Unparsed = item.Unparsed,
            Raw = arena.Copy(raw),
            RawLength = raw.Length,
            // A text column with invalid UTF-8 makes the whole segment unreadable, hence this is never taken on trust.
            RawIsText = Utf8.IsValid(raw),
            FieldCount = AddFields(item),
            ReceivedBytes = item.ReceivedBytes,
            ReducedBy = item.ReducedBy,
        };
        count++;
        RawBytes += raw.Length;
        Unparsed += item.Unparsed == UnparsedReason.None ? 0 : 1;
    }

    /// <summary>Makes it empty for the next batch.</summary>
    public void Clear()
    {
        arena.Clear();
        // A batch of enormous events must not pin its arrays for ever.
        if (fields.Length > 1 << 18)
        {
            fields = new ChunkField[512];
        }
        Array.Clear(rows, 0, count);
        count = 0;
        fieldCount = 0;
        RawBytes = 0;
        Unparsed = 0;
        Sealed = false;
    }

    private int AddFields(Event item)
    {
        ReadOnlySpan<FieldValue> values = item.Fields;
        int first = fieldCount;
        if (fields.Length - first < values.Length)
        {
            Array.Resize(ref fields, Math.Max(fields.Length * 2, first + values.Length));
        }
        bool valid = Utf8.IsValid(item.Values);
        nint origin = arena.Copy(item.Values);
        bool repeated = false;
        NextMark();
        foreach (ref readonly FieldValue value in values)
        {
            if (value.Field < 0)
            {
                continue;
            }
            repeated |= Seen(value.Field);
            fields[fieldCount++] = Entry(item, value, origin, valid);
        }
        if (repeated)
        {
            MergeRepeated(first, item);
        }
        return fieldCount - first;
    }

    private static void NextMark()
    {
        if (++mark == 0)
        {
            Array.Clear(marks ?? []);
            mark = 1;
        }
    }

    private static bool Seen(int field)
    {
        if (marks is null || field >= marks.Length)
        {
            Array.Resize(ref marks, Math.Max(1024, field * 2));
        }
        bool seen = marks[field] == mark;
        marks[field] = mark;
        return seen;
    }

    private ChunkField Entry(Event item, in FieldValue value, nint origin, bool valid)
    {
        if (value.Kind == FieldKind.Null)
        {
            return new ChunkField(value.Field, -1, 0);
        }
        ReadOnlySpan<byte> bytes = item.ValueOf(value);
        // All values together are valid; one alone is, unless a character runs across its start or its end.
        bool whole = valid && !IsWithin(item.Values, value.Start) && !IsWithin(item.Values, value.Start + value.Length);
        if (whole || Utf8.IsValid(bytes))
        {
            return new ChunkField(value.Field, value.Length, origin + value.Start);
        }
        byte[] replaced = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes));
        return new ChunkField(value.Field, replaced.Length, arena.Copy(replaced));
    }

    private static bool IsWithin(ReadOnlySpan<byte> text, int at) => at < text.Length && (text[at] & 0xC0) == 0x80;

    // A map has each key once: a field with several values becomes one entry that holds them as a JSON array.
    private void MergeRepeated(int first, Event item)
    {
        RepeatedFields repeated = new();
        foreach (ref readonly FieldValue value in item.Fields)
        {
            if (value.Field >= 0)
            {
                repeated.Add(value, item);
            }
        }
        int kept = first;
        for (int i = first; i < fieldCount; i++)
        {
            ChunkField entry = fields[i];
            switch (repeated.Take(entry.Field, out byte[]? array))
            {
                case RepeatedFields.Occurrence.Only:
                    fields[kept++] = entry;
                    break;
                case RepeatedFields.Occurrence.First:
                    fields[kept++] = new ChunkField(entry.Field, array!.Length, arena.Copy(array));
                    break;
                default:
                    break;
            }
        }
        fieldCount = kept;
    }
}
