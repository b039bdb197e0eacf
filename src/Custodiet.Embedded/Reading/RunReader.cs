using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded.Reading;

/// <summary>Reads runs, answers, verdicts and findings for somebody.</summary>
internal static class RunReader
{
    private const string Select =
        "SELECT run.id, run.process_id, run.process_version, run.process_digest, run.case_id, run.started_by, run.started, run.started_idx FROM run";

    public static List<Run> OfCase(Statements statements, CaseId id, Viewer viewer) =>
        Runs(statements, values => $"run.case_id = {values.Add(id.Value.Blob())}", viewer);

    public static Run? ById(Statements statements, RunId id, Viewer viewer) =>
        Runs(statements, values => $"run.id = {values.Add(id.Value.Blob())}", viewer).FirstOrDefault();

    public static List<Answer> Answers(Statements statements, RunId id, Viewer viewer) =>
        ById(statements, id, viewer) is null
            ? []
            : statements.Rows(
                "SELECT idx, record_id, step, question, kind, value, origin, actor, at, superseded FROM answer WHERE run_id = $1 ORDER BY idx",
                row => new Answer(
                    row.GetInt64(0),
                    new RecordId(row.Id(1)),
                    row.GetString(2),
                    row.GetString(3),
                    (QuestionKind)row.GetInt32(4),
                    Columns.Parse<AnswerValue>(row.GetString(5)),
                    Columns.Parse<AnswerOrigin>(row.GetString(6)),
                    new ActorId(row.GetString(7)),
                    row.Time(8),
                    row.GetBoolean(9)
                ),
                id.Value.Blob()
            );

    public static List<StandingVerdict> Verdicts(Statements statements, AlertId alert, Viewer viewer) =>
        AlertReader.Sees(statements, alert, viewer)
            ? statements.Rows(
                $"{AlertRows.SelectVerdicts} WHERE verdict_alert.alert_id = $1 ORDER BY verdict_alert.idx",
                AlertRows.GivenVerdict,
                alert.Value.Blob()
            )
            : [];

    public static List<Finding> Findings(Statements statements, AlertId alert, int limit, Viewer viewer) =>
        AlertReader.Sees(statements, alert, viewer)
            ? statements.Rows(
                "SELECT content FROM finding WHERE alert_id = $1 ORDER BY occurred DESC, seq DESC LIMIT $2",
                row => Columns.Parse<Finding>(row.GetString(0)),
                alert.Value.Blob(),
                (long)Math.Clamp(limit, 0, RecordLimits.PageItems)
            )
            : [];

    private static List<Run> Runs(Statements statements, Func<Values, string> which, Viewer viewer)
    {
        Values values = new();
        string where = $"{which(values)} AND {Visibility.OfRun(viewer, values.Add)}";
        List<Run> runs = statements.Rows($"{Select} WHERE {where} ORDER BY run.started_idx", Run, values.ToArray());
        return
        [
            .. runs.Select(run =>
                run with
                {
                    Alerts = statements.Rows(
                        "SELECT alert_id FROM run_alert WHERE run_id = $1 ORDER BY place",
                        row => new AlertId(row.Id(0)),
                        run.Id.Value.Blob()
                    ),
                }
            ),
        ];
    }

    private static Run Run(SqliteDataReader row) =>
        new(
            new RunId(row.Id(0)),
            new ProcessReference(row.GetString(1), row.GetString(2), row.GetString(3)),
            row.IdOrNull(4) is { } id ? new CaseId(id) : null,
            [],
            new ActorId(row.GetString(5)),
            row.Time(6),
            row.GetInt64(7)
        );
}
