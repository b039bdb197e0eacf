using Custodiet.Embedded.Reading;
using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Ledger;
using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded;

/// <summary>The record store as it was at one moment. Appends go on beside it; SQLite keeps what they replace until this is disposed.</summary>
public sealed class RecordsMoment : IDisposable
{
    private readonly string file;
    private readonly SqliteConnection connection;

    private RecordsMoment(string file, SqliteConnection connection, long count)
    {
        this.file = file;
        this.connection = connection;
        Count = count;
    }

    /// <summary>How many records it holds.</summary>
    public long Count { get; }

    /// <summary>Writes the whole store as it was to a new file, durably, for its owner alone.</summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public void CopyTo(string target)
    {
        try
        {
            Database.KeepPrivate(target);
            using SqliteConnection copy = Database.Connect(target, SqliteOpenMode.ReadWriteCreate);
            copy.Open();
            connection.BackupDatabase(copy);
            // Without a write-ahead log the copy is one file, and whoever reads it leaves none beside it.
            Database.Run(copy, "PRAGMA journal_mode=DELETE");
        }
        catch (SqliteException e)
        {
            throw Database.Explained(e, target);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    internal static RecordsMoment Of(string file)
    {
        SqliteConnection connection = Database.OpenReader(file);
        try
        {
            // The transaction begins with its first read; the copy is made within it, of what it sees.
            Database.Run(connection, "BEGIN");
            using SqliteCommand count = connection.CreateCommand();
            count.CommandText = "SELECT coalesce(max(idx) + 1, 0) FROM record";
            return new RecordsMoment(file, connection, (long)count.ExecuteScalar()!);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Database.Explained(e, file);
        }
    }
}

/// <summary>A copy of the record store in a file, read where it lies and never written.</summary>
public sealed class RecordsCopy : IDisposable
{
    private readonly string file;
    private readonly SqliteConnection connection;
    private readonly Statements statements;

    private RecordsCopy(string file, SqliteConnection connection)
    {
        this.file = file;
        this.connection = connection;
        statements = new Statements(connection);
    }

    /// <summary>How many records it holds.</summary>
    public long Count => statements.Number("SELECT coalesce(max(idx) + 1, 0) FROM record") ?? 0;

    /// <summary>Opens a copy.</summary>
    /// <exception cref="InvalidDataException">It is damaged or another program's.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RecordsCopy Open(string file)
    {
        SqliteConnection connection = Database.OpenReader(file);
        try
        {
            RecordsCopy copy = new(file, connection);
            return (copy.statements.Number("PRAGMA application_id") ?? 0) == Schema.ApplicationId
                ? copy
                : throw new InvalidDataException($"{file} is no record store of Custodiet.");
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Database.Explained(e, file);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>What SQLite finds wrong with the file's structure, at most ten findings; empty in health.</summary>
    public IReadOnlyList<string> Damage()
    {
        try
        {
            List<string> lines = statements.Rows("PRAGMA quick_check(10)", row => row.GetString(0));
            return lines is ["ok"] ? [] : lines;
        }
        catch (SqliteException e)
        {
            return [Database.Describe(e, file)];
        }
    }

    /// <summary>Records from an index on, in order, at most so many.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public IReadOnlyList<StoredRecord> Read(long fromIndex, int limit) =>
        Explained(() => RecordReader.Read(statements, fromIndex, limit));

    /// <summary>The newest record of a stream, or null.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public StoredRecord? NewestOf(string stream) => Explained(() => RecordReader.NewestOf(statements, stream));

    /// <summary>One record by its id.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public StoredRecord? Find(RecordId id) => Explained(() => RecordReader.Find(statements, id));

    /// <inheritdoc/>
    public void Dispose()
    {
        statements.Dispose();
        connection.Dispose();
    }

    private T Explained<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteException e)
        {
            throw Database.Explained(e, file);
        }
    }
}
