using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Records.Stores;

/// <summary>Events of one batch in columns, made by one worker and then handed to the archive.</summary>
public interface IArchiveChunk
{
    /// <summary>Copies an event into the columns.</summary>
    void Add(Event item);

    /// <summary>How many events it holds.</summary>
    int Count { get; }
}

/// <summary>A segment that became durable.</summary>
public sealed record ArchivedSegment(
    string Name,
    string Sha256,
    long FirstOffset,
    long LastOffset,
    long Events,
    long Unparsed,
    long RawBytes,
    IReadOnlyList<string> Replaces
);

/// <summary>Events that left the archive with a segment, or a part of it.</summary>
/// <param name="Id">Names the deletion.</param>
/// <param name="Cause">Why.</param>
/// <param name="Rule">The rule of the policy, or the erasure's id.</param>
/// <param name="Segment">The segment that held them.</param>
/// <param name="SegmentSha256">Its digest.</param>
/// <param name="Replacement">The segment that holds what was kept of it, or null.</param>
/// <param name="Events">How many.</param>
/// <param name="RawBytes">Bytes as received.</param>
/// <param name="FileBytes">Bytes on disk that this frees.</param>
/// <param name="FirstReceivedMicros">Earliest receipt in the segment.</param>
/// <param name="LastReceivedMicros">Latest receipt in the segment.</param>
/// <param name="Sources">How many of which source, the largest first.</param>
public sealed record ArchiveDeletion(
    string Id,
    DeletionCause Cause,
    string Rule,
    string Segment,
    string SegmentSha256,
    string? Replacement,
    long Events,
    long RawBytes,
    long FileBytes,
    long FirstReceivedMicros,
    long LastReceivedMicros,
    IReadOnlyList<SourceCount> Sources
);

/// <summary>
/// All events, in columns, queryable seconds after arrival. Chunks come in the order of their offsets; a segment is in the
/// manifest only when it is durable, and an offset is never in two segments of the manifest.
/// </summary>
public interface IEventArchive : IAsyncDisposable
{
    /// <summary>A chunk to fill; it is reused after it was appended.</summary>
    IArchiveChunk NewChunk();

    /// <summary>Takes over a chunk whose first event has the offset after the last one appended. Waits while too much is unwritten.</summary>
    ValueTask AppendAsync(IArchiveChunk chunk, CancellationToken cancellation);

    /// <summary>The first offset not yet durable in the archive.</summary>
    long NextOffset { get; }

    /// <summary>Writes what is pending now.</summary>
    ValueTask FlushAsync(CancellationToken cancellation);

    /// <summary>Called after a segment became durable, in order. What it throws stops the archive.</summary>
    Func<ArchivedSegment, CancellationToken, ValueTask>? SegmentArchived { get; set; }

    /// <summary>Called before the files of a deletion go, until it succeeds. What it throws stops the archive.</summary>
    Func<ArchiveDeletion, CancellationToken, ValueTask>? EventsDeleted { get; set; }
}

/// <summary>A column of a result.</summary>
public readonly record struct ResultColumn(string Name, string Type);

/// <summary>The answer to a query.</summary>
/// <param name="Columns">Its columns.</param>
/// <param name="Rows">Values as CLR types: string, long, double, decimal, bool, DateTime (UTC), null, or a list or dictionary of them.</param>
/// <param name="Truncated">Which limit cut it, in words, or null.</param>
/// <param name="LedgerSize">The ledger size that the datasets reflect.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record QueryAnswer(
    IReadOnlyList<ResultColumn> Columns,
    IReadOnlyList<IReadOnlyList<object?>> Rows,
    string? Truncated,
    long LedgerSize,
    double Seconds
);

/// <summary>What became of a query.</summary>
public abstract record QueryOutcome
{
    private QueryOutcome() { }

    /// <summary>It ran.</summary>
    public sealed record Answered(QueryAnswer Answer) : QueryOutcome;

    /// <summary>It was refused or failed: what, where, what to do.</summary>
    public sealed record Refused(string Reason) : QueryOutcome;
}

/// <summary>Limits of one query.</summary>
/// <param name="Rows">Rows at most; more are cut and said so.</param>
/// <param name="Timeout">Time at most.</param>
public sealed record QueryLimits(int Rows, TimeSpan Timeout)
{
    /// <summary>10,000 rows, 30 seconds.</summary>
    public static readonly QueryLimits Default = new(10_000, TimeSpan.FromSeconds(30));
}

/// <summary>Read-only SQL over the documented views: events, findings, alerts, cases, answers, verdicts, sources, stages, segments.</summary>
public interface IDatasets : IAsyncDisposable
{
    /// <summary>Runs one SELECT for a viewer. Never throws for what the user wrote.</summary>
    ValueTask<QueryOutcome> QueryAsync(string sql, QueryLimits limits, Viewer viewer, CancellationToken cancellation);

    /// <summary>Writes the answer of one SELECT to a Parquet file.</summary>
    ValueTask<QueryOutcome> ExportParquetAsync(
        string sql,
        string file,
        QueryLimits limits,
        Viewer viewer,
        CancellationToken cancellation
    );
}
