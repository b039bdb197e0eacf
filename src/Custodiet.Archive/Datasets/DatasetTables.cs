using System.Globalization;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;
using DuckDB.NET.Data;

namespace Custodiet.Archive;

/// <summary>
/// The tables' file and how it follows the record store. The file holds nothing that the records do not: one that is
/// missing, damaged, of another version or of another ledger is deleted and built again.
/// </summary>
internal sealed class DatasetTables : IDisposable
{
    private readonly string connectionString;
    private readonly IRecordStore records;
    private readonly DatasetOptions options;
    private readonly DuckDBConnection connection;
    private DatasetPosition position;

    private DatasetTables(
        string connectionString,
        IRecordStore records,
        DatasetOptions options,
        DuckDBConnection connection,
        DatasetPosition position
    )
    {
        this.connectionString = connectionString;
        this.records = records;
        this.options = options;
        this.connection = connection;
        this.position = position;
    }

    /// <summary>Where exports are written before they get their name.</summary>
    public static string ExportFolder(string folder) => Path.Combine(folder, "export");

    /// <summary>Opens the file, or makes it anew.</summary>
    public static async ValueTask<DatasetTables> OpenAsync(
        string folder,
        string archiveFolder,
        IRecordStore records,
        DatasetOptions options,
        CancellationToken cancellation
    )
    {
        Directory.CreateDirectory(ExportFolder(folder));
        string file = FileIn(folder);
        DatasetTables? tables = null;
        try
        {
            tables = Open(file, folder, archiveFolder, records, options);
            if (await tables.IsOfThisLedgerAsync(cancellation).ConfigureAwait(false))
            {
                return tables;
            }
        }
        catch (DuckDBException)
        {
            // A damaged file is no loss: everything in it comes from the records.
        }
        tables?.Dispose();
        Delete(folder);
        return Open(file, folder, archiveFolder, records, options);
    }

    /// <summary>Deletes the file. Nobody may have it open.</summary>
    public static void Delete(string folder)
    {
        foreach (string part in (string[])[FileIn(folder), FileIn(folder) + ".wal"])
        {
            File.Delete(part);
        }
    }

    /// <summary>A connection of one query's own.</summary>
    public DuckDBConnection Connect()
    {
        DuckDBConnection made = new(connectionString);
        made.Open();
        return made;
    }

    /// <summary>Reads what was recorded since the last time. One caller at a time.</summary>
    public async ValueTask FollowAsync(CancellationToken cancellation)
    {
        long target = records.Count;
        while (true)
        {
            IReadOnlyList<StoredFinding> findings = await records
                .FindingsAfterAsync(position.Findings, options.ReadBatch, cancellation)
                .ConfigureAwait(false);
            IReadOnlyList<StoredRecord> batch =
                position.Records < target
                    ? await records.ReadAsync(position.Records, options.ReadBatch, cancellation).ConfigureAwait(false)
                    : [];
            if (findings.Count == 0 && batch.Count == 0)
            {
                return;
            }
            Store(findings, batch);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    /// <summary>Runs a statement that gives nothing back.</summary>
    public static void Execute(DuckDBConnection connection, string sql)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string FileIn(string folder) => Path.Combine(folder, "datasets.duckdb");

    private static DatasetTables Open(
        string file,
        string folder,
        string archiveFolder,
        IRecordStore records,
        DatasetOptions options
    )
    {
        string connectionString = $"DataSource={file}";
        DuckDBConnection connection = new(connectionString);
        try
        {
            connection.Open();
            Execute(connection, Settings(folder, archiveFolder, options));
            return new DatasetTables(connectionString, records, options, connection, PositionIn(connection));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // The last lines close the sandbox for this instance: no file outside the two folders, and no setting can change again.
    private static string Settings(string folder, string archiveFolder, DatasetOptions options) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            SET memory_limit='{options.MemoryMegabytes}MB';
            SET threads={options.Threads};
            SET GLOBAL TimeZone='UTC';
            SET temp_directory={Sql.Text(Path.Combine(folder, "temporary"))};
            SET max_temp_directory_size='{options.TemporaryDiskMegabytes}MB';
            SET autoinstall_known_extensions=false;
            SET autoload_known_extensions=false;
            SET allow_community_extensions=false;
            SET parquet_metadata_cache=true;
            SET allowed_directories=[{Sql.Text(archiveFolder + "/")}, {Sql.Text(ExportFolder(folder) + "/")}];
            SET enable_external_access=false;
            SET lock_configuration=true;
            """
        );

    private static DatasetPosition PositionIn(DuckDBConnection connection)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'store'";
        if (Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture) == 0)
        {
            Execute(connection, $"BEGIN; {DatasetSchema.Create} COMMIT;");
            return DatasetPosition.Start;
        }
        command.CommandText = "SELECT version, records, last_record, findings, alerts, cases FROM store.position";
        using DuckDBDataReader reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return DatasetPosition.Start;
        }
        return new DatasetPosition(
            reader.GetInt32(0) == DatasetSchema.Version ? reader.GetInt64(1) : -1,
            reader.IsDBNull(2) ? null : reader.GetString(2),
            reader.GetInt64(3),
            reader.GetInt64(4),
            reader.GetInt64(5)
        );
    }

    // The tables follow this ledger only if the newest record they have is the one that stands there, and no erasure came behind it: the
    // file would still hold what was erased.
    private async ValueTask<bool> IsOfThisLedgerAsync(CancellationToken cancellation)
    {
        if (position.Records == 0)
        {
            return position.Findings == 0;
        }
        if (position.Records < 0 || position.Records > records.Count)
        {
            return false;
        }
        IReadOnlyList<StoredRecord> last = await records
            .ReadAsync(position.Records - 1, 1, cancellation)
            .ConfigureAwait(false);
        IReadOnlyList<StoredRecord> erasures = await records
            .ReadStreamAsync(ErasureDone.Stream, int.MaxValue, cancellation)
            .ConfigureAwait(false);
        return last.Count == 1
            && last[0].Sealed.Id.ToString() == position.LastRecord
            && erasures.All(erasure => erasure.Index < position.Records);
    }

    private void Store(IReadOnlyList<StoredFinding> findings, IReadOnlyList<StoredRecord> batch)
    {
        Execute(connection, "BEGIN");
        try
        {
            DatasetPosition reached;
            using (DatasetRows rows = new(connection))
            {
                DatasetFeed feed = new(rows, position);
                foreach (StoredFinding finding in findings)
                {
                    feed.Add(finding);
                }
                foreach (StoredRecord record in batch)
                {
                    feed.Add(record);
                }
                reached = feed.Position;
            }
            Execute(connection, "DELETE FROM store.position");
            using (DatasetRows rows = new(connection))
            {
                rows.Add(
                    "position",
                    DatasetSchema.Version,
                    reached.Records,
                    reached.LastRecord,
                    reached.Findings,
                    reached.Alerts,
                    reached.Cases
                );
            }
            Execute(connection, "COMMIT");
            position = reached;
        }
        catch
        {
            Execute(connection, "ROLLBACK");
            throw;
        }
    }
}
