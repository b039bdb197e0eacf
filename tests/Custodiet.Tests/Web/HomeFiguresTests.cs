using System.Globalization;
using Custodiet.Archive;
using Custodiet.Embedded;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Custodiet.Tests.Archive;
using Custodiet.Tests.Embedded.Records;
using Custodiet.Web.Home;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Web;

/// <summary>The start page's figures: new with the next load after an act, and the same as the queries that it links to.</summary>
public sealed class HomeFiguresTests : IAsyncLifetime
{
    // The queries' own clock is the machine's, so that the story ends now.
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow().AddDays(-40));
    private readonly RecordFolder folder = new();
    private SqliteRecords records = null!;
    private Scene scene = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        records = await SqliteRecords.OpenAsync(folder.File, Scene.Sealer(), time, Stop);
        scene = new Scene(records);
    }

    public async ValueTask DisposeAsync()
    {
        await records.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task TheNextLoadAfterAnActShowsIt()
    {
        HomeReader home = new(records, records, [], time);
        AlertId alert = await scene.RaiseAsync();
        HomeFigures before = await home.ReadAsync(Stop);
        Assert.Equal((1, 0, 0), (before.Counts.Open, before.Decisions.Decisions, before.Decisions.Days[^1].Judged));
        AppendOutcome.Appended given = await scene.JudgeAsync(Scene.Benign, null, [alert]);
        HomeFigures judged = await home.ReadAsync(Stop);
        Assert.Equal((0, 1, 1), (judged.Counts.Open, judged.Decisions.Decisions, judged.Decisions.Days[^1].Judged));
        Assert.Equal(("known-tool", 1), (judged.Decisions.Reasons[0].Reason, judged.Decisions.Reasons[0].Decisions));
        await scene.JudgeAsync(Scene.TruePositive, null, [alert], given.Ids[0]);
        HomeFigures corrected = await home.ReadAsync(Stop);
        Assert.Equal((2, 1), (corrected.Decisions.Decisions, corrected.Decisions.Corrected));
        Assert.Equal("intrusion", Assert.Single(corrected.Decisions.Reasons).Reason);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task TheFiguresAreThoseOfTheQueriesBehindThem(int seed)
    {
        Random random = new(seed);
        List<AlertId> alerts = [];
        for (int act = 0; act < 120; act++)
        {
            if (alerts.Count < 3 || random.Next(3) == 0)
            {
                alerts.Add(await scene.RaiseAsync());
            }
            else
            {
                AlertId[] some = [.. random.GetItems(alerts.ToArray(), random.Next(1, 4))];
                Decision decision = random.Next(2) == 0 ? Scene.Benign : Scene.TruePositive;
                await scene.JudgeAsync(decision, null, some);
            }
            time.Advance(TimeSpan.FromHours(8));
        }
        HomeFigures figures = await new HomeReader(records, records, [], time).ReadAsync(Stop);

        using ArchiveFixture files = new();
        await using ParquetArchive archive = await files.OpenAsync();
        await using Datasets datasets = await Datasets.OpenAsync(
            Path.Combine(files.Folder, "datasets"),
            archive,
            records,
            records,
            records,
            TimeProvider.System,
            null,
            Stop
        );
        async Task<string[]> AskAsync(string sql)
        {
            QueryOutcome outcome = await datasets.QueryAsync(sql, QueryLimits.Default, Viewer.Service, Stop);
            return
            [
                .. Assert
                    .IsType<QueryOutcome.Answered>(outcome)
                    .Answer.Rows.Select(row =>
                        string.Join(' ', row.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)))
                    ),
            ];
        }
        DecisionFigures kept = figures.Decisions;
        Assert.Equal([$"{kept.Decisions} {kept.Corrected}"], await AskAsync(HomeReader.CorrectionsSql));
        Assert.True(kept.Corrected > 0 && kept.Days.Count > 20);
        Assert.Equal(
            kept.Days.Select(d => $"{d.Raised} {d.Judged}"),
            await AskAsync($"SELECT raised, judged FROM ({HomeReader.BacklogSql}) ORDER BY day")
        );
        Assert.Equal(
            kept.Reasons.Select(r => $"{r.Reason} {r.Decisions}"),
            await AskAsync($"SELECT reason, decisions FROM ({HomeReader.ReasonsSql}) ORDER BY decisions DESC, reason")
        );
    }
}
