using Custodiet.Balances;
using Custodiet.Inputs;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Balances;

/// <summary>The series as it is written, on stores in memory and a clock that is turned by hand.</summary>
public sealed class BalanceKeeperTests
{
    private static readonly DateTimeOffset noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AMinuteHoldsWhatTheTotalsGrewByAndWhatWaits()
    {
        Scene scene = new();
        await scene.StartAsync();
        InputCounters http = scene.Inputs.Of("http");
        http.Receive(12);
        http.Drop("too large", 1);
        http.Drop(ShedReasons.OverQuota, 1);
        http.Refuse("queue full");
        scene.Queue(9);
        http.Accept(9);
        scene.Analyse(upTo: 6, parsed: 5, unparsed: 1, unrouted: 2);
        scene.ArchivedTo = 4;
        BalanceSpan span = await scene.MinuteAsync();
        Assert.Equal(noon, span.At);
        Assert.Equal((60, 1, 0), (span.Seconds, span.Starts, span.Interrupted));
        Assert.Equal(
            new BalanceCounts
            {
                Received = 12,
                Rejected = 1,
                Shed = 1,
                Refused = 1,
                Queued = 9,
                Parsed = 5,
                Unparsed = 1,
                Analysed = 3,
                Unrouted = 2,
                Archived = 4,
            },
            span.Counts
        );
        Assert.Equal(
            new BalanceLevels
            {
                Undecided = 1,
                ToAnalyse = 3,
                ToArchive = 5,
            },
            span.Levels
        );
        Assert.True(span.Differences.None);

        scene.Analyse(upTo: 9, parsed: 8, unparsed: 1, unrouted: 2);
        span = await scene.MinuteAsync();
        Assert.Equal(noon.AddMinutes(1), span.At);
        Assert.Equal((0, 3, 0), (span.Counts.Received, span.Counts.Parsed, span.Starts));
        Assert.Equal(1, span.Levels.Undecided);
        Assert.True(span.Differences.None);
    }

    [Fact]
    public async Task EachSumThatDoesNotHoldIsNamedWithItsAmount()
    {
        Scene scene = new();
        await scene.StartAsync();
        // Two in the queue that no input counted; three offsets without an event; one parsed that no rule saw; two offsets without a row.
        scene.Queue(10);
        scene.Inputs.Of("http").Receive(8);
        scene.Analyse(upTo: 10, parsed: 6, unparsed: 1, unrouted: 0, analysed: 5);
        scene.ArchivedTo = 10;
        scene.ArchiveGap = 2;
        scene.Routes = new RouteFigures(3, 1, 4);
        BalanceSpan span = await scene.MinuteAsync();
        Assert.Equal(
            new BalanceDifferences
            {
                Input = -2,
                Analysis = 3,
                Rules = 1,
                Archive = 2,
                Routes = 4,
            },
            span.Differences
        );
        Assert.Equal((8, 3, 1), (span.Counts.Archived, span.Counts.Sent, span.Levels.ToSend));
        // Named once, in the minute in which it happened.
        Assert.True((await scene.MinuteAsync()).Differences.None);
    }

    [Fact]
    public async Task AfterAKillNothingDurableIsMissingAndTheMinuteSaysSo()
    {
        Scene scene = new();
        await scene.StartAsync();
        await scene.MinuteAsync();
        InputCounters http = scene.Inputs.Of("http");
        http.Receive(6);
        http.Refuse("queue full");
        scene.Queue(5);
        http.Accept(5);
        scene.Analyse(upTo: 3, parsed: 3, unparsed: 0, unrouted: 0, rejected: 1);
        // Killed here, and back after five minutes.
        scene.Time.Advance(TimeSpan.FromMinutes(5));
        await scene.StartAsync(cleanStop: false);
        BalanceSpan killed = scene.Store.Spans[noon.AddMinutes(1)];
        Assert.Equal((0, 1), (killed.Seconds, killed.Interrupted));
        Assert.Equal(
            new BalanceCounts
            {
                Received = 6,
                Rejected = 1,
                Queued = 5,
                Parsed = 3,
                Analysed = 3,
            },
            killed.Counts
        );
        Assert.True(killed.Differences.None);
        BalanceSpan after = await scene.MinuteAsync();
        Assert.Equal(noon.AddMinutes(6), after.At);
        Assert.Equal((1, new BalanceCounts()), (after.Starts, after.Counts));
        Assert.DoesNotContain(noon.AddMinutes(3), scene.Store.Spans.Keys);
    }

