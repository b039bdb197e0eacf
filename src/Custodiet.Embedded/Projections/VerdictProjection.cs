using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;

namespace Custodiet.Embedded.Projections;

/// <summary>Verdicts: every one that was given, and on each alert the newest stands.</summary>
internal sealed class VerdictProjection(Statements statements)
{
    public void Add(Projected record, VerdictGiven given) =>
        statements.Execute(
            """
            INSERT INTO verdict(idx, record_id, verdict_id, case_id, run_id, process_id, process_version, process_digest,
              verdict, reason, impact, confidence, actor, at, day, alerts, standing)
            VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0)
            """,
            record.Index,
            record.RecordId,
            given.Verdict.Value.Blob(),
            given.Case?.Value.Blob(),
            given.Run.Value.Blob(),
            given.Process.Id,
            given.Process.Version,
            given.Process.Digest,
            (long)given.Decision.Verdict,
            given.Decision.Reason,
            (long?)given.Decision.Impact,
            (long)given.Decision.Confidence,
            record.Actor,
            record.Occurred,
            record.Day
        );

    /// <summary>Gives an alert the verdict; what stood before is superseded. False when the alert is unknown.</summary>
    public bool Judge(Projected record, VerdictGiven given, AlertId alert)
    {
        byte[] id = alert.Value.Blob();
        long? judged = statements.Number("SELECT judged FROM alert WHERE id = $1", id);
        if (judged is null)
        {
            return false;
        }
        bool corrected = judged == 1 || record.Record.Supersedes is not null;
        if (
            statements.Number("SELECT idx FROM verdict_alert WHERE alert_id = $1 AND superseded_by IS NULL", id) is
            { } old
        )
        {
            Fall(old);
        }
        Stand(record, given);
        statements.Execute(
            "UPDATE verdict_alert SET superseded_by = $2 WHERE alert_id = $1 AND superseded_by IS NULL",
            id,
            record.Index
        );
        statements.Execute(
            "INSERT INTO verdict_alert(alert_id, idx, corrected) VALUES($1, $2, $3)",
            id,
            record.Index,
            corrected
        );
        statements.Execute(
            "UPDATE alert SET verdict = $2, verdict_idx = $3, corrected = $4, judged = 1, state = 2 WHERE id = $1",
            id,
            (long)given.Decision.Verdict,
            record.Index,
            corrected
        );
        if (judged == 0)
        {
            statements.Execute("UPDATE tally SET judged = judged + 1");
            statements.Execute(
                "INSERT INTO work_day(day, raised, judged) VALUES($1, 0, 1) ON CONFLICT(day) DO UPDATE SET judged = judged + 1",
                record.Day
            );
        }
        return true;
    }

    // The verdict stands on one alert more; with its first it becomes a decision that counts.
    private void Stand(Projected record, VerdictGiven given)
    {
        long? alerts = statements.Number(
            "UPDATE verdict SET alerts = alerts + 1, standing = standing + 1 WHERE idx = $1 RETURNING alerts",
            record.Index
        );
        if (alerts == 1)
        {
            statements.Execute("UPDATE tally SET decisions = decisions + 1");
            Count(record.Day, (long)given.Decision.Verdict, given.Decision.Reason, 1);
        }
    }

    // It stands on one alert less: with the first lost it was corrected, with the last its reason counts no more.
    private void Fall(long index)
    {
        Fallen fallen = statements.First(
            "UPDATE verdict SET standing = standing - 1 WHERE idx = $1 RETURNING alerts, standing, day, verdict, reason",
            row => new Fallen(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetString(4)),
            index
        )!;
        if (fallen.Standing + 1 == fallen.Alerts)
        {
            statements.Execute("UPDATE tally SET corrected = corrected + 1");
        }
        if (fallen.Standing == 0)
        {
            Count(fallen.Day, fallen.Verdict, fallen.Reason, -1);
        }
    }

    private void Count(long day, long verdict, string reason, long more) =>
        statements.Execute(
            "INSERT INTO reason_day(day, verdict, reason, decisions) VALUES($1, $2, $3, $4) ON CONFLICT(day, verdict, reason) DO UPDATE SET decisions = decisions + excluded.decisions",
            day,
            verdict,
            reason,
            more
        );

    private sealed record Fallen(long Alerts, long Standing, long Day, long Verdict, string Reason);
}
