using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded.RecordFile;

/// <summary>Connections for reading. Each use sees one moment of the file, however many statements it runs.</summary>
internal sealed class ReaderPool(string file) : IDisposable
{
    private readonly ConcurrentBag<Reader> idle = [];
    private volatile bool closed;

    /// <summary>Reads with a connection of one's own.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ValueTask<T> ReadAsync<T>(Func<Statements, T> read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(closed, this);
        Reader? reader = null;
        try
        {
            reader = idle.TryTake(out Reader? taken) ? taken : new Reader(Database.OpenReader(file));
            reader.Statements.Execute("BEGIN");
            T result = read(reader.Statements);
            reader.Statements.Execute("COMMIT");
            GiveBack(reader);
            return ValueTask.FromResult(result);
        }
        catch (SqliteException e)
        {
            reader?.Dispose();
            throw Database.Explained(e, file);
        }
        catch
        {
            // Whatever went wrong, its transaction may still be open: this connection is not used again.
            reader?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        closed = true;
        while (idle.TryTake(out Reader? reader))
        {
            reader.Dispose();
        }
    }

    private void GiveBack(Reader reader)
    {
        if (closed || idle.Count >= RecordLimits.IdleReaders)
        {
            reader.Dispose();
            return;
        }
        idle.Add(reader);
    }

    private sealed class Reader(SqliteConnection connection) : IDisposable
    {
        public Statements Statements { get; } = new(connection);

        public void Dispose()
        {
            Statements.Dispose();
            connection.Dispose();
        }
    }
}
