using System.Globalization;
using DuckDB.NET.Data;

namespace Custodiet.Archive;

/// <summary>What a segment's file holds, counted.</summary>
/// <param name="Events">Rows.</param>
/// <param name="Offsets">Different offsets among them.</param>
/// <param name="Unparsed">Rows that are not parsed.</param>
/// <param name="RawBytes">Bytes as received.</param>
/// <param name="FirstOffset">Smallest offset; 0 where it is not asked for.</param>
/// <param name="LastOffset">Largest offset; 0 where it is not asked for.</param>
internal sealed record SegmentTotals(
    long Events,
    long Offsets,
    long Unparsed,
    long RawBytes,
    long FirstOffset = 0,
    long LastOffset = 0
)
{
    /// <summary>Whether the offsets lie in a range. A segment of which something was deleted does not reach both ends.</summary>
    public bool Within(long first, long last) => FirstOffset >= first && LastOffset <= last;
}

/// <summary>DuckDB on the archive's own files, for housekeeping: one thread, bounded memory, the rest on disk beside the segments.</summary>
internal sealed class SegmentSql : IDisposable
{
    /// <summary>Bytes of an event as received.</summary>
    public const string RawBytes = "coalesce(strlen(raw), octet_length(raw_bytes))";

    private readonly DuckDBConnection connection = new("DataSource=:memory:");

    public SegmentSql(string folder, int memoryMegabytes)
    {
        connection.Open();
        Execute(
            string.Create(
                CultureInfo.InvariantCulture,
                $"SET memory_limit='{memoryMegabytes}MB'; SET threads=1; SET TimeZone='UTC'; SET preserve_insertion_order=false; "
            ) + $"SET temp_directory={Sql.Text(Path.Combine(folder, "merge.tmp"))}; SET max_temp_directory_size='8GB'",
            CancellationToken.None
        );
    }

    /// <summary>A statement that writes a segment's rows, sorted as a segment is, to a file.</summary>
    public static string Copy(string select, string file) =>
        $$"""
            COPY ({{select}} ORDER BY technology, sensor, event_at, event_offset) TO {{Sql.Text(file)}} (
                FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 65536,
                KV_METADATA {'custodiet.segment': '{{SegmentSchema.Version}}'}
            )
            """;

    /// <summary>Runs a statement that gives nothing back.</summary>
    public void Execute(string sql, CancellationToken cancellation)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using CancellationTokenRegistration registration = cancellation.Register(command.Cancel);
        try
        {
            command.ExecuteNonQuery();
        }
        catch (DuckDBException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Reads rows.</summary>
    public List<T> Rows<T>(string sql, Func<DuckDBDataReader, T> row, CancellationToken cancellation)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using CancellationTokenRegistration registration = cancellation.Register(command.Cancel);
        try
        {
            using DuckDBDataReader reader = command.ExecuteReader();
            List<T> rows = [];
            while (reader.Read())
            {
                rows.Add(row(reader));
            }
            return rows;
        }
        catch (DuckDBException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Counts what a file holds: it is read back, not trusted.</summary>
    public SegmentTotals TotalsOf(string file) =>
        Rows(
            $"""
            SELECT count(*), count(DISTINCT event_offset), count(unparsed), coalesce(sum({RawBytes}), 0)::BIGINT,
                   coalesce(min(event_offset), 0), coalesce(max(event_offset), 0)
            FROM read_parquet({Sql.Text(file)})
            """,
            r => new SegmentTotals(
                r.GetInt64(0),
                r.GetInt64(1),
                r.GetInt64(2),
                r.GetInt64(3),
                r.GetInt64(4),
                r.GetInt64(5)
            ),
            CancellationToken.None
        )[0];

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();
}
