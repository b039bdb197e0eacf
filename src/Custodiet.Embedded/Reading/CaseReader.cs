using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded.Reading;

/// <summary>Reads cases for somebody.</summary>
internal static class CaseReader
{
    private const string Select = $"""
        SELECT incident.id, incident.number, incident.title, incident.severity, incident.state, incident.owner,
          incident.opened, incident.closed, incident.opened_idx, incident.last_idx, incident.corrected, {AlertRows.Verdicts}
        FROM incident LEFT JOIN verdict ON verdict.idx = incident.verdict_idx
        """;

    public static Page<Case> Page(
        Statements statements,
        IReadOnlyList<CaseState> states,
        string? cursor,
        int limit,
        Viewer viewer
    )
    {
        int size = Math.Clamp(limit, 1, RecordLimits.PageItems);
        Values values = new();
        string where = Visibility.OfCase(viewer, "incident.id", values.Add);
        if (states.Count > 0)
        {
            where +=
                $" AND incident.state IN ({string.Join(", ", states.Distinct().Select(state => values.Add((long)state)))})";
        }
        if (Cursor.Read(cursor) is [var before])
        {
            where += $" AND incident.number < {values.Add(before)}";
        }
        List<Case> found = statements.Rows(
            $"{Select} WHERE {where} ORDER BY incident.number DESC LIMIT {values.Add(size + 1L)}",
            Case,
            values.ToArray()
        );
        bool more = found.Count > size;
        List<Case> page = [.. found.Take(size).Select(item => Whole(statements, item))];
        return new Page<Case>(page, more ? Cursor.Write(page[^1].Number) : null);
    }

    public static Case? ById(Statements statements, CaseId id, Viewer viewer) =>
        One(statements, values => $"incident.id = {values.Add(id.Value.Blob())}", viewer);

    public static Case? ByNumber(Statements statements, long number, Viewer viewer) =>
        One(statements, values => $"incident.number = {values.Add(number)}", viewer);

    public static List<StandingVerdict> Verdicts(Statements statements, CaseId id, Viewer viewer) =>
        ById(statements, id, viewer) is null
            ? []
            : statements.Rows(
                $"""
                SELECT (record.supersedes IS NOT NULL OR verdict.idx > (SELECT min(idx) FROM verdict WHERE case_id = $1)), {AlertRows.Verdicts}
                FROM verdict JOIN record ON record.idx = verdict.idx WHERE verdict.case_id = $1 ORDER BY verdict.idx
                """,
                AlertRows.GivenVerdict,
                id.Value.Blob()
            );

    public static JudgementCounts Counts(Statements statements)
    {
        long? oldest = statements.Number(
            "SELECT raised FROM alert INDEXED BY alert_oldest WHERE judged = 0 ORDER BY number LIMIT 1"
        );
        return statements
            .Rows(
                "SELECT alerts - judged, judged, cases - closed, findings FROM tally",
                row => new JudgementCounts(
                    row.GetInt64(0),
                    row.GetInt64(1),
                    oldest is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
                    row.GetInt64(2),
                    row.GetInt64(3)
                )
            )
            .Single();
    }

    public static DecisionFigures Figures(Statements statements, DateOnly since, int reasons)
    {
        long first = since.DayNumber;
        return statements.First(
            "SELECT decisions, corrected FROM tally",
            row => new DecisionFigures(row.GetInt64(0), row.GetInt64(1), [], [])
        )! with
        {
            Days = statements.Rows(
                "SELECT day, raised, judged FROM work_day WHERE day >= $1 ORDER BY day",
                row => new DayOfWork(DateOnly.FromDayNumber(row.GetInt32(0)), row.GetInt64(1), row.GetInt64(2)),
                first
            ),
            Reasons = statements.Rows(
                "SELECT verdict, reason, sum(decisions) FROM reason_day WHERE day >= $1 GROUP BY verdict, reason HAVING sum(decisions) > 0 ORDER BY 3 DESC, 1, 2 LIMIT $2",
                row => new ReasonCount((Verdict)row.GetInt32(0), row.GetString(1), row.GetInt64(2)),
                first,
                (long)Math.Clamp(reasons, 0, RecordLimits.PageItems)
            ),
        };
    }

    private static Case? One(Statements statements, Func<Values, string> which, Viewer viewer)
    {
        Values values = new();
        string where = $"{which(values)} AND {Visibility.OfCase(viewer, "incident.id", values.Add)}";
        Case? found = statements.First($"{Select} WHERE {where}", Case, values.ToArray());
        return found is null ? null : Whole(statements, found);
    }

    private static Case Whole(Statements statements, Case item) =>
        item with
        {
            Alerts = statements.Rows(
                "SELECT alert_id FROM membership WHERE case_id = $1 ORDER BY place",
                row => new AlertId(row.Id(0)),
                item.Id.Value.Blob()
            ),
            RestrictedTo = statements.Rows(
                "SELECT actor FROM restriction WHERE case_id = $1 ORDER BY place",
                row => new ActorId(row.GetString(0)),
                item.Id.Value.Blob()
            ),
        };

    private static Case Case(SqliteDataReader row) =>
        new(
            new CaseId(row.Id(0)),
            row.GetInt64(1),
            row.GetString(2),
            (Severity)row.GetInt32(3),
            (CaseState)row.GetInt32(4),
            row.ActorOrNull(5),
            [],
            [],
            row.Time(6),
            row.TimeOrNull(7),
            AlertRows.Verdict(row, 11, 10),
            row.GetInt64(8),
            row.GetInt64(9)
        );
}
