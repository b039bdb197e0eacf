using System.Diagnostics;
using Custodiet.Ledger.Anchors;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Records;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Ledger;

/// <summary>Keeps the log level with the record store: takes new records, signs about once a second, copies checkpoints outside.</summary>
public sealed class LedgerFollower(IRecordStore store, TileLog log, CheckpointAnchors anchors, TimeProvider time)
{
    /// <summary>Records taken at once.</summary>
    public const int BatchRecords = 1_024;

    /// <summary>How long the follower waits after the disk failed.</summary>
    public static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(5);

    // The traces of what was integrated last and is not signed yet.
    private IReadOnlyList<ActivityContext> unsigned = [];
    private Task copying = Task.CompletedTask;
    private TaskCompletionSource committed = NewSignal();

    /// <summary>Why the log is behind at present, or null.</summary>
    public string? Failure { get; private set; }

    /// <summary>The store's envelopes, in the form that <see cref="TileLog.CheckAsync"/> reads.</summary>
    public static EnvelopeReader EnvelopesOf(IRecordStore store) =>
        async (from, limit, cancellation) =>
        {
            IReadOnlyList<StoredRecord> records = await store.ReadAsync(from, limit, cancellation);
            return [.. records.Select(record => record.Sealed.Envelope)];
        };

    /// <summary>
    /// Compares the store with the last known checkpoints, here and outside, and makes the store refuse when it is shorter
    /// or different. Gives the refusal, or null.
    /// </summary>
    /// <param name="whole">Whether all records are hashed again.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask<string?> CheckAsync(bool whole, CancellationToken cancellation)
    {
        IReadOnlyList<AnchorReading> readings = await anchors.ReadAsync(log.Verifier, cancellation);
        List<Checkpoint> outside = [.. readings.Select(reading => reading.Checkpoint).OfType<Checkpoint>()];
        string? refusal =
            log.State.Refusal ?? await log.CheckAsync(store.Count, EnvelopesOf(store), outside, whole, cancellation);
        if (refusal is not null)
        {
            store.Refuse(refusal);
        }
        return refusal;
    }

    /// <summary>
    /// Follows until cancelled; then takes what is there, signs and copies once more. Returns early, after the store was made
    /// to refuse, when the records are not those that were signed.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        store.Committed += OnCommitted;
        try
        {
            while (!cancellation.IsCancellationRequested && log.State.Refusal is null)
            {
                try
                {
                    await StepAsync(cancellation);
                    Failure = null;
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    // The records are durable in their store; the log catches up when the disk is well again.
                    Failure = error.Message;
                    await Task.Delay(RetryAfterFailure, time, cancellation);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // A stop: what is durable in the store is still signed below.
        }
        finally
        {
            store.Committed -= OnCommitted;
        }
        await FinishAsync();
    }

    private async Task StepAsync(CancellationToken cancellation)
    {
        Task signal = Volatile.Read(ref committed).Task;
        if (await TakeAsync(cancellation))
        {
            return;
        }
        if (log.UntilDue() is not { } rest)
        {
            await signal.WaitAsync(cancellation);
            return;
        }
        await Task.Delay(rest, time, cancellation);
        await TakeAsync(cancellation);
        using (Activity? span = Tracing.Continue("ledger sign", unsigned))
        {
            await log.SignAsync(cancellation);
            span?.SetTag("custodiet.ledger_size", log.State.SignedSize);
        }
        unsigned = [];
        CopyInBackground();
    }

    private async Task FinishAsync()
    {
        if (log.State.Refusal is { } refusal)
        {
            store.Refuse(refusal);
            return;
        }
        while (await TakeAsync(CancellationToken.None)) { }
        await copying;
        if (await log.SignAsync(CancellationToken.None) is { } last)
        {
            await anchors.CopyAsync(last, now: true, CancellationToken.None);
        }
    }

    /// <summary>Takes one batch; false when there is none.</summary>
    private async ValueTask<bool> TakeAsync(CancellationToken cancellation)
    {
        long from = log.NextRecord;
        IReadOnlyList<ReadOnlyMemory<byte>> envelopes = await EnvelopesOf(store)(from, BatchRecords, cancellation);
        if (envelopes.Count > 0)
        {
            IReadOnlyList<ActivityContext> appended = Tracing.Records.Find(from, from + envelopes.Count);
            using (Activity? span = Tracing.Continue("ledger integrate", appended))
            {
                span?.SetTag("custodiet.records", envelopes.Count);
                span?.SetTag("custodiet.ledger_index", from);
                await log.IntegrateAsync(from, envelopes, cancellation);
            }
            if (appended.Count > 0)
            {
                unsigned = appended;
            }
        }
        return envelopes.Count > 0 && log.State.Refusal is null;
    }

    private void CopyInBackground()
    {
        if (copying.IsCompleted && log.Newest is { } newest)
        {
            copying = anchors.CopyAsync(newest, now: false, CancellationToken.None).AsTask();
        }
    }

    private void OnCommitted(long count) => Interlocked.Exchange(ref committed, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
