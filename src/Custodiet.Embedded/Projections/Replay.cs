using System.Text.Json;
using Custodiet.Embedded.Reading;
using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Ledger;

namespace Custodiet.Embedded.Projections;

/// <summary>Makes all projections again from the records and the findings kept.</summary>
internal static class Replay
{
    /// <summary>Records read at once: bounds the memory of a rebuild.</summary>
    private const int RecordsPerChunk = 1_000;

    /// <exception cref="InvalidDataException">A record's body is no body that this version knows.</exception>
    public static void Run(Statements statements, Projector projector)
    {
        long next = 0;
        while (RecordReader.Read(statements, next, RecordsPerChunk) is { Count: > 0 } records)
        {
            foreach (StoredRecord record in records.Where(record => !record.Sealed.Body.IsEmpty))
            {
                projector.Apply(record.Index, record.Sealed, Body(record), Unknown.WasErased);
            }
            next = records[^1].Index + 1;
        }
        statements.Execute(
            "UPDATE alert SET findings = (SELECT count(*) FROM finding WHERE finding.alert_id = alert.id)"
        );
        statements.Execute(Schema.AlertIndexes);
        statements.Execute("UPDATE tally SET findings = (SELECT count(*) FROM finding)");
    }

    private static RecordBody Body(StoredRecord record)
    {
        try
        {
            return RecordBodyJson.Deserialize(record.Sealed.Body.Span);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"Record {record.Index} ({record.Sealed.Type}) has a body that this version cannot read: {e.Message}",
                e
            );
        }
    }
}
