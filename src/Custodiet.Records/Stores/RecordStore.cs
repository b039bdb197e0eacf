using Custodiet.Records.Findings;
using Custodiet.Records.Ledger;

namespace Custodiet.Records.Stores;

/// <summary>Says what the writer believed about a stream when it decided: its newest record, or null for «no record yet».</summary>
public readonly record struct StreamExpectation(string Stream, long? LastIndex);

/// <summary>How far a consumer of the event queue has come; stored together with what it derived, so that nothing is derived twice.</summary>
/// <param name="Consumer">For example <c>analytics</c>.</param>
/// <param name="NextOffset">The first event not yet consumed.</param>
public readonly record struct ConsumerPosition(string Consumer, long NextOffset);

/// <summary>A key of a batch that the queue has handed on, so that a repeat is recognised after its segment is gone.</summary>
public readonly record struct BatchKey(string Key, long FirstOffset, int Count, long ReceivedMicros);

/// <summary>Everything that becomes durable in one transaction.</summary>
public sealed record AppendRequest
{
    /// <summary>The records, in order.</summary>
    public IReadOnlyList<RecordDraft> Drafts { get; init; } = [];

    /// <summary>Findings that the drafts refer to. One that is stored already is left as it is.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>What must still hold; otherwise nothing is appended.</summary>
    public IReadOnlyList<StreamExpectation> Expectations { get; init; } = [];

    /// <summary>The consumer's new position.</summary>
    public ConsumerPosition? Position { get; init; }

    /// <summary>Keys of consumed batches.</summary>
    public IReadOnlyList<BatchKey> Keys { get; init; } = [];

    /// <summary>Sources whose totals changed, as they stand now.</summary>
    public IReadOnlyList<SourceStatistics> Sources { get; init; } = [];

    /// <summary>Stages whose totals changed, as they stand now.</summary>
    public IReadOnlyList<StageTotals> Stages { get; init; } = [];
}

/// <summary>A finding, the alert it belongs to, and its place in the order of storage (from 1, growing).</summary>
public sealed record StoredFinding(
    long Sequence,
    Custodiet.Records.Judgement.AlertId Alert,
    Finding Finding,
    DateTimeOffset RecordedAt
);

/// <summary>What became of an append.</summary>
public abstract record AppendOutcome
{
    private AppendOutcome() { }

    /// <summary>Durable.</summary>
    /// <param name="FirstIndex">Ledger index of the first record.</param>
    /// <param name="Ids">The records' names, in order.</param>
    public sealed record Appended(long FirstIndex, IReadOnlyList<RecordId> Ids) : AppendOutcome;

    /// <summary>Somebody else changed the stream first. Nothing was appended.</summary>
    public sealed record Conflict(string Stream, long? LastIndex) : AppendOutcome;

    /// <summary>The store does not take records at present. Nothing was appended.</summary>
    /// <param name="Reason">Why, and what to do.</param>
    public sealed record Refused(string Reason) : AppendOutcome;
}

/// <summary>
/// All records in the order of the ledger. A record and everything projected from it become durable together.
/// </summary>
public interface IRecordStore
{
    /// <summary>Appends in one transaction, sealed at this moment; answers once it is durable.</summary>
    ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellation);

    /// <summary>Records from an index on, in order, at most so many.</summary>
    ValueTask<IReadOnlyList<StoredRecord>> ReadAsync(long fromIndex, int limit, CancellationToken cancellation);

    /// <summary>One record by its id.</summary>
    ValueTask<StoredRecord?> FindAsync(RecordId id, CancellationToken cancellation);

    /// <summary>All records of a stream, in order, at most so many.</summary>
    ValueTask<IReadOnlyList<StoredRecord>> ReadStreamAsync(string stream, int limit, CancellationToken cancellation);

    /// <summary>Findings in the order they were stored, after a sequence number; what they found belongs to an alert.</summary>
    ValueTask<IReadOnlyList<StoredFinding>> FindingsAfterAsync(
        long sequence,
        int limit,
        CancellationToken cancellation
    );

    /// <summary>How many records there are.</summary>
    long Count { get; }

    /// <summary>Raised after each commit, on the writer's thread; handlers must return at once.</summary>
    event Action<long>? Committed;

    /// <summary>Refuses appends from now on, with a reason that every caller gets.</summary>
    void Refuse(string reason);

    /// <summary>Where a consumer stands; 0 when it never stored a position.</summary>
    ValueTask<long> PositionAsync(string consumer, CancellationToken cancellation);

    /// <summary>The keys of batches received since then, newest first, at most so many.</summary>
    ValueTask<IReadOnlyList<BatchKey>> KeysAsync(long sinceMicros, int limit, CancellationToken cancellation);
}
