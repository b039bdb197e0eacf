using System.Globalization;
using System.Text;
using System.Text.Json;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Pipeline.Bulk;

/// <summary>One action of a bulk request and what is to become of it.</summary>
/// <param name="Action"><c>index</c>, <c>create</c>, <c>update</c> or <c>delete</c>.</param>
/// <param name="Index">The index as a JSON value, UTF-8; empty when neither action nor path names one.</param>
/// <param name="Id">The document's id as a JSON value, UTF-8; empty when the sender gives none.</param>
/// <param name="Rejection">Why it is not taken, or null.</param>
public sealed record BulkItem(
    string Action,
    ReadOnlyMemory<byte> Index,
    ReadOnlyMemory<byte> Id,
    BulkRejection? Rejection
);

/// <summary>Why an action is not taken.</summary>
/// <param name="Status">The HTTP status of the item.</param>
/// <param name="Type">The error's type as Elasticsearch names it.</param>
/// <param name="Reason">As a sentence.</param>
/// <param name="Counted">The reason under which it is counted.</param>
public sealed record BulkRejection(int Status, string Type, string Reason, string Counted);

/// <summary>Why a whole request is refused; nothing of it is taken.</summary>
/// <param name="Reason">As a sentence, with the line.</param>
/// <param name="IsSize">Whether a limit was exceeded.</param>
public sealed record BulkProblem(string Reason, bool IsSize);

/// <summary>
/// Reads bodies of Elasticsearch's bulk API: lines of actions and documents. Documents of <c>index</c> and <c>create</c> become events as
/// they came, with <c>index</c> and <c>id</c> under <c>_bulk</c>. Never throws for what a body holds.
/// </summary>
public static class BulkDecoder
{
    private static readonly (string Name, byte[] Utf8)[] actions =
    [
        .. ((string[])["index", "create", "update", "delete"]).Select(a => (a, Encoding.UTF8.GetBytes(a))),
    ];

