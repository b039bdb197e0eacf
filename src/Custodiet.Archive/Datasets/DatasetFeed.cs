using System.Text.Json;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Archive;

/// <summary>How far the tables have come.</summary>
/// <param name="Records">Records read: the ledger size that the tables reflect.</param>
/// <param name="LastRecord">The newest of them, or null.</param>
/// <param name="Findings">Sequence number of the newest finding read.</param>
/// <param name="Alerts">Alerts numbered.</param>
/// <param name="Cases">Cases numbered.</param>
internal sealed record DatasetPosition(long Records, string? LastRecord, long Findings, long Alerts, long Cases)
{
    /// <summary>Nothing read.</summary>
    public static readonly DatasetPosition Start = new(0, null, 0, 0, 0);
}

/// <summary>Turns records and findings into rows. One record gives rows in a few tables, each with the record's index.</summary>
internal sealed class DatasetFeed(DatasetRows rows, DatasetPosition position)
{
    private long alerts = position.Alerts;
    private long cases = position.Cases;
    private long records = position.Records;
    private string? lastRecord = position.LastRecord;
    private long findings = position.Findings;

    /// <summary>How far the rows that were added go.</summary>
    public DatasetPosition Position => new(records, lastRecord, findings, alerts, cases);

    /// <summary>Adds a record.</summary>
    public void Add(StoredRecord record)
    {
        RecordBody? body = BodyOf(record);
        SealedRecord entry = record.Sealed;
        (string? caseId, string? runId, IReadOnlyList<AlertId> about) = SubjectsOf(body);
        rows.Add(
            "record",
            record.Index,
            entry.Id.ToString(),
            entry.Type,
            entry.Stream,
            entry.Actor.ToString(),
            entry.OccurredAt,
            entry.RecordedAt,
            entry.Supersedes?.ToString(),
            record.Erased,
            caseId ?? IdOf(entry.Stream, "case/"),
            runId ?? IdOf(entry.Stream, "run/")
        );
        foreach (AlertId alert in about)
        {
            rows.Add("record_alert", record.Index, alert.ToString());
        }
        // An erased body leaves the stream's name, which is enough to keep the row hidden from whom the alert is hidden.
        if (about.Count == 0 && IdOf(entry.Stream, "alert/") is { } named)
        {
            rows.Add("record_alert", record.Index, named);
        }
        AddBody(record, body);
        records = record.Index + 1;
        lastRecord = entry.Id.ToString();
    }

    /// <summary>Adds a finding.</summary>
    public void Add(StoredFinding stored)
    {
        Finding finding = stored.Finding;
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        foreach (FindingField field in finding.Fields)
        {
            // A map has each key once: a field with several values keeps all of them, a line each.
            fields[field.Name] = fields.TryGetValue(field.Name, out string? first)
                ? $"{first}\n{field.Value}"
                : field.Value;
        }
        rows.Add(
            "finding",
            stored.Sequence,
            finding.Id.ToString(),
            stored.Alert.ToString(),
            finding.Rule.Id,
            finding.Rule.Title,
            finding.Rule.Digest,
            finding.Rule.Author,
            NameOf(finding.Severity),
            (int)finding.Severity,
            finding.EventOffset,
            finding.OccurredAt,
            stored.RecordedAt,
            finding.Source.Technology,
            finding.Source.Sensor,
            finding.Entity.Kind,
            finding.Entity.Name,
            finding.Techniques ?? [],
            (IReadOnlyList<string>)[.. fields.Keys],
            (IReadOnlyList<string>)[.. fields.Values],
            finding.SourceRef,
            finding.Link
        );
        findings = stored.Sequence;
    }

    private static RecordBody? BodyOf(StoredRecord record)
    {
        if (record.Sealed.Body.IsEmpty)
        {
            return null;
        }
        try
        {
            return RecordBodyJson.Deserialize(record.Sealed.Body.Span);
        }
        catch (JsonException)
        {
            // A kind of record that this version does not know still counts as a record.
            return null;
        }
    }

