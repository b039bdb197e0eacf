using System.Collections.Frozen;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Parsers tied to the tables they share with rules. Immutable and safe for many readers; each worker takes its own <see cref="EventReader"/>.</summary>
public sealed class BoundParsers
{
    private readonly FrozenDictionary<string, BoundParser> byId;
    private readonly SourceTable sources;

    internal BoundParsers(
        IReadOnlyList<ParserDefinition> definitions,
        FieldTable fields,
        LogSourceTable logSources,
        SourceTable sources,
        ParserLimits limits
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
        Slots = slots.ToFrozenDictionary(StringComparer.Ordinal);
        byId = Parsers.ToFrozenDictionary(parser => parser.Definition.Id, StringComparer.Ordinal);
        this.sources = sources;
        Tables = new SharedTables(fields, logSources, sources, limits);
    }

    internal BoundParser[] Parsers { get; }

    internal FrozenDictionary<string, int> Slots { get; }

    internal SharedTables Tables { get; }

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

/// <summary>One parser with numbers for its paths and fields.</summary>
internal sealed class BoundParser(ParserDefinition definition, int index, Func<string, int> slotOf, FieldTable fields)
{
    public ParserDefinition Definition { get; } = definition;

    public int Index { get; } = index;

    public SlotCondition Recognise { get; } = SlotCondition.Bind(definition.Recognise, slotOf);

    public (int Slot, TimeFormat Format)[] Times { get; } =
    [.. definition.Times.Select(time => (slotOf(time.Path), time.Format))];

    public int[] SensorSlots { get; } = [.. definition.SensorPaths.Select(slotOf)];

    public int[][] InputSlots { get; } =
    [.. definition.LogSources.Inputs.Select(paths => paths.Select(slotOf).ToArray())];

    public int[] EntityFields { get; } = Known(definition.EntityFields, fields);

    public int[] Headline { get; } = Known(definition.Headline, fields);

    private static int[] Known(IReadOnlyList<string> names, FieldTable fields) =>
        [.. names.Select(name => fields.Intern(name)).Where(field => field != FieldTable.None)];
}
