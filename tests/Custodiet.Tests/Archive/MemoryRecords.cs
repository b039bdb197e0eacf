using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Archive;

/// <summary>Records in a list: what the datasets read, and nothing more.</summary>
internal sealed class MemoryRecords : IRecordStore, ITotalsStore, IBalanceStore
{
    private readonly List<StoredRecord> records = [];
    private readonly List<StoredFinding> findings = [];

    public List<SourceStatistics> Sources { get; } = [];

    public List<StageTotals> Stages { get; } = [];

    public int Reads { get; private set; }

    public long Count => records.Count;

    public event Action<long>? Committed;

    public StoredRecord Add(
        RecordBody body,
        string stream,
        string actor = "service",
        DateTimeOffset? at = null,
        RecordId? supersedes = null
    )
    {
        DateTimeOffset time = at ?? ArchiveFixture.Start.AddSeconds(records.Count);
        StoredRecord record = new(
            records.Count,
            new SealedRecord(
                new RecordId(Guid.CreateVersion7(time)),
                body.Type,
                stream,
                new ActorId(actor),
                time,
                time.AddSeconds(1),
                supersedes,
                default,
                default,
                RecordBodyJson.Serialize(body)
            ),
            Erased: false
        );
        records.Add(record);
        Committed?.Invoke(records.Count);
        return record;
    }

    public void Erase(long index)
    {
        StoredRecord record = records[(int)index];
        records[(int)index] = record with
        {
            Sealed = record.Sealed with { Body = default, Salt = default },
            Erased = true,
        };
    }

    public void Add(AlertId alert, Finding finding) =>
        findings.Add(new StoredFinding(findings.Count + 1, alert, finding, finding.OccurredAt.AddSeconds(2)));

    public void Clear()
    {
        records.Clear();
        findings.Clear();
    }

    public ValueTask<IReadOnlyList<StoredRecord>> ReadAsync(long fromIndex, int limit, CancellationToken cancellation)
    {
        Reads++;
        return new([.. records.Skip((int)fromIndex).Take(limit)]);
    }

    public ValueTask<IReadOnlyList<StoredFinding>> FindingsAfterAsync(
        long sequence,
        int limit,
        CancellationToken cancellation
    ) => new([.. findings.Where(f => f.Sequence > sequence).Take(limit)]);

    public ValueTask<IReadOnlyList<SourceStatistics>> SourcesAsync(CancellationToken cancellation) => new(Sources);

    public ValueTask<IReadOnlyList<StageTotals>> StagesAsync(CancellationToken cancellation) => new(Stages);

    public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellation) =>
        throw new NotSupportedException("Datasets only read.");

    public ValueTask<StoredRecord?> FindAsync(RecordId id, CancellationToken cancellation) =>
        throw new NotSupportedException("Datasets follow the order of the ledger.");

    public ValueTask<IReadOnlyList<StoredRecord>> ReadStreamAsync(
        string stream,
        int limit,
        CancellationToken cancellation
    ) => new([.. records.Where(r => r.Sealed.Stream == stream).Take(limit)]);

    public void Refuse(string reason) => throw new NotSupportedException("Datasets only read.");

    public ValueTask<long> PositionAsync(string consumer, CancellationToken cancellation) =>
        throw new NotSupportedException("Datasets keep their own position.");

    public ValueTask<IReadOnlyList<BatchKey>> KeysAsync(long sinceMicros, int limit, CancellationToken cancellation) =>
        throw new NotSupportedException("Datasets read no keys.");

    /// <summary>Spans by resolution, as a test sets them.</summary>
    public List<(BalanceResolution Resolution, BalanceSpan Span)> Balance { get; } = [];

    public ValueTask<BalanceMark?> BalanceMarkAsync(CancellationToken cancellation) =>
        ValueTask.FromResult<BalanceMark?>(null);

    public ValueTask<AppendOutcome> SaveBalanceAsync(
        IReadOnlyList<BalanceSpan> spans,
        BalanceMark mark,
        CancellationToken cancellation
    ) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<BalanceSpan>> BalanceAsync(
        BalanceResolution resolution,
        DateTimeOffset from,
        DateTimeOffset to,
        CancellationToken cancellation
    ) =>
        ValueTask.FromResult<IReadOnlyList<BalanceSpan>>([
            .. Balance.Where(row => row.Resolution == resolution).Select(row => row.Span),
        ]);
}
