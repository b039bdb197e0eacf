using Custodiet.Records.Stores;

namespace Custodiet.Archive;

public sealed partial class ParquetArchive
{
    /// <summary>
    /// Called with each deletion before its file goes, and again after a crash when it may not have succeeded: a receiver recognises it by
    /// its id. What it throws stops the archive.
    /// </summary>
    public Func<ArchiveDeletion, CancellationToken, ValueTask>? EventsDeleted
    {
        get => store.EventsDeleted;
        set
        {
            store.EventsDeleted = value;
            Wake();
        }
    }

    /// <summary>Deletes what a policy no longer keeps, but for what is held. Several calls wait for each other.</summary>
    /// <exception cref="IOException">The disk failed. What was deleted before stays so; the rest goes with the next call.</exception>
    /// <exception cref="InvalidDataException">A segment could not be read back as it should be; it was left as it is.</exception>
    public ValueTask<RetentionOutcome> RetainAsync(
        RetentionPolicy policy,
        IReadOnlyList<ArchiveHold> holds,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(holds);
        return KeepHouseAsync(() => retention.Run(policy, holds, cancellation), cancellation);
    }

    /// <summary>Deletes every archived event that names one of the identifiers as a whole word, but for what is held.</summary>
    /// <param name="erasure">The erasure's id.</param>
    /// <param name="identifiers">At least one, at least three characters each.</param>
    /// <param name="holds">What must stay.</param>
    /// <param name="cancellation">Ends between two segments.</param>
    public async ValueTask<RetentionOutcome> EraseAsync(
        string erasure,
        IReadOnlyList<string> identifiers,
        IReadOnlyList<ArchiveHold> holds,
        CancellationToken cancellation
    )
    {
        await FlushAsync(cancellation).ConfigureAwait(false);
        return await OverAllAsync(
                identifiers,
                holds,
                (segment, condition, held) =>
                {
                    TrimResult result = trim.Run(
                        segment,
                        condition,
                        held,
                        new TrimReason(Records.Ledger.DeletionCause.Erasure, erasure),
                        cancellation
                    );
                    return (result.Counts, segment.FileBytes - (result.Left?.FileBytes ?? 0));
                },
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>Counts what <see cref="EraseAsync"/> would delete, and what holds would keep. Deletes nothing.</summary>
    public async ValueTask<RetentionOutcome> CountNamedAsync(
        IReadOnlyList<string> identifiers,
        IReadOnlyList<ArchiveHold> holds,
        CancellationToken cancellation
    )
    {
        await FlushAsync(cancellation).ConfigureAwait(false);
        return await OverAllAsync(
                identifiers,
                holds,
                (segment, condition, held) => (trim.Count(segment, condition, held, cancellation), 0L),
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>How long the disk lasts at the present rate and under a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="freeBytes">Free on the disk above the floor at which inputs push back.</param>
    public Runway RunwayOf(RetentionPolicy policy, long freeBytes)
    {
        ArgumentNullException.ThrowIfNull(policy);
        IReadOnlyList<SegmentEntry> segments = store.Segments();
        return Runway.Of(
            [.. segments.Select(s => (s.LastReceivedMicros, s.FileBytes)).OrderBy(s => s.LastReceivedMicros)],
            segments.Count == 0 ? 0 : segments.Min(s => s.FirstReceivedMicros),
            policy,
            freeBytes,
            clock.GetUtcNow()
        );
    }

    private ValueTask<RetentionOutcome> OverAllAsync(
        IReadOnlyList<string> identifiers,
        IReadOnlyList<ArchiveHold> holds,
        Func<SegmentEntry, string, string, (TrimCounts Counts, long FileBytes)> act,
        CancellationToken cancellation
    )
    {
        ArgumentOutOfRangeException.ThrowIfZero(identifiers.Count);
        string condition = RetentionSql.Names(identifiers);
        string held = RetentionSql.Held(holds);
        return KeepHouseAsync(
            () =>
            {
                RetentionOutcome outcome = RetentionOutcome.Nothing;
                foreach (SegmentEntry segment in store.Segments())
                {
                    cancellation.ThrowIfCancellationRequested();
                    (TrimCounts counts, long fileBytes) = act(segment, condition, held);
                    outcome = outcome.And(
                        new RetentionOutcome(
                            counts.Events > 0 ? 1 : 0,
                            counts.Events,
                            counts.RawBytes,
                            fileBytes,
                            counts.Held,
                            0
                        )
                    );
                }
                return outcome;
            },
            cancellation
        );
    }

    // Merging and deleting both replace segments: never at the same time.
    private async ValueTask<RetentionOutcome> KeepHouseAsync(
        Func<RetentionOutcome> work,
        CancellationToken cancellation
    )
    {
        await housekeeping.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await Task.Run(work, cancellation).ConfigureAwait(false);
        }
        catch (DuckDB.NET.Data.DuckDBException e)
        {
            throw new IOException($"A segment of the archive could not be read or written: {e.Message}", e);
        }
        finally
        {
            housekeeping.Release();
            Wake();
        }
    }
}
