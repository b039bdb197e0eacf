using Custodiet.Records.People;

namespace Custodiet.Archive;

/// <summary>The documented views, as SQL over the tables. docs/datasets.md says what each column means.</summary>
internal static class DatasetViews
{
    /// <summary>Every view by name. <c>events</c> and <c>segments</c> depend on the manifest and are made per query.</summary>
    public static readonly IReadOnlyDictionary<string, string> All = new Dictionary<string, string>(
        StringComparer.OrdinalIgnoreCase
    )
    {
        ["events"] = SegmentSchema.NoRows,
        ["segments"] = "",
        ["alerts"] = Alerts,
        ["findings"] = Findings,
        ["cases"] = Cases,
        ["answers"] = Answers,
        ["verdicts"] = Verdicts,
        ["records"] = Records,
        ["sign_ins"] = SignIns,
        ["sources"] = "SELECT * FROM source_now",
        ["stages"] = Stages,
        ["balance"] = "SELECT * FROM balance_now",
        ["deletions"] = Deletions,
        ["shedding"] = "SELECT * FROM store.shed",
        ["holds"] = Holds,
        ["erasures"] = Erasures,
        ["dataset_version"] = Version,
    };

    /// <summary>What hides a view's rows that concern a case the viewer may not see; a view without an entry has none.</summary>
    public static readonly IReadOnlyDictionary<string, string> Visible = new Dictionary<string, string>(
        StringComparer.OrdinalIgnoreCase
    )
    {
        ["alerts"] = "alert_id NOT IN (SELECT alert_id FROM hidden_alert)",
        ["findings"] = "alert_id NOT IN (SELECT alert_id FROM hidden_alert)",
        ["cases"] = "case_id NOT IN (SELECT case_id FROM hidden_case)",
        ["answers"] = "run_id NOT IN (SELECT run_id FROM hidden_run)",
        ["verdicts"] =
            "ledger_index NOT IN (SELECT ledger_index FROM hidden_verdict) AND alert_id NOT IN (SELECT alert_id FROM hidden_alert)",
        ["records"] = "ledger_index NOT IN (SELECT ledger_index FROM hidden_record)",
    };

    /// <summary>
    /// What leaves a viewer their own rows of a view about people, or null where they may see all. Who audits, leads, runs the systems or
    /// administers may see when others signed in and from where; nobody else has business there.
    /// </summary>
    public static string? OwnAlone(string view, Viewer viewer) =>
        !string.Equals(view, "sign_ins", StringComparison.OrdinalIgnoreCase)
        || viewer.Actor == ActorId.Service
        || viewer.Roles.Overlaps([Role.Auditor, Role.Lead, Role.Engineer, Role.Admin])
            ? null
            : $"account = {Sql.Text(viewer.Actor.ToString())}";

    /// <summary>The cases that a viewer may not see: restricted at last, and not to this viewer.</summary>
    public static string HiddenCases(string viewer) =>
        $"""
            CREATE TEMP TABLE hidden_case AS
            SELECT case_id FROM (
                SELECT case_id, person FROM store.case_person
                QUALIFY ledger_index = max(ledger_index) OVER (PARTITION BY case_id)
            )
            GROUP BY case_id
            HAVING count(person) > 0 AND NOT bool_or(coalesce(person, '') = {Sql.Text(viewer)})
            """;

    /// <summary>What is as hidden as those cases.</summary>
    public const string HiddenWithThem = """
        CREATE TEMP TABLE hidden_alert AS
            SELECT DISTINCT alert_id FROM store.case_alert WHERE case_id IN (SELECT case_id FROM hidden_case);
        CREATE TEMP TABLE hidden_run AS
            SELECT run_id FROM store.run WHERE case_id IN (SELECT case_id FROM hidden_case)
            UNION SELECT run_id FROM store.run_alert WHERE alert_id IN (SELECT alert_id FROM hidden_alert);
        CREATE TEMP TABLE hidden_verdict AS
            SELECT ledger_index FROM store.verdict
            WHERE case_id IN (SELECT case_id FROM hidden_case)
            OR run_id IN (SELECT run_id FROM store.run WHERE case_id IN (SELECT case_id FROM hidden_case));
        CREATE TEMP TABLE hidden_record AS
            SELECT ledger_index FROM store.record
            WHERE case_id IN (SELECT case_id FROM hidden_case) OR run_id IN (SELECT run_id FROM hidden_run)
            UNION SELECT ledger_index FROM store.record_alert WHERE alert_id IN (SELECT alert_id FROM hidden_alert);
        """;

