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
              verdict, reason, impact, confidence, actor, at)
            VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
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
            record.Occurred
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
        }
        return true;
    }
}
