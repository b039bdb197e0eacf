using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Analytics.Language;

/// <summary>Reads a rule's <c>detection</c>: search identifiers and the condition over them.</summary>
internal sealed class DetectionReader(ProblemList problems)
{
    private readonly ItemReader items = new(problems);

    /// <summary>Reads the detection.</summary>
    /// <returns>Null when it has an error, which is then among the problems.</returns>
    public Expression? Read(Node detection)
    {
        if (detection is not MappingNode map)
        {
            problems.Error("sigma.detection.kind", "«detection» must be a map.", detection.Position);
            return null;
        }
        Dictionary<string, Expression> identifiers = new(StringComparer.Ordinal);
        bool broken = false;
        foreach (MappingEntry entry in map.Entries)
        {
            // «timeframe» belonged to the aggregations that Sigma abolished; it is not a search identifier.
            if (entry.Key.Text is "condition" or "timeframe" or "")
            {
                continue;
            }
            if (ReadSearch(entry.Key.Position, entry.Value) is { } search)
            {
                identifiers[entry.Key.Text] = new Named(entry.Key.Text, search);
            }
            else
            {
                broken = true;
            }
        }
        // A condition over identifiers that could not be read would only repeat their problems.
        return broken ? null : ReadConditions(map, identifiers);
    }

    private Expression? ReadConditions(MappingNode map, Dictionary<string, Expression> identifiers)
    {
        Node? condition = map.Find("condition");
        IReadOnlyList<Node> nodes = condition switch
        {
            null => [],
            SequenceNode list => list.Items,
            _ => [condition],
        };
        if (nodes.Count == 0)
        {
            problems.Error("sigma.condition.missing", "The detection has no condition.", map.Position);
            return null;
        }
        List<Expression> conditions = [];
        foreach (Node node in nodes)
        {
            if (node is not ScalarNode scalar)
            {
                problems.Error("sigma.condition.kind", $"A condition is a text, not {node.Kind}.", node.Position);
            }
            else if (
                ConditionParser.Parse(scalar.Text, offset => PositionIn(scalar, offset), identifiers, problems) is
                { } parsed
            )
            {
                conditions.Add(parsed);
            }
        }
        if (conditions.Count < nodes.Count)
        {
            return null;
        }
        return conditions.Count == 1 ? conditions[0] : new AnyOf(conditions);
    }

    // A quoted or folded text does not keep its columns, so only a plain one is counted into.
    private static TextPosition PositionIn(ScalarNode scalar, int offset) =>
        scalar.Quoted ? scalar.Position : scalar.Position with { Column = scalar.Position.Column + offset };

    private Expression? ReadSearch(TextPosition position, Node value) =>
        value switch
        {
            MappingNode map => ReadMap(map),
            SequenceNode list => ReadList(position, list),
            _ => items.Read("", position, value),
        };

    private Expression? ReadMap(MappingNode map)
    {
        if (map.Entries.Count == 0)
        {
            problems.Error("sigma.detection.empty", "The map has no fields.", map.Position);
            return null;
        }
        List<Expression> parts = [];
        foreach (MappingEntry entry in map.Entries)
        {
            if (items.Read(entry.Key.Text, entry.Key.Position, entry.Value) is { } part)
            {
                parts.Add(part);
            }
        }
        return parts.Count < map.Entries.Count ? null
            : parts.Count == 1 ? parts[0]
            : new AllOf(parts);
    }

    private Expression? ReadList(TextPosition position, SequenceNode list)
    {
        if (list.Items.Count == 0 || list.Items.All(n => n is ScalarNode))
        {
            return items.Read("", position, list);
        }
        List<Expression> parts = [];
        foreach (Node node in list.Items)
        {
            Expression? part = null;
            if (node is SequenceNode)
            {
                problems.Error("sigma.detection.kind", "A list in a list has no meaning here.", node.Position);
            }
            else
            {
                part = ReadSearch(node.Position, node);
            }
            if (part is not null)
            {
                parts.Add(part);
            }
        }
        return parts.Count < list.Items.Count ? null
            : parts.Count == 1 ? parts[0]
            : new AnyOf(parts);
    }
}
