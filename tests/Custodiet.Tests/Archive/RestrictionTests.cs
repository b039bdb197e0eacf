using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Archive;

public class RestrictionTests
{
    private static readonly Decision decision = new(Verdict.TruePositive, "insider", Impact.High, Confidence.High);
    private static readonly string[] views = ["cases", "alerts", "findings", "answers", "verdicts", "records"];

    /// <summary>One restricted case and one that everybody sees, each with an alert, a run, an answer and a verdict.</summary>
    private static async Task<DatasetFixture> CreateAsync()
    {
        DatasetFixture fixture = await DatasetFixture.CreateAsync();
        foreach (string title in (string[])["hidden", "open"])
        {
            AlertId alert = fixture.Raise("rule-" + title, title + "-host");
            CaseId opened = fixture.OpenCase(title, alert);
            RunId run = fixture.StartRun(opened, alert);
            fixture.Answer(run, title, new AnswerValue("text", Text: title));
            fixture.Judge(run, opened, decision, alert);
            if (title == "hidden")
            {
                fixture.Restrict(opened, "p-named", "p-other");
            }
        }
        return fixture;
    }

    private static async Task<string> CountsAsync(DatasetFixture fixture, Viewer viewer)
    {
        List<string> counts = [];
        foreach (string view in views)
        {
            counts.AddRange(await fixture.RowsAsync($"SELECT count(*) FROM {view}", viewer));
        }
        return string.Join(' ', counts);
    }

    [Fact]
    public async Task RowsOfARestrictedCaseAreSeenByThoseNamedAlone()
    {
        await using DatasetFixture fixture = await CreateAsync();
        Assert.Equal("1 1 1 1 1 5", await CountsAsync(fixture, DatasetFixture.Person("p-stranger")));
        Assert.Equal("2 2 2 2 2 11", await CountsAsync(fixture, DatasetFixture.Person("p-named")));
        Assert.Equal("2 2 2 2 2 11", await CountsAsync(fixture, Viewer.Service));
        // A role opens nothing: people are named.
        Viewer lead = new(new ActorId("p-lead"), new HashSet<Role> { Role.Lead, Role.Admin });
        Assert.Equal("1 1 1 1 1 5", await CountsAsync(fixture, lead));
        Viewer strange = DatasetFixture.Person("p-named' OR true --");
        Assert.Equal("1 1 1 1 1 5", await CountsAsync(fixture, strange));
    }

    [Fact]
    public async Task TheLastRestrictionHolds()
    {
        await using DatasetFixture fixture = await CreateAsync();
        CaseId hidden = new(
            Guid.Parse((await fixture.RowsAsync("SELECT case_id FROM cases WHERE title = 'hidden'", Viewer.Service))[0])
        );
        fixture.Restrict(hidden, "p-stranger");
        Assert.StartsWith(
            "2 2 2 2 2",
            await CountsAsync(fixture, DatasetFixture.Person("p-stranger")),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "1 1 1 1 1",
            await CountsAsync(fixture, DatasetFixture.Person("p-named")),
            StringComparison.Ordinal
        );
        fixture.Restrict(hidden);
        Assert.StartsWith(
            "2 2 2 2 2",
            await CountsAsync(fixture, DatasetFixture.Person("p-named")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task AnAlertJudgedInTheQueueIsHiddenOnceItIsInARestrictedCase()
    {
        await using DatasetFixture fixture = await DatasetFixture.CreateAsync();
        AlertId joined = fixture.Raise();
        AlertId other = fixture.Raise();
        RunId run = fixture.StartRun(null, joined, other);
        fixture.Answer(run, "q", new AnswerValue("text", Text: "t"));
        fixture.Judge(run, null, decision, joined, other);
        fixture.Restrict(fixture.OpenCase("later", joined), "p-named");
        Assert.Equal(["2"], await fixture.RowsAsync("SELECT number FROM alerts"));
        Assert.Equal(["2"], await fixture.RowsAsync("SELECT event_offset FROM findings"));
        Assert.Empty(await fixture.RowsAsync("SELECT * FROM answers"));
        Assert.Equal(["alert.raised/1"], await fixture.RowsAsync("SELECT type FROM records"));
    }

    private static readonly string[] prying =
    [
        "SELECT * FROM findings WHERE CAST(fields['Image'] AS INT) = 1",
        "SELECT * FROM findings WHERE CASE WHEN fields['Image'] LIKE 'secret-1' THEN error(fields['Image']) ELSE true END",
        "SELECT CAST(title AS INT) FROM cases WHERE title <> 'open'",
        "SELECT * FROM cases WHERE title <> 'open' AND CAST(title AS INT) = 1",
        "SELECT * FROM answers WHERE text <> 'open' AND CAST(text AS INT) = 1",
        "SELECT * FROM cases c JOIN range(3) r(i) ON CAST(c.title || 'x' AS VARCHAR) = error(c.title)",
        "SELECT * FROM verdicts WHERE rule_id <> 'rule-open' AND CAST(rule_id AS INT) = 1",
        "SELECT min(title), max(title), first(title) FROM cases",
        "SUMMARIZE SELECT title, severity, opened_at FROM cases",
        "SELECT alert_id, sensor FROM alerts a SEMI JOIN (SELECT alert_id FROM alerts) b USING (alert_id)",
        "SELECT * FROM alerts WHERE sensor >= 'h' AND sensor < 'i'",
        "SELECT string_agg(title, ',') OVER () FROM cases",
        "SELECT stream FROM records",
    ];

    [Fact]
    public async Task NoErrorOrAggregateTellsAHiddenValue()
    {
        await using DatasetFixture fixture = await CreateAsync();
        foreach (string sql in prying)
        {
            QueryOutcome outcome = await fixture.RunAsync(sql, DatasetFixture.Person("p-stranger"));
            string told = outcome switch
            {
                QueryOutcome.Refused refused => refused.Reason,
                QueryOutcome.Answered answered => string.Join(
                    '|',
                    answered.Answer.Rows.SelectMany(r => r.Select(v => v?.ToString()))
                ),
                _ => "",
            };
            // What the query itself names comes back in a message; the hidden rows' own values must not.
            told = told.Replace(sql, "", StringComparison.Ordinal);
            foreach (
                string secret in (string[])["hidden-host", "rule-hidden", "'hidden'", "string 'secret-1'", ": secret-1"]
            )
            {
                Assert.False(told.Contains(secret, StringComparison.Ordinal), $"{sql} tells {secret}: {told}");
            }
            Assert.DoesNotMatch("(^|\\|)hidden($|[|,])", told);
        }
    }
}
