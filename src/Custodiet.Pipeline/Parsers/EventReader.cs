using System.Text.Unicode;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// Bytes of one event to an <see cref="Event"/>, in one pass and without making strings. Belongs to one worker: not safe for two threads.
/// </summary>
public sealed class EventReader
{
    private const string Unknown = "unknown";
    private const int NotYetAsked = -1;

    private readonly BoundParsers parsers;
    private readonly PathTable paths;
    private readonly SlotValues slots;
    private readonly FieldNames names;
    private readonly Routing routing;
    private readonly Recogniser recogniser;
    private readonly ByteBuffer joined = new();
    private string input = "";
    private string? peer;
    private int unknownSource;

    internal EventReader(BoundParsers parsers)
    {
        this.parsers = parsers;
        ParserLimits limits = parsers.Tables.Limits;
        paths = new PathTable(parsers.Slots, limits);
        slots = new SlotValues(parsers.Slots.Count);
        names = new FieldNames(parsers, paths);
        routing = new Routing(parsers);
        recogniser = new Recogniser(parsers, paths, slots, new FieldSink(paths, slots, limits.Fields));
        // Number 0 of the table, which an empty event has.
        unknownSource = parsers.Tables.Sources.Intern(new SourceKey(Unknown, Unknown));
    }

    /// <summary>Values that were left out because their name was too long or found no room in a table.</summary>
    public long ValuesLeftOut => names.LeftOut;

    /// <summary>How often the table of dotted names was full and started afresh: a sender that invents keys.</summary>
    public long NameTableResets { get; private set; }

    /// <summary>
    /// Says which input the events come from that are read next. Behind its first blank may stand the peer that sent them, as in
    /// <c>syslog-udp 192.0.2.7</c>: it is the sensor of an event that names none itself.
    /// </summary>
    /// <param name="name">The input, as an <see cref="Records.Stores.EventBatch"/> names it. Before the first call no peer is known.</param>
    public void SetInput(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == input)
        {
            return;
        }
        input = name;
        int blank = name.IndexOf(' ', StringComparison.Ordinal);
        peer = blank < 0 || blank + 1 == name.Length ? null : name[(blank + 1)..];
        routing.SetPeer(peer);
        unknownSource = NotYetAsked;
    }

    /// <summary>
    /// Reads one event. Never throws for what the bytes hold: what cannot be read is marked with a reason and has no fields,
    /// except for <see cref="UnparsedReason.NoEventTime"/> and <see cref="UnparsedReason.NotRecognised"/>, which have them all, and
    /// <see cref="UnparsedReason.Malformed"/>, which has what stands before the break.
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
        BoundParser? parser = Recognise(raw.Span, target, out UnparsedReason fault);
        if (fault is not (UnparsedReason.None or UnparsedReason.Malformed))
        {
            target.Clear();
            Begin(offset, receivedMicros, raw, target);
            target.Unparsed = fault;
            target.Source = UnknownSource();
            return;
        }
        if (parser is null)
        {
            target.Unparsed = UnparsedReason.NotRecognised;
            target.Source = UnknownSource();
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
        if (fault != UnparsedReason.None)
        {
            target.Unparsed = fault;
        }
        (int From, int To)[] aliases = routing.Route(parser, slots, target);
        names.Apply(parser.Index, parser.Definition.Naming, target);
        if (aliases.Length > 0)
        {
            FieldNames.AddAliases(aliases, target);
        }
    }

    private BoundParser? Recognise(ReadOnlySpan<byte> raw, Event target, out UnparsedReason fault)
    {
        BoundParser? parser;
        if (!Utf8.IsValid(raw))
        {
            fault = UnparsedReason.NotUtf8;
            return null;
        }
        // A datagram is kept as it came, and some devices end theirs like a line or a C string.
        raw = raw.TrimEnd("\r\n\0"u8);
        if (JsonFields.Begins(raw) || raw.IsEmpty)
        {
            parser = recogniser.ReadJson(raw, target, out fault);
        }
        else
        {
            parser = recogniser.ReadLine(raw, target, out fault);
        }
        if (parser is { IsPlain: false } && !recogniser.Complete(parser, target))
        {
            fault = UnparsedReason.TooManyFields;
        }
        return parser;
    }

    private static void Begin(long offset, long receivedMicros, ReadOnlyMemory<byte> raw, Event target)
    {
        target.Clear();
        target.Offset = offset;
        target.ReceivedMicros = receivedMicros;
        target.EventMicros = receivedMicros;
        target.Raw = raw;
    }

    private int UnknownSource()
    {
        if (unknownSource == NotYetAsked)
        {
            unknownSource = parsers.Tables.Sources.Intern(new SourceKey(Unknown, peer ?? Unknown));
        }
        return unknownSource;
    }

    private bool TryTime(BoundParser parser, Event target, out long micros)
    {
        foreach (BoundTime time in parser.Times)
        {
            if (
                TryTimeText(time.Slots, target, out ReadOnlySpan<byte> text)
                && TimeText.TryRead(text, time.Format, parsers.ReferenceOf(time, target), out micros)
            )
            {
                return true;
            }
        }
        micros = 0;
        return false;
    }

    /// <summary>The value of one path, or those of several with blanks between.</summary>
    private bool TryTimeText(int[] parts, Event target, out ReadOnlySpan<byte> text)
    {
        if (!slots.TryGet(parts[0], target, out text) || parts.Length == 1)
        {
            return parts.Length == 1 && !text.IsEmpty;
        }
        joined.Clear();
        foreach (int part in parts)
        {
            if (!slots.TryGet(part, target, out text))
            {
                return false;
            }
            joined.Append(" "u8[..(joined.Length == 0 ? 0 : 1)]);
            joined.Append(text);
        }
        text = joined.Span;
        return true;
    }
}
