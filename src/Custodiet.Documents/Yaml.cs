using Custodiet.Records;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Custodiet.Documents;

/// <summary>Bounds on one YAML text. Each has a default that content written by people stays far below.</summary>
public sealed record YamlLimits
{
    /// <summary>Characters at most. Default 1,048,576.</summary>
    public int Characters { get; init; } = 1_048_576;

    /// <summary>Nesting at most. Default 64.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>Nodes at most. Default 200,000.</summary>
    public int Nodes { get; init; } = 200_000;

    /// <summary>Documents in one text at most. Default 1,000.</summary>
    public int Documents { get; init; } = 1_000;
}

/// <summary>The documents of a text, and everything that is wrong with it. A text with an error yields the documents before it.</summary>
public sealed record YamlParse(IReadOnlyList<Node> Documents, IReadOnlyList<Problem> Problems);

/// <summary>
/// Reads YAML that people wrote, safely: nesting is counted before anything is built, anchors and aliases are refused,
/// repeated keys are reported, and the parser's own exceptions become problems with a position.
/// </summary>
public static class Yaml
{
    /// <summary>Parses a text. Never throws for what the text holds.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">The name that positions carry.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    public static YamlParse Parse(string text, string file, YamlLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(file);
        limits ??= new YamlLimits();
        if (text.Length > limits.Characters)
        {
            return new YamlParse(
                [],
                [
                    new Problem(
                        ProblemLevel.Error,
                        "yaml.size",
                        $"The file has {text.Length:N0} characters; the limit is {limits.Characters:N0}.",
                        new TextPosition(file, 1, 1)
                    ),
                ]
            );
        }
        return new Reader(text, file, limits).Read();
    }

    private sealed class Reader(string text, string file, YamlLimits limits)
    {
        private readonly Parser parser = new(new StringReader(text));
        private readonly List<Node> documents = [];
        private readonly List<Problem> problems = [];
        private Mark last = Mark.Empty;
        private int nodes;

        public YamlParse Read()
        {
            try
            {
                Next();
                while (Next() is DocumentStart)
                {
                    if (documents.Count == limits.Documents)
                    {
                        throw Stop("yaml.documents", $"More than {limits.Documents:N0} documents in one file.", last);
                    }
                    Node? root = ReadNode(Next(), 0);
                    if (root is not null and not ScalarNode { IsNull: true })
                    {
                        documents.Add(root);
                    }
                    Next();
                }
            }
            catch (StoppedException stopped)
            {
                problems.Add(stopped.Problem);
            }
            catch (YamlException invalid)
            {
                problems.Add(Error("yaml.syntax", invalid.InnerException?.Message ?? invalid.Message, invalid.Start));
            }
            // YamlDotNet lets exceptions of its own state machine escape for some texts (an unclosed flow list before a key).
            catch (Exception invalid)
                when (invalid is InvalidOperationException or ArgumentException or FormatException)
            {
                problems.Add(Error("yaml.syntax", $"The text is not valid YAML: {invalid.Message}", last));
            }
            return new YamlParse(documents, problems);
        }

        private ParsingEvent Next()
        {
            if (!parser.MoveNext())
            {
                throw Stop("yaml.syntax", "The text ends too early.", last);
            }
            last = parser.Current!.Start;
            return parser.Current;
        }

        private Node? ReadNode(ParsingEvent item, int depth)
        {
            if (depth > limits.Depth)
            {
                throw Stop("yaml.depth", $"Nested deeper than {limits.Depth} levels.", item.Start);
            }
            if (++nodes > limits.Nodes)
            {
                throw Stop("yaml.nodes", $"More than {limits.Nodes:N0} values in one file.", item.Start);
            }
            if (item is NodeEvent { Anchor.IsEmpty: false } anchored)
            {
                problems.Add(Error("yaml.anchor", "Anchors are not allowed in content files.", anchored.Start));
            }
            switch (item)
            {
                case Scalar scalar:
                    return new ScalarNode(At(scalar.Start), scalar.Value, scalar.Style != ScalarStyle.Plain);
                case SequenceStart start:
                    List<Node> items = [];
                    for (ParsingEvent next = Next(); next is not SequenceEnd; next = Next())
                    {
                        if (ReadNode(next, depth + 1) is { } child)
                        {
                            items.Add(child);
                        }
                    }
                    return new SequenceNode(At(start.Start), items);
                case MappingStart start:
                    return ReadMapping(start, depth);
                case AnchorAlias alias:
                    throw Stop("yaml.alias", "Aliases are not allowed in content files.", alias.Start);
                default:
                    throw Stop("yaml.syntax", $"Unexpected {item.GetType().Name}.", item.Start);
            }
        }

        private MappingNode ReadMapping(MappingStart start, int depth)
        {
            List<MappingEntry> entries = [];
            HashSet<string> seen = new(StringComparer.Ordinal);
            for (ParsingEvent next = Next(); next is not MappingEnd; next = Next())
            {
                Node? key = ReadNode(next, depth + 1);
                Node? value = ReadNode(Next(), depth + 1);
                if (key is not ScalarNode name)
                {
                    problems.Add(Error("yaml.key", "A key must be a single value.", next.Start));
                    continue;
                }
                if (!seen.Add(name.Text))
                {
                    problems.Add(Error("yaml.duplicate-key", $"The key «{name.Text}» stands here twice.", next.Start));
                    continue;
                }
                if (value is not null)
                {
                    entries.Add(new MappingEntry(name, value));
                }
            }
            return new MappingNode(At(start.Start), entries);
        }

        private TextPosition At(Mark mark) => new(file, (int)mark.Line, (int)mark.Column);

        private Problem Error(string code, string message, Mark mark) =>
            new(ProblemLevel.Error, code, message, At(mark));

        private StoppedException Stop(string code, string message, Mark mark) => new(Error(code, message, mark));
    }

    private sealed class StoppedException(Problem problem) : Exception(problem.Message)
    {
        public Problem Problem { get; } = problem;
    }
}
