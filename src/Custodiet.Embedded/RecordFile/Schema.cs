namespace Custodiet.Embedded.RecordFile;

/// <summary>The tables. What is kept is never derivable; what is projected can be dropped and made again from it.</summary>
internal static class Schema
{
    /// <summary>The format of the file, in SQLite's <c>user_version</c>.</summary>
    public const int Version = 4;

    /// <summary>«CstR», in SQLite's <c>application_id</c>: says whose file it is.</summary>
    public const int ApplicationId = 0x43737452;

    /// <summary>Records, findings and whatever else no record can bring back. An erased record has neither salt nor body.</summary>
    public const string Kept = $"""
        CREATE TABLE record(
          idx INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, type TEXT NOT NULL, stream TEXT NOT NULL, actor TEXT NOT NULL,
          occurred INTEGER NOT NULL, recorded INTEGER NOT NULL, supersedes BLOB, envelope BLOB NOT NULL, salt BLOB, body BLOB
        ) STRICT;
        CREATE INDEX record_stream ON record(stream, idx);
        CREATE TABLE finding(
          seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, alert_id BLOB NOT NULL, occurred INTEGER NOT NULL,
          recorded INTEGER NOT NULL, technology TEXT NOT NULL, source_ref TEXT, content TEXT NOT NULL
        ) STRICT;
        CREATE INDEX finding_alert ON finding(alert_id, occurred DESC, seq DESC);
        CREATE INDEX finding_source_ref ON finding(source_ref, technology) WHERE source_ref IS NOT NULL;
        CREATE TABLE position(consumer TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE batch_key(
          seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, first_offset INTEGER NOT NULL, count INTEGER NOT NULL,
          received INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX batch_key_received ON batch_key(received DESC, seq DESC);
        CREATE TABLE source(
          technology TEXT NOT NULL, sensor TEXT NOT NULL, parser TEXT NOT NULL, events INTEGER NOT NULL,
          bytes INTEGER NOT NULL, first_received INTEGER NOT NULL, last_received INTEGER NOT NULL,
          newest_event INTEGER NOT NULL, PRIMARY KEY(technology, sensor)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE stage(
          name TEXT PRIMARY KEY, received INTEGER NOT NULL, emitted INTEGER NOT NULL, failed INTEGER NOT NULL,
          dropped TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE account(id TEXT PRIMARY KEY, name_folded TEXT NOT NULL UNIQUE, content TEXT NOT NULL) STRICT;
        CREATE TABLE token(
          id TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, content TEXT NOT NULL
        ) STRICT;
        {Session};
        {TokenUse};
        {Balance};
        {BalanceMark};
        """;

    private const string Session =
        "CREATE TABLE session(id TEXT PRIMARY KEY, content TEXT NOT NULL) STRICT, WITHOUT ROWID";

    private const string TokenUse =
        "CREATE TABLE token_use(id TEXT PRIMARY KEY, used INTEGER NOT NULL, address TEXT) STRICT, WITHOUT ROWID";

    // Keyed by resolution and beginning in seconds; what became of events is one JSON object, to which figures can be added.
    private const string Balance =
        "CREATE TABLE balance(resolution INTEGER NOT NULL, at INTEGER NOT NULL, content TEXT NOT NULL, PRIMARY KEY(resolution, at)) STRICT, WITHOUT ROWID";

    private const string BalanceMark =
        "CREATE TABLE balance_mark(one INTEGER PRIMARY KEY CHECK(one = 1), content TEXT NOT NULL) STRICT";

    private const string WorkDay =
        "CREATE TABLE work_day(day INTEGER PRIMARY KEY, raised INTEGER NOT NULL, judged INTEGER NOT NULL) STRICT";

    private const string ReasonDay = """
        CREATE TABLE reason_day(
          day INTEGER NOT NULL, verdict INTEGER NOT NULL, reason TEXT NOT NULL, decisions INTEGER NOT NULL,
          PRIMARY KEY(day, verdict, reason)
        ) STRICT, WITHOUT ROWID
        """;

    private const string VerdictOfCase = "CREATE INDEX verdict_case ON verdict(case_id, idx) WHERE case_id IS NOT NULL";

