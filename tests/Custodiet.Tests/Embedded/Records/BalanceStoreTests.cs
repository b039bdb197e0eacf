using Custodiet.Embedded;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>The series of balances in SQLite. Expected values are the doc comments of <see cref="IBalanceStore"/>.</summary>
public sealed class BalanceStoreTests : IDisposable
{
    private static readonly DateTimeOffset noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly RecordFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task AMinuteIsInItsMinuteAndInItsHourAndComesBackWhole()
    {
        BalanceSpan span = Full(noon.AddMinutes(7));
        BalanceMark mark = new()
        {
            At = noon.AddMinutes(8),
            Queued = 9,
            Sent = 4,
        };
        await using (SqliteRecords records = await OpenAsync())
        {
            Assert.Null(await records.BalanceMarkAsync(Stop));
            await SaveAsync(records, mark, span);
        }
        await using SqliteRecords again = await OpenAsync();
        Assert.Equal(mark, await again.BalanceMarkAsync(Stop));
        Assert.Equal(span, Assert.Single(await ReadAsync(again, BalanceResolution.Minute)));
        Assert.Equal(span with { At = noon }, Assert.Single(await ReadAsync(again, BalanceResolution.Hour)));
        Assert.Empty(await again.BalanceAsync(BalanceResolution.Minute, noon, noon.AddMinutes(7), Stop));
        Assert.Single(await again.BalanceAsync(BalanceResolution.Minute, noon.AddMinutes(7), noon.AddMinutes(8), Stop));
    }

    [Fact]
    public async Task WhatComesAgainInAMinuteIsAddedAndLevelsAreTheLast()
    {
        await using SqliteRecords records = await OpenAsync();
        BalanceSpan one = Full(noon);
        await SaveAsync(
            records,
            new BalanceMark(),
            one,
            one with
            {
                Seconds = 45,
                Levels = new() { ToSend = 1 },
            }
        );
        BalanceSpan sum = Assert.Single(await ReadAsync(records, BalanceResolution.Minute));
        Assert.Equal(one.Counts + one.Counts, sum.Counts);
        Assert.Equal(one.Differences + one.Differences, sum.Differences);
        Assert.Equal(new BalanceLevels { ToSend = 1 }, sum.Levels);
        Assert.Equal((60, 2, 2, 2), (sum.Seconds, sum.Starts, sum.Interrupted, sum.ClockSteps));
        Assert.Equal(75, Assert.Single(await ReadAsync(records, BalanceResolution.Hour)).Seconds);
    }

    [Fact]
    public async Task TheNewestRowsStayAndAClockThatJumpsAheadDeletesOneRowAtMost()
    {
        await using SqliteRecords records = await OpenAsync();
        BalanceSpan[] spans =
        [
            .. Enumerable
                .Range(0, IBalanceStore.MinutesMax + 10)
                .Select(i => new BalanceSpan { At = noon.AddMinutes(i) }),
        ];
        await SaveAsync(records, new BalanceMark(), spans);
        IReadOnlyList<BalanceSpan> kept = await ReadAsync(records, BalanceResolution.Minute);
        Assert.Equal(IBalanceStore.MinutesMax, kept.Count);
        Assert.Equal(spans[10].At, kept[0].At);
        await SaveAsync(records, new BalanceMark(), new BalanceSpan { At = noon.AddYears(80) });
        kept = await ReadAsync(records, BalanceResolution.Minute);
        Assert.Equal(IBalanceStore.MinutesMax, kept.Count);
        Assert.Equal(spans[11].At, kept[0].At);
    }

    [Fact]
    public async Task HoursAreBoundedToo()
    {
        await using SqliteRecords records = await OpenAsync();
        BalanceSpan[] spans =
        [
            .. Enumerable.Range(0, IBalanceStore.HoursMax + 3).Select(i => new BalanceSpan { At = noon.AddHours(i) }),
        ];
        await SaveAsync(records, new BalanceMark(), spans);
        IReadOnlyList<BalanceSpan> kept = await ReadAsync(records, BalanceResolution.Hour);
        Assert.Equal(IBalanceStore.HoursMax, kept.Count);
        Assert.Equal(spans[3].At, kept[0].At);
    }

    [Fact]
    public async Task ItIsSavedAlsoWhileTheLedgerRefusesRecords()
    {
        await using SqliteRecords records = await OpenAsync();
        records.Refuse("the ledger does not verify");
        await SaveAsync(records, new BalanceMark(), new BalanceSpan { At = noon });
        Assert.Single(await ReadAsync(records, BalanceResolution.Minute));
    }

    private static BalanceSpan Full(DateTimeOffset at) =>
        new()
        {
            At = at,
            Seconds = 30,
            Starts = 1,
            Interrupted = 1,
            ClockSteps = 1,
            Counts = new BalanceCounts
            {
                Received = 20,
                Rejected = 1,
                Shed = 2,
                Refused = 3,
                Queued = 17,
                Parsed = 12,
                Unparsed = 4,
                Analysed = 11,
                Unrouted = 1,
                Findings = 5,
                Archived = 16,
                Sent = 6,
            },
            Levels = new BalanceLevels
            {
                Undecided = 1,
                ToAnalyse = 2,
                ToArchive = 3,
                ToSend = 4,
            },
            Differences = new BalanceDifferences
            {
                Input = -1,
                Analysis = 2,
                Rules = 3,
                Archive = 4,
                Routes = 5,
            },
        };

    private static async Task SaveAsync(SqliteRecords records, BalanceMark mark, params BalanceSpan[] spans) =>
        Assert.IsType<AppendOutcome.Appended>(await records.SaveBalanceAsync(spans, mark, Stop));

    private static ValueTask<IReadOnlyList<BalanceSpan>> ReadAsync(
        SqliteRecords records,
        BalanceResolution resolution
    ) => records.BalanceAsync(resolution, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, Stop);

    private ValueTask<SqliteRecords> OpenAsync() =>
        SqliteRecords.OpenAsync(folder.File, Scene.Sealer(), TimeProvider.System, Stop);
}