    private static (string? Case, string? Run, IReadOnlyList<AlertId> Alerts) SubjectsOf(RecordBody? body) =>
        body switch
        {
            RecordErased { Remainder: { } left } => SubjectsOf(left),
            AlertRaised b => (null, null, [b.Alert]),
            AlertExtended b => (null, null, [b.Alert]),
            AlertAssigned b => (null, null, [b.Alert]),
            CaseOpened b => (b.Case.ToString(), null, b.Alerts),
            CaseExtended b => (b.Case.ToString(), null, b.Alerts),
            CaseRestricted b => (b.Case.ToString(), null, []),
            CaseAssigned b => (b.Case.ToString(), null, []),
            CaseStateChanged b => (b.Case.ToString(), null, []),
            RunStarted b => (b.Case?.ToString(), b.Run.ToString(), b.Alerts),
            AnswerGiven b => (null, b.Run.ToString(), []),
            VerdictGiven b => (b.Case?.ToString(), b.Run.ToString(), b.Alerts),
            _ => (null, null, []),
        };

    private static string? IdOf(string stream, string prefix) =>
        stream.StartsWith(prefix, StringComparison.Ordinal) ? stream[prefix.Length..] : null;

    private static string NameOf(Enum value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    private void AddBody(StoredRecord record, RecordBody? body)
    {
        long index = record.Index;
        switch (body)
        {
            case AlertRaised b:
                AddAlert(record, b);
                AddGrowth(index, b.Alert, b.Findings);
                break;
            case AlertExtended b:
                AddGrowth(index, b.Alert, b.Findings);
                break;
            case AlertAssigned b:
                rows.Add("alert_assignee", index, b.Alert.ToString(), b.Assignee?.ToString());
                break;
            case CaseOpened b:
                AddCase(record, b);
                AddCaseAlerts(index, b.Case, b.Alerts);
                break;
            case CaseExtended b:
                AddCaseAlerts(index, b.Case, b.Alerts);
                break;
            case CaseRestricted b:
                foreach (ActorId? person in b.People.Count == 0 ? [null] : b.People.Select(p => (ActorId?)p))
                {
                    rows.Add("case_person", index, b.Case.ToString(), person?.ToString());
                }
                break;
            case CaseAssigned b:
                rows.Add("case_owner", index, b.Case.ToString(), b.Owner?.ToString());
                break;
            case CaseStateChanged b:
                rows.Add(
                    "case_state",
                    index,
                    b.Case.ToString(),
                    NameOf(b.State),
                    (int)b.State,
                    record.Sealed.OccurredAt
                );
                break;
            case RunStarted b:
                AddRun(record, b);
                break;
            case AnswerGiven b:
                AddAnswer(record, b);
                break;
            case VerdictGiven b:
                AddVerdict(record, b);
                break;
            case EventsDeleted b:
                AddDeletion(record, b);
                break;
            case EventsShed b:
                rows.Add(
                    "shed",
                    index,
                    b.Input,
                    b.Sender,
                    b.Declaration,
                    NameOf(b.Criticality),
                    NameOf(b.Reason),
                    b.Events,
                    b.From,
                    b.To
                );
                break;
            case HoldPlaced b:
                AddHold(record, b);
                break;
            case HoldLifted b:
                rows.Add("hold_lifted", index, b.Hold, record.Sealed.Actor.ToString(), record.Sealed.RecordedAt);
                break;
            case ErasureDone b:
                AddErasure(record, b);
                break;
            case SessionBegan b:
                AddSignIn(record, b.Account, b.Session, b.Method, b.Address, b.Reason is { } why ? NameOf(why) : null);
                break;
            case SessionBeganFirst b:
                AddSignIn(record, b.Account, null, b.Method, null, null);
                break;
            case SignInFailed b:
                AddFailures(record, b.Account, b.FirstAt, b.LastAt, b.Failures);
                break;
            case SignInFailedFirst b:
                AddFailures(
                    record,
                    b.Account,
                    b.FirstAt,
                    b.LastAt,
                    b.Failures.Select(f => new SignInFailures(f.Reason, null, f.Count))
                );
                break;
            default:
                break;
        }
    }

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
