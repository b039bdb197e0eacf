using System.Text.Json;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>One JSON object to field values, in one pass and without making strings. Belongs to one reader.</summary>
internal sealed class JsonFields
{
    private readonly PathTable paths;
    private readonly SlotValues slots;
    private readonly ParserLimits limits;
    private readonly JsonReaderOptions options;
    private readonly int[] nodes;

    public JsonFields(PathTable paths, SlotValues slots, ParserLimits limits)
    {
        this.paths = paths;
        this.slots = slots;
        this.limits = limits;
        nodes = new int[limits.Depth + 2];
        // One level more than the limit, so that too deep is told apart from not JSON.
        options = new JsonReaderOptions { MaxDepth = limits.Depth + 1 };
    }

    /// <summary>Whether a text begins as an object does.</summary>
    public static bool Begins(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    /// <summary>Adds the values of a text that is one object or list.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="target">The event; what was added before a fault stays.</param>
    /// <param name="under">The node that names are children of.</param>
    public UnparsedReason Read(ReadOnlySpan<byte> text, Event target, int under = PathTable.Root)
    {
        // Other text is told apart here, for the framework's reader says so by an exception.
        if (text.TrimStart(" \t\r\n"u8) is not [(byte)'{' or (byte)'[', ..])
        {
            return UnparsedReason.NotJson;
        }
        try
        {
            Utf8JsonReader reader = new(text, options);
            return reader.Read() ? Scan(ref reader, target, under) : UnparsedReason.NotJson;
        }
        catch (JsonException)
        {
            return UnparsedReason.NotJson;
        }
    }

    private UnparsedReason Scan(ref Utf8JsonReader reader, Event target, int under)
    {
        int depth = 1;
        int node = under;
        int fields = target.Fields.Length;
        int properties = 0;
        nodes[1] = under;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    if (++properties > limits.Fields)
                    {
                        return UnparsedReason.TooManyFields;
                    }
                    node = reader.ValueIsEscaped
                        ? paths.EscapedChild(nodes[depth], reader.ValueSpan)
                        : paths.Child(nodes[depth], reader.ValueSpan);
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    if (++depth > limits.Depth)
                    {
                        return UnparsedReason.TooDeep;
                    }
                    nodes[depth] = node;
                    if (paths.SlotOf(node) is >= 0 and var container)
                    {
                        slots.Note(container, -1);
                    }
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    node = nodes[--depth];
                    break;
                default:
                    if (fields >= limits.Fields)
                    {
                        return UnparsedReason.TooManyFields;
                    }
                    if (paths.SlotOf(node) is >= 0 and var slot)
                    {
                        slots.Note(slot, fields);
                    }
                    AddValue(ref reader, node, target);
                    fields++;
                    break;
            }
        }
        return UnparsedReason.None;
    }

    private static void AddValue(ref Utf8JsonReader reader, int node, Event target)
    {
        ReadOnlySpan<byte> value = reader.ValueSpan;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                Span<byte> room = target.Reserve(value.Length);
                int length = value.Length;
                if (reader.ValueIsEscaped)
                {
                    length = JsonText.Unescape(value, room);
                }
                else
                {
                    value.CopyTo(room);
                }
                target.Commit(node, length, FieldKind.Text);
                break;
            case JsonTokenType.Number:
                target.Add(node, value, FieldKind.Number);
                break;
            case JsonTokenType.True:
                target.Add(node, value, FieldKind.True);
                break;
            case JsonTokenType.False:
                target.Add(node, value, FieldKind.False);
                break;
            default:
                target.Commit(node, 0, FieldKind.Null);
                break;
        }
    }
}
