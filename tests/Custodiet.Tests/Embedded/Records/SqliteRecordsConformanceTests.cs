using System.Text;
using Custodiet.Embedded;
using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Ledger;
using Microsoft.Data.Sqlite;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>The store in SQLite does what every record store must do.</summary>
public sealed class SqliteRecordsConformanceTests : RecordStoreConformance
{
    private readonly RecordFolder folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    protected override ValueTask<OpenedStore> OpenAsync(Sealer seal, TimeProvider time) => folder.OpenAsync(seal, time);
}

/// <summary>Judgements read from SQLite stand as they must in every store.</summary>
public sealed class SqliteJudgementConformanceTests : JudgementReaderConformance
{
    private readonly RecordFolder folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    protected override ValueTask<OpenedStore> OpenAsync(Sealer seal, TimeProvider time) => folder.OpenAsync(seal, time);
}

/// <summary>Alerts are found in SQLite as they must be in every store.</summary>
public sealed class SqliteAlertListConformanceTests : AlertListConformance
{
    private readonly RecordFolder folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    protected override ValueTask<OpenedStore> OpenAsync(Sealer seal, TimeProvider time) => folder.OpenAsync(seal, time);
}

/// <summary>Accounts in SQLite are kept as they must be in every store.</summary>
public sealed class SqliteAccountConformanceTests : AccountStoreConformance
{
    private readonly RecordFolder folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    protected override ValueTask<OpenedStore> OpenAsync(Sealer seal, TimeProvider time) => folder.OpenAsync(seal, time);
}

/// <summary>A folder for one test, gone after it.</summary>
internal sealed class RecordFolder : IDisposable
{
    /// <summary>All rows of the projected tables as text, in the order of their keys.</summary>
    public static string Dump(string file)
    {
        StringBuilder dump = new();
        using SqliteConnection connection = new($"Data Source={file};Pooling=False");
        connection.Open();
        foreach (string table in Schema.ProjectedTables)
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = $"SELECT * FROM {table} ORDER BY 1, 2";
            using SqliteDataReader reader = command.ExecuteReader();
            while (reader.Read())
            {
                dump.Append(table);
                for (int i = 0; i < reader.FieldCount; i++)
                {
                    dump.Append('|')
                        .Append(reader.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : reader.GetValue(i));
                }
                dump.AppendLine();
            }
        }
        return dump.ToString();
    }

    /// <summary>Changes the file behind the store's back.</summary>
    public static void Execute(string file, string sql)
    {
        using SqliteConnection connection = new($"Data Source={file};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public string Path(string name) => System.IO.Path.Combine(folder.FullName, name);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-records-");

    public string File => Path("records.db");

    public async ValueTask<OpenedStore> OpenAsync(Sealer seal, TimeProvider time)
    {
        SqliteRecords records = await SqliteRecords.OpenAsync(File, seal, time, CancellationToken.None);
        return new OpenedStore(records, records, records, records, records, records);
    }

    public void Dispose() => folder.Delete(recursive: true);
}