    [Fact]
    public async Task AStopInOrderLeavesNothingBehind()
    {
        Scene scene = new();
        await scene.StartAsync();
        scene.Queue(2);
        scene.Inputs.Of("http").Receive(2);
        scene.Time.Advance(TimeSpan.FromSeconds(20));
        await scene.Keeper.RecordAsync(Stop);
        await scene.StartAsync();
        BalanceSpan only = Assert.Single(scene.Store.Spans.Values);
        Assert.Equal((20, 2L, 0), (only.Seconds, only.Counts.Queued, only.Interrupted));
    }

    [Fact]
    public async Task AClockThatIsSetBackAddsUpAndSaysSo()
    {
        Scene scene = new();
        await scene.StartAsync();
        scene.Queue(1);
        scene.Inputs.Of("http").Receive(1);
        await scene.MinuteAsync();
        await scene.MinuteAsync();
        scene.Clock.Offset = TimeSpan.FromMinutes(-2);
        await scene.Keeper.RecordAsync(Stop);
        scene.Queue(4);
        scene.Inputs.Of("http").Receive(4);
        await scene.MinuteAsync();
        BalanceSpan twice = scene.Store.Spans[noon];
        Assert.Equal((5L, 60, 1), (twice.Counts.Queued, twice.Seconds, twice.ClockSteps));
        Assert.True(twice.Differences.None);
    }

    [Fact]
    public async Task WhileTheDiskTakesNothingMinutesWaitInMemory()
    {
        Scene scene = new();
        await scene.StartAsync();
        scene.Store.Refusal = "the disk is full";
        scene.Queue(1);
        scene.Inputs.Of("http").Receive(1);
        await scene.MinuteAsync();
        await scene.MinuteAsync();
        Assert.Empty(scene.Store.Spans);
        scene.Store.Refusal = null;
        await scene.MinuteAsync();
        Assert.Equal([noon, noon.AddMinutes(1), noon.AddMinutes(2)], scene.Store.Spans.Keys.Order());
        Assert.Equal(1, scene.Store.Spans[noon].Counts.Queued);
    }

    [Fact]
    public async Task TotalsThatAreSmallerThanTheMarkBeginANewSeriesAndNoFigureIsNegative()
    {
        Scene scene = new();
        scene.Store.Mark = new BalanceMark { At = noon.AddDays(-1), Queued = 1_000 };
        await scene.StartAsync(cleanStop: false);
        BalanceSpan span = await scene.MinuteAsync();
        Assert.Equal(new BalanceCounts(), span.Counts);
        Assert.Equal([noon], scene.Store.Spans.Keys);
    }

    [Fact]
    public async Task RoutesThatAreLoadedLaterGoOnWhereTheMarkStands()
    {
        Scene scene = new();
        scene.Store.Mark = new BalanceMark { At = noon, Sent = 100 };
        await scene.StartAsync();
        Assert.Equal(0, (await scene.MinuteAsync()).Counts.Sent);
        scene.Routes = new RouteFigures(107, 2, 0);
        Assert.Equal(7, (await scene.MinuteAsync()).Counts.Sent);
        // One of two routes was taken out of the content.
        scene.Routes = new RouteFigures(60, 0, 0);
        Assert.Equal(0, (await scene.MinuteAsync()).Counts.Sent);
    }

