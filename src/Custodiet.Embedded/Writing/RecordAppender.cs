using Custodiet.Embedded.Projections;
using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Writing;

/// <summary>Writes records, findings and what is projected from them, within the writer's transaction.</summary>
internal sealed class RecordAppender
{
    private readonly Statements statements;
    private readonly Sealer seal;
    private readonly TimeProvider time;
    private readonly Projector projector;
    private readonly Dictionary<FindingId, AlertId> alertOf = [];
    private readonly Dictionary<AlertId, int> added = [];
    private Tail tail;

    public RecordAppender(Statements statements, Sealer seal, TimeProvider time)
    {
        this.statements = statements;
        this.seal = seal;
        this.time = time;
        projector = new Projector(statements);
        long count = (statements.Number("SELECT max(idx) FROM record") ?? -1) + 1;
        long last = statements.Number("SELECT recorded FROM record ORDER BY idx DESC LIMIT 1") ?? 0;
        tail = new Tail(count, last);
    }

    /// <summary>The end of the ledger as the transaction sees it.</summary>
    /// <param name="Count">How many records.</param>
    /// <param name="RecordedTicks">When the newest was recorded.</param>
    public readonly record struct Tail(long Count, long RecordedTicks);

    public long Count => tail.Count;

    public Statements Statements => statements;

    public Tail Mark() => tail;

    public void Return(Tail mark) => tail = mark;

    public AppendOutcome Append(AppendRequest request)
    {
        foreach (StreamExpectation expectation in request.Expectations)
        {
            long? last = projector.LastIndex(expectation.Stream);
            if (last != expectation.LastIndex)
            {
                return new AppendOutcome.Conflict(expectation.Stream, last);
            }
        }
        // Findings first: the records then write each alert once, with its count.
        AddFindings(request);
        AppendOutcome.Appended appended = Append(request.Drafts);
        Bookkeeping.Write(statements, request, Now());
        return appended;
    }

    /// <summary>Appends records without expectations.</summary>
    public AppendOutcome.Appended Append(IReadOnlyList<RecordDraft> drafts)
    {
        long first = tail.Count;
        List<RecordId> ids = new(drafts.Count);
        foreach (RecordDraft draft in drafts)
        {
            ids.Add(Append(draft));
        }
        return new AppendOutcome.Appended(first, ids);
    }

    /// <summary>Drops everything projected and makes it again from the records and the findings.</summary>
    public AppendOutcome Rebuild()
    {
        projector.Clear();
        Replay.Run(statements, projector);
        return new AppendOutcome.Appended(tail.Count, []);
    }

    private RecordId Append(RecordDraft draft)
    {
        DateTimeOffset recordedAt = Now();
        SealedRecord record = seal(draft, recordedAt);
        if (record.Envelope.Length is 0 or > RecordLimits.EnvelopeBytes)
        {
            throw new InvalidOperationException(
                $"The envelope of a {record.Type} on {record.Stream} has {record.Envelope.Length} bytes; 1 to {RecordLimits.EnvelopeBytes} are possible."
            );
        }
        long index = tail.Count;
        statements.Execute(
            "INSERT INTO record(idx, id, type, stream, actor, occurred, recorded, supersedes, envelope, salt, body) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            index,
            record.Id.Value.Blob(),
            record.Type,
            record.Stream,
            record.Actor.Value,
            record.OccurredAt.UtcTicks,
            record.RecordedAt.UtcTicks,
            record.Supersedes?.Value.Blob(),
            record.Envelope.ToArray(),
            record.Salt.ToArray(),
            record.Body.ToArray()
        );
        tail = new Tail(index + 1, record.RecordedAt.UtcTicks);
        projector.Apply(index, record, draft.Body, Unknown.IsABug);
        return record.Id;
    }

    // The clock may jump back; the order of the ledger and the order of its times must not part.
    private DateTimeOffset Now() => new(Math.Max(time.GetUtcNow().UtcTicks, tail.RecordedTicks), TimeSpan.Zero);

    private void AddFindings(AppendRequest request)
    {
        alertOf.Clear();
        added.Clear();
        if (request.Findings.Count == 0)
        {
            projector.Expect(added);
            return;
        }
        foreach (RecordDraft draft in request.Drafts)
        {
            (AlertId alert, IReadOnlyList<FindingMember> members) = draft.Body switch
            {
                AlertRaised raised => (raised.Alert, raised.Findings),
                AlertExtended extended => (extended.Alert, extended.Findings),
                _ => (default, []),
            };
            foreach (FindingMember member in members)
            {
                alertOf.TryAdd(member.Id, alert);
            }
        }
        long recorded = Now().UtcTicks;
        foreach (Finding finding in request.Findings)
        {
            Add(finding, recorded);
        }
        projector.Expect(added);
    }

    private void Add(Finding finding, long recorded)
    {
        byte[] id = finding.Id.Value.Blob();
        if (!alertOf.TryGetValue(finding.Id, out AlertId alert))
        {
            if (statements.Number("SELECT seq FROM finding WHERE id = $1", id) is null)
            {
                throw new InvalidOperationException(
                    $"Finding {finding.Id} belongs to no alert: no record of the same append names it."
                );
            }
            return;
        }
        int stored = statements.Execute(
            "INSERT OR IGNORE INTO finding(id, alert_id, occurred, recorded, technology, source_ref, content) VALUES($1, $2, $3, $4, $5, $6, $7)",
            id,
            alert.Value.Blob(),
            finding.OccurredAt.UtcTicks,
            recorded,
            finding.Source.Technology,
            finding.SourceRef,
            Columns.Json(finding)
        );
        if (stored > 0)
        {
            added[alert] = added.GetValueOrDefault(alert) + 1;
        }
    }
}
