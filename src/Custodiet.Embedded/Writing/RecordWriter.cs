using System.Threading.Channels;
using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Stores;
using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded.Writing;

/// <summary>
/// The one writer: a thread of its own that commits whatever waits as a group, so that one flush of the disk serves many
/// callers. Each append has a savepoint: a conflict or a bug in one takes nothing from the others.
/// </summary>
internal sealed class RecordWriter : IAsyncDisposable
{
    private readonly string file;
    private readonly SqliteConnection connection;
    private readonly Statements statements;
    private readonly RecordAppender appender;
    private readonly Channel<WriteItem> waiting = Channel.CreateBounded<WriteItem>(
        new BoundedChannelOptions(RecordLimits.AppendsWaiting) { SingleReader = true }
    );

    // Counts what waits in the channel: the writer sleeps on it, since a thread cannot await.
    private readonly SemaphoreSlim arrived = new(0);
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<WriteItem> group = [];
    private volatile string? refusal;
    private volatile string? failure;
    private volatile string? overwriteFailure;
    private long count;
    private long handlerFailures;
    private int disposed;

    public RecordWriter(string file, SqliteConnection connection, Func<Statements, RecordAppender> appender)
    {
        this.file = file;
        this.connection = connection;
        statements = new Statements(connection);
        this.appender = appender(statements);
        count = this.appender.Count;
        new Thread(Run) { Name = "record writer", IsBackground = true }.Start();
    }

    public event Action<long>? Committed;

    public long Count => Interlocked.Read(ref count);

    public string? Refusal => refusal;

    public string? Failure => failure;

    /// <summary>Why the file may still hold pieces of what was erased last, or null.</summary>
    public string? OverwriteFailure => overwriteFailure;

    public long HandlerFailures => Interlocked.Read(ref handlerFailures);

    public void Refuse(string reason) => refusal ??= reason;

    /// <summary>Hands work to the writer and answers when it is durable, or why it is not.</summary>
    /// <param name="work">What to do within the transaction.</param>
    /// <param name="rows">About how many rows it writes.</param>
    /// <param name="refusable">Whether <see cref="Refuse"/> holds for it.</param>
    /// <param name="cancellation">Withdraws the work while it waits; once begun it is finished.</param>
    /// <param name="overwrite">Whether the file is written anew afterwards, so that nothing is left in it of what the work deleted.</param>
    public async ValueTask<AppendOutcome> WriteAsync(
        Func<RecordAppender, AppendOutcome> work,
        int rows,
        bool refusable,
        CancellationToken cancellation,
        bool overwrite = false
    )
    {
        if (refusable && refusal is { } reason)
        {
            return new AppendOutcome.Refused(reason);
        }
        WriteItem item = new(work, rows, refusable, overwrite, cancellation);
        try
        {
            await waiting.Writer.WriteAsync(item, cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return new AppendOutcome.Refused(
                "The record store is closed: the service is stopping. Try again after it started."
            );
        }
        arrived.Release();
        return await item.Answer.ConfigureAwait(false);
    }

    /// <summary>Finishes what waits, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            waiting.Writer.TryComplete();
            arrived.Release();
        }
        await stopped.Task.ConfigureAwait(false);
    }

    private void Run()
    {
        try
        {
            while (!waiting.Reader.Completion.IsCompleted)
            {
                arrived.Wait();
                TakeGroup();
                if (group.Count > 0)
                {
                    Commit(group);
                }
            }
            statements.Dispose();
            connection.Dispose();
            stopped.SetResult();
        }
        catch (Exception e)
        {
            // A bug in the writer must reach every caller, the waiting and the future ones, and whoever stops the store.
            refusal = $"The record writer failed and takes nothing any more: {e.Message} Restart the service.";
            waiting.Writer.TryComplete();
            foreach (WriteItem item in group)
            {
                item.Fail(e);
            }
            while (waiting.Reader.TryRead(out WriteItem? item))
            {
                item.Fail(e);
            }
            connection.Dispose();
            stopped.SetException(e);
        }
    }

    private void TakeGroup()
    {
        group.Clear();
        int rows = 0;
        while (
            group.Count < RecordLimits.AppendsPerCommit
            && rows < RecordLimits.RowsPerCommit
            && waiting.Reader.TryRead(out WriteItem? item)
        )
        {
            if (item.Withdrawn)
            {
                item.Withdraw();
                continue;
            }
            if (item.Refusable && refusal is { } reason)
            {
                item.Complete(new AppendOutcome.Refused(reason));
                continue;
            }
            group.Add(item);
            rows += item.Rows;
        }
    }

    private void Commit(IReadOnlyList<WriteItem> items)
    {
        RecordAppender.Tail before = appender.Mark();
        bool overwrite = items.Any(item => item.Overwrite);
        try
        {
            statements.Execute("BEGIN IMMEDIATE");
            foreach (WriteItem item in items)
            {
                Attempt(item);
            }
            statements.Execute("COMMIT");
        }
        catch (SqliteException e)
        {
            appender.Return(before);
            RollBack();
            Refused(items, e);
            return;
        }
        failure = null;
        if (overwrite)
        {
            WriteAnew();
        }
        Interlocked.Exchange(ref count, appender.Count);
        foreach (WriteItem item in items)
        {
            item.Complete();
        }
        Tell();
    }

    // Pages keep pieces of rows that were moved or deleted, also from long ago: only a file written anew is free of them.
    private void WriteAnew()
    {
        try
        {
            statements.Execute("VACUUM");
            statements.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            overwriteFailure = null;
        }
        catch (SqliteException e)
        {
            overwriteFailure =
                $"The rows are erased, but the file could not be written anew and may hold pieces of them: {Database.Describe(e, file)}";
        }
    }

    private void Attempt(WriteItem item)
    {
        RecordAppender.Tail before = appender.Mark();
        statements.Execute("SAVEPOINT append");
        try
        {
            item.Outcome = item.Work(appender);
        }
        catch (Exception e) when (e is not SqliteException sqlite || !Database.IsStorageFailure(sqlite))
        {
            item.Failure = e;
        }
        if (item.Outcome is not AppendOutcome.Appended)
        {
            appender.Return(before);
            statements.Execute("ROLLBACK TO append");
        }
        statements.Execute("RELEASE append");
    }

    // One large append must not take small ones with it: each is tried again alone.
    private void Refused(IReadOnlyList<WriteItem> items, SqliteException e)
    {
        if (items.Count == 1)
        {
            failure = Database.Describe(e, file);
            items[0].Complete(new AppendOutcome.Refused(failure));
            return;
        }
        foreach (WriteItem item in items)
        {
            item.Outcome = null;
            item.Failure = null;
            Commit([item]);
        }
    }

    private void RollBack()
    {
        try
        {
            statements.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite rolls back by itself after some failures, and then there is no transaction left to end.
        }
    }

    private void Tell()
    {
        foreach (Delegate handler in Committed?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action<long>)handler)(Count);
            }
            catch (Exception)
            {
                // The records are durable whatever a listener does, and the writer must go on; the failure is counted.
                Interlocked.Increment(ref handlerFailures);
            }
        }
    }
}
