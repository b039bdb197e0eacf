using System.Text.Json;
using System.Text.Unicode;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// Bytes of one event to an <see cref="Event"/>, in one pass and without making strings. Belongs to one worker: not safe for two threads.
/// </summary>
public sealed class EventReader
{
    private static readonly SourceKey UnknownSource = new("unknown", "unknown");

    private readonly BoundParsers parsers;
    private readonly PathTable paths;
    private readonly SlotValues slots;
    private readonly FieldNames names;
    private readonly Routing routing;
    private readonly ParserLimits limits;
    private readonly JsonReaderOptions options;
    private readonly int[] nodes;
    private readonly int unknownSource;

    internal EventReader(BoundParsers parsers)
    {
        this.parsers = parsers;
        limits = parsers.Tables.Limits;
        paths = new PathTable(parsers.Slots, limits);
        slots = new SlotValues(parsers.Slots.Count);
        names = new FieldNames(parsers, paths);
        routing = new Routing(parsers);
        nodes = new int[limits.Depth + 2];
        // One level more than the limit, so that too deep is told apart from not JSON.
        options = new JsonReaderOptions { MaxDepth = limits.Depth + 1 };
        unknownSource = parsers.Tables.Sources.Intern(UnknownSource);
    }

    /// <summary>Values that were left out because their name was too long or found no room in a table.</summary>
    public long ValuesLeftOut => names.LeftOut;

    /// <summary>How often the table of dotted names was full and started afresh: a sender that invents keys.</summary>
    public long NameTableResets { get; private set; }

    /// <summary>
    /// Reads one event. Never throws for what the bytes hold: what cannot be read is marked with a reason and has no fields,
    /// except for <see cref="UnparsedReason.NoEventTime"/> and <see cref="UnparsedReason.NotRecognised"/>, which have them all.
    /// </summary>
    /// <param name="offset">Its number in the queue.</param>
    /// <param name="receivedMicros">When it was received, microseconds since 1970 UTC.</param>
    /// <param name="raw">Its bytes, kept by reference.</param>
    /// <param name="target">Is cleared and filled.</param>
    public void Read(long offset, long receivedMicros, ReadOnlyMemory<byte> raw, Event target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Begin(offset, receivedMicros, raw, target);
        if (paths.IsNearlyFull)
        {
            paths.Reset();
            names.Reset();
            NameTableResets++;
        }
        slots.Clear();
        UnparsedReason fault = Scan(raw.Span, target);
        if (fault != UnparsedReason.None)
        {
            target.Clear();
            Begin(offset, receivedMicros, raw, target);
            target.Unparsed = fault;
            return;
        }
        BoundParser? parser = Recognise(target);
        if (parser is null)
        {
            target.Unparsed = UnparsedReason.NotRecognised;
            names.Apply(parsers.Parsers.Length, FieldNaming.AsWritten, target);
            return;
        }
        target.Parser = parser.Definition.Id;
        // Slots refer to values by their index, so all that looks at them comes before names are given and values left out.
        if (TryTime(parser, target, out long micros))
        {
            target.EventMicros = micros;
        }
        else
        {
            target.Unparsed = UnparsedReason.NoEventTime;
        }
        (int From, int To)[] aliases = routing.Route(parser, slots, target);
        names.Apply(parser.Index, parser.Definition.Naming, target);
        if (aliases.Length > 0)
        {
            FieldNames.AddAliases(aliases, target);
        }
    }

    private void Begin(long offset, long receivedMicros, ReadOnlyMemory<byte> raw, Event target)
    {
        target.Clear();
        target.Offset = offset;
        target.ReceivedMicros = receivedMicros;
        target.EventMicros = receivedMicros;
        target.Source = unknownSource;
        target.Raw = raw;
    }

    private UnparsedReason Scan(ReadOnlySpan<byte> text, Event target)
    {
        if (!Utf8.IsValid(text))
        {
            return UnparsedReason.NotUtf8;
        }
        try
        {
            Utf8JsonReader reader = new(text, options);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject
                ? ScanObject(ref reader, target)
                : UnparsedReason.NotJson;
        }
        catch (JsonException)
        {
            return UnparsedReason.NotJson;
        }
    }

    private UnparsedReason ScanObject(ref Utf8JsonReader reader, Event target)
    {
        int depth = 1;
        int node = PathTable.Root;
        int fields = 0;
        int properties = 0;
        nodes[1] = PathTable.Root;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    if (++properties > limits.Fields)
                    {
                        return UnparsedReason.TooManyFields;
                    }
                    node = reader.ValueIsEscaped
                        ? paths.EscapedChild(nodes[depth], reader.ValueSpan)
                        : paths.Child(nodes[depth], reader.ValueSpan);
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    if (++depth > limits.Depth)
                    {
                        return UnparsedReason.TooDeep;
                    }
                    nodes[depth] = node;
                    if (paths.SlotOf(node) is >= 0 and var container)
                    {
                        slots.Note(container, -1);
                    }
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    node = nodes[--depth];
                    break;
                default:
                    if (fields == limits.Fields)
                    {
                        return UnparsedReason.TooManyFields;
                    }
                    if (paths.SlotOf(node) is >= 0 and var slot)
                    {
                        slots.Note(slot, fields);
                    }
                    AddValue(ref reader, node, target);
                    fields++;
                    break;
            }
        }
        return UnparsedReason.None;
    }

    private static void AddValue(ref Utf8JsonReader reader, int node, Event target)
    {
        ReadOnlySpan<byte> value = reader.ValueSpan;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                Span<byte> room = target.Reserve(value.Length);
                int length = value.Length;
                if (reader.ValueIsEscaped)
                {
                    length = JsonText.Unescape(value, room);
                }
                else
                {
                    value.CopyTo(room);
                }
                target.Commit(node, length, FieldKind.Text);
                break;
            case JsonTokenType.Number:
                target.Add(node, value, FieldKind.Number);
                break;
            case JsonTokenType.True:
                target.Add(node, value, FieldKind.True);
                break;
            case JsonTokenType.False:
                target.Add(node, value, FieldKind.False);
                break;
            default:
                target.Commit(node, 0, FieldKind.Null);
                break;
        }
    }

    private BoundParser? Recognise(Event target)
    {
        foreach (BoundParser parser in parsers.Parsers)
        {
            if (parser.Recognise.Holds(slots, target))
            {
                return parser;
            }
        }
        return null;
    }

    private bool TryTime(BoundParser parser, Event target, out long micros)
    {
        foreach ((int slot, TimeFormat format) in parser.Times)
        {
            if (slots.TryGet(slot, target, out ReadOnlySpan<byte> value) && TimeText.TryRead(value, format, out micros))
            {
                return true;
            }
        }
        micros = 0;
        return false;
    }
}
