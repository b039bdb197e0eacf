using Custodiet.Embedded.RecordFile;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded.Reading;

/// <summary>Rows as alerts and verdicts.</summary>
internal static class AlertRows
{
    private const string VerdictColumns =
        "verdict.verdict_id, verdict.record_id, verdict.idx, verdict.verdict, verdict.reason, verdict.impact, verdict.confidence, verdict.actor, verdict.at";

    /// <summary>Everything of an alert; a condition on <c>alert</c> follows.</summary>
    public const string Select = $"""
        SELECT alert.id, alert.number, alert.fingerprint, rule.id, rule.title, rule.digest, rule.author, alert.severity,
          alert.technology, alert.sensor, alert.entity_kind, alert.entity_name, alert.techniques, alert.findings,
          alert.first_event, alert.last_event, alert.raised, alert.state, alert.assignee, alert.case_id,
          alert.source_ref, alert.link, alert.raised_idx, alert.last_idx, alert.corrected, {VerdictColumns}
        FROM alert JOIN rule ON rule.key = alert.rule_key LEFT JOIN verdict ON verdict.idx = alert.verdict_idx
        """;

    /// <summary>Everything of a verdict on an alert; <c>ON</c> and a condition follow.</summary>
    public const string SelectVerdicts =
        $"SELECT verdict_alert.corrected, {VerdictColumns} FROM verdict_alert JOIN verdict ON verdict.idx = verdict_alert.idx";

    /// <summary>The columns of a verdict, for other selections.</summary>
    public const string Verdicts = VerdictColumns;

    public static Alert Alert(SqliteDataReader row) =>
        new(
            new AlertId(row.Id(0)),
            row.GetInt64(1),
            row.GetString(2),
            new RuleReference(row.GetString(3), row.GetString(4), row.GetString(5), row.TextOrNull(6)),
            (Severity)row.GetInt32(7),
            new SourceKey(row.GetString(8), row.GetString(9)),
            new Entity(row.GetString(10), row.GetString(11)),
            Columns.Parse<string[]>(row.GetString(12)),
            row.GetInt32(13),
            row.Time(14),
            row.Time(15),
            row.Time(16),
            (AlertState)row.GetInt32(17),
            row.ActorOrNull(18),
            row.IdOrNull(19) is { } id ? new CaseId(id) : null,
            Verdict(row, 25, 24),
            row.TextOrNull(20),
            row.TextOrNull(21),
            row.GetInt64(22),
            row.GetInt64(23)
        );

    /// <summary>A verdict whose columns follow whether it corrects another.</summary>
    public static StandingVerdict GivenVerdict(SqliteDataReader row) => Verdict(row, 1, 0)!;

    /// <summary>The verdict in nine columns from <paramref name="first"/> on, or null when the join found none.</summary>
    public static StandingVerdict? Verdict(SqliteDataReader row, int first, int corrected) =>
        row.IsDBNull(first)
            ? null
            : new StandingVerdict(
                new VerdictId(row.Id(first)),
                new RecordId(row.Id(first + 1)),
                row.GetInt64(first + 2),
                new Decision(
                    (Verdict)row.GetInt32(first + 3),
                    row.GetString(first + 4),
                    row.IsDBNull(first + 5) ? null : (Impact)row.GetInt32(first + 5),
                    (Confidence)row.GetInt32(first + 6)
                ),
                new ActorId(row.GetString(first + 7)),
                row.Time(first + 8),
                row.GetBoolean(corrected)
            );
}
