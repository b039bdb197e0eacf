using System.Globalization;
using System.Text.Json;
using Custodiet.Records.Stores;

namespace Custodiet.Api;

/// <summary>A query as it is sent.</summary>
internal sealed record QueryRequest(string Sql, int? Rows, double? Seconds);

/// <summary>An answer on the wire: columns once, rows as arrays.</summary>
internal sealed record QueryJson(
    int SchemaVersion,
    IReadOnlyList<ResultColumn> Columns,
    IReadOnlyList<IReadOnlyList<object?>> Rows,
    string? Truncated,
    long LedgerSize,
    double Seconds
)
{
    public static QueryJson From(QueryAnswer answer) =>
        new(1, answer.Columns, answer.Rows, answer.Truncated, answer.LedgerSize, answer.Seconds);

    /// <summary>Back to the answer, with JSON values as plain ones.</summary>
    public QueryAnswer ToAnswer() =>
        new(
            Columns,
            [.. Rows.Select(row => (IReadOnlyList<object?>)[.. row.Select(v => v is JsonElement e ? Plain(e) : v)])],
            Truncated,
            LedgerSize,
            Seconds
        );

    private static object? Plain(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => null,
            JsonValueKind.String => value.GetString(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => value.TryGetInt64(out long whole) ? whole : value.GetDouble(),
            JsonValueKind.Array => value.EnumerateArray().Select(Plain).ToList(),
            _ => value.EnumerateObject().ToDictionary(p => p.Name, p => Plain(p.Value)),
        };
}

/// <summary>Answers as CSV (RFC 4180), and values as one text.</summary>
internal static class Csv
{
    public static void Write(QueryAnswer answer, TextWriter writer)
    {
        writer.Write(string.Join(',', answer.Columns.Select(c => Field(c.Name))));
        writer.Write("\r\n");
        foreach (IReadOnlyList<object?> row in answer.Rows)
        {
            writer.Write(string.Join(',', row.Select(v => Field(Text(v)))));
            writer.Write("\r\n");
        }
    }

    /// <summary>A value as text: instants in ISO 8601 UTC, lists and maps as JSON, null as nothing.</summary>
    public static string Text(object? value) =>
        value switch
        {
            null => "",
            string text => text,
            bool flag => flag ? "true" : "false",
            DateTime instant => instant.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => JsonSerializer.Serialize(value, JsonSerializerOptions.Web),
        };

    private static string Field(string text)
    {
        // A cell that a spreadsheet would take for a formula is data of an attacker's making: it is quoted with a leading apostrophe.
        string safe = text.Length > 0 && text[0] is ('=' or '+' or '@' or '\t' or '\r') ? "'" + text : text;
        return safe.AsSpan().IndexOfAny("\",\r\n") < 0
            ? safe
            : "\"" + safe.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }
}