    /// <summary>What records say, as it stands. A <c>day</c> is the day number of <see cref="DateOnly"/>, UTC, by when a record was recorded.</summary>
    public const string Projected = $"""
        CREATE TABLE stream(name TEXT PRIMARY KEY, last_idx INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE rule(
          key INTEGER PRIMARY KEY, id TEXT NOT NULL, title TEXT NOT NULL, digest TEXT NOT NULL, author TEXT,
          title_folded TEXT NOT NULL
        ) STRICT;
        CREATE INDEX rule_id ON rule(id, digest);
        CREATE TABLE alert(
          number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, fingerprint TEXT NOT NULL, rule_key INTEGER NOT NULL,
          rule_id TEXT NOT NULL, severity INTEGER NOT NULL, technology TEXT NOT NULL, sensor TEXT NOT NULL,
          entity_kind TEXT NOT NULL, entity_name TEXT NOT NULL, technology_folded TEXT NOT NULL,
          sensor_folded TEXT NOT NULL, entity_folded TEXT NOT NULL, techniques TEXT NOT NULL, findings INTEGER NOT NULL,
          first_event INTEGER NOT NULL, last_event INTEGER NOT NULL, raised INTEGER NOT NULL, state INTEGER NOT NULL,
          judged INTEGER NOT NULL, assignee TEXT, case_id BLOB, verdict INTEGER, verdict_idx INTEGER,
          corrected INTEGER NOT NULL, source_ref TEXT, link TEXT, raised_idx INTEGER NOT NULL, last_idx INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE incident(
          number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, title TEXT NOT NULL, severity INTEGER NOT NULL,
          state INTEGER NOT NULL, owner TEXT, opened INTEGER NOT NULL, closed INTEGER, verdict_idx INTEGER,
          corrected INTEGER NOT NULL, opened_idx INTEGER NOT NULL, last_idx INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX incident_state ON incident(state, number DESC);
        CREATE TABLE membership(
          alert_id BLOB PRIMARY KEY, case_id BLOB NOT NULL, place INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX membership_case ON membership(case_id, place);
        CREATE TABLE restriction(
          case_id BLOB NOT NULL, actor TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY(case_id, actor)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE run(
          id BLOB PRIMARY KEY, process_id TEXT NOT NULL, process_version TEXT NOT NULL, process_digest TEXT NOT NULL,
          case_id BLOB, started_by TEXT NOT NULL, started INTEGER NOT NULL, started_idx INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_case ON run(case_id, started_idx);
        CREATE TABLE run_alert(
          run_id BLOB NOT NULL, place INTEGER NOT NULL, alert_id BLOB NOT NULL, PRIMARY KEY(run_id, place)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE answer(
          idx INTEGER PRIMARY KEY, record_id BLOB NOT NULL UNIQUE, run_id BLOB NOT NULL, step TEXT NOT NULL,
          question TEXT NOT NULL, kind INTEGER NOT NULL, value TEXT NOT NULL, origin TEXT NOT NULL, actor TEXT NOT NULL,
          at INTEGER NOT NULL, superseded INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX answer_run ON answer(run_id, idx);
        CREATE TABLE verdict(
          idx INTEGER PRIMARY KEY, record_id BLOB NOT NULL, verdict_id BLOB NOT NULL, case_id BLOB, run_id BLOB NOT NULL,
          process_id TEXT NOT NULL, process_version TEXT NOT NULL, process_digest TEXT NOT NULL, verdict INTEGER NOT NULL,
          reason TEXT NOT NULL, impact INTEGER, confidence INTEGER NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL,
          day INTEGER NOT NULL, alerts INTEGER NOT NULL, standing INTEGER NOT NULL
        ) STRICT;
        {VerdictOfCase};
        CREATE TABLE verdict_alert(
          alert_id BLOB NOT NULL, idx INTEGER NOT NULL, corrected INTEGER NOT NULL, superseded_by INTEGER,
          PRIMARY KEY(alert_id, idx)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE tally(
          one INTEGER PRIMARY KEY CHECK(one = 1), alerts INTEGER NOT NULL, judged INTEGER NOT NULL,
          cases INTEGER NOT NULL, closed INTEGER NOT NULL, findings INTEGER NOT NULL, decisions INTEGER NOT NULL,
          corrected INTEGER NOT NULL
        ) STRICT;
        INSERT INTO tally VALUES(1, 0, 0, 0, 0, 0, 0, 0);
        {WorkDay};
        {ReasonDay};
        """;

