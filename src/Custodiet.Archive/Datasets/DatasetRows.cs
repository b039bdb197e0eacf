using DuckDB.NET.Data;

namespace Custodiet.Archive;

/// <summary>Rows on their way into tables, in one transaction of the connection. Values come in the order of the columns.</summary>
internal sealed class DatasetRows(DuckDBConnection connection) : IDisposable
{
    private readonly Dictionary<string, DuckDBAppender> appenders = new(StringComparer.Ordinal);

    /// <summary>Adds a row to a table of the datasets' schema.</summary>
    public void Add(string table, params ReadOnlySpan<object?> values) => Append(DatasetSchema.Name, table, values);

    /// <summary>Adds a row to a table of this connection alone.</summary>
    public void AddTemporary(string table, params ReadOnlySpan<object?> values) => Append(null, table, values);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DuckDBAppender appender in appenders.Values)
        {
            appender.Dispose();
        }
        appenders.Clear();
    }

    private void Append(string? schema, string table, ReadOnlySpan<object?> values)
    {
        if (!appenders.TryGetValue(table, out DuckDBAppender? appender))
        {
            appender = schema is null
                ? connection.CreateAppender("temp", "main", table)
                : connection.CreateAppender(schema, table);
            appenders.Add(table, appender);
        }
        IDuckDBAppenderRow row = appender.CreateRow();
        foreach (object? value in values)
        {
            _ = value switch
            {
                null => row.AppendNullValue(),
                string text => row.AppendValue(text),
                long number => row.AppendValue(number),
                int number => row.AppendValue(number),
                double number => row.AppendValue(number),
                bool flag => row.AppendValue(flag),
                DateTimeOffset instant => row.AppendValue(instant.UtcDateTime),
                IReadOnlyList<string> texts => row.AppendValue(texts),
                IReadOnlyList<long> numbers => row.AppendValue(numbers),
                _ => throw new ArgumentException($"A column of table {table} cannot take a {value.GetType().Name}."),
            };
        }
        row.EndRow();
    }
}
