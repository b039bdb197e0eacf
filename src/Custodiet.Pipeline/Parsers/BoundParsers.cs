using System.Collections.Frozen;
using System.Text;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Parsers tied to the tables they share with rules. Immutable and safe for many readers; each worker takes its own <see cref="EventReader"/>.</summary>
public sealed class BoundParsers
{
    private readonly FrozenDictionary<string, BoundParser> byId;
    private readonly SourceTable sources;
    private readonly TimeZoneInfo zone;

    internal BoundParsers(
        IReadOnlyList<ParserDefinition> definitions,
        FieldTable fields,
        LogSourceTable logSources,
        SourceTable sources,
        ParserLimits limits,
        TimeZoneInfo zone
    )
    {
        Dictionary<string, int> slots = new(StringComparer.Ordinal);
        int SlotOf(string path)
        {
            if (!slots.TryGetValue(path, out int slot))
            {
                slot = slots.Count;
                slots.Add(path, slot);
            }
            return slot;
        }
        Parsers = [.. definitions.Select((definition, index) => new BoundParser(definition, index, SlotOf, fields))];
        JsonParsers = [.. Parsers.Where(parser => parser.Body is null)];
        TextParsers = [.. Parsers.Where(parser => parser.Body is not null)];
        this.zone = zone;
        Slots = slots.ToFrozenDictionary(StringComparer.Ordinal);
        byId = Parsers.ToFrozenDictionary(parser => parser.Definition.Id, StringComparer.Ordinal);
        this.sources = sources;
        Tables = new SharedTables(fields, logSources, sources, limits);
    }

    internal BoundParser[] Parsers { get; }

    /// <summary>Those that read JSON, in turn.</summary>
    internal BoundParser[] JsonParsers { get; }

    /// <summary>Those that read text, in turn.</summary>
    internal BoundParser[] TextParsers { get; }

    internal FrozenDictionary<string, int> Slots { get; }

    internal SharedTables Tables { get; }

    /// <summary>What a time of an event may leave unsaid.</summary>
    internal TimeReference ReferenceOf(BoundTime time, Event target) =>
        new(target.ReceivedMicros, time.Zone ?? zone, time.Zone);

    /// <summary>A reader for one worker.</summary>
    public EventReader NewReader() => new(this);

    /// <summary>What findings in this event are about: the parser's entity fields in turn, else the sensor.</summary>
    public Entity EntityOf(Event target)
    {
        ArgumentNullException.ThrowIfNull(target);
        string kind = "host";
        if (byId.TryGetValue(target.Parser, out BoundParser? parser))
        {
            kind = parser.Definition.EntityKind;
            foreach (int field in parser.EntityFields)
            {
                if (target.TryGet(field, out FieldValue value) && value.Kind != FieldKind.Null && value.Length > 0)
                {
                    return new Entity(kind, target.TextOf(value));
                }
            }
        }
        return new Entity(kind, sources.Of(target.Source).Sensor);
    }

    /// <summary>The fields of a parser's events that analysts see first, as numbers of the field table; empty for an unknown parser.</summary>
    public IReadOnlyList<int> HeadlineOf(string parser) =>
        byId.TryGetValue(parser, out BoundParser? bound) ? bound.Headline : [];
}

/// <summary>What all readers share.</summary>
internal sealed record SharedTables(
    FieldTable Fields,
    LogSourceTable LogSources,
    SourceTable Sources,
    ParserLimits Limits
);

/// <summary>A <see cref="TimeRule"/> with numbers for paths.</summary>
internal sealed record BoundTime(int[] Slots, TimeFormat Format, TimeZoneInfo? Zone);

/// <summary>A <see cref="BodyDefinition"/> with numbers for paths.</summary>
internal sealed record BoundBody(TextFormat Format, bool KeepsMessage, SlotCondition Require);

/// <summary>A <see cref="CarriedDefinition"/> with numbers for paths.</summary>
internal sealed record BoundCarried(int[] Texts, (int Slot, byte[] Name, int[] Paths)[] Header);

/// <summary>An <see cref="InsideDefinition"/> with numbers for paths.</summary>
internal sealed record BoundInside(int Slot, TextFormat? Format, byte[] Under);

/// <summary>A <see cref="SetRule"/> with numbers for paths.</summary>
internal sealed record BoundSet(int Slot, byte[] Field, byte[] Value, SlotCondition When);

/// <summary>One parser with numbers for its paths and fields.</summary>
internal sealed class BoundParser(ParserDefinition definition, int index, Func<string, int> slotOf, FieldTable fields)
{
    public ParserDefinition Definition { get; } = definition;

    public int Index { get; } = index;

    public SlotCondition Recognise { get; } = SlotCondition.Bind(definition.Recognise, slotOf);

    /// <summary>How text is read; null for a parser of JSON.</summary>
    public BoundBody? Body { get; } =
        definition.Body is { } body
            ? new BoundBody(body.Format, body.KeepsMessage, SlotCondition.Bind(body.Require, slotOf))
            : null;

    /// <summary>Where lines lie inside JSON; null for a parser that takes the JSON as it is.</summary>
    public BoundCarried? Carried { get; } =
        definition.Carried is { } carried
            ? new BoundCarried(
                [.. carried.Texts.Select(slotOf)],
                [
                    .. carried.Header.Select(part =>
                        (slotOf(part.Name), Encoding.UTF8.GetBytes(part.Name), part.Paths.Select(slotOf).ToArray())
                    ),
                ]
            )
            : null;

    public BoundInside[] Inside { get; } =
    [
        .. definition.Inside.Select(inside => new BoundInside(
            slotOf(inside.Path),
            inside.Format,
            Encoding.UTF8.GetBytes(inside.Under ?? "")
        )),
    ];

    public BoundSet[] Set { get; } =
    [
        .. definition.Set.Select(set => new BoundSet(
            slotOf(set.Value.Field),
            Encoding.UTF8.GetBytes(set.Value.Field),
            Encoding.UTF8.GetBytes(set.Value.Value),
            SlotCondition.Bind(set.When, slotOf)
        )),
    ];

    /// <summary>Whether nothing is to do between recognition and naming.</summary>
    public bool IsPlain => Inside.Length == 0 && Set.Length == 0;

    public BoundTime[] Times { get; } =
    [.. definition.Times.Select(time => new BoundTime([.. time.Paths.Select(slotOf)], time.Format, time.Zone))];

    public int[] SensorSlots { get; } = [.. definition.SensorPaths.Select(slotOf)];

    public int[][] InputSlots { get; } =
    [.. definition.LogSources.Inputs.Select(paths => paths.Select(slotOf).ToArray())];

    public int[] EntityFields { get; } = Known(definition.EntityFields, fields);

    public int[] Headline { get; } = Known(definition.Headline, fields);

    private static int[] Known(IReadOnlyList<string> names, FieldTable fields) =>
        [.. names.Select(name => fields.Intern(name)).Where(field => field != FieldTable.None)];
}
