using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded.RecordFile;

/// <summary>Prepared statements of one connection, by their text. Not safe for two threads at once. Parameters are <c>$1</c>, <c>$2</c>, …</summary>
internal sealed class Statements(SqliteConnection connection) : IDisposable
{
    /// <summary>Statements kept prepared per connection; filters make many shapes, and the least lucky ones are prepared anew.</summary>
    private const int PreparedMax = 256;

    private readonly Dictionary<string, SqliteCommand> commands = new(StringComparer.Ordinal);

    /// <summary>Runs a statement and says how many rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    /// <summary>The first column of the first row as a number, or null without a row or for SQL's null.</summary>
    public long? Number(string sql, params ReadOnlySpan<object?> values) =>
        Bind(sql, values).ExecuteScalar() is long number ? number : null;

    /// <summary>All rows. The row function must not use this connection.</summary>
    public List<T> Rows<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader reader = Bind(sql, values).ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
        {
            rows.Add(row(reader));
        }
        return rows;
    }

    /// <summary>Hands each row to a function, which must not use this connection.</summary>
    public void Each(string sql, Action<SqliteDataReader> row, params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader reader = Bind(sql, values).ExecuteReader();
        while (reader.Read())
        {
            row(reader);
        }
    }

    /// <summary>The first row, or null.</summary>
    public T? First<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<object?> values)
        where T : class
    {
        using SqliteDataReader reader = Bind(sql, values).ExecuteReader();
        return reader.Read() ? row(reader) : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SqliteCommand command in commands.Values)
        {
            command.Dispose();
        }
        commands.Clear();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!commands.TryGetValue(sql, out SqliteCommand? command))
        {
            if (commands.Count >= PreparedMax)
            {
                Dispose();
            }
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (int i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter($"${i + 1}", DBNull.Value));
            }
            commands.Add(sql, command);
        }
        for (int i = 0; i < values.Length; i++)
        {
            // The type is forgotten first: a parameter remembers the type of its first value and would convert the next.
            SqliteParameter parameter = command.Parameters[i];
            parameter.ResetSqliteType();
            parameter.Value = values[i] ?? DBNull.Value;
        }
        return command;
    }
}
