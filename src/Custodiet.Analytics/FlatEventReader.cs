using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Custodiet.Records.Events;

namespace Custodiet.Analytics;

/// <summary>
/// Reads events that already have Sigma's field names and carry their log source as <c>product</c>, <c>category</c> and
/// <c>service</c>. Nested objects become dotted names, the members of an array become values of one field.
/// One reader serves one thread.
/// </summary>
public sealed class FlatEventReader
{
    private const int NamesMax = 65_536;

    private readonly FieldTable fields;
    private readonly LogSourceTable logSources;
    private readonly LogSource[]? candidates;
    private readonly Utf8Table names = new(NamesMax);
    private readonly Utf8Table sets = new(AnalyticsLimits.EventLogSourcesMax);
    private readonly byte[][] parts =
    [
        [],
        [],
        [],
    ];
    private readonly int[] partLengths = new int[3];
    private readonly int[] prefixes = new int[AnalyticsLimits.EventDepthMax + 1];
    private byte[] path = new byte[1024];
    private byte[] key = new byte[1024];

    /// <summary>Creates a reader that numbers fields and log sources by these tables.</summary>
    /// <param name="fields">The field names.</param>
    /// <param name="logSources">The sets of log sources.</param>
    /// <param name="candidates">
    /// For events whose labels are incomplete: the log sources that rules name. An event then belongs to all of them that its
    /// labels do not contradict, since a part it leaves out is unknown. Null to take labels as complete.
    /// </param>
    public FlatEventReader(FieldTable fields, LogSourceTable logSources, IEnumerable<LogSource>? candidates = null)
    {
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(logSources);
        this.fields = fields;
        this.logSources = logSources;
        this.candidates = candidates?.Distinct().ToArray();
    }

