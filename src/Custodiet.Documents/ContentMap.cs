using Custodiet.Records;

namespace Custodiet.Documents;

/// <summary>
/// A map of a content file while it is read: every key that is asked for is known, <see cref="Close"/> reports the others,
/// and each wrong value is a problem with its place. Codes are <c>PREFIX.missing</c>, <c>.type</c>, <c>.word</c>, <c>.id</c>,
/// <c>.size</c>, <c>.empty</c>, <c>.unknown-key</c>, <c>.document</c>. Never throws for what a file holds.
/// </summary>
public sealed class ContentMap
{
    /// <summary>Characters of one text at most, when nothing else is said.</summary>
    public const int TextCharactersMaxDefault = 65_536;

    private const int IdCharactersMax = 64;

    private readonly MappingNode node;
    private readonly string what;
    private readonly string prefix;
    private readonly int textCharactersMax;
    private readonly List<Problem> problems;
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    private ContentMap(MappingNode node, string what, string prefix, int textCharactersMax, List<Problem> problems)
    {
        this.node = node;
        this.what = what;
        this.prefix = prefix;
        this.textCharactersMax = textCharactersMax;
        this.problems = problems;
    }

    /// <summary>Where the map begins.</summary>
    public TextPosition Position => node.Position;

    /// <summary>Everything found so far, of this map and of all that share the list.</summary>
    public IReadOnlyList<Problem> Problems => problems;

    /// <summary>The entries in the order written. Looking at them asks for none of them.</summary>
    public IReadOnlyList<MappingEntry> Entries => node.Entries;

