using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded.RecordFile;

/// <summary>The SQLite file: opened, made or refused; and what SQLite's failures mean in words.</summary>
internal static class Database
{
    // SQLite's primary result codes, https://www.sqlite.org/rescode.html
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>Opens the file for writing, makes it when absent, and brings its schema to this version.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, another program's, or of a newer version.</exception>
    /// <exception cref="IOException">The file cannot be opened or written.</exception>
    public static SqliteConnection OpenWriter(string file)
    {
        KeepPrivate(file);
        SqliteConnection connection = Connect(file, SqliteOpenMode.ReadWriteCreate);
        try
        {
            connection.Open();
            Run(connection, $"PRAGMA busy_timeout={(int)RecordLimits.LockWait.TotalMilliseconds}");
            Prepare(connection, file);
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Explained(e, file);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens the file for reading.</summary>
    public static SqliteConnection OpenReader(string file)
    {
        SqliteConnection connection = Connect(file, SqliteOpenMode.ReadOnly);
        try
        {
            connection.Open();
            Run(
                connection,
                $"PRAGMA busy_timeout={(int)RecordLimits.LockWait.TotalMilliseconds}; PRAGMA query_only=1; PRAGMA cache_size=-24000"
            );
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Explained(e, file);
        }
    }

    /// <summary>Runs statements without parameters.</summary>
    public static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Whether a failure lies in the disk or the file, so that a later try may succeed, and not in what was asked.</summary>
    public static bool IsStorageFailure(SqliteException e) =>
        e.SqliteErrorCode is Busy or ReadOnly or InputOutput or Corrupt or Full or CannotOpen or NotADatabase;

    /// <summary>What happened, where, and what to do.</summary>
    public static string Describe(SqliteException e, string file) =>
        e.SqliteErrorCode switch
        {
            Full =>
                $"The disk that holds {file} is full: nothing was recorded. Free some space; recording goes on by itself.",
            InputOutput =>
                $"Reading or writing {file} failed ({e.Message}): nothing was recorded. Check the disk and the system's log; recording goes on by itself when writing works again.",
            ReadOnly or CannotOpen =>
                $"{file} cannot be written ({e.Message}): nothing was recorded. Check the owner and mode of the file and its folder.",
            Busy =>
                $"Another process holds a lock on {file}: nothing was recorded. End the other process; only one Custodiet may use a data folder.",
            Corrupt or NotADatabase =>
                $"{file} is damaged ({e.Message}). Stop the service, keep the damaged file, and restore the data folder from a backup.",
            _ => $"SQLite failed on {file}: {e.Message}",
        };

    /// <summary>The exception that a caller gets instead of SQLite's.</summary>
    public static Exception Explained(SqliteException e, string file) =>
        e.SqliteErrorCode is Corrupt or NotADatabase
            ? new InvalidDataException(Describe(e, file), e)
            : new IOException(Describe(e, file), e);

    /// <summary>A connection to the file, not opened.</summary>
    public static SqliteConnection Connect(string file, SqliteOpenMode mode) =>
        new(
            new SqliteConnectionStringBuilder
            {
                DataSource = file,
                Mode = mode,
                // Our own pool knows which connection has which statements prepared.
                Pooling = false,
            }.ToString()
        );

    /// <summary>Makes the file, when absent, for its owner alone. SQLite gives its <c>-wal</c> and <c>-shm</c> files the same mode, so this comes before it is opened.</summary>
    public static void KeepPrivate(string file)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = owner;
            }
            using FileStream stream = new(file, options);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(stream.SafeFileHandle, owner);
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{file} cannot be opened for writing: {e.Message}", e);
        }
    }

    private static void Prepare(SqliteConnection connection, string file)
    {
        using Statements statements = new(connection);
        long version = statements.Number("PRAGMA user_version") ?? 0;
        long owner = statements.Number("PRAGMA application_id") ?? 0;
        long tables = statements.Number("SELECT count(*) FROM sqlite_schema") ?? 0;
        if (tables > 0 && owner != Schema.ApplicationId)
        {
            throw new InvalidDataException($"{file} is a database of another program. Choose another data folder.");
        }
        if (version > Schema.Version)
        {
            throw new InvalidDataException(
                $"{file} has format {version}, this version of Custodiet knows formats up to {Schema.Version}. Start the newer version again, or restore a backup made by this one."
            );
        }
        // 8,000 pages between checkpoints instead of SQLite's 1,000: a page that many commits change is copied once.
        // FULL: a commit is on the disk before it is answered. The journal mode stays in the file, the others do not.
        Run(
            connection,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000; PRAGMA journal_size_limit=67108864; PRAGMA wal_autocheckpoint=8000; PRAGMA temp_store=MEMORY"
        );
        if (tables == 0)
        {
            Run(
                connection,
                $"BEGIN IMMEDIATE; {Schema.Kept} {Schema.Projected} {Schema.AlertIndexes} PRAGMA application_id={Schema.ApplicationId}; PRAGMA user_version={Schema.Version}; COMMIT"
            );
        }
        else if (version < Schema.Version)
        {
            IReadOnlyList<string> first = version < 2 ? Schema.FromFirst : [];
            IReadOnlyList<string> second = version < 3 ? Schema.FromSecond : [];
            foreach (
                string sql in (string[])
                    [
                        "BEGIN IMMEDIATE",
                        .. first,
                        .. second,
                        .. Schema.FromThird,
                        $"PRAGMA user_version={Schema.Version}",
                        "COMMIT",
                    ]
            )
            {
                Run(connection, sql);
            }
        }
    }
}
