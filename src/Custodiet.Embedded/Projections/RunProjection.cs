using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Ledger;

namespace Custodiet.Embedded.Projections;

/// <summary>Runs and their answers. A method answers false when the run is unknown, or known where it should be new.</summary>
internal sealed class RunProjection(Statements statements)
{
    public bool Start(Projected record, RunStarted started)
    {
        byte[] id = started.Run.Value.Blob();
        if (Exists(id) || !MembersExist(started))
        {
            return false;
        }
        statements.Execute(
            "INSERT INTO run(id, process_id, process_version, process_digest, case_id, started_by, started, started_idx) VALUES($1, $2, $3, $4, $5, $6, $7, $8)",
            id,
            started.Process.Id,
            started.Process.Version,
            started.Process.Digest,
            started.Case?.Value.Blob(),
            record.Actor,
            record.Occurred,
            record.Index
        );
        for (int i = 0; i < started.Alerts.Count; i++)
        {
            statements.Execute(
                "INSERT INTO run_alert(run_id, place, alert_id) VALUES($1, $2, $3)",
                id,
                (long)i,
                started.Alerts[i].Value.Blob()
            );
        }
        return true;
    }

    public bool Answer(Projected record, AnswerGiven given)
    {
        byte[] run = given.Run.Value.Blob();
        if (!Exists(run))
        {
            return false;
        }
        statements.Execute(
            "UPDATE answer SET superseded = 1 WHERE run_id = $1 AND step = $2 AND question = $3 AND superseded = 0",
            run,
            given.Step,
            given.Question
        );
        if (record.Record.Supersedes is { } corrected)
        {
            statements.Execute(
                "UPDATE answer SET superseded = 1 WHERE record_id = $1 AND run_id = $2",
                corrected.Value.Blob(),
                run
            );
        }
        statements.Execute(
            "INSERT INTO answer(idx, record_id, run_id, step, question, kind, value, origin, actor, at, superseded) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0)",
            record.Index,
            record.RecordId,
            run,
            given.Step,
            given.Question,
            (long)given.Kind,
            Columns.Json(given.Value),
            Columns.Json(given.Origin),
            record.Actor,
            record.Occurred
        );
        return true;
    }

    private bool Exists(byte[] run) => statements.Number("SELECT 1 FROM run WHERE id = $1", run) is not null;

    private bool MembersExist(RunStarted started) =>
        (
            started.Case is not { } id
            || statements.Number("SELECT 1 FROM incident WHERE id = $1", id.Value.Blob()) is not null
        )
        && started.Alerts.All(alert =>
            statements.Number("SELECT 1 FROM alert WHERE id = $1", alert.Value.Blob()) is not null
        );
}
