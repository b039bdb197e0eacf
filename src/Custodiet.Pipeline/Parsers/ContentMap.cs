using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// A map of a content file while it is read: every key that is asked for is known, every other one is reported,
/// and each wrong value is a problem with its place.
/// </summary>
internal sealed class ContentMap(MappingNode node, string prefix, List<Problem> problems)
{
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    public TextPosition Position => node.Position;

    public List<Problem> Problems => problems;

    public IReadOnlyList<MappingEntry> Entries => node.Entries;

    /// <summary>The first map of a file, or null and a problem.</summary>
    public static ContentMap? Open(SourceText text, string prefix, List<Problem> problems)
    {
        YamlParse parse = Yaml.Parse(text.Text, text.File);
        problems.AddRange(parse.Problems);
        if (parse.Problems.Any(problem => problem.Level == ProblemLevel.Error))
        {
            return null;
        }
        if (parse.Documents is not [MappingNode map])
        {
            problems.Add(
                new Problem(
                    ProblemLevel.Error,
                    $"{prefix}.document",
                    "The file must hold exactly one document, a map.",
                    new TextPosition(text.File, 1, 1)
                )
            );
            return null;
        }
        return new ContentMap(map, prefix, problems);
    }

    public Node? Find(string key)
    {
        asked.Add(key);
        return node.Find(key) is { } value and not ScalarNode { IsNull: true } ? value : null;
    }

    public void Error(string code, string message, TextPosition at) =>
        problems.Add(new Problem(ProblemLevel.Error, $"{prefix}.{code}", message, at));

    /// <summary>A text that must be there; empty after a problem.</summary>
    public string Required(string key)
    {
        if (Optional(key) is { Length: > 0 } text)
        {
            return text;
        }
        if (node.Find(key) is null or ScalarNode)
        {
            Error("missing", $"«{key}» is missing.", node.Position);
        }
        return "";
    }

    public string? Optional(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case ScalarNode scalar:
                return scalar.Text;
            case { } other:
                Error("type", $"«{key}» must be a single value, not {other.Kind}.", other.Position);
                return null;
        }
    }

    public int Integer(string key, int whenAbsent)
    {
        if (Find(key) is not { } value)
        {
            return whenAbsent;
        }
        if (value is ScalarNode { AsInteger: { } number } && number is >= 0 and <= int.MaxValue)
        {
            return (int)number;
        }
        Error("type", $"«{key}» must be a whole number of at least 0.", value.Position);
        return whenAbsent;
    }

    /// <summary>A value or a list of values.</summary>
    public IReadOnlyList<string> Texts(string key) => Find(key) is { } value ? TextsOf(key, value) : [];

    public IReadOnlyList<string> TextsOf(string key, Node value)
    {
        switch (value)
        {
            case ScalarNode scalar:
                return [scalar.Text];
            case SequenceNode list:
                List<string> texts = [];
                foreach (Node item in list.Items)
                {
                    if (item is ScalarNode text)
                    {
                        texts.Add(text.Text);
                    }
                    else
                    {
                        Error("type", $"«{key}» holds {item.Kind} where a single value is expected.", item.Position);
                    }
                }
                return texts;
            default:
                Error("type", $"«{key}» must be a value or a list of values.", value.Position);
                return [];
        }
    }

    /// <summary>The entries of a map of values.</summary>
    public IReadOnlyList<(string Key, string Value)> Pairs(string key) =>
        [
            .. Map(key) is { } map
                ? map.Entries.Select(entry => (entry.Key.Text, map.Optional(entry.Key.Text) ?? ""))
                : [],
        ];

    public Dictionary<string, string> Dictionary(string key) =>
        Pairs(key).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

    public ContentMap? Map(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case MappingNode map:
                return new ContentMap(map, prefix, problems);
            case { } other:
                Error("type", $"«{key}» must be a map, not {other.Kind}.", other.Position);
                return null;
        }
    }

    /// <summary>The maps of a list of maps.</summary>
    public IEnumerable<ContentMap> Each(string key)
    {
        switch (Find(key))
        {
            case null:
                yield break;
            case SequenceNode list:
                foreach (Node item in list.Items)
                {
                    if (item is MappingNode map)
                    {
                        yield return new ContentMap(map, prefix, problems);
                    }
                    else
                    {
                        Error("type", $"«{key}» holds {item.Kind} where a map is expected.", item.Position);
                    }
                }
                yield break;
            case { } other:
                Error("type", $"«{key}» must be a list, not {other.Kind}.", other.Position);
                yield break;
        }
    }

    public ContentMap Of(MappingNode map) => new(map, prefix, problems);

    /// <summary>Reports every key that nobody asked for: a misspelt key must not be ignored silently.</summary>
    public void Close()
    {
        foreach (MappingEntry entry in node.Entries)
        {
            if (!asked.Contains(entry.Key.Text))
            {
                problems.Add(
                    new Problem(
                        ProblemLevel.Error,
                        $"{prefix}.unknown-key",
                        $"«{entry.Key.Text}» means nothing here.",
                        entry.Key.Position,
                        $"Known here: {string.Join(", ", asked.Order(StringComparer.Ordinal))}."
                    )
                );
            }
        }
    }
}
