using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Writing;

/// <summary>Positions, batch keys and totals: what a consumer stores together with what it derived.</summary>
internal static class Bookkeeping
{
    public static void Write(Statements statements, AppendRequest request, DateTimeOffset now)
    {
        if (request.Position is { } position)
        {
            statements.Execute(
                "INSERT INTO position(consumer, next_offset) VALUES($1, $2) ON CONFLICT(consumer) DO UPDATE SET next_offset = excluded.next_offset",
                position.Consumer,
                position.NextOffset
            );
        }
        WriteKeys(statements, request.Keys, now);
        foreach (SourceStatistics source in request.Sources)
        {
            statements.Execute(
                """
                INSERT INTO source(technology, sensor, parser, events, bytes, first_received, last_received, newest_event)
                VALUES($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT(technology, sensor) DO UPDATE SET parser = excluded.parser, events = excluded.events,
                  bytes = excluded.bytes, first_received = excluded.first_received,
                  last_received = excluded.last_received, newest_event = excluded.newest_event
                """,
                source.Source.Technology,
                source.Source.Sensor,
                source.Parser,
                source.Events,
                source.Bytes,
                source.FirstReceivedMicros,
                source.LastReceivedMicros,
                source.NewestEventMicros
            );
        }
        foreach (StageTotals stage in request.Stages)
        {
            statements.Execute(
                """
                INSERT INTO stage(name, received, emitted, failed, dropped) VALUES($1, $2, $3, $4, $5)
                ON CONFLICT(name) DO UPDATE SET received = excluded.received, emitted = excluded.emitted,
                  failed = excluded.failed, dropped = excluded.dropped
                """,
                stage.Stage,
                stage.Received,
                stage.Emitted,
                stage.Failed,
                Columns.Json(stage.Dropped)
            );
        }
    }

    private static void WriteKeys(Statements statements, IReadOnlyList<BatchKey> keys, DateTimeOffset now)
    {
        if (keys.Count == 0)
        {
            return;
        }
        foreach (BatchKey key in keys)
        {
            // Replaced, not updated: a repeated key becomes the newest, so that pruning by age and by number agree.
            statements.Execute(
                "INSERT OR REPLACE INTO batch_key(key, first_offset, count, received) VALUES($1, $2, $3, $4)",
                key.Key,
                key.FirstOffset,
                key.Count,
                key.ReceivedMicros
            );
        }
        long oldest = Records.Events.EventTime.ToMicros(now - RecordLimits.BatchKeyAge);
        statements.Execute("DELETE FROM batch_key WHERE received < $1", oldest);
        statements.Execute(
            "DELETE FROM batch_key WHERE seq <= (SELECT max(seq) FROM batch_key) - $1",
            (long)RecordLimits.BatchKeys
        );
    }
}