    private const string Version = """
        SELECT 1::INTEGER AS version, records AS ledger_size, findings AS finding_sequence FROM store.position
        """;

    private const string Alerts = """
        WITH growth AS (
            SELECT alert_id, sum(findings)::BIGINT AS finding_count, min(first_event_at) AS first_event_at,
                   max(last_event_at) AS last_event_at, max(ledger_index) AS last_index
            FROM store.alert_growth GROUP BY alert_id
        ), assigned AS (
            SELECT alert_id, arg_max_null(assignee, ledger_index) AS assignee FROM store.alert_assignee GROUP BY alert_id
        ), member AS (
            SELECT alert_id, arg_max(case_id, ledger_index) AS case_id FROM store.case_alert GROUP BY alert_id
        ), standing AS (
            SELECT a.alert_id, v.* FROM store.verdict_alert a JOIN store.verdict v USING (ledger_index)
            QUALIFY row_number() OVER (PARTITION BY a.alert_id ORDER BY ledger_index DESC) = 1
        )
        SELECT a.number, a.alert_id, a.rule_id, a.rule_title, a.rule_digest, a.rule_author, a.severity, a.severity_id,
               a.technology, a.sensor, a.entity_kind, a.entity_name, a.techniques, g.finding_count, g.first_event_at,
               g.last_event_at, a.raised_at,
               CASE WHEN v.alert_id IS NOT NULL THEN 'judged' WHEN s.assignee IS NOT NULL OR m.case_id IS NOT NULL THEN 'in-progress'
                    ELSE 'new' END AS state,
               s.assignee, m.case_id, v.verdict, v.verdict_id, v.reason, v.impact, v.impact_id, v.confidence, v.confidence_id,
               v.judged_by, v.recorded_at AS judged_at, v.ledger_index AS verdict_index, a.source_ref, a.link, a.fingerprint,
               a.ledger_index
        FROM store.alert a
        LEFT JOIN growth g USING (alert_id) LEFT JOIN assigned s USING (alert_id) LEFT JOIN member m USING (alert_id)
        LEFT JOIN standing v USING (alert_id)
        """;

    private const string Findings = """
        SELECT finding_id, alert_id, rule_id, rule_title, rule_digest, rule_author, severity, severity_id, event_offset,
               occurred_at, recorded_at, technology, sensor, entity_kind, entity_name, techniques,
               map(field_names, field_values) AS fields, source_ref, link, sequence
        FROM store.finding
        """;

