namespace Custodiet.Archive;

/// <summary>The tables that records are read into: append-only, each row with its ledger index. Users reach them through views alone.</summary>
internal static class DatasetSchema
{
    /// <summary>The schema of the tables. No query may name it.</summary>
    public const string Name = "store";

    /// <summary>Grows when a table changes: the file is then built again from the records.</summary>
    public const int Version = 3;

    /// <summary>Totals as they stand when a query begins, in its own connection.</summary>
    public const string Totals = """
        CREATE TEMP TABLE source_now (
            technology VARCHAR, sensor VARCHAR, parser VARCHAR, events BIGINT, bytes BIGINT, first_received_at TIMESTAMPTZ,
            last_received_at TIMESTAMPTZ, newest_event_at TIMESTAMPTZ);
        CREATE TEMP TABLE stage_now (
            stage VARCHAR, received BIGINT, emitted BIGINT, failed BIGINT, drop_reasons VARCHAR[], drop_counts BIGINT[]);
        """;

    /// <summary>The stages' balance over time as it is now, for one query.</summary>
    public const string Balance = """
        CREATE TEMP TABLE balance_now (
            resolution VARCHAR, begins_at TIMESTAMPTZ, seconds INTEGER, starts INTEGER, interrupted INTEGER, clock_steps INTEGER,
            received BIGINT, rejected BIGINT, shed BIGINT, refused BIGINT, queued BIGINT, parsed BIGINT, unparsed BIGINT,
            analysed BIGINT, unrouted BIGINT, findings BIGINT, archived BIGINT, sent BIGINT, undecided BIGINT, to_analyse
            BIGINT, to_archive BIGINT, to_send BIGINT, difference_input BIGINT, difference_analysis BIGINT,
            difference_rules BIGINT, difference_archive BIGINT, difference_routes BIGINT);
        """;

