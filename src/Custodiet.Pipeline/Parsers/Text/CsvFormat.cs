using System.Globalization;
using System.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>How separated columns are written.</summary>
internal sealed record CsvOptions
{
    /// <summary>The columns in turn; an empty name leaves its column out.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>What stands between columns.</summary>
    public byte Delimiter { get; init; } = (byte)',';

    /// <summary>Columns at least, else the text is not of this format. Default: all that are declared.</summary>
    public int ColumnsMin { get; init; }
}

/// <summary>
/// Separated columns with double quotes as in RFC 4180 (<c>""</c> is a quote). An empty column that is not quoted has no field; columns past the
/// declared ones are <c>column_N</c>, counted from 1.
/// </summary>
internal sealed class CsvFormat : TextFormat
{
    private const int LeftOut = -1;

    private readonly CsvOptions options;
    private readonly byte[][] names;

    /// <summary>Creates the format.</summary>
    public CsvFormat(CsvOptions options)
    {
        this.options = options;
        names = [.. options.Columns.Select(Encoding.UTF8.GetBytes)];
    }

    /// <inheritdoc/>
    public override Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        int column = 0;
        int at = 0;
        bool broken = false;
        while (!broken && !sink.IsFull)
        {
            int node = column < names.Length ? NodeOf(names[column], sink) : NodeOf(column, sink);
            column++;
            if (at < text.Length && text[at] == Bytes.Quote)
            {
                (at, broken) = ReadQuoted(text, origin, at + 1, node, sink);
            }
            else
            {
                int length = text[at..].IndexOf(options.Delimiter);
                length = length < 0 ? text.Length - at : length;
                if (length > 0 && node != LeftOut)
                {
                    sink.Slice(node, origin + at, length);
                }
                at += length;
            }
            if (at >= text.Length)
            {
                break;
            }
            at++;
        }
        if (sink.IsFull)
        {
            return Decoding.TooManyFields;
        }
        if (column < options.ColumnsMin)
        {
            return Decoding.NoMatch;
        }
        return broken ? Decoding.Malformed : Decoding.Read;
    }

    private static int NodeOf(byte[] name, FieldSink sink) => name.Length == 0 ? LeftOut : sink.NodeOf(name);

    /// <summary>The name of a column that nobody declared.</summary>
    private static int NodeOf(int column, FieldSink sink)
    {
        Span<byte> name = stackalloc byte[24];
        "column_"u8.CopyTo(name);
        (column + 1).TryFormat(name[7..], out int digits, provider: CultureInfo.InvariantCulture);
        return sink.NodeOf(name[..(7 + digits)]);
    }

    /// <summary>Adds a quoted column.</summary>
    /// <returns>The place of the delimiter behind it or of the end, and whether it breaks the format.</returns>
    private (int At, bool Broken) ReadQuoted(ReadOnlySpan<byte> text, int origin, int from, int node, FieldSink sink)
    {
        int at = from;
        bool doubled = false;
        while (true)
        {
            int step = text[at..].IndexOf(Bytes.Quote);
            if (step < 0)
            {
                Add(text[from..], origin + from, doubled, node, sink);
                return (text.Length, true);
            }
            at += step;
            if (at + 1 < text.Length && text[at + 1] == Bytes.Quote)
            {
                doubled = true;
                at += 2;
                continue;
            }
            Add(text[from..at], origin + from, doubled, node, sink);
            at++;
            return (at, at < text.Length && text[at] != options.Delimiter);
        }
    }

    private static void Add(ReadOnlySpan<byte> value, int start, bool doubled, int node, FieldSink sink)
    {
        if (node == LeftOut)
        {
            return;
        }
        if (!doubled)
        {
            sink.Slice(node, start, value.Length);
            return;
        }
        Span<byte> target = sink.Target.Reserve(value.Length);
        int written = 0;
        for (int at = 0; at < value.Length; at++)
        {
            target[written++] = value[at];
            at += value[at] == Bytes.Quote && at + 1 < value.Length && value[at + 1] == Bytes.Quote ? 1 : 0;
        }
        sink.Commit(node, written);
    }
}
