using Custodiet.Archive;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Archive;

public class SandboxTests
{
    private static readonly string[] hostile =
    [
        "DELETE FROM store.record",
        "INSERT INTO store.record SELECT * FROM store.record",
        "UPDATE alerts SET severity = 'low'",
        "DROP VIEW alerts",
        "DROP SCHEMA store CASCADE",
        "CREATE TABLE x AS SELECT 1",
        "CREATE OR REPLACE TEMP VIEW hidden_case AS SELECT 'x' AS case_id",
        "CREATE MACRO m(a) AS a",
        "ALTER TABLE store.record ADD COLUMN x INT",
        "TRUNCATE store.record",
        "ATTACH '/etc/passwd' AS p",
        "ATTACH ':memory:' AS p",
        "DETACH datasets",
        "USE store",
        "COPY (SELECT 1) TO '/tmp/custodiet-hostile.csv'",
        "COPY store.record FROM '/etc/passwd'",
        "EXPORT DATABASE '/tmp/custodiet-hostile'",
        "IMPORT DATABASE '/tmp/custodiet-hostile'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '100GB'",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "SET VARIABLE x = 1",
        "PRAGMA database_list",
        "PRAGMA enable_profiling",
        "CALL pragma_version()",
        "CHECKPOINT",
        "VACUUM",
        "BEGIN",
        "COMMIT",
        "ROLLBACK; SELECT 1",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "EXPLAIN SELECT * FROM alerts",
        "EXPLAIN ANALYZE SELECT * FROM alerts",
        "SHOW TABLES",
        "SHOW ALL TABLES",
        "SELECT * FROM (SHOW ALL TABLES)",
        "DESCRIBE store.record",
        "SUMMARIZE store.record",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP SCHEMA store CASCADE",
        "",
        ";",
        "-- nothing",
        "SELECT * FROM store.record",
        "SELECT * FROM datasets.store.record",
        "SELECT * FROM \"store\".\"record\"",
        "SELECT * FROM record",
        "TABLE store.record",
        "FROM store.case_person",
        "SELECT (SELECT count(*) FROM store.record)",
        "SELECT * FROM alerts WHERE EXISTS (SELECT 1 FROM store.record)",
        "SELECT * FROM alerts WHERE alert_id IN (FROM store.case_alert SELECT alert_id)",
        "WITH x AS (SELECT * FROM store.record) SELECT * FROM x",
        "WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT ledger_index FROM store.record) SELECT * FROM x",
        "SELECT * FROM alerts UNION ALL BY NAME SELECT * FROM store.record",
        "SELECT * FROM alerts, LATERAL (SELECT * FROM store.record) r",
        "SELECT * FROM alerts JOIN store.record ON true",
        "SELECT * FROM alerts ORDER BY (SELECT max(ledger_index) FROM store.record)",
        "SELECT * FROM alerts LIMIT (SELECT count(*) FROM store.record)",
        "SELECT list_transform([1], x -> (SELECT count(*) FROM store.record))",
        "SELECT count(*) FILTER (WHERE (SELECT true FROM store.record)) FROM alerts",
        "SELECT sum(number) OVER (ORDER BY (SELECT 1 FROM store.record)) FROM alerts",
        "SELECT * FROM (VALUES ((SELECT count(*) FROM store.record)))",
        "SELECT * FROM range((SELECT count(*) FROM store.record))",
        "SELECT * FROM temp.alerts",
        "SELECT * FROM main.alerts",
        "SELECT * FROM hidden_case",
        "SELECT * FROM hidden_alert",
        "SELECT * FROM source_now",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_tables",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_tables",
        "SELECT * FROM duckdb_views()",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM pragma_database_list",
        "WITH sqlite_master AS (SELECT 1) SELECT * FROM sqlite_master",
        "SELECT * FROM (WITH duckdb_views AS (SELECT 1) SELECT * FROM duckdb_views) a, duckdb_views b",
        "SELECT * FROM (WITH \"/etc/passwd\" AS (SELECT 1) SELECT 1) a, '/etc/passwd' b",
        "WITH \"x.parquet\" AS (SELECT 1) SELECT * FROM \"x.parquet\"",
        "WITH columns AS (SELECT 1) SELECT * FROM columns",
        "WITH hidden_case AS (SELECT 1) SELECT * FROM (SELECT * FROM hidden_case)",
        "SELECT * FROM read_parquet('*.parquet')",
        "SELECT * FROM parquet_scan('*.parquet')",
        "SELECT * FROM parquet_metadata('x')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM read_json('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'x.csv'",
        "SELECT * FROM query('SELECT * FROM store.record')",
        "SELECT * FROM query_table('record')",
        "SELECT * FROM query_table(['store.record'])",
        "SELECT * FROM json_execute_serialized_sql('{}')",
        "SELECT json_serialize_plan('SELECT * FROM store.record')",
        "SELECT json_serialize_sql('SELECT 1')",
        "SELECT json_deserialize_sql('{}')",
        "SELECT current_setting('temp_directory')",
        "SELECT getvariable('x')",
        "SELECT getenv('PATH')",
        "SELECT nextval('s')",
        "SELECT stats(fields) FROM events",
        "SELECT write_log('x')",
        "SELECT pg_get_viewdef('alerts')",
        "SELECT main.current_setting('threads')",
        "SELECT system.main.current_setting('threads')",
        "SELECT CURRENT_SETTING('threads')",
        "SELECT \"current_setting\"('threads')",
        "SELECT ('threads').current_setting()",
        "SELECT sleep_ms(100000)",
        "SELECT * FROM test_all_types()",
        "SELECT * FROM seq_scan('record')",
        "SELECT * FROM repeat('x', 100)",
        "SELECT * FROM which_secret('s3://x', 's3')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM events AT (VERSION => 1)",
        "PIVOT store.record ON type USING count(*)",
        "SELECT * FROM (PIVOT store.record ON type USING count(*))",
        "UNPIVOT store.record ON ledger_index",
        "SELECT * FROM store.record UNPIVOT (v FOR n IN (ledger_index))",
        "SELECT * FROM store.record PIVOT (count(*) FOR type IN ('a'))",
        "SELECT $1",
        "SELECT ?",
        "SELECT \0",
        "MERGE INTO store.record USING (SELECT 1) ON true WHEN MATCHED THEN DELETE",
    ];