    [Fact]
    public async Task ItWritesAtTheFullMinute()
    {
        Scene scene = new(noon.AddSeconds(45));
        await scene.StartAsync();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task running = scene.Keeper.RunAsync(stop.Token);
        scene.Time.Advance(TimeSpan.FromSeconds(15));
        await scene.Store.Saved.WaitAsync(Stop);
        Assert.Equal(15, Assert.Single(scene.Store.Spans.Values).Seconds);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>A keeper with everything it reads.</summary>
    private sealed class Scene
    {
        private long queuedTo;
        private readonly MemoryTotals totals = new();

        public Scene(DateTimeOffset? start = null)
        {
            Time = new FakeTimeProvider(start ?? noon);
            Clock = new SteppedClock(Time);
        }

        public FakeTimeProvider Time { get; }

        public SteppedClock Clock { get; }

        public MemoryBalance Store { get; } = new();

        public InputBoard Inputs { get; private set; } = new();

        public BalanceKeeper Keeper { get; private set; } = null!;

        public long ArchivedTo { get; set; }

        public long ArchiveGap { get; set; }

        public RouteFigures? Routes
        {
            set => Keeper.Routes = value is { } figures ? _ => ValueTask.FromResult(figures) : null;
        }

        /// <summary>A start: counters in memory begin anew.</summary>
        public async Task StartAsync(bool cleanStop = true)
        {
            Inputs = new InputBoard();
            Keeper = new BalanceKeeper(
                Store,
                totals,
                Inputs,
                () => queuedTo,
                () => ArchivedTo,
                Clock,
                NullLogger<BalanceKeeper>.Instance
            )
            {
                ArchiveGap = () => ArchiveGap,
            };
            await Keeper.BeginAsync(cleanStop, Stop);
        }

        public void Queue(int count) => queuedTo += count;

        /// <summary>What the stream stored, over all runs.</summary>
        public void Analyse(
            long upTo,
            long parsed,
            long unparsed,
            long unrouted,
            long? analysed = null,
            long rejected = 0
        )
        {
            totals.Stages =
            [
                new StageTotals("input", 0, 0, 0, new Dictionary<string, long> { ["http: too large"] = rejected }),
                new StageTotals("queue", 0, upTo, 0, new Dictionary<string, long>()),
                new StageTotals(
                    "parse",
                    parsed + unparsed,
                    parsed,
                    0,
                    new Dictionary<string, long> { ["unparsed: not-json"] = unparsed }
                ),
                new StageTotals(
                    "analytics",
                    parsed,
                    analysed ?? parsed - unrouted,
                    0,
                    new Dictionary<string, long> { ["no log source"] = unrouted }
                ),
            ];
        }

        /// <summary>A minute later, and the newest span.</summary>
        public async Task<BalanceSpan> MinuteAsync()
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await Keeper.RecordAsync(Stop);
            return Store.Newest;
        }
    }

    /// <summary>A clock that can be set, beside a timer that cannot.</summary>
    private sealed class SteppedClock(FakeTimeProvider time) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Offset;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class MemoryTotals : ITotalsStore
    {
        public IReadOnlyList<StageTotals> Stages { get; set; } = [];

        public ValueTask<IReadOnlyList<SourceStatistics>> SourcesAsync(CancellationToken cancellation) =>
            ValueTask.FromResult<IReadOnlyList<SourceStatistics>>([]);

        public ValueTask<IReadOnlyList<StageTotals>> StagesAsync(CancellationToken cancellation) =>
            ValueTask.FromResult(Stages);
    }

    private sealed class MemoryBalance : IBalanceStore
    {
        private readonly TaskCompletionSource saved = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Dictionary<DateTimeOffset, BalanceSpan> Spans { get; } = [];

        public BalanceSpan Newest { get; private set; } = new();

        public BalanceMark? Mark { get; set; }

        public string? Refusal { get; set; }

        public Task Saved => saved.Task;

        public ValueTask<BalanceMark?> BalanceMarkAsync(CancellationToken cancellation) => ValueTask.FromResult(Mark);

        public ValueTask<AppendOutcome> SaveBalanceAsync(
            IReadOnlyList<BalanceSpan> spans,
            BalanceMark mark,
            CancellationToken cancellation
        )
        {
            if (Refusal is { } refusal)
            {
                return ValueTask.FromResult<AppendOutcome>(new AppendOutcome.Refused(refusal));
            }
            foreach (BalanceSpan span in spans)
            {
                Spans[span.At] = Spans.TryGetValue(span.At, out BalanceSpan? before) ? before.With(span, 60) : span;
                Newest = span;
            }
            Mark = mark;
            saved.TrySetResult();
            return ValueTask.FromResult<AppendOutcome>(new AppendOutcome.Appended(0, []));
        }

        public ValueTask<IReadOnlyList<BalanceSpan>> BalanceAsync(
            BalanceResolution resolution,
            DateTimeOffset from,
            DateTimeOffset to,
            CancellationToken cancellation
        ) => throw new NotSupportedException();
    }
}
