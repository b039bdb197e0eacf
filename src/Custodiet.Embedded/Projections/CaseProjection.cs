using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;

namespace Custodiet.Embedded.Projections;

/// <summary>Cases as they stand. A method answers false when the case is unknown, or known where it should be new.</summary>
internal sealed class CaseProjection(Statements statements)
{
    public bool Exists(CaseId id) =>
        statements.Number("SELECT number FROM incident WHERE id = $1", id.Value.Blob()) is not null;

    public bool Open(Projected record, CaseOpened opened)
    {
        if (Exists(opened.Case))
        {
            return false;
        }
        long number = statements.Number("UPDATE tally SET cases = cases + 1 RETURNING cases")!.Value;
        statements.Execute(
            "INSERT INTO incident(number, id, title, severity, state, owner, opened, corrected, opened_idx, last_idx) VALUES($1, $2, $3, $4, $5, $6, $7, 0, $8, $8)",
            number,
            opened.Case.Value.Blob(),
            opened.Title,
            (long)opened.Severity,
            (long)CaseState.New,
            opened.Owner?.Value,
            record.Occurred,
            record.Index
        );
        return true;
    }

    public bool Restrict(CaseRestricted restricted)
    {
        if (!Exists(restricted.Case))
        {
            return false;
        }
        byte[] id = restricted.Case.Value.Blob();
        statements.Execute("DELETE FROM restriction WHERE case_id = $1", id);
        for (int i = 0; i < restricted.People.Count; i++)
        {
            statements.Execute(
                "INSERT OR IGNORE INTO restriction(case_id, actor, place) VALUES($1, $2, $3)",
                id,
                restricted.People[i].Value,
                (long)i
            );
        }
        return true;
    }

    public bool Assign(CaseAssigned assigned) =>
        statements.Execute(
            "UPDATE incident SET owner = $2 WHERE id = $1",
            assigned.Case.Value.Blob(),
            assigned.Owner?.Value
        ) > 0;

    public bool Change(Projected record, CaseStateChanged changed) =>
        SetState(changed.Case, changed.State, record.Occurred);

    /// <summary>Gives the case the verdict of this record. A closed case stays closed: a correction is no reopening.</summary>
    public bool Judge(Projected record, CaseId id)
    {
        bool known =
            statements.Execute(
                "UPDATE incident SET corrected = ($3 OR verdict_idx IS NOT NULL), verdict_idx = $2 WHERE id = $1",
                id.Value.Blob(),
                record.Index,
                record.Record.Supersedes is not null
            ) > 0;
        return known
            && (
                statements.Number("SELECT state FROM incident WHERE id = $1", id.Value.Blob()) == (long)CaseState.Closed
                || SetState(id, CaseState.Resolved, record.Occurred)
            );
    }

    private bool SetState(CaseId id, CaseState state, long at)
    {
        byte[] key = id.Value.Blob();
        long? before = statements.Number("SELECT state FROM incident WHERE id = $1", key);
        if (before is null)
        {
            return false;
        }
        bool wasClosed = before == (long)CaseState.Closed;
        bool isClosed = state == CaseState.Closed;
        // Closing a closed case again keeps the first time; reopening forgets it.
        statements.Execute(
            "UPDATE incident SET state = $2, closed = CASE WHEN $3 THEN coalesce(closed, $4) END WHERE id = $1",
            key,
            (long)state,
            isClosed,
            at
        );
        if (wasClosed != isClosed)
        {
            statements.Execute("UPDATE tally SET closed = closed + $1", isClosed ? 1L : -1L);
        }
        return true;
    }
}
