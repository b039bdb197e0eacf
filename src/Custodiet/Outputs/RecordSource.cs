using System.Text.Json;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Outputs;

/// <summary>
/// Findings in the order in which they were stored, or verdicts in the order of the ledger. What belongs to a case that is restricted at the
/// moment of sending is withheld: a route is nobody whom such a case names.
/// </summary>
internal sealed class RecordSource(
    RouteDefinition route,
    IRecordStore records,
    IJudgementReader reader,
    ItemEncoder encoder,
    TimeProvider time
) : IRouteSource
{
    private const int ReadAtOnce = 500;

    private static readonly TimeSpan look = TimeSpan.FromSeconds(1);
    private static readonly Viewer nobody = new(new ActorId("route"), new HashSet<Role>());

    public async ValueTask<long> EndAsync(CancellationToken cancellation) =>
        route.Items == RouteItems.Findings ? (await reader.CountsAsync(cancellation)).Findings : records.Count;

    public async ValueTask<OutputBatch> NextAsync(
        long position,
        long? until,
        int itemsMax,
        CancellationToken cancellation
    )
    {
        OutputBatch batch = new(position);
        long began = 0;
        while (true)
        {
            long before = batch.Next;
            int wanted = Math.Min(ReadAtOnce, itemsMax - batch.Items.Count - batch.Aside.Count);
            await (
                route.Items == RouteItems.Findings
                    ? AddFindingsAsync(batch, until, wanted, cancellation)
                    : AddVerdictsAsync(batch, until, wanted, cancellation)
            );
            began = before == position && batch.Next > before ? time.GetTimestamp() : began;
            if (
                batch.Next == until
                || batch.Items.Count + batch.Aside.Count >= itemsMax
                || batch.Items.Bytes.Length >= route.Batch.Bytes
                || (batch.Next > position && time.GetElapsedTime(began) >= route.Batch.Wait)
            )
            {
                return batch;
            }
            if (batch.Next == before)
            {
                await Task.Delay(look, time, cancellation);
            }
        }
    }

    public ValueTask ResetAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // A finding's position is the number of findings up to it, so that the position is the number of the last one that was passed.
    private async Task AddFindingsAsync(OutputBatch batch, long? until, int limit, CancellationToken cancellation)
    {
        foreach (StoredFinding stored in await records.FindingsAfterAsync(batch.Next, limit, cancellation))
        {
            if (stored.Sequence > until || batch.Items.Bytes.Length >= route.Batch.Bytes)
            {
                return;
            }
            if (stored.Finding.Severity < route.AtLeast)
            {
                batch.Filtered++;
            }
            else if (await reader.AlertAsync(stored.Alert, nobody, cancellation) is not { } alert)
            {
                batch.Withheld++;
            }
            else
            {
                Note(batch, stored.RecordedAt);
                encoder.Add(
                    stored.Sequence,
                    stored.Finding.OccurredAt,
                    stored.Finding.Source.Sensor,
                    JsonSerializer.SerializeToUtf8Bytes(
                        new SentFinding(stored.Sequence, stored.RecordedAt, stored.Alert, alert.Number, stored.Finding),
                        RecordBodyJson.Options
                    ),
                    batch
                );
            }
            batch.Next = stored.Sequence;
        }
    }

    private async Task AddVerdictsAsync(OutputBatch batch, long? until, int limit, CancellationToken cancellation)
    {
        foreach (StoredRecord stored in await records.ReadAsync(batch.Next, limit, cancellation))
        {
            if (stored.Index == until || batch.Items.Bytes.Length >= route.Batch.Bytes)
            {
                return;
            }
            if (stored.Erased || RecordBodyJson.Deserialize(stored.Sealed.Body.Span) is not VerdictGiven verdict)
            {
                batch.Filtered++;
            }
            else if (!await IsVisibleAsync(verdict, cancellation))
            {
                batch.Withheld++;
            }
            else
            {
                Note(batch, stored.Sealed.RecordedAt);
                encoder.Add(
                    stored.Index,
                    stored.Sealed.RecordedAt,
                    "-",
                    JsonSerializer.SerializeToUtf8Bytes(
                        new SentVerdict(stored.Index, stored.Sealed.RecordedAt, stored.Sealed.Actor, verdict),
                        RecordBodyJson.Options
                    ),
                    batch
                );
            }
            batch.Next = stored.Index + 1;
        }
    }

    private async ValueTask<bool> IsVisibleAsync(VerdictGiven verdict, CancellationToken cancellation)
    {
        foreach (AlertId alert in verdict.Alerts)
        {
            if (await reader.AlertAsync(alert, nobody, cancellation) is null)
            {
                return false;
            }
        }
        return verdict.Case is not { } id || await reader.CaseAsync(id, nobody, cancellation) is not null;
    }

    private static void Note(OutputBatch batch, DateTimeOffset at) =>
        batch.OldestMicros = batch.OldestMicros == 0 ? Records.Events.EventTime.ToMicros(at) : batch.OldestMicros;

    private sealed record SentFinding(
        long Sequence,
        DateTimeOffset RecordedAt,
        AlertId Alert,
        long AlertNumber,
        Finding Finding
    );

    private sealed record SentVerdict(long LedgerIndex, DateTimeOffset RecordedAt, ActorId Actor, VerdictGiven Verdict);
}
