using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded.Reading;

/// <summary>Reads records, findings in order, positions and batch keys.</summary>
internal static class RecordReader
{
    private const string Select =
        "SELECT idx, id, type, stream, actor, occurred, recorded, supersedes, envelope, salt, body FROM record";

    public static List<StoredRecord> Read(Statements statements, long fromIndex, int limit) =>
        WithRemainders(
            statements,
            statements.Rows($"{Select} WHERE idx >= $1 ORDER BY idx LIMIT $2", Record, fromIndex, Bound(limit))
        );

    public static StoredRecord? Find(Statements statements, RecordId id) =>
        statements.First($"{Select} WHERE id = $1", Record, id.Value.Blob()) is { } found
            ? WithRemainders(statements, [found])[0]
            : null;

    public static List<StoredRecord> ReadStream(Statements statements, string stream, int limit) =>
        WithRemainders(
            statements,
            statements.Rows($"{Select} WHERE stream = $1 ORDER BY idx LIMIT $2", Record, stream, Bound(limit))
        );

    public static List<StoredFinding> FindingsAfter(Statements statements, long sequence, int limit) =>
        statements.Rows(
            "SELECT seq, alert_id, content, recorded FROM finding WHERE seq > $1 ORDER BY seq LIMIT $2",
            row => new StoredFinding(
                row.GetInt64(0),
                new AlertId(row.Id(1)),
                Columns.Parse<Finding>(row.GetString(2)),
                row.Time(3)
            ),
            sequence,
            Bound(limit)
        );

    public static long Position(Statements statements, string consumer) =>
        statements.Number("SELECT next_offset FROM position WHERE consumer = $1", consumer) ?? 0;

    public static List<BatchKey> Keys(Statements statements, long sinceMicros, int limit) =>
        statements.Rows(
            "SELECT key, first_offset, count, received FROM batch_key WHERE received >= $1 ORDER BY received DESC, seq DESC LIMIT $2",
            row => new BatchKey(row.GetString(0), row.GetInt64(1), row.GetInt32(2), row.GetInt64(3)),
            sinceMicros,
            (long)Math.Clamp(limit, 0, RecordLimits.BatchKeys)
        );

    /// <summary>The stream of what an erasure left of a record.</summary>
    public static string RemainderStream(long index) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"erased/{index}");

    // An erased record reads as what the erasure left of it. That may have been erased in turn, hence again and again.
    private static List<StoredRecord> WithRemainders(Statements statements, List<StoredRecord> records)
    {
        for (int i = 0; i < records.Count; i++)
        {
            if (records[i].Erased && RemainderOf(statements, records[i].Index) is { } left)
            {
                SealedRecord whole = records[i].Sealed;
                records[i] = records[i] with { Sealed = whole with { Body = RecordBodyJson.Serialize(left) } };
            }
        }
        return records;
    }

    private static RecordBody? RemainderOf(Statements statements, long index)
    {
        List<StoredRecord> erasures = ReadStream(statements, RemainderStream(index), 1);
        return
            erasures is [{ Sealed.Body: { IsEmpty: false } body }]
            && RecordBodyJson.Deserialize(body.Span) is RecordErased erased
            ? erased.Remainder
            : null;
    }

    private static long Bound(int limit) => Math.Clamp(limit, 0, RecordLimits.RecordsPerRead);

    private static StoredRecord Record(SqliteDataReader row) =>
        new(
            row.GetInt64(0),
            new SealedRecord(
                new RecordId(row.Id(1)),
                row.GetString(2),
                row.GetString(3),
                new ActorId(row.GetString(4)),
                row.Time(5),
                row.Time(6),
                row.IdOrNull(7) is { } corrected ? new RecordId(corrected) : null,
                row.BytesOrEmpty(8),
                row.BytesOrEmpty(9),
                row.BytesOrEmpty(10)
            ),
            row.IsDBNull(10)
        );
}
