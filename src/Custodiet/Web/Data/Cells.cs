using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Data;

/// <summary>Values of answers as pages and files write them: numbers plain, times in UTC, lists and maps as JSON.</summary>
internal static class Cells
{
    private static readonly JsonSerializerOptions json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A value as text; null is an empty text.</summary>
    public static string Text(object? value) =>
        value switch
        {
            null => "",
            string text => text,
            bool yes => yes ? "true" : "false",
            DateTime moment => moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
            DateTimeOffset moment => moment.UtcDateTime.ToString(
                "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'",
                CultureInfo.InvariantCulture
            ),
            DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
            double or float or decimal => Convert.ToString(value, CultureInfo.InvariantCulture)!,
            BigInteger big => big.ToString(CultureInfo.InvariantCulture),
            byte[] bytes => Convert.ToHexStringLower(bytes),
            System.Collections.IEnumerable => JsonSerializer.Serialize(Plain(value), json),
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };

    /// <summary>Whether a value is a number, hence set to the right.</summary>
    public static bool IsNumber(object? value) =>
        value
            is long
                or int
                or short
                or sbyte
                or byte
                or ulong
                or uint
                or ushort
                or double
                or float
                or decimal
                or BigInteger;

    /// <summary>RFC 4180, one row a line, names first.</summary>
    public static void WriteCsv(QueryAnswer answer, TextWriter to)
    {
        to.Write(string.Join(',', answer.Columns.Select(c => Quoted(c.Name))));
        to.Write("\r\n");
        foreach (IReadOnlyList<object?> row in answer.Rows)
        {
            to.Write(string.Join(',', row.Select(v => Quoted(Text(v)))));
            to.Write("\r\n");
        }
    }

    /// <summary>An array of objects, one a row.</summary>
    public static byte[] Json(QueryAnswer answer) =>
        JsonSerializer.SerializeToUtf8Bytes(
            answer.Rows.Select(row =>
            {
                Dictionary<string, object?> item = [];
                for (int i = 0; i < answer.Columns.Count; i++)
                {
                    item[answer.Columns[i].Name] = Plain(row[i]);
                }
                return item;
            }),
            json
        );

    private static object? Plain(object? value) =>
        value switch
        {
            null or string or bool or long or int or double or decimal => value,
            System.Collections.IDictionary map => map
                .Keys.Cast<object>()
                .ToDictionary(k => Text(k), k => Plain(map[k]), StringComparer.Ordinal),
            byte[] => Text(value),
            System.Collections.IEnumerable list => list.Cast<object?>().Select(Plain).ToList(),
            BigInteger => decimal.Parse(Text(value), CultureInfo.InvariantCulture),
            _ when IsNumber(value) => value,
            _ => Text(value),
        };

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny("\",\r\n") < 0
            ? text
            : new StringBuilder(text.Length + 8).Append('"').Append(text.Replace("\"", "\"\"")).Append('"').ToString();
}