    /// <summary>Creates all tables in an empty file.</summary>
    public const string Create = """
        CREATE SCHEMA store;
        CREATE TABLE store.position (version INTEGER, records BIGINT, last_record VARCHAR, findings BIGINT, alerts BIGINT, cases BIGINT);
        CREATE TABLE store.record (
            ledger_index BIGINT, record_id VARCHAR, type VARCHAR, stream VARCHAR, actor VARCHAR, occurred_at TIMESTAMPTZ,
            recorded_at TIMESTAMPTZ, supersedes VARCHAR, erased BOOLEAN, case_id VARCHAR, run_id VARCHAR);
        CREATE TABLE store.record_alert (ledger_index BIGINT, alert_id VARCHAR);
        CREATE TABLE store.alert (
            ledger_index BIGINT, number BIGINT, alert_id VARCHAR, fingerprint VARCHAR, rule_id VARCHAR, rule_title VARCHAR,
            rule_digest VARCHAR, rule_author VARCHAR, severity VARCHAR, severity_id INTEGER, technology VARCHAR, sensor VARCHAR,
            entity_kind VARCHAR, entity_name VARCHAR, techniques VARCHAR[], source_ref VARCHAR, link VARCHAR, raised_at TIMESTAMPTZ);
        CREATE TABLE store.alert_growth (
            ledger_index BIGINT, alert_id VARCHAR, findings INTEGER, first_event_at TIMESTAMPTZ, last_event_at TIMESTAMPTZ);
        CREATE TABLE store.alert_assignee (ledger_index BIGINT, alert_id VARCHAR, assignee VARCHAR);
        CREATE TABLE store.incident (
            ledger_index BIGINT, number BIGINT, case_id VARCHAR, title VARCHAR, severity VARCHAR, severity_id INTEGER,
            owner VARCHAR, opened_at TIMESTAMPTZ);
        CREATE TABLE store.case_alert (ledger_index BIGINT, case_id VARCHAR, alert_id VARCHAR);
        CREATE TABLE store.case_state (ledger_index BIGINT, case_id VARCHAR, state VARCHAR, state_id INTEGER, changed_at TIMESTAMPTZ);
        CREATE TABLE store.case_owner (ledger_index BIGINT, case_id VARCHAR, owner VARCHAR);
        CREATE TABLE store.case_person (ledger_index BIGINT, case_id VARCHAR, person VARCHAR);
        CREATE TABLE store.run (
            ledger_index BIGINT, run_id VARCHAR, case_id VARCHAR, process_id VARCHAR, process_version VARCHAR,
            process_digest VARCHAR, started_by VARCHAR, started_at TIMESTAMPTZ);
        CREATE TABLE store.run_alert (ledger_index BIGINT, run_id VARCHAR, alert_id VARCHAR);
        CREATE TABLE store.answer (
            ledger_index BIGINT, record_id VARCHAR, run_id VARCHAR, process_id VARCHAR, process_version VARCHAR,
            process_digest VARCHAR, step VARCHAR, question VARCHAR, kind VARCHAR, type VARCHAR, text VARCHAR, choices VARCHAR[],
            yes_no VARCHAR, number DOUBLE, unit VARCHAR, instant TIMESTAMPTZ, filled_by VARCHAR, source VARCHAR,
            read_at TIMESTAMPTZ, answered_by VARCHAR, occurred_at TIMESTAMPTZ, recorded_at TIMESTAMPTZ, supersedes VARCHAR);
        CREATE TABLE store.verdict (
            ledger_index BIGINT, record_id VARCHAR, decision_id VARCHAR, case_id VARCHAR, run_id VARCHAR, process_id VARCHAR,
            process_version VARCHAR, process_digest VARCHAR, verdict VARCHAR, verdict_id INTEGER, reason VARCHAR, impact VARCHAR,
            impact_id INTEGER, confidence VARCHAR, confidence_id INTEGER, members INTEGER, judged_by VARCHAR,
            occurred_at TIMESTAMPTZ, recorded_at TIMESTAMPTZ, supersedes VARCHAR);
        CREATE TABLE store.verdict_alert (ledger_index BIGINT, alert_id VARCHAR);
        CREATE TABLE store.deletion (
            ledger_index BIGINT, deletion_id VARCHAR, cause VARCHAR, rule VARCHAR, segment VARCHAR, segment_sha256 VARCHAR,
            replacement VARCHAR, events BIGINT, raw_bytes BIGINT, received_from TIMESTAMPTZ, received_to TIMESTAMPTZ,
            source_names VARCHAR[], source_counts BIGINT[], recorded_at TIMESTAMPTZ);
        CREATE TABLE store.shed (
            ledger_index BIGINT, input VARCHAR, sender VARCHAR, declaration VARCHAR, criticality VARCHAR, reason VARCHAR,
            events BIGINT, first_at TIMESTAMPTZ, last_at TIMESTAMPTZ);
        CREATE TABLE store.hold (
            ledger_index BIGINT, hold_id VARCHAR, name VARCHAR, reason VARCHAR, technology VARCHAR, sensor VARCHAR,
            held_from TIMESTAMPTZ, held_to TIMESTAMPTZ, placed_by VARCHAR, placed_at TIMESTAMPTZ);
        CREATE TABLE store.hold_lifted (ledger_index BIGINT, hold_id VARCHAR, lifted_by VARCHAR, lifted_at TIMESTAMPTZ);
        CREATE TABLE store.erasure (
            ledger_index BIGINT, erasure_id VARCHAR, reason VARCHAR, identifiers INTEGER, events BIGINT, events_held BIGINT,
            records INTEGER, findings INTEGER, erased_by VARCHAR, recorded_at TIMESTAMPTZ);
        CREATE TABLE store.sign_in (
            ledger_index BIGINT, record_id VARCHAR, occurred_at TIMESTAMPTZ, last_at TIMESTAMPTZ, recorded_at TIMESTAMPTZ,
            account VARCHAR, session_id VARCHAR, outcome VARCHAR, method VARCHAR, address VARCHAR, reason VARCHAR, attempts INTEGER);
        CREATE TABLE store.finding (
            sequence BIGINT, finding_id VARCHAR, alert_id VARCHAR, rule_id VARCHAR, rule_title VARCHAR, rule_digest VARCHAR,
            rule_author VARCHAR, severity VARCHAR, severity_id INTEGER, event_offset BIGINT, occurred_at TIMESTAMPTZ,
            recorded_at TIMESTAMPTZ, technology VARCHAR, sensor VARCHAR, entity_kind VARCHAR, entity_name VARCHAR,
            techniques VARCHAR[], field_names VARCHAR[], field_values VARCHAR[], source_ref VARCHAR, link VARCHAR);
        """;
}
