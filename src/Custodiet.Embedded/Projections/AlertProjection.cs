using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;

namespace Custodiet.Embedded.Projections;

/// <summary>Alerts as they stand. A method answers false when the alert is unknown, or known where it should be new.</summary>
internal sealed class AlertProjection(Statements statements)
{
    // An alert is judged once it has a verdict; else somebody has it, or a case; else nobody has looked.
    private const string SetState =
        "state = CASE WHEN verdict_idx IS NOT NULL THEN 2 WHEN assignee IS NOT NULL OR case_id IS NOT NULL THEN 1 ELSE 0 END";

    public bool Raise(Projected record, AlertRaised raised, int newFindings)
    {
        byte[] id = raised.Alert.Value.Blob();
        if (statements.Number("SELECT number FROM alert WHERE id = $1", id) is not null)
        {
            return false;
        }
        long number = statements.Number("UPDATE tally SET alerts = alerts + 1 RETURNING alerts")!.Value;
        (long first, long last) = Span(raised.Findings, record.Occurred);
        statements.Execute(
            """
            INSERT INTO alert(number, id, fingerprint, rule_key, rule_id, severity, technology, sensor, entity_kind,
              entity_name, technology_folded, sensor_folded, entity_folded, techniques, findings, first_event, last_event,
              raised, state, judged, corrected, source_ref, link, raised_idx, last_idx)
            VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, 0, 0, $19, $20, $21, $21)
            """,
            number,
            id,
            raised.Fingerprint,
            RuleKey(raised.Rule),
            raised.Rule.Id,
            (long)raised.Severity,
            raised.Source.Technology,
            raised.Source.Sensor,
            raised.Entity.Kind,
            raised.Entity.Name,
            Columns.Fold(raised.Source.Technology),
            Columns.Fold(raised.Source.Sensor),
            Columns.Fold(raised.Entity.Name),
            Columns.Json(raised.Techniques),
            (long)newFindings,
            first,
            last,
            record.Record.RecordedAt.UtcTicks,
            raised.SourceRef,
            raised.Link,
            record.Index
        );
        statements.Execute(
            "INSERT INTO work_day(day, raised, judged) VALUES($1, 1, 0) ON CONFLICT(day) DO UPDATE SET raised = raised + 1",
            record.Day
        );
        return true;
    }

    public bool Extend(AlertExtended extended, int newFindings)
    {
        if (extended.Findings.Count == 0)
        {
            return statements.Number("SELECT 1 FROM alert WHERE id = $1", extended.Alert.Value.Blob()) is not null;
        }
        (long first, long last) = Span(extended.Findings, 0);
        return statements.Execute(
                "UPDATE alert SET first_event = min(first_event, $2), last_event = max(last_event, $3), findings = findings + $4 WHERE id = $1",
                extended.Alert.Value.Blob(),
                first,
                last,
                (long)newFindings
            ) > 0;
    }

    public bool Assign(AlertAssigned assigned) =>
        statements.Execute(
            "UPDATE alert SET assignee = $2 WHERE id = $1",
            assigned.Alert.Value.Blob(),
            assigned.Assignee?.Value
        ) > 0
        && UpdateState(assigned.Alert);

    /// <summary>Makes the alert a member of a case. It is in one case at a time: the newest.</summary>
    public bool Join(AlertId alert, CaseId id, long index, int place)
    {
        byte[] alertId = alert.Value.Blob();
        if (
            statements.Execute("UPDATE alert SET case_id = $2 WHERE id = $1", alertId, id.Value.Blob()) == 0
            || !UpdateState(alert)
        )
        {
            return false;
        }
        // The order of joining: by record, then by the record's own order. No record has 2^20 members: an envelope is small
        // but a body is not bounded here, so the place saturates rather than running into the next record's.
        long order = (index << 20) + Math.Min(place, (1 << 20) - 1);
        statements.Execute(
            """
            INSERT INTO membership(alert_id, case_id, place) VALUES($1, $2, $3)
            ON CONFLICT(alert_id) DO UPDATE SET case_id = excluded.case_id, place = excluded.place
            WHERE case_id <> excluded.case_id
            """,
            alertId,
            id.Value.Blob(),
            order
        );
        return true;
    }

    private bool UpdateState(AlertId alert) =>
        statements.Execute($"UPDATE alert SET {SetState} WHERE id = $1", alert.Value.Blob()) > 0;

    private long RuleKey(RuleReference rule)
    {
        // Title and author belong to the key: another tool's rule has no digest to tell its versions apart.
        long? key = statements.Number(
            "SELECT key FROM rule WHERE id = $1 AND digest = $2 AND title = $3 AND author IS $4",
            rule.Id,
            rule.Digest,
            rule.Title,
            rule.Author
        );
        return key
            ?? statements
                .Number(
                    "INSERT INTO rule(id, title, digest, author, title_folded) VALUES($1, $2, $3, $4, $5) RETURNING key",
                    rule.Id,
                    rule.Title,
                    rule.Digest,
                    rule.Author,
                    Columns.Fold(rule.Title)
                )!
                .Value;
    }

    private static (long First, long Last) Span(IReadOnlyList<FindingMember> findings, long otherwise)
    {
        if (findings.Count == 0)
        {
            return (otherwise, otherwise);
        }
        long first = long.MaxValue;
        long last = long.MinValue;
        foreach (FindingMember finding in findings)
        {
            first = Math.Min(first, finding.OccurredAt.UtcTicks);
            last = Math.Max(last, finding.OccurredAt.UtcTicks);
        }
        return (first, last);
    }
}
