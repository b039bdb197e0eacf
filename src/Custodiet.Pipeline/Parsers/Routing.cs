using System.Buffers.Binary;
using System.Text;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Gives events their source and their set of log sources. What it has decided once for a combination of values it remembers. Belongs to one reader.</summary>
internal sealed class Routing(BoundParsers parsers)
{
    private const int CombinationsMax = 16_384;
    private const int SourcesMax = 131_072;

    // Senders can name any product: past this many sets an event of a new one is unrouted instead of growing the table for ever.
    private const int LogSourceSetsMax = 4_096;

    private readonly ByteKeyTable combinations = new(CombinationsMax);
    private readonly ByteKeyTable sources = new(SourcesMax);
    private readonly Dictionary<string, int> technologies = new(StringComparer.Ordinal);
    private readonly List<string> technologyNames = [];
    private readonly List<Decision> decisions = [];
    private byte[] key = new byte[4096];
    private byte[] peer = [];

    /// <summary>Sets the sensor of events that name none; null for none.</summary>
    public void SetPeer(string? name) => peer = name is null ? [] : Encoding.UTF8.GetBytes(name);

    /// <summary>Sets an event's source and log sources.</summary>
    /// <returns>The fields that it also has under another name.</returns>
    public (int From, int To)[] Route(BoundParser parser, SlotValues slots, Event target)
    {
        Span<byte> combination = CombinationKey(parser, slots, target);
        if (!combinations.TryGet(combination, out int known))
        {
            known = Decide(parser, slots, target);
            combinations.Set(combination, known);
        }
        Decision decision = decisions[known];
        target.LogSources = decision.LogSources;
        target.Source = SourceOf(parser, decision.Technology, slots, target);
        return decision.Aliases;
    }

    private Span<byte> CombinationKey(BoundParser parser, SlotValues slots, Event target)
    {
        int limit = parsers.Tables.Limits.SensorLength;
        int room = 4 + (parser.InputSlots.Length * (4 + limit));
        if (key.Length < room)
        {
            key = new byte[room];
        }
        BinaryPrimitives.WriteInt32LittleEndian(key, parser.Index);
        int used = 4;
        foreach (int[] input in parser.InputSlots)
        {
            bool present = TryFirst(input, slots, target, out ReadOnlySpan<byte> value);
            value = value.Length > limit ? value[..limit] : value;
            BinaryPrimitives.WriteInt32LittleEndian(key.AsSpan(used), present ? value.Length : -1);
            value.CopyTo(key.AsSpan(used + 4));
            used += 4 + value.Length;
        }
        return key.AsSpan(0, used);
    }

    private int Decide(BoundParser parser, SlotValues slots, Event target)
    {
        string?[] values = new string?[parser.InputSlots.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = TryFirst(parser.InputSlots[i], slots, target, out ReadOnlySpan<byte> value)
                ? Encoding.UTF8.GetString(value[..Math.Min(value.Length, parsers.Tables.Limits.SensorLength)])
                : null;
        }
        LogSourceDecision decision = parser.Definition.LogSources.Use.Decide(values, parser.Definition.Technology);
        if (!technologies.TryGetValue(decision.Technology, out int technology))
        {
            technology = technologyNames.Count;
            technologyNames.Add(decision.Technology);
            technologies.Add(decision.Technology, technology);
        }
        FieldTable fields = parsers.Tables.Fields;
        Decision made = new(
            Intern(decision.LogSources),
            technology,
            [
                .. decision
                    .Aliases.Select(alias => (From: fields.Intern(alias.From), To: fields.Intern(alias.To)))
                    .Where(alias => alias is { From: >= 0, To: >= 0 }),
            ]
        );
        return Remember(made);
    }

    private int Remember(Decision made)
    {
        // Combinations are many, decisions few: equal ones share a place, so that forgetting combinations leaks nothing.
        for (int i = 0; i < decisions.Count; i++)
        {
            if (
                decisions[i].LogSources == made.LogSources
                && decisions[i].Technology == made.Technology
                && decisions[i].Aliases.AsSpan().SequenceEqual(made.Aliases)
            )
            {
                return i;
            }
        }
        decisions.Add(made);
        return decisions.Count - 1;
    }

    private int Intern(IReadOnlyList<LogSource> logSources)
    {
        LogSourceTable table = parsers.Tables.LogSources;
        return table.Count >= LogSourceSetsMax ? LogSourceTable.Unrouted : table.Intern(logSources);
    }

    private int SourceOf(BoundParser parser, int technology, SlotValues slots, Event target)
    {
        int limit = parsers.Tables.Limits.SensorLength;
        if (!TryFirst(parser.SensorSlots, slots, target, out ReadOnlySpan<byte> sensor))
        {
            sensor = peer;
        }
        sensor = sensor[..Math.Min(sensor.Length, limit)];
        Span<byte> name = key.AsSpan(0, 8 + sensor.Length);
        BinaryPrimitives.WriteInt32LittleEndian(name, technology);
        BinaryPrimitives.WriteInt32LittleEndian(name[4..], sensor.IsEmpty ? parser.Index : -1);
        sensor.CopyTo(name[8..]);
        if (!sources.TryGet(name, out int source))
        {
            string text = sensor.IsEmpty ? parser.Definition.SensorDefault : Encoding.UTF8.GetString(sensor);
            source = parsers.Tables.Sources.Intern(new SourceKey(technologyNames[technology], text));
            sources.Set(name, source);
        }
        return source;
    }

    private static bool TryFirst(int[] candidates, SlotValues slots, Event target, out ReadOnlySpan<byte> value)
    {
        foreach (int slot in candidates)
        {
            if (slots.TryGet(slot, target, out value))
            {
                return true;
            }
        }
        value = default;
        return false;
    }

    private sealed record Decision(int LogSources, int Technology, (int From, int To)[] Aliases);
}
