using System.Globalization;
using DuckDB.NET.Data;

namespace Custodiet.Archive;

/// <summary>Merges segments into one that is sorted by source and event time, in bounded memory.</summary>
internal sealed class SegmentMerge(string folder, int memoryMegabytes, ArchiveDisk disk)
{
    /// <summary>Writes the merged file durably under its name and checks that it holds exactly what the run holds.</summary>
    /// <exception cref="InvalidDataException">It does not; it is then deleted.</exception>
    public SegmentEntry Run(
        IReadOnlyList<SegmentEntry> run,
        string name,
        string temporaryName,
        CancellationToken cancellation
    )
    {
        string path = Path.Combine(folder, name);
        string temporary = Path.Combine(folder, temporaryName);
        disk.Before(DiskStep.Write, temporary);
        using (DuckDBConnection connection = new("DataSource=:memory:"))
        {
            connection.Open();
            Execute(connection, Settings(), cancellation);
            Execute(connection, CopyStatement(run, temporary), cancellation);
            Check(connection, run, temporary);
        }
        using (FileStream file = new(temporary, FileMode.Open, FileAccess.ReadWrite))
        {
            disk.Before(DiskStep.Sync, temporary);
            file.Flush(flushToDisk: true);
        }
        string sha256 = ArchiveDisk.Digest(temporary);
        long bytes = new FileInfo(temporary).Length;
        disk.Publish(temporary, path);
        return new SegmentEntry(
            name,
            sha256,
            run[0].FirstOffset,
            run[^1].LastOffset,
            run.Sum(s => s.Events),
            run.Sum(s => s.Unparsed),
            run.Sum(s => s.RawBytes),
            bytes,
            run.Min(s => s.FirstReceivedMicros),
            run.Max(s => s.LastReceivedMicros),
            [.. run.Select(s => s.Name)]
        )
        {
            Columns = SegmentSchema.Columns,
        };
    }

    private string Settings() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"SET memory_limit='{memoryMegabytes}MB'; SET threads=1; SET TimeZone='UTC'; SET preserve_insertion_order=false; "
        ) + $"SET temp_directory={Sql.Text(Path.Combine(folder, "merge.tmp"))}; SET max_temp_directory_size='8GB'";

    private string CopyStatement(IReadOnlyList<SegmentEntry> run, string temporary)
    {
        return $$"""
            COPY (
                SELECT * FROM ({{SegmentSchema.Rows(folder, run)}})
                ORDER BY technology, sensor, event_at, event_offset
            ) TO {{Sql.Text(temporary)}} (
                FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 65536,
                KV_METADATA {'custodiet.segment': '{{SegmentSchema.Version}}'}
            )
            """;
    }

    // Check before the old files go: the merged file is read back, not trusted.
    private static void Check(DuckDBConnection connection, IReadOnlyList<SegmentEntry> run, string temporary)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = $"""
            SELECT count(*), count(DISTINCT event_offset), min(event_offset), max(event_offset), count(unparsed), coalesce(sum(coalesce(strlen(raw), octet_length(raw_bytes))), 0)::BIGINT
            FROM read_parquet({Sql.Text(temporary)})
            """;
        using DuckDBDataReader reader = command.ExecuteReader();
        reader.Read();
        long[] found = [.. Enumerable.Range(0, 6).Select(reader.GetInt64)];
        long[] expected =
        [
            run.Sum(s => s.Events),
            run.Sum(s => s.Events),
            run[0].FirstOffset,
            run[^1].LastOffset,
            run.Sum(s => s.Unparsed),
            run.Sum(s => s.RawBytes),
        ];
        if (!found.SequenceEqual(expected))
        {
            File.Delete(temporary);
            throw new InvalidDataException(
                $"the merged file holds {string.Join(", ", found)} instead of {string.Join(", ", expected)} (events, different offsets, first, last, unparsed, bytes)."
            );
        }
    }

    private static void Execute(DuckDBConnection connection, string sql, CancellationToken cancellation)
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
}
