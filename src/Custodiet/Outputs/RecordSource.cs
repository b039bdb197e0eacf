using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
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

    private static readonly JsonSerializerOptions json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

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
                    Json(stored, alert),
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
                encoder.Add(stored.Index, stored.Sealed.RecordedAt, "-", Json(stored, verdict), batch);
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

    /// <summary>A finding with the names of the dataset <c>findings</c>; a field with several values is an array.</summary>
    private static byte[] Json(StoredFinding stored, Alert alert)
    {
        Finding finding = stored.Finding;
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                stored.Sequence,
                FindingId = finding.Id.ToString(),
                AlertId = stored.Alert.ToString(),
                AlertNumber = alert.Number,
                RuleId = finding.Rule.Id,
                RuleTitle = finding.Rule.Title,
                RuleDigest = finding.Rule.Digest,
                RuleAuthor = finding.Rule.Author,
                finding.Severity,
                SeverityId = (int)finding.Severity,
                finding.EventOffset,
                finding.OccurredAt,
                stored.RecordedAt,
                finding.Source.Technology,
                finding.Source.Sensor,
                EntityKind = finding.Entity.Kind,
                EntityName = finding.Entity.Name,
                finding.Techniques,
                Fields = finding
                    .Fields.GroupBy(field => field.Name, StringComparer.Ordinal)
                    .ToDictionary(
                        group => group.Key,
                        group => group.Count() == 1 ? (object)group.First().Value : group.Select(field => field.Value)
                    ),
                finding.SourceRef,
                finding.Link,
            },
            json
        );
    }

    /// <summary>A verdict with the names of the dataset <c>verdicts</c>.</summary>
    private static byte[] Json(StoredRecord stored, VerdictGiven verdict) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                LedgerIndex = stored.Index,
                RecordId = stored.Sealed.Id.ToString(),
                DecisionId = verdict.Verdict.ToString(),
                AlertIds = verdict.Alerts.Select(alert => alert.ToString()),
                CaseId = verdict.Case?.ToString(),
                RunId = verdict.Run.ToString(),
                verdict.Decision.Verdict,
                VerdictId = (int)verdict.Decision.Verdict,
                verdict.Decision.Reason,
                verdict.Decision.Impact,
                verdict.Decision.Confidence,
                ProcessId = verdict.Process.Id,
                ProcessVersion = verdict.Process.Version,
                ProcessDigest = verdict.Process.Digest,
                JudgedBy = stored.Sealed.Actor.ToString(),
                stored.Sealed.OccurredAt,
                stored.Sealed.RecordedAt,
                Supersedes = stored.Sealed.Supersedes?.ToString(),
            },
            json
        );
}
