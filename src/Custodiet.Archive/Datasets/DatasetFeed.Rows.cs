using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Archive;

/// <summary>The rows of each kind of record, in the order of their tables' columns.</summary>
internal sealed partial class DatasetFeed
{
    private void AddAlert(StoredRecord record, AlertRaised b) =>
        rows.Add(
            "alert",
            record.Index,
            ++alerts,
            b.Alert.ToString(),
            b.Fingerprint,
            b.Rule.Id,
            b.Rule.Title,
            b.Rule.Digest,
            b.Rule.Author,
            NameOf(b.Severity),
            (int)b.Severity,
            b.Source.Technology,
            b.Source.Sensor,
            b.Entity.Kind,
            b.Entity.Name,
            b.Techniques,
            b.SourceRef,
            b.Link,
            record.Sealed.RecordedAt
        );

    private void AddGrowth(long index, AlertId alert, IReadOnlyList<FindingMember> members)
    {
        if (members.Count > 0)
        {
            rows.Add(
                "alert_growth",
                index,
                alert.ToString(),
                members.Count,
                members.Min(m => m.OccurredAt),
                members.Max(m => m.OccurredAt)
            );
        }
    }

    private void AddCase(StoredRecord record, CaseOpened b) =>
        rows.Add(
            "incident",
            record.Index,
            ++cases,
            b.Case.ToString(),
            b.Title,
            NameOf(b.Severity),
            (int)b.Severity,
            b.Owner?.ToString(),
            record.Sealed.RecordedAt
        );

    private void AddCaseAlerts(long index, CaseId caseId, IReadOnlyList<AlertId> members)
    {
        foreach (AlertId alert in members)
        {
            rows.Add("case_alert", index, caseId.ToString(), alert.ToString());
        }
    }

    private void AddRun(StoredRecord record, RunStarted b)
    {
        rows.Add(
            "run",
            record.Index,
            b.Run.ToString(),
            b.Case?.ToString(),
            b.Process.Id,
            b.Process.Version,
            b.Process.Digest,
            record.Sealed.Actor.ToString(),
            record.Sealed.RecordedAt
        );
        foreach (AlertId alert in b.Alerts)
        {
            rows.Add("run_alert", record.Index, b.Run.ToString(), alert.ToString());
        }
    }

    private void AddAnswer(StoredRecord record, AnswerGiven b) =>
        rows.Add(
            "answer",
            record.Index,
            record.Sealed.Id.ToString(),
            b.Run.ToString(),
            b.Process.Id,
            b.Process.Version,
            b.Process.Digest,
            b.Step,
            b.Question,
            NameOf(b.Kind),
            b.Value.Type,
            b.Value.Text,
            b.Value.Choices,
            b.Value.YesNo,
            b.Value.Number,
            b.Value.Unit,
            b.Value.Instant,
            b.Origin.FilledBy,
            b.Origin.Source,
            b.Origin.ReadAt,
            record.Sealed.Actor.ToString(),
            record.Sealed.OccurredAt,
            record.Sealed.RecordedAt,
            record.Sealed.Supersedes?.ToString()
        );

    private void AddVerdict(StoredRecord record, VerdictGiven b)
    {
        // A decision that names an alert twice decides it once.
        AlertId[] members = [.. b.Alerts.Distinct()];
        rows.Add(
            "verdict",
            record.Index,
            record.Sealed.Id.ToString(),
            b.Verdict.ToString(),
            b.Case?.ToString(),
            b.Run.ToString(),
            b.Process.Id,
            b.Process.Version,
            b.Process.Digest,
            NameOf(b.Decision.Verdict),
            (int)b.Decision.Verdict,
            b.Decision.Reason,
            b.Decision.Impact is { } impact ? NameOf(impact) : null,
            (int?)b.Decision.Impact,
            NameOf(b.Decision.Confidence),
            (int)b.Decision.Confidence,
            members.Length,
            record.Sealed.Actor.ToString(),
            record.Sealed.OccurredAt,
            record.Sealed.RecordedAt,
            record.Sealed.Supersedes?.ToString()
        );
        foreach (AlertId alert in members)
        {
            rows.Add("verdict_alert", record.Index, alert.ToString());
        }
    }

    private void AddDeletion(StoredRecord record, EventsDeleted b) =>
        rows.Add(
            "deletion",
            record.Index,
            b.Deletion,
            NameOf(b.Cause),
            b.Rule,
            b.Segment,
            b.SegmentSha256,
            b.Replacement,
            b.Events,
            b.RawBytes,
            b.ReceivedFrom,
            b.ReceivedTo,
            (IReadOnlyList<string>)[.. b.Sources.Select(s => s.Source.ToString())],
            (IReadOnlyList<long>)[.. b.Sources.Select(s => s.Events)],
            record.Sealed.RecordedAt
        );

    private void AddHold(StoredRecord record, HoldPlaced b) =>
        rows.Add(
            "hold",
            record.Index,
            b.Hold,
            b.Name,
            NameOf(b.Reason),
            b.Sources.Technology,
            b.Sources.Sensor,
            b.From,
            b.To,
            record.Sealed.Actor.ToString(),
            record.Sealed.RecordedAt
        );

    private void AddErasure(StoredRecord record, ErasureDone b) =>
        rows.Add(
            "erasure",
            record.Index,
            b.Erasure,
            NameOf(b.Reason),
            b.Identifiers,
            b.EventsErased,
            b.EventsHeld,
            b.RecordsErased,
            b.FindingsRedacted,
            record.Sealed.Actor.ToString(),
            record.Sealed.RecordedAt
        );

    private void AddSignIn(
        StoredRecord record,
        ActorId account,
        SessionId? session,
        SignInMethod method,
        string? address,
        string? reason
    ) =>
        rows.Add(
            "sign_in",
            record.Index,
            record.Sealed.Id.ToString(),
            record.Sealed.OccurredAt,
            record.Sealed.OccurredAt,
            record.Sealed.RecordedAt,
            account.ToString(),
            session?.ToString(),
            "succeeded",
            NameOf(method),
            address,
            reason,
            1
        );

    // Failures of a minute are one record: a row for each reason and address in it.
    private void AddFailures(
        StoredRecord record,
        ActorId? account,
        DateTimeOffset firstAt,
        DateTimeOffset lastAt,
        IEnumerable<SignInFailures> failures
    )
    {
        foreach (SignInFailures failure in failures)
        {
            rows.Add(
                "sign_in",
                record.Index,
                record.Sealed.Id.ToString(),
                firstAt,
                lastAt,
                record.Sealed.RecordedAt,
                account?.ToString(),
                null,
                "failed",
                null,
                failure.Address,
                NameOf(failure.Reason),
                failure.Count
            );
        }
    }
}