    private const string Cases = """
        WITH stated AS (
            SELECT case_id, arg_max(state, ledger_index) AS state, arg_max(state_id, ledger_index) AS state_id,
                   arg_max(changed_at, ledger_index) AS changed_at
            FROM store.case_state GROUP BY case_id
        ), owned AS (
            SELECT case_id, arg_max_null(owner, ledger_index) AS owner, true AS known FROM store.case_owner GROUP BY case_id
        ), members AS (
            SELECT case_id, list(DISTINCT alert_id ORDER BY alert_id) AS alert_ids FROM store.case_alert GROUP BY case_id
        ), restricted AS (
            SELECT case_id, count(person) > 0 AS restricted FROM (
                SELECT case_id, person FROM store.case_person
                QUALIFY ledger_index = max(ledger_index) OVER (PARTITION BY case_id)
            ) GROUP BY case_id
        ), standing AS (
            SELECT * FROM store.verdict WHERE case_id IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY ledger_index DESC) = 1
        )
        SELECT c.number, c.case_id, c.title, c.severity, c.severity_id, coalesce(t.state, 'new') AS state,
               coalesce(t.state_id, 1) AS state_id, CASE WHEN o.known THEN o.owner ELSE c.owner END AS owner,
               coalesce(r.restricted, false) AS restricted, coalesce(m.alert_ids, []) AS alert_ids, c.opened_at,
               CASE WHEN t.state = 'closed' THEN t.changed_at END AS closed_at, v.verdict, v.verdict_id, v.reason, v.impact, v.impact_id,
               v.confidence, v.confidence_id, v.judged_by, v.recorded_at AS judged_at, v.ledger_index AS verdict_index,
               c.ledger_index
        FROM store.incident c
        LEFT JOIN stated t USING (case_id) LEFT JOIN owned o USING (case_id) LEFT JOIN members m USING (case_id)
        LEFT JOIN restricted r USING (case_id) LEFT JOIN standing v USING (case_id)
        """;

    private const string Answers = """
        SELECT a.ledger_index, a.record_id, a.run_id, r.case_id, a.process_id, a.process_version, a.process_digest, a.step,
               a.question, a.kind, a.type, a.text, a.choices, a.yes_no, a.number, a.unit, a.instant, a.filled_by, a.source,
               a.read_at, a.answered_by, a.occurred_at, a.recorded_at,
               lead(a.ledger_index) OVER (PARTITION BY a.run_id, a.step, a.question ORDER BY a.ledger_index) AS superseded_by
        FROM store.answer a LEFT JOIN store.run r USING (run_id)
        """;

    private const string Verdicts = """
        SELECT v.ledger_index, v.record_id, v.decision_id, m.alert_id, a.number AS alert_number, a.rule_id, a.rule_title, v.case_id,
               v.verdict, v.verdict_id, v.reason, v.impact, v.impact_id, v.confidence, v.confidence_id, v.members,
               1.0::DOUBLE / v.members AS weight, v.run_id, v.process_id, v.process_version, v.process_digest, v.judged_by,
               v.occurred_at, v.recorded_at, v.supersedes,
               lead(v.ledger_index) OVER (PARTITION BY m.alert_id ORDER BY v.ledger_index) AS superseded_by
        FROM store.verdict v JOIN store.verdict_alert m USING (ledger_index) LEFT JOIN store.alert a USING (alert_id)
        """;

    private const string Records = """
        SELECT ledger_index, record_id, type, stream, actor, occurred_at, recorded_at, supersedes, erased FROM store.record
        """;

    private const string Deletions = """
        SELECT ledger_index, deletion_id, cause, rule, segment, segment_sha256, replacement, events, raw_bytes, received_from,
               received_to, map(source_names, source_counts) AS events_by_source, recorded_at
        FROM store.deletion
        """;

    private const string Holds = """
        SELECT h.ledger_index, h.hold_id, h.name, h.reason, h.technology, h.sensor, h.held_from, h.held_to, h.placed_by, h.placed_at,
               l.lifted_by, l.lifted_at
        FROM store.hold h LEFT JOIN store.hold_lifted l USING (hold_id)
        """;

    private const string Erasures = """
        SELECT ledger_index, erasure_id, reason, identifiers, events, events_held, records, findings, erased_by, recorded_at
        FROM store.erasure
        """;

    private const string SignIns = """
        SELECT ledger_index, record_id, occurred_at, last_at, recorded_at, account, session_id, outcome, method, address, reason,
               attempts
        FROM store.sign_in
        """;

    private const string Stages = """
        SELECT stage, received, emitted, failed, coalesce(list_sum(drop_counts), 0)::BIGINT AS dropped,
               received - emitted - failed - coalesce(list_sum(drop_counts), 0)::BIGINT AS in_flight,
               map(drop_reasons, drop_counts) AS dropped_by_reason
        FROM stage_now
        """;
}