    /// <summary>The one map that a file holds, or null and a problem.</summary>
    /// <param name="text">The file.</param>
    /// <param name="what">What the map is, as the subject of a sentence: <c>A parser</c>.</param>
    /// <param name="prefix">What problem codes begin with.</param>
    /// <param name="problems">Where problems go.</param>
    /// <param name="textCharactersMax">Characters of one text at most.</param>
    public static ContentMap? Open(
        SourceText text,
        string what,
        string prefix,
        List<Problem> problems,
        int textCharactersMax = TextCharactersMaxDefault
    )
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(problems);
        YamlParse parse = Yaml.Parse(text.Text, text.File);
        problems.AddRange(parse.Problems);
        if (parse.Problems.Any(problem => problem.Level == ProblemLevel.Error))
        {
            return null;
        }
        if (parse.Documents is [MappingNode map])
        {
            return new ContentMap(map, what, prefix, textCharactersMax, problems);
        }
        problems.Add(
            new Problem(
                ProblemLevel.Error,
                $"{prefix}.document",
                $"{what} is one document, a map; the file holds {Found(parse.Documents)}.",
                parse.Documents.Skip(1).FirstOrDefault()?.Position ?? new TextPosition(text.File, 1, 1)
            )
        );
        return null;
    }

    /// <summary>Reports a mistake.</summary>
    /// <param name="code">The code without its prefix.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="at">Where.</param>
    /// <param name="hint">What to do, or null.</param>
    public void Error(string code, string message, TextPosition at, string? hint = null) =>
        problems.Add(new Problem(ProblemLevel.Error, $"{prefix}.{code}", message, at, hint));

    /// <summary>Reports something that is allowed and hardly meant.</summary>
    /// <inheritdoc cref="Error"/>
    public void Warn(string code, string message, TextPosition at, string? hint = null) =>
        problems.Add(new Problem(ProblemLevel.Warning, $"{prefix}.{code}", message, at, hint));

    /// <summary>What stands under a key, or null when it is absent or YAML's null.</summary>
    public Node? Find(string key)
    {
        asked.Add(key);
        return node.Find(key) is { } value and not ScalarNode { IsNull: true } ? value : null;
    }

    /// <summary>Whether anything but null stands under a key.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>A text that must be there, without white space around it; empty after a problem.</summary>
    public string Required(string key)
    {
        Node? value = Find(key);
        string text = value is null ? "" : TextOf(key, value)?.Trim() ?? "";
        if (value is null or ScalarNode && text.Length == 0)
        {
            Error("missing", $"{what} needs «{key}».", Position);
        }
        return text;
    }

    /// <summary>A text without white space around it, or null when it is absent or no text.</summary>
    public string? Optional(string key) => AsWritten(key)?.Trim();

    /// <summary>A text with all its white space, or null when it is absent or no text.</summary>
    public string? AsWritten(string key) => Find(key) is { } value ? TextOf(key, value) : null;

    /// <summary>A whole number of at least 0.</summary>
    public int WholeNumber(string key, int whenAbsent)
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

    /// <summary><c>true</c> or <c>false</c>; false when the key is absent.</summary>
    public bool Flag(string key)
    {
        if (Find(key) is not { } value)
        {
            return false;
        }
        if (value is ScalarNode { AsBoolean: { } flag })
        {
            return flag;
        }
        Error("type", $"«{key}» must be true or false.", value.Position);
        return false;
    }

    /// <summary>The id that must be there: lower-case letters, digits and hyphens, beginning with a letter.</summary>
    public string Id()
    {
        string id = Required("id");
        if (id.Length > 0 && !IsId(id))
        {
            string hint = $"lower-case letters, digits and hyphens, beginning with a letter, at most {IdCharactersMax}";
            Error("id", $"«{id}» is not an id.", Find("id")!.Position, hint);
        }
        return id;
    }

    /// <summary>One of some words; the first of them when the key is absent or after a problem.</summary>
    public string OneOf(string key, IReadOnlyList<string> words, bool required = false)
    {
        ArgumentNullException.ThrowIfNull(words);
        string? text = required ? Required(key) : Optional(key);
        if (string.IsNullOrEmpty(text))
        {
            return words[0];
        }
        if (words.Contains(text))
        {
            return text;
        }
        Error("word", $"«{text}» is no value of «{key}».", Find(key)!.Position, Hint(text, words));
        return words[0];
    }

    /// <summary>The items of a list; a single value counts as a list of one; empty when the key is absent.</summary>
    public IReadOnlyList<Node> Items(string key, bool required = false, int atMost = int.MaxValue)
    {
        if (Find(key) is not { } value)
        {
            if (required)
            {
                Error("missing", $"{what} needs «{key}».", Position);
            }
            return [];
        }
        IReadOnlyList<Node> items = value is SequenceNode list ? list.Items : [value];
        if (required && items.Count == 0)
        {
            Error("empty", $"«{key}» is empty.", value.Position);
        }
        if (items.Count > atMost)
        {
            Error("size", $"«{key}» has {items.Count:N0} items; the limit is {atMost:N0}.", value.Position);
            return [];
        }
        return items;
    }

    /// <summary>A value or a list of values, with their places.</summary>
    public IReadOnlyList<ScalarNode> Scalars(string key, bool required = false, int atMost = int.MaxValue) =>
        ScalarsOf(key, Items(key, required, atMost));

    /// <summary>A value or a list of values.</summary>
    public IReadOnlyList<string> Texts(string key) => [.. Scalars(key).Select(scalar => scalar.Text)];

    /// <summary>The value or list of values of an entry.</summary>
    public IReadOnlyList<string> TextsOf(MappingEntry entry)
    {
        IReadOnlyList<Node> items = entry.Value is SequenceNode list ? list.Items : [entry.Value];
        return [.. ScalarsOf(entry.Key.Text, items).Select(scalar => scalar.Text)];
    }

    /// <summary>The entries of a map of values.</summary>
    public IReadOnlyList<(string Key, string Value)> Pairs(string key) =>
        [
            .. Map(key) is { } map
                ? map.Entries.Select(entry => (entry.Key.Text, map.Optional(entry.Key.Text) ?? ""))
                : [],
        ];

    /// <summary>The map under a key, or null when it is absent or none.</summary>
    public ContentMap? Map(string key) => Find(key) is { } value ? Open(value, $"«{key}»") : null;

    /// <summary>The maps of a list of maps; what is no map is reported and left out.</summary>
    /// <param name="key">The key.</param>
    /// <param name="item">What each of them is, as the subject of a sentence; null for <c>An entry of «key»</c>.</param>
    /// <param name="required">Whether there must be one.</param>
    /// <param name="atMost">How many there may be.</param>
    public IEnumerable<ContentMap> Each(
        string key,
        string? item = null,
        bool required = false,
        int atMost = int.MaxValue
    )
    {
        foreach (Node value in Items(key, required, atMost))
        {
            if (Open(value, item ?? $"An entry of «{key}»") is { } map)
            {
                yield return map;
            }
        }
    }

    /// <summary>A node that must be a map, read as part of this one; null after a problem.</summary>
    public ContentMap? Open(Node value, string subject)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value is MappingNode map)
        {
            return new ContentMap(map, subject, prefix, textCharactersMax, problems);
        }
        Error("type", $"{subject} must be a map, not {value.Kind}.", value.Position);
        return null;
    }

    /// <summary>Reports every key that nobody asked for: a misspelt key must not be ignored silently.</summary>
    public void Close()
    {
        foreach (MappingEntry entry in node.Entries.Where(entry => !asked.Contains(entry.Key.Text)))
        {
            string key = entry.Key.Text;
            string[] known = [.. asked.Order(StringComparer.Ordinal)];
            Error("unknown-key", $"{what} has no key «{key}».", entry.Key.Position, Hint(key, known));
        }
    }

    private static string Hint(string text, IReadOnlyList<string> known) =>
        Nearest.To(text, known) is { } near ? $"did you mean «{near}»?" : $"known: {string.Join(", ", known)}";

    private static string Found(IReadOnlyList<Node> documents) =>
        documents.Count == 1 ? documents[0].Kind : $"{documents.Count:N0} documents";

    private static bool IsId(string text) =>
        text.Length <= IdCharactersMax
        && char.IsAsciiLetterLower(text[0])
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private string? TextOf(string key, Node value)
    {
        if (value is not ScalarNode scalar)
        {
            Error("type", $"«{key}» must be a single value, not {value.Kind}.", value.Position);
            return null;
        }
        return IsShort(key, scalar) ? scalar.Text : null;
    }

    private List<ScalarNode> ScalarsOf(string key, IReadOnlyList<Node> items)
    {
        List<ScalarNode> scalars = [];
        foreach (Node item in items)
        {
            if (item is not ScalarNode scalar)
            {
                Error("type", $"«{key}» holds {item.Kind} where a single value is expected.", item.Position);
            }
            else if (IsShort(key, scalar))
            {
                scalars.Add(scalar);
            }
        }
        return scalars;
    }

    private bool IsShort(string key, ScalarNode scalar)
    {
        if (scalar.Text.Length <= textCharactersMax)
        {
            return true;
        }
        Error("size", $"«{key}» has more than {textCharactersMax:N0} characters.", scalar.Position);
        return false;
    }
}
