using Custodiet.Records.Events;
using ParquetSharp;

namespace Custodiet.Archive;

/// <summary>
/// Names as UTF-8 at fixed addresses, made once per name: the columns of a segment repeat a few names millions of times.
/// Used by the segment writer alone, one thread at a time. Its tables are bounded by the tables the numbers come from.
/// </summary>
internal sealed class SegmentText(FieldTable fields, SourceTable sources, LogSourceTable logSources, ChunkMemory memory)
{
    private readonly ChunkArena arena = new(memory);
    private readonly Dictionary<string, ByteArray> texts = new(StringComparer.Ordinal);
    private ByteArray[] fieldNames = [];
    private int fieldNamesMade;
    private readonly List<ByteArray?> logSourceNames = [];
    private readonly List<(ByteArray Technology, ByteArray Sensor)> sourceNames = [];

    /// <summary>The kebab-case name of a reason.</summary>
    public static string NameOf(UnparsedReason reason) =>
        reason switch
        {
            UnparsedReason.NotJson => "not-json",
            UnparsedReason.NotUtf8 => "not-utf8",
            UnparsedReason.TooDeep => "too-deep",
            UnparsedReason.TooManyFields => "too-many-fields",
            UnparsedReason.NotRecognised => "not-recognised",
            UnparsedReason.NoEventTime => "no-event-time",
            UnparsedReason.Malformed => "malformed",
            _ => reason.ToString(),
        };

    /// <summary>A field's name.</summary>
    public ByteArray Field(int field)
    {
        if (field >= fieldNamesMade)
        {
            int known = Math.Max(fields.Count, field + 1);
            Array.Resize(ref fieldNames, Math.Max(known, fieldNames.Length));
            for (; fieldNamesMade < known; fieldNamesMade++)
            {
                fieldNames[fieldNamesMade] = Make(fields.NameOf(fieldNamesMade));
            }
        }
        return fieldNames[field];
    }

    /// <summary>A source's technology and sensor.</summary>
    public (ByteArray Technology, ByteArray Sensor) Source(int source)
    {
        while (sourceNames.Count <= source)
        {
            SourceKey key = sources.Of(sourceNames.Count);
            sourceNames.Add((Text(key.Technology), Make(key.Sensor)));
        }
        return sourceNames[source];
    }

    /// <summary>A set of log sources as <c>product/category/service;…</c>, or null for the empty set.</summary>
    public ByteArray? LogSources(int set)
    {
        while (logSourceNames.Count <= set)
        {
            IReadOnlyList<LogSource> members = logSources.Of(logSourceNames.Count);
            logSourceNames.Add(members.Count == 0 ? null : Make(string.Join(';', members)));
        }
        return logSourceNames[set];
    }

    /// <summary>A text of which there are few, such as a parser's name.</summary>
    public ByteArray Text(string text)
    {
        if (!texts.TryGetValue(text, out ByteArray made))
        {
            texts.Add(text, made = Make(text));
        }
        return made;
    }

    /// <summary>Frees all of it.</summary>
    public void Free() => arena.Clear();

    private ByteArray Make(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return new ByteArray(arena.Copy(bytes), bytes.Length);
    }
}