    /// <summary>Reads one event. The event is cleared first and keeps the line as its raw bytes.</summary>
    /// <returns>Whether it is one; if not, <see cref="Event.Unparsed"/> says why.</returns>
    public bool TryRead(ReadOnlyMemory<byte> line, Event e)
    {
        ArgumentNullException.ThrowIfNull(e);
        e.Clear();
        e.Raw = line;
        partLengths.AsSpan().Fill(-1);
        if (!Utf8.IsValid(line.Span))
        {
            e.Unparsed = UnparsedReason.NotUtf8;
            return false;
        }
        try
        {
            e.Unparsed = ReadObject(line.Span, e);
        }
        // The reader of JSON reports a broken text, and a string with half a surrogate pair, by exceptions.
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            e.Unparsed = UnparsedReason.NotJson;
        }
        if (e.Unparsed != UnparsedReason.None)
        {
            return false;
        }
        e.LogSources = LogSourcesOf();
        return true;
    }

    /// <summary>Whether the last event named its product or category itself; a service alone may be a field of another meaning.</summary>
    public bool NamedItsLogSource => partLengths[0] > 0 || partLengths[1] > 0;

    private UnparsedReason ReadObject(ReadOnlySpan<byte> line, Event e)
    {
        // One level more than allowed, so that too deep and not JSON can be told apart.
        Utf8JsonReader reader = new(line, new JsonReaderOptions { MaxDepth = AnalyticsLimits.EventDepthMax + 1 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return UnparsedReason.NotJson;
        }
        prefixes[0] = 0;
        int length = 0;
        int field = FieldTable.None;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    length = AppendName(ref reader);
                    field = FieldTable.None;
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    if (reader.CurrentDepth >= AnalyticsLimits.EventDepthMax)
                    {
                        return UnparsedReason.TooDeep;
                    }
                    prefixes[reader.CurrentDepth] = length;
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    length = prefixes[reader.CurrentDepth];
                    field = FieldTable.None;
                    break;
                default:
                    field = field == FieldTable.None ? FieldOf(path.AsSpan(0, length)) : field;
                    if (e.Fields.Length == AnalyticsLimits.EventValuesMax)
                    {
                        return UnparsedReason.TooManyFields;
                    }
                    AddValue(ref reader, field, length, e);
                    break;
            }
        }
        return UnparsedReason.None;
    }

    private int AppendName(ref Utf8JsonReader reader)
    {
        int start = prefixes[reader.CurrentDepth - 1];
        int room = start + 1 + reader.ValueSpan.Length;
        if (path.Length < room)
        {
            Array.Resize(ref path, room * 2);
        }
        if (start > 0)
        {
            path[start++] = (byte)'.';
        }
        int written = reader.ValueIsEscaped ? reader.CopyString(path.AsSpan(start)) : reader.ValueSpan.Length;
        if (!reader.ValueIsEscaped)
        {
            reader.ValueSpan.CopyTo(path.AsSpan(start));
        }
        return start + written;
    }

    private int FieldOf(ReadOnlySpan<byte> name)
    {
        if (!names.TryGet(name, out int field))
        {
            field = fields.Intern(name);
            if (!names.IsFull)
            {
                names.Add(name, field);
            }
        }
        return field;
    }

    private void AddValue(ref Utf8JsonReader reader, int field, int nameLength, Event e)
    {
        ReadOnlySpan<byte> value = reader.ValueSpan;
        switch (reader.TokenType)
        {
            case JsonTokenType.String when reader.ValueIsEscaped:
                e.Commit(field, reader.CopyString(e.Reserve(value.Length)), FieldKind.Text);
                break;
            case JsonTokenType.String:
                e.Add(field, value, FieldKind.Text);
                if (reader.CurrentDepth == 1)
                {
                    KeepPart(path.AsSpan(0, nameLength), value);
                }
                break;
            case JsonTokenType.Number:
                e.Add(field, value, FieldKind.Number);
                break;
            case JsonTokenType.True:
                e.Add(field, value, FieldKind.True);
                break;
            case JsonTokenType.False:
                e.Add(field, value, FieldKind.False);
                break;
            default:
                e.Add(field, [], FieldKind.Null);
                break;
        }
    }

    private void KeepPart(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int part =
            name.SequenceEqual("product"u8) ? 0
            : name.SequenceEqual("category"u8) ? 1
            : name.SequenceEqual("service"u8) ? 2
            : -1;
        if (part < 0)
        {
            return;
        }
        if (parts[part].Length < value.Length)
        {
            parts[part] = new byte[value.Length];
        }
        value.CopyTo(parts[part]);
        partLengths[part] = value.Length;
    }

    private int LogSourcesOf()
    {
        int length = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            int size = Math.Max(0, partLengths[i]);
            if (key.Length < length + size + 1)
            {
                Array.Resize(ref key, (length + size + 1) * 2);
            }
            parts[i].AsSpan(0, size).CopyTo(key.AsSpan(length));
            length += size;
            key[length++] = (byte)'\n';
        }
        if (length == parts.Length && candidates is null)
        {
            return LogSourceTable.Unrouted;
        }
        if (!sets.TryGet(key.AsSpan(0, length), out int set) && !sets.IsFull)
        {
            set = logSources.Intern(SetOf(new LogSource(Part(0), Part(1), Part(2))));
            sets.Add(key.AsSpan(0, length), set);
        }
        return set;
    }

    private IEnumerable<LogSource> SetOf(LogSource labels) =>
        candidates is null
            ? [labels]
            : candidates
                .Where(c =>
                    Allows(labels.Product, c.Product)
                    && Allows(labels.Category, c.Category)
                    && Allows(labels.Service, c.Service)
                )
                .Append(labels);

    private static bool Allows(string? label, string? asked) => label is null || asked is null || label == asked;

    private string? Part(int part) =>
        partLengths[part] <= 0
            ? null
            : Encoding.UTF8.GetString(parts[part].AsSpan(0, partLengths[part])).ToLowerInvariant();
}
