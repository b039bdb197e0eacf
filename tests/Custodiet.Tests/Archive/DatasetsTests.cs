using Custodiet.Records.Events;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using DuckDB.NET.Data;

namespace Custodiet.Tests.Archive;

public class DatasetsTests
{
    private static readonly Decision falsePositive = new(Verdict.FalsePositive, "rule-too-wide", null, Confidence.High);
    private static readonly Decision truePositive = new(
        Verdict.TruePositive,
        "malware",
        Impact.High,
        Confidence.Medium
    );

    [Fact]
    public async Task AnEmptyViewHasNoRowsAndTheColumnsThatItsPageDescribes()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        string document = await File.ReadAllTextAsync(
            Path.Combine(TestPaths.Root, "docs", "datasets.md"),
            ArchiveFixture.Cancellation
        );
        foreach (string view in Custodiet.Archive.Datasets.Views)
        {
            string[] rows = await fixture.RowsAsync($"SELECT * FROM {view}");
            Assert.True(rows.Length == 0 || view == "dataset_version", view);
            int start = document.IndexOf($"\n### {view}\n", StringComparison.Ordinal);
            Assert.True(start >= 0, $"docs/datasets.md does not describe {view}");
            int end = document.AsSpan(start + 5).IndexOf("\n##");
            Assert.Equal(
                await fixture.RowsAsync($"SELECT column_name || ' ' || column_type FROM (DESCRIBE {view})"),
                document
                    .Substring(start, end + 5)
                    .Split('\n')
                    .Where(l => l.StartsWith("| `", StringComparison.Ordinal))
                    .Select(l => l.Split('|'))
                    .Select(c => $"{c[1].Trim().Trim('`')} {c[2].Trim()}")
            );
        }
    }

    [Fact]
    public async Task EventsAreSeenAsSoonAsTheyAreDurable()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        await fixture.Files.WriteAsync(fixture.Archive, 0, 4);
        Assert.Equal(
            [@"2|10:00:00Z|WS-2|C:\p2.exe|2|Image=C:\p2.exe,n=2"],
            await fixture.RowsAsync(
                "SELECT event_offset, received_at, sensor, fields['Image'], CAST(fields['n'] AS INT), fields FROM events WHERE event_offset = 2"
            )
        );
        await fixture.Files.WriteAsync(fixture.Archive, 4, 4);
        Assert.Equal(
            ["8|2"],
            await fixture.RowsAsync("SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM segments)")
        );
    }

    [Fact]
    public async Task ABulkDecisionIsOneDecision()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        AlertId[] alerts = [fixture.Raise(), fixture.Raise(), fixture.Raise("rule-b"), fixture.Raise("rule-b")];
        fixture.Judge(fixture.StartRun(null, alerts), null, falsePositive, alerts);
        Assert.Equal(
            [
                "rule-a|false-positive|1|0.25|4",
                "rule-a|false-positive|1|0.25|4",
                "rule-b|false-positive|1|0.25|4",
                "rule-b|false-positive|1|0.25|4",
            ],
            await fixture.RowsAsync(
                "SELECT rule_id, verdict, verdict_id, weight, members FROM verdicts ORDER BY alert_number"
            )
        );
        Assert.Equal(["1"], await fixture.RowsAsync("SELECT sum(weight) FROM verdicts"));
    }

    [Fact]
    public async Task ACorrectionSupersedesForItsAlertsOnly()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        AlertId first = fixture.Raise();
        AlertId second = fixture.Raise();
        RunId run = fixture.StartRun(null, first, second);
        StoredRecord old = fixture.Judge(run, null, falsePositive, first, second);
        StoredRecord corrected = fixture.Judge(run, null, truePositive, first);
        Assert.Equal(
            [$"1|false-positive|{corrected.Index}", "2|false-positive|-", "1|true-positive|-"],
            await fixture.RowsAsync(
                "SELECT alert_number, verdict, superseded_by FROM verdicts ORDER BY ledger_index, alert_number"
            )
        );
        Assert.Equal(
            [$"1|judged|true-positive|high|{corrected.Index}", $"2|judged|false-positive|-|{old.Index}"],
            await fixture.RowsAsync("SELECT number, state, verdict, impact, verdict_index FROM alerts ORDER BY number")
        );
    }

    [Fact]
    public async Task AlertsAndCasesStandAsTheRecordsSay()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        AlertId taken = fixture.Raise();
        AlertId putBack = fixture.Raise();
        AlertId grouped = fixture.Raise();
        fixture.Records.Add(new AlertAssigned(taken, new ActorId("p-1")), $"alert/{taken}");
        fixture.Records.Add(new AlertAssigned(putBack, new ActorId("p-1")), $"alert/{putBack}");
        fixture.Records.Add(new AlertAssigned(putBack, null), $"alert/{putBack}");
        fixture.Records.Add(
            new AlertExtended(
                grouped,
                [
                    new FindingMember(default, 7, ArchiveFixture.Start.AddHours(3)),
                    new FindingMember(default, 8, ArchiveFixture.Start),
                ]
            ),
            $"alert/{grouped}"
        );
        CaseId opened = fixture.OpenCase("Strange logins", grouped);
        fixture.Records.Add(new CaseAssigned(opened, new ActorId("p-2")), $"case/{opened}");
        fixture.Records.Add(new CaseStateChanged(opened, CaseState.OnHold), $"case/{opened}");
        Assert.Equal(
            ["1|in-progress|p-1|1|10:01:00Z", "2|new|-|1|10:02:00Z", "3|in-progress|-|3|13:00:00Z"],
            await fixture.RowsAsync(
                "SELECT number, state, assignee, finding_count, last_event_at FROM alerts ORDER BY number"
            )
        );
        Assert.Equal(
            [$"1|Strange logins|on-hold|3|p-2|False|[{grouped}]|-"],
            await fixture.RowsAsync(
                "SELECT number, title, state, state_id, owner, restricted, alert_ids, closed_at FROM cases"
            )
        );
        fixture.Records.Add(new CaseAssigned(opened, null), $"case/{opened}");
        fixture.Records.Add(new CaseStateChanged(opened, CaseState.Closed), $"case/{opened}");
        Assert.Equal(
            ["closed|-|True"],
            await fixture.RowsAsync("SELECT state, owner, closed_at IS NOT NULL FROM cases")
        );
    }

    [Fact]
    public async Task AnswersHaveTypedColumnsAndSaySupersession()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        AlertId alert = fixture.Raise();
        RunId run = fixture.StartRun(null, alert);
        fixture.Answer(run, "expected", new AnswerValue("yes-no", YesNo: "no"));
        fixture.Answer(run, "expected", new AnswerValue("yes-no", YesNo: "cannot-tell"));
        fixture.Answer(run, "hosts", new AnswerValue("number", Number: 2.5, Unit: "hosts"));
        fixture.Answer(run, "kinds", new AnswerValue("choices", Choices: ["a", "b"]));
        fixture.Answer(run, "when", new AnswerValue("instant", Instant: ArchiveFixture.Start));
        Assert.Equal(
            [
                "expected|yes-no|no|-|-|-|-|3",
                "expected|yes-no|cannot-tell|-|-|-|-|-",
                "hosts|number|-|2.5|hosts|-|-|-",
                "kinds|choices|-|-|-|[a,b]|-|-",
                "when|instant|-|-|-|-|10:00:00Z|-",
            ],
            await fixture.RowsAsync(
                "SELECT question, type, yes_no, number, unit, choices, instant, superseded_by FROM answers ORDER BY ledger_index"
            )
        );
    }

    [Fact]
    public async Task FindingsSourcesAndStagesAreThere()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        fixture.Raise();
        fixture.Records.Sources.Add(new SourceStatistics(new SourceKey("t", "s"), "p", 5, 50, 0, 1_000_000, 2_000_000));
        fixture.Records.Stages.Add(
            new StageTotals("parse", 10, 7, 1, new Dictionary<string, long> { ["too-large"] = 2 })
        );
        Assert.Equal(
            ["secret-1|1|[T1059.001]|high"],
            await fixture.RowsAsync("SELECT fields['Image'], event_offset, techniques, severity FROM findings")
        );
        Assert.Equal(
            ["t|s|p|5|50|00:00:01Z"],
            await fixture.RowsAsync("SELECT technology, sensor, parser, events, bytes, last_received_at FROM sources")
        );
        Assert.Equal(["parse|10|7|1|2|0|too-large=2"], await fixture.RowsAsync("SELECT * FROM stages"));
    }

    [Fact]
    public async Task TheBalanceHasARowForEachMinuteAndEachHour()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        DateTimeOffset noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        BalanceSpan span = new()
        {
            At = noon,
            Seconds = 60,
            Counts = new BalanceCounts
            {
                Received = 5,
                Queued = 4,
                Sent = 3,
            },
            Levels = new BalanceLevels { Undecided = 1, ToSend = 9 },
            Differences = new BalanceDifferences { Input = -7, Routes = 8 },
        };
        fixture.Records.Balance.Add((BalanceResolution.Minute, span));
        fixture.Records.Balance.Add((BalanceResolution.Hour, span with { Seconds = 3_600 }));
        Assert.Equal(
            ["hour|3600|5|4|3|1|9|-7|8", "minute|60|5|4|3|1|9|-7|8"],
            await fixture.RowsAsync(
                "SELECT resolution, seconds, received, queued, sent, undecided, to_send, difference_input, difference_routes FROM balance ORDER BY 1"
            )
        );
        Assert.Equal(
            ["True"],
            await fixture.RowsAsync("SELECT bool_and(begins_at = TIMESTAMPTZ '2026-03-01 12:00:00Z') FROM balance")
        );
    }

    [Fact]
    public async Task AnErasureBehindWhatTheFileHoldsMakesItAnew()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        fixture.Raise();
        Assert.Equal(["1"], await fixture.RowsAsync("SELECT count(*) FROM alerts"));
        await fixture.Datasets.DisposeAsync();
        fixture.Records.Clear();
        fixture.Raise("rule-redacted");
        fixture.Records.Add(new ErasureDone("e", ErasureReason.Request, 1, 2, 0, 1, 1), ErasureDone.Stream);
        await fixture.OpenAsync();
        Assert.Equal(["rule-redacted"], await fixture.RowsAsync("SELECT rule_id FROM alerts"));
        Assert.Equal(
            ["request|1|2|0|1|1"],
            await fixture.RowsAsync("SELECT reason, identifiers, events, events_held, records, findings FROM erasures")
        );
        int reads = fixture.Records.Reads;
        await fixture.Datasets.ForgetAsync(ArchiveFixture.Cancellation);
        Assert.Equal(["rule-redacted"], await fixture.RowsAsync("SELECT rule_id FROM alerts"));
        Assert.True(fixture.Records.Reads > reads);
    }

    [Fact]
    public async Task TheFileIsFollowedFromWhereItStandsAndBuiltAgainWhenItIsNotOfThisLedger()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        fixture.Raise();
        Assert.Equal(["1"], await fixture.RowsAsync("SELECT count(*) FROM alerts"));
        await fixture.Datasets.DisposeAsync();
        await fixture.OpenAsync();
        fixture.Raise();
        Assert.Equal(
            ["1|rule-a", "2|rule-a"],
            await fixture.RowsAsync("SELECT number, rule_id FROM alerts ORDER BY 1")
        );
        await fixture.Datasets.DisposeAsync();

        fixture.Records.Clear();
        fixture.Raise("rule-x");
        fixture.Raise("rule-y");
        fixture.Raise("rule-z");
        await fixture.OpenAsync();
        Assert.Equal(
            ["1|rule-x", "2|rule-y", "3|rule-z"],
            await fixture.RowsAsync("SELECT number, rule_id FROM alerts ORDER BY 1")
        );
        Assert.Equal(3, (await fixture.AnswerAsync("SELECT 1")).LedgerSize);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(5000)]
    public async Task ADamagedFileIsBuiltAgain(int cut)
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        fixture.Raise();
        await fixture.Datasets.DisposeAsync();
        string file = Path.Combine(fixture.Folder, "datasets.duckdb");
        byte[] whole = await File.ReadAllBytesAsync(file, ArchiveFixture.Cancellation);
        await File.WriteAllBytesAsync(file, whole[..Math.Min(cut, whole.Length)], ArchiveFixture.Cancellation);
        await fixture.OpenAsync();
        Assert.Equal(["1"], await fixture.RowsAsync("SELECT count(*) FROM findings"));
    }

    [Fact]
    public async Task AnErasedBodyLeavesTheRecordOnly()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        fixture.Raise();
        fixture.Records.Erase(0);
        await fixture.Datasets.DisposeAsync();
        File.Delete(Path.Combine(fixture.Folder, "datasets.duckdb"));
        await fixture.OpenAsync();
        Assert.Equal(["alert.raised/1|True"], await fixture.RowsAsync("SELECT type, erased FROM records"));
        Assert.Empty(await fixture.RowsAsync("SELECT * FROM alerts"));
    }

    [Fact]
    public async Task AnExportIsAParquetFile()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        fixture.Raise();
        string file = Path.Combine(fixture.Files.Folder, "it's out.parquet");
        QueryOutcome outcome = await fixture.Datasets.ExportParquetAsync(
            "SELECT number, rule_id FROM alerts; -- all of them",
            file,
            QueryLimits.Default,
            DatasetFixture.Person("p-1"),
            ArchiveFixture.Cancellation
        );
        Assert.Equal([1L], Assert.IsType<QueryOutcome.Answered>(outcome).Answer.Rows[0]);
        using DuckDBConnection connection = new("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText =
            $"SELECT rule_id FROM read_parquet('{file.Replace("'", "''", StringComparison.Ordinal)}')";
        Assert.Equal("rule-a", command.ExecuteScalar());
        Assert.Empty(Directory.GetFiles(Path.Combine(fixture.Folder, "export")));
    }
}
