using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Process.Definitions;

/// <summary>A map of a content file, read key by key; every mistake goes to one list, and unknown keys are mistakes.</summary>
internal sealed class ContentMap
{
    /// <summary>Characters of one text in a process file at most.</summary>
    public const int TextCharactersMax = 2_000;

    private readonly MappingNode node;
    private readonly List<Problem> problems;

    private ContentMap(MappingNode node, List<Problem> problems)
    {
        this.node = node;
        this.problems = problems;
    }

    public TextPosition Position => node.Position;

    /// <summary>Opens a node that must be a map with these keys; null after reporting when it is none.</summary>
    public static ContentMap? Open(Node node, string what, IReadOnlyList<string> keys, List<Problem> problems)
    {
        if (node is not MappingNode map)
        {
            problems.Add(Error("process.shape", $"{what} must be a map, not {node.Kind}.", node.Position));
            return null;
        }
        foreach (MappingEntry entry in map.Entries.Where(entry => !keys.Contains(entry.Key.Text)))
        {
            string? near = Nearest.To(entry.Key.Text, keys);
            string hint = near is null ? $"known keys: {string.Join(", ", keys)}" : $"did you mean «{near}»?";
            problems.Add(
                Error("process.key.unknown", $"{what} has no key «{entry.Key.Text}».", entry.Key.Position, hint)
            );
        }
        return new ContentMap(map, problems);
    }

    public Node? Find(string key) => node.Find(key);

    public bool Has(string key) => node.Find(key) is not null;

    /// <summary>A text that must be there.</summary>
    public string Text(string key, string what)
    {
        if (OptionalText(key) is { } text)
        {
            return text;
        }
        if (!Has(key))
        {
            Report("process.key.missing", $"{what} needs «{key}».", Position);
        }
        return "";
    }

    /// <summary>A text, or null when the key is absent or what stands there is reported.</summary>
    public string? OptionalText(string key)
    {
        if (node.Find(key) is not { } value)
        {
            return null;
        }
        if (value is not ScalarNode scalar || scalar.IsNull || scalar.Text.Trim().Length == 0)
        {
            Report("process.shape", $"«{key}» must be a text.", value.Position);
            return null;
        }
        if (scalar.Text.Length > TextCharactersMax)
        {
            Report("process.size", $"«{key}» has more than {TextCharactersMax:N0} characters.", value.Position);
            return null;
        }
        return scalar.Text.Trim();
    }

    /// <summary>An id that must be there: lower case, digits and hyphens.</summary>
    public string Id(string what)
    {
        string id = Text("id", what);
        if (id.Length > 0 && !IsId(id))
        {
            string hint = "lower-case letters, digits and hyphens, beginning with a letter, at most 64 characters";
            Report("process.id.invalid", $"«{id}» is not an id.", Find("id")!.Position, hint);
        }
        return id;
    }

    /// <summary>One of some words; the first of them when the key is absent.</summary>
    public string OneOf(string key, IReadOnlyList<string> words, bool required, string what)
    {
        string? text = required ? Text(key, what) : OptionalText(key);
        if (string.IsNullOrEmpty(text))
        {
            return words[0];
        }
        if (!words.Contains(text))
        {
            string? near = Nearest.To(text, words);
            string hint = near is null ? $"one of: {string.Join(", ", words)}" : $"did you mean «{near}»?";
            Report("process.word.unknown", $"«{text}» is no value of «{key}».", Find(key)!.Position, hint);
            return words[0];
        }
        return text;
    }

    /// <summary>The items of a list; a single value counts as a list of one; empty when absent.</summary>
    public IReadOnlyList<Node> Items(string key, string what, bool required, int atMost)
    {
        if (node.Find(key) is not { } value)
        {
            if (required)
            {
                Report("process.key.missing", $"{what} needs «{key}».", Position);
            }
            return [];
        }
        IReadOnlyList<Node> items = value is SequenceNode list ? list.Items : [value];
        if (items.Count == 0)
        {
            Report("process.empty", $"«{key}» is empty.", value.Position);
        }
        if (items.Count > atMost)
        {
            Report("process.size", $"«{key}» has {items.Count:N0} items; the limit is {atMost}.", value.Position);
            return [];
        }
        return items;
    }

    /// <summary>The items of a list, each a text.</summary>
    public IReadOnlyList<ScalarNode> Texts(string key, string what, bool required, int atMost)
    {
        List<ScalarNode> texts = [];
        foreach (Node item in Items(key, what, required, atMost))
        {
            if (item is ScalarNode { IsNull: false } scalar && scalar.Text.Length <= TextCharactersMax)
            {
                texts.Add(scalar);
            }
            else
            {
                Report("process.shape", $"«{key}» must hold texts.", item.Position);
            }
        }
        return texts;
    }

    public void Report(string code, string message, TextPosition position, string? hint = null) =>
        problems.Add(Error(code, message, position, hint));

    /// <summary>Reports a warning about something that is allowed.</summary>
    public void Warn(string code, string message, TextPosition position, string? hint = null) =>
        problems.Add(new Problem(ProblemLevel.Warning, code, message, position, hint));

    private static bool IsId(string text) =>
        text.Length <= 64
        && char.IsAsciiLetterLower(text[0])
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static Problem Error(string code, string message, TextPosition position, string? hint = null) =>
        new(ProblemLevel.Error, code, message, position, hint);
}