    [Fact]
    public async Task NoHostileTextIsAnswered()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        fixture.Raise();
        await fixture.Files.WriteAsync(fixture.Archive, 0, 1);
        List<string> answered = [];
        foreach (string sql in hostile)
        {
            QueryOutcome outcome = await fixture.RunAsync(sql);
            if (outcome is not QueryOutcome.Refused { Reason.Length: > 0 })
            {
                answered.Add(sql);
            }
        }
        Assert.Empty(answered);
        Assert.False(File.Exists("/tmp/custodiet-hostile.csv"));
        Assert.Equal(
            ["1|1"],
            await fixture.RowsAsync("SELECT (SELECT count(*) FROM records), (SELECT count(*) FROM alerts)")
        );
    }

    private static readonly string[] ordinary =
    [
        "SELECT 1",
        "FROM alerts",
        "TABLE alerts",
        "VALUES (1), (2)",
        "DESCRIBE alerts",
        "SUMMARIZE SELECT severity_id FROM alerts",
        "SELECT * FROM ALERTS a ANTI JOIN \"findings\" f USING (alert_id);",
        "WITH a AS (SELECT 1 AS x), fälle AS (SELECT * FROM a) SELECT * FROM fälle UNION ALL SELECT 2",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) FROM r",
        "SELECT * FROM range(3) t(i), unnest([1, 2]) u(v), generate_series(1, 2) g(w)",
        "SELECT key, value FROM json_each('{\"a\": 1}')",
        "SELECT time_bucket(INTERVAL 1 HOUR, received_at) AS h, count(*) FROM events GROUP BY ALL",
        "SELECT date_trunc('day', received_at), now() - max(received_at) FROM events GROUP BY 1",
        "SELECT list_transform(map_keys(fields), x -> upper(x)), [k FOR k IN map_keys(fields) IF k <> 'n'] FROM events",
        "SELECT regexp_extract(raw, 'a(.)', 1), raw->>'$.n' FROM events",
        "SELECT arg_max(number, raised_at), quantile_cont(number, 0.5), approx_count_distinct(rule_id) FROM alerts",
        "SELECT row_number() OVER (PARTITION BY rule_id ORDER BY number) FROM alerts QUALIFY true",
        "SELECT COLUMNS('.*_id') FROM alerts",
        "SELECT * EXCLUDE (raw) REPLACE (1 AS event_offset) FROM events USING SAMPLE 10 ROWS",
        "SELECT x.* FROM (SUMMARIZE alerts) x",
        "SELECT 1 /* ; DROP TABLE x */ -- ; COPY",
    ];

    [Fact]
    public async Task OrdinaryQueriesRun()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        fixture.Raise();
        await fixture.Files.WriteAsync(fixture.Archive, 0, 1);
        foreach (string sql in ordinary)
        {
            QueryOutcome outcome = await fixture.RunAsync(sql);
            Assert.True(outcome is QueryOutcome.Answered, $"{sql}: {(outcome as QueryOutcome.Refused)?.Reason}");
        }
    }

    private static readonly string[] deep =
    [
        "SELECT " + new string('(', 30_000) + "1",
        "SELECT 1" + string.Concat(Enumerable.Repeat("+1", 990)),
        "SELECT 1" + string.Concat(Enumerable.Repeat("+1", 30_000)),
        "SELECT " + string.Concat(Enumerable.Repeat("NOT ", 900)) + "true",
        string.Concat(Enumerable.Repeat("SELECT * FROM (", 900)) + "SELECT 1" + new string(')', 900),
        "SELECT 1" + string.Concat(Enumerable.Repeat(" UNION ALL SELECT 1", 1_000)),
        "SELECT 1 WHERE true" + string.Concat(Enumerable.Repeat(" OR true", 8_000)),
    ];

    [Fact]
    public async Task DeepNestingIsAnsweredOrRefusedAndTheProcessLives()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        foreach (string sql in deep)
        {
            await fixture.RunAsync(sql);
        }
        Assert.Contains(
            "longer than 65536 characters",
            await fixture.RefusedAsync("SELECT '" + new string('x', 70_000) + "'"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task ErrorsOfTheUserSayWhere()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        Assert.StartsWith(
            "Syntax error at character 1",
            await fixture.RefusedAsync("SELEC 1"),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "(character 15)",
            await fixture.RefusedAsync("SELECT * FROM nothing"),
            StringComparison.Ordinal
        );
        string unknown = await fixture.RefusedAsync("SELECT numer FROM alerts");
        Assert.Contains("LINE 1", unknown, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", unknown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LimitsThatCutSayTheirNumber()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync(
            new DatasetOptions { CellBytesMax = 10, AnswerBytesMax = 3_000 }
        );
        QueryAnswer rows = await fixture.AnswerAsync(
            "SELECT i FROM range(100) t(i)",
            limits: QueryLimits.Default with
            {
                Rows = 7,
            }
        );
        Assert.Equal(7, rows.Rows.Count);
        Assert.Contains("7 rows", rows.Truncated, StringComparison.Ordinal);
        QueryAnswer exact = await fixture.AnswerAsync(
            "SELECT i FROM range(7) t(i)",
            limits: QueryLimits.Default with
            {
                Rows = 7,
            }
        );
        Assert.Null(exact.Truncated);

        QueryAnswer cell = await fixture.AnswerAsync("SELECT repeat('ä', 20), encode('0123456789'), repeat('x', 10)");
        Assert.Equal(["äääää", @"\x3031323334", "xxxxxxxxxx"], cell.Rows[0]);
        Assert.Contains("10 bytes", cell.Truncated, StringComparison.Ordinal);

        QueryAnswer large = await fixture.AnswerAsync("SELECT repeat('x', 10) FROM range(100000)");
        Assert.True(large.Rows.Count < 1_000);
        Assert.Contains("3000 bytes", large.Truncated, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AQueryThatTakesTooLongIsStoppedAndSoSaid()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        string reason = await fixture.RefusedAsync(
            "SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE a.range * b.range % 7 = 3",
            limits: QueryLimits.Default with
            {
                Timeout = TimeSpan.FromMilliseconds(300),
            }
        );
        Assert.Contains("0.3 seconds", reason, StringComparison.Ordinal);
        Assert.Equal(["1"], await fixture.RowsAsync("SELECT 1"));
    }

    [Fact]
    public async Task ACallerWhoGivesUpGetsNoAnswer()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        using CancellationTokenSource given = new(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await fixture.Datasets.QueryAsync(
                "SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE a.range * b.range % 7 = 3",
                QueryLimits.Default,
                DatasetFixture.Person("p-1"),
                given.Token
            )
        );
        Assert.Equal(["1"], await fixture.RowsAsync("SELECT 1"));
    }

    [Fact]
    public async Task AQueryThatNeedsTooMuchMemoryIsRefusedWithAdvice()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync(
            new DatasetOptions { MemoryMegabytes = 32, TemporaryDiskMegabytes = 16 }
        );
        string reason = await fixture.RefusedAsync("SELECT list(i) FROM range(20000000) t(i)");
        Assert.Contains("32 MiB", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ValuesOfEveryKindAreClrTypes()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        QueryAnswer answer = await fixture.AnswerAsync(
            """
            SELECT 1::UTINYINT, 2::HUGEINT, 170141183460469231731687303715884105727::HUGEINT, 1.5::FLOAT, 1.25::DECIMAL(9,2), true,
                   TIMESTAMPTZ '2026-01-01 01:00:00+01', DATE '2026-01-02', INTERVAL 2 MONTH IS NULL, [1, NULL], {'a': 1, 'b': 'x'},
                   MAP {'k': [1]}, NULL, 'infinity'::TIMESTAMP IS NULL, '\xAA'::BLOB, 'b'::ENUM('a', 'b'), 18446744073709551615::UBIGINT
            """
        );
        IReadOnlyList<object?> row = answer.Rows[0];
        Assert.Equal(
            [
                1L,
                2L,
                "170141183460469231731687303715884105727",
                1.5,
                1.25m,
                true,
                new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc),
                "2026-01-02",
                false,
            ],
            row.Take(9)
        );
        Assert.Equal(new List<object?> { 1L, null }, row[9]);
        Assert.Equal(new Dictionary<string, object?> { ["a"] = 1L, ["b"] = "x" }, row[10]);
        Assert.Equal(new List<object?> { 1L }, Assert.IsType<Dictionary<string, object?>>(row[11])["k"]);
        Assert.Equal([null, false, @"\xaa", "b", 18446744073709551615m], row.Skip(12));
    }
}