    /// <summary>
    /// The indexes of alerts that only readers use. The three wide ones hold every column that a filter reads, one for each
    /// order, so that a page with a rare match reads the index alone; <c>judged</c> leads, since judged alerts only grow.
    /// A rebuild makes them last, in one pass each.
    /// </summary>
    public const string AlertIndexes = """
        CREATE INDEX alert_work ON alert(judged, severity DESC, number, state, verdict, assignee, rule_key,
          entity_folded, technology_folded, sensor_folded, case_id);
        CREATE INDEX alert_newest ON alert(judged, last_event DESC, number DESC, severity, state, verdict, assignee,
          rule_key, entity_folded, technology_folded, sensor_folded, case_id, findings);
        CREATE INDEX alert_oldest ON alert(judged, number, severity, state, verdict, assignee, rule_key,
          entity_folded, technology_folded, sensor_folded, case_id);
        CREATE INDEX alert_fingerprint ON alert(fingerprint, number);
        CREATE INDEX alert_recent ON alert(last_event);
        CREATE INDEX alert_judged_like ON alert(rule_id, verdict_idx DESC) WHERE verdict_idx IS NOT NULL;
        CREATE INDEX alert_source_ref ON alert(source_ref, technology) WHERE source_ref IS NOT NULL;
        """;

    /// <summary>
    /// Brings a file of format 1 to format 2, which keeps sums over decisions. Its own tables hold all that is needed, so that nothing is
    /// replayed. One statement at a time: the driver takes a change of a STRICT table for a query and would swallow the failures behind it.
    /// </summary>
    public static readonly IReadOnlyList<string> FromFirst =
    [
        "ALTER TABLE verdict ADD COLUMN day INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE verdict ADD COLUMN alerts INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE verdict ADD COLUMN standing INTEGER NOT NULL DEFAULT 0",
        "UPDATE verdict SET day = (SELECT recorded FROM record WHERE record.idx = verdict.idx) / 864000000000",
        """
            WITH given AS (
              SELECT idx, count(*) AS alerts, count(*) FILTER (WHERE superseded_by IS NULL) AS standing
              FROM verdict_alert GROUP BY idx
            )
            UPDATE verdict SET alerts = given.alerts, standing = given.standing FROM given WHERE given.idx = verdict.idx
            """,
        VerdictOfCase,
        "ALTER TABLE tally ADD COLUMN decisions INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE tally ADD COLUMN corrected INTEGER NOT NULL DEFAULT 0",
        """
            UPDATE tally SET decisions = (SELECT count(*) FROM verdict WHERE alerts > 0),
              corrected = (SELECT count(*) FROM verdict WHERE standing < alerts)
            """,
        WorkDay,
        """
            INSERT INTO work_day SELECT day, sum(raised), sum(judged) FROM (
              SELECT raised / 864000000000 AS day, 1 AS raised, 0 AS judged FROM alert
              UNION ALL
              SELECT verdict.day, 0, 1 FROM verdict
                JOIN (SELECT min(idx) AS idx FROM verdict_alert GROUP BY alert_id) AS first ON first.idx = verdict.idx
            ) GROUP BY day
            """,
        ReasonDay,
        """
            INSERT INTO reason_day SELECT day, verdict, reason, sum(standing > 0) FROM verdict WHERE alerts > 0
              GROUP BY day, verdict, reason
            """,
    ];

    /// <summary>Brings a file of format 2 to format 3, which keeps sessions and the last use of tokens.</summary>
    public static readonly IReadOnlyList<string> FromSecond = [Session, TokenUse];

    /// <summary>Brings a file of format 3 to format 4, which keeps the stages' balance over time.</summary>
    public static readonly IReadOnlyList<string> FromThird = [Balance, BalanceMark];

    /// <summary>The projected tables, for a rebuild.</summary>
    public static readonly IReadOnlyList<string> ProjectedTables =
    [
        "stream",
        "rule",
        "alert",
        "incident",
        "membership",
        "restriction",
        "run",
        "run_alert",
        "answer",
        "verdict",
        "verdict_alert",
        "tally",
        "work_day",
        "reason_day",
    ];
}
