using System.Globalization;
using Custodiet.Records;

namespace Custodiet.Documents;

/// <summary>A piece of a document, with the place where it stands, so that every later problem can name it.</summary>
/// <param name="Position">Where it begins.</param>
public abstract record Node(TextPosition Position)
{
    /// <summary>What kind of node it is, in words for messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>A single value.</summary>
/// <param name="Position">Where it begins.</param>
/// <param name="Text">Its text after unquoting.</param>
/// <param name="Quoted">Whether it was quoted or a block, and is therefore text whatever it looks like.</param>
public sealed record ScalarNode(TextPosition Position, string Text, bool Quoted) : Node(Position)
{
    /// <inheritdoc/>
    public override string Kind => "a value";

    /// <summary>Whether it is YAML's null: plain and empty, <c>~</c> or <c>null</c>.</summary>
    public bool IsNull => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>The boolean of YAML's core schema, if it is one.</summary>
    public bool? AsBoolean =>
        Quoted
            ? null
            : Text switch
            {
                "true" or "True" or "TRUE" => true,
                "false" or "False" or "FALSE" => false,
                _ => null,
            };

    /// <summary>The integer, if it is one in decimal.</summary>
    public long? AsInteger =>
        !Quoted && long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : null;

    /// <summary>The number, if it is one in decimal.</summary>
    public double? AsNumber =>
        !Quoted
        && Text.Length > 0
        && (char.IsAsciiDigit(Text[0]) || Text[0] is '-' or '+' or '.')
        && double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : null;
}

/// <summary>A list.</summary>
public sealed record SequenceNode(TextPosition Position, IReadOnlyList<Node> Items) : Node(Position)
{
    /// <inheritdoc/>
    public override string Kind => "a list";
}

/// <summary>A key of a map and what it stands for.</summary>
public readonly record struct MappingEntry(ScalarNode Key, Node Value);

/// <summary>A map, in the order written. Keys are unique: a repeated key is a problem of the parse.</summary>
public sealed record MappingNode(TextPosition Position, IReadOnlyList<MappingEntry> Entries) : Node(Position)
{
    /// <inheritdoc/>
    public override string Kind => "a map";

    /// <summary>The value under a key, or null.</summary>
    public Node? Find(string key)
    {
        foreach (MappingEntry entry in Entries)
        {
            if (entry.Key.Text == key)
            {
                return entry.Value;
            }
        }
        return null;
    }
}
