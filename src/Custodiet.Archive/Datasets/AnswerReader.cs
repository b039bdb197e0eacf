using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text;
using Custodiet.Records;
using Custodiet.Records.Stores;
using DuckDB.NET.Data;

namespace Custodiet.Archive;

/// <summary>Reads an answer as plain values and stops at its limits.</summary>
internal sealed class AnswerReader(DatasetOptions options, int rowsMax)
{
    private readonly List<string> cuts = [];
    private long bytes;
    private bool cellCut;

    /// <summary>Which limits cut the answer, in words, or null.</summary>
    public string? Truncated => cuts.Count == 0 ? null : string.Join(" ", cuts);

    /// <summary>The columns.</summary>
    public static IReadOnlyList<ResultColumn> Columns(DuckDBDataReader reader) =>
        [
            .. Enumerable
                .Range(0, reader.FieldCount)
                .Select(i => new ResultColumn(reader.GetName(i), reader.GetDataTypeName(i).ToUpperInvariant())),
        ];

    /// <summary>The rows.</summary>
    public IReadOnlyList<IReadOnlyList<object?>> Read(DuckDBDataReader reader, CancellationToken cancellation)
    {
        List<IReadOnlyList<object?>> rows = [];
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            if (rows.Count == rowsMax)
            {
                cuts.Add(Say($"The answer was cut at the limit of {Counted.Of(rowsMax, "row")}."));
                break;
            }
            object?[] row = new object?[reader.FieldCount];
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = reader.IsDBNull(i) ? null : Plain(Value(reader, i));
            }
            if (bytes > options.AnswerBytesMax)
            {
                cuts.Add(
                    Say(
                        $"The answer was cut at the limit of {options.AnswerBytesMax} bytes after {Counted.Of(rows.Count, "row")}."
                    )
                );
                break;
            }
            rows.Add(row);
        }
        if (cellCut)
        {
            cuts.Add(Say($"Values longer than the limit of {options.CellBytesMax} bytes were cut."));
        }
        return rows;
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // The driver gives lists of numbers without room for a null and has no CLR type for, say, an infinite time. Such values are
    // read in their nullable or own form; one that has neither is refused with advice.
    private static object Value(DuckDBDataReader reader, int column)
    {
        try
        {
            return reader.GetValue(column);
        }
        catch (Exception e) when (e is OverflowException or ArgumentException or InvalidCastException)
        {
            Type type = reader.GetFieldType(column);
            return type == typeof(List<int>) ? reader.GetFieldValue<List<int?>>(column)
                : type == typeof(List<long>) ? reader.GetFieldValue<List<long?>>(column)
                : type == typeof(List<double>) ? reader.GetFieldValue<List<double?>>(column)
                : type == typeof(List<decimal>) ? reader.GetFieldValue<List<decimal?>>(column)
                : type == typeof(List<bool>) ? reader.GetFieldValue<List<bool?>>(column)
                : type == typeof(List<DateTime>) ? reader.GetFieldValue<List<DateTime?>>(column)
                : reader.GetProviderSpecificValue(column);
        }
    }

    private object? Plain(object? value)
    {
        bytes += 8;
        return value switch
        {
            null or DBNull => null,
            string text => Cut(text),
            bool or long or double or decimal => value,
            sbyte or short or int or byte or ushort or uint => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            ulong number => number <= long.MaxValue ? (long)number : (decimal)number,
            float number => (double)number,
            BigInteger number => Number(number),
            DateTime instant => DateTime.SpecifyKind(instant, DateTimeKind.Utc),
            DateTimeOffset instant => instant.UtcDateTime,
            DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            TimeOnly time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
            TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
            Stream stream => Binary(stream),
            byte[] binary => Binary(binary, binary.Length),
            IDictionary map => Map(map),
            IEnumerable list => List(list),
            _ => Cut(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
        };
    }

    private static object Number(BigInteger number) =>
        number >= long.MinValue && number <= long.MaxValue ? (long)number
        : number >= (BigInteger)decimal.MinValue && number <= (BigInteger)decimal.MaxValue ? (decimal)number
        : number.ToString(CultureInfo.InvariantCulture);

    private Dictionary<string, object?> Map(IDictionary map)
    {
        Dictionary<string, object?> plain = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in map)
        {
            string key = Cut(Convert.ToString(Plain(entry.Key), CultureInfo.InvariantCulture) ?? "");
            plain[key] = Plain(entry.Value);
        }
        return plain;
    }

    private List<object?> List(IEnumerable list)
    {
        List<object?> plain = [];
        foreach (object? item in list)
        {
            plain.Add(Plain(item));
        }
        return plain;
    }

    private string Cut(string text)
    {
        if (text.Length * 3L <= options.CellBytesMax || Encoding.UTF8.GetByteCount(text) <= options.CellBytesMax)
        {
            bytes += text.Length;
            return text;
        }
        cellCut = true;
        Encoder encoder = Encoding.UTF8.GetEncoder();
        byte[] target = new byte[options.CellBytesMax];
        encoder.Convert(text, target, flush: false, out int taken, out int _, out bool _);
        // Never end within a pair of characters that stand for one.
        taken -= taken > 0 && char.IsHighSurrogate(text[taken - 1]) ? 1 : 0;
        bytes += taken;
        return text[..taken];
    }

    private string Binary(Stream stream)
    {
        using (stream)
        {
            byte[] content = new byte[Math.Min(stream.Length, options.CellBytesMax / 2)];
            stream.ReadExactly(content);
            return Binary(content, stream.Length);
        }
    }

    private string Binary(ReadOnlySpan<byte> content, long length)
    {
        int kept = Math.Min(content.Length, options.CellBytesMax / 2);
        cellCut |= kept < length;
        bytes += kept * 2L;
        return @"\x" + Convert.ToHexStringLower(content[..kept]);
    }
}