    /// <summary>Reads a body.</summary>
    /// <param name="body">The body; items refer to it.</param>
    /// <param name="pathIndex">The index that the request's path names, or null.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="items">Every action in order.</param>
    /// <param name="target">The events of the items without a rejection, in order.</param>
    /// <returns>Why nothing is taken, or null.</returns>
    public static BulkProblem? Decode(
        ReadOnlyMemory<byte> body,
        string? pathIndex,
        FramingLimits limits,
        List<BulkItem> items,
        EventBuffer target
    )
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(target);
        byte[] standard = pathIndex is null ? [] : Literal(pathIndex);
        using EventBuffer metadata = new();
        Lines lines = new(body);
        while (lines.Next(out ReadOnlyMemory<byte> line))
        {
            if (line.IsEmpty)
            {
                continue;
            }
            if (items.Count == limits.BatchEvents)
            {
                return new BulkProblem(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The request has more than {limits.BatchEvents} actions, which is the limit."
                    ),
                    IsSize: true
                );
            }
            if (ReadAction(line) is not { } item)
            {
                return new BulkProblem(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Malformed action/metadata line [{lines.Number}]: an object with one of index, create, update and delete was expected."
                    ),
                    IsSize: false
                );
            }
            if (item.Index.IsEmpty)
            {
                item = item with { Index = standard };
            }
            ReadOnlyMemory<byte> document = default;
            if (item.Action != "delete" && !lines.Next(out document))
            {
                return new BulkProblem(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The action of line [{lines.Number}] has no document behind it."
                    ),
                    IsSize: false
                );
            }
            items.Add(Add(item, document.Span, limits, metadata, target));
            if (target.Bytes.Length > limits.BatchBytes)
            {
                return new BulkProblem(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The events have more than {limits.BatchBytes} bytes, which is the limit for one body."
                    ),
                    IsSize: true
                );
            }
        }
        return items.Count == 0 ? new BulkProblem("The request holds no action.", IsSize: false) : null;
    }

    private static BulkItem Add(
        BulkItem item,
        ReadOnlySpan<byte> document,
        FramingLimits limits,
        EventBuffer metadata,
        EventBuffer target
    )
    {
        if (item.Action is "update" or "delete")
        {
            return item with
            {
                Rejection = new BulkRejection(
                    400,
                    "illegal_argument_exception",
                    $"Events are kept as they came: index and create are taken, {item.Action} is not.",
                    "update or delete"
                ),
            };
        }
        document = document.Trim(" \t"u8);
        if (document is not [(byte)'{', ..])
        {
            return item with
            {
                Rejection = new BulkRejection(
                    400,
                    "document_parsing_exception",
                    "The document does not begin with «{», so it is not a JSON object.",
                    "not an object"
                ),
            };
        }
        metadata.Discard();
        metadata.Write("{\"_bulk\":{"u8);
        WriteMember(metadata, "index"u8, item.Index.Span);
        WriteMember(metadata, "id"u8, item.Id.Span);
        metadata.Write("}"u8);
        int bytes = metadata.OpenBytes + document.Length;
        if (bytes > limits.EventBytes)
        {
            return item with
            {
                Rejection = new BulkRejection(
                    413,
                    "illegal_argument_exception",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The document has {bytes} bytes with its metadata; the limit for one event is {limits.EventBytes}."
                    ),
                    "event too large"
                ),
            };
        }
        // Not looked into: a document that is broken inside is kept as unparsed, as with every other input.
        target.Write(metadata.Open);
        ReadOnlySpan<byte> members = document[1..].TrimStart(" \t"u8);
        target.Write(members is [(byte)'}', ..] ? ""u8 : ","u8);
        target.Write(members);
        target.End();
        return item;
    }

    private static BulkItem? ReadAction(ReadOnlyMemory<byte> line)
    {
        try
        {
            Utf8JsonReader reader = new(line.Span, new JsonReaderOptions { MaxDepth = CarriedEvent.DepthMax });
            if (
                !reader.Read()
                || reader.TokenType != JsonTokenType.StartObject
                || !reader.Read()
                || reader.TokenType != JsonTokenType.PropertyName
                || ActionOf(ref reader) is not { } action
                || !reader.Read()
                || reader.TokenType != JsonTokenType.StartObject
            )
            {
                return null;
            }
            ReadOnlyMemory<byte> index = default;
            ReadOnlyMemory<byte> id = default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isIndex = reader.NameIs("_index"u8);
                bool isId = reader.NameIs("_id"u8);
                reader.Read();
                bool scalar = reader.TokenType is JsonTokenType.String or JsonTokenType.Number;
                int start = (int)reader.TokenStartIndex;
                reader.Skip();
                ReadOnlyMemory<byte> value = scalar ? line[start..(int)reader.BytesConsumed] : default;
                index = isIndex ? value : index;
                id = isId ? value : id;
            }
            // The end of the action's object, then of the line's.
            return reader.Read() && reader.TokenType == JsonTokenType.EndObject && !reader.Read()
                ? new BulkItem(action, index, id, null)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? ActionOf(ref Utf8JsonReader reader)
    {
        foreach ((string name, byte[] utf8) in actions)
        {
            if (reader.NameIs(utf8))
            {
                return name;
            }
        }
        return null;
    }

    private static void WriteMember(EventBuffer metadata, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return;
        }
        metadata.Write(metadata.Open[^1] == (byte)'{' ? "\""u8 : ",\""u8);
        metadata.Write(name);
        metadata.Write("\":"u8);
        metadata.Write(value);
    }

    private static byte[] Literal(string text)
    {
        using EventBuffer literal = new();
        CarriedEvent.WriteString(literal, Encoding.UTF8.GetBytes(text));
        return literal.Open.ToArray();
    }

    private struct Lines(ReadOnlyMemory<byte> text)
    {
        private ReadOnlyMemory<byte> rest = text;

        /// <summary>The number of the line given last, from 1.</summary>
        public int Number { get; private set; }

        public bool Next(out ReadOnlyMemory<byte> line)
        {
            line = default;
            if (rest.IsEmpty)
            {
                return false;
            }
            Number++;
            int end = rest.Span.IndexOf((byte)'\n');
            line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.Span is [.., (byte)'\r'])
            {
                line = line[..^1];
            }
            return true;
        }
    }
}
