using Custodiet.Records.Stores;
using Custodiet.Web.Balance;

namespace Custodiet.Tests.Web;

/// <summary>How spans become the pieces of a window, and what a missing piece is called.</summary>
public class BalanceSeriesTests
{
    private static readonly DateTimeOffset noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void AnHourIsSixtyMinutesUpToTheLastFullOne()
    {
        IReadOnlyList<DateTimeOffset> edges = BalanceWindow.Of("1h").Edges(noon.AddSeconds(59), TimeZoneInfo.Utc);
        Assert.Equal(61, edges.Count);
        Assert.Equal((noon.AddHours(-1), noon), (edges[0], edges[^1]));
    }

    [Fact]
    public void TheNewestHourIsTheOneThatRuns()
    {
        IReadOnlyList<DateTimeOffset> edges = BalanceWindow.Of("24h").Edges(noon.AddMinutes(20), TimeZoneInfo.Utc);
        Assert.Equal(25, edges.Count);
        Assert.Equal((noon.AddHours(-23), noon, noon.AddMinutes(20)), (edges[0], edges[^2], edges[^1]));
        edges = BalanceWindow.Of("7d").Edges(noon, TimeZoneInfo.Utc);
        Assert.Equal((169, noon.AddHours(-1), noon), (edges.Count, edges[^2], edges[^1]));
    }

    [Fact]
    public void DaysAreThoseOfTheReaderAlsoWhereClocksAreChanged()
    {
        // Clocks in Berlin went forward on 29 March 2026: that day had 23 hours.
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        DateTimeOffset now = new(2026, 3, 30, 10, 0, 0, TimeSpan.Zero);
        IReadOnlyList<DateTimeOffset> edges = BalanceWindow.Of("90d").Edges(now, berlin);
        Assert.Equal(91, edges.Count);
        Assert.Equal(TimeSpan.FromHours(23), edges[^2] - edges[^3]);
        Assert.Equal(TimeSpan.FromHours(24), edges[^3] - edges[^4]);
        Assert.Equal(edges.Order(), edges);
    }

    [Fact]
    public void AnUnknownWindowIsTheFirst() => Assert.Equal("1h", BalanceWindow.Of("2' OR 1=1").Name);

    [Fact]
    public void SpansOfAPieceAreAddedAndLevelsAreTheNewest()
    {
        BalanceSeries series = BalanceSeries.Of(
            [Span(0, 5), Span(1, 7) with { Levels = new() { ToAnalyse = 3 } }],
            [noon, noon.AddHours(1)]
        );
        BalancePiece piece = Assert.Single(series.Pieces);
        Assert.Equal((12, 3, 120), (piece.Span!.Counts.Queued, piece.Span.Levels.ToAnalyse, piece.Span.Seconds));
        Assert.Equal(piece.Span.Counts, series.Sum.Counts);
        Assert.Equal(3_480, piece.MissingSeconds);
    }

    [Fact]
    public void AGapIsNoZeroAndSaysWhatIsKnownOfIt()
    {
        BalanceSeries series = BalanceSeries.Of(
            [
                Span(1, 5),
                // Stopped in minute 2, started in minute 4; in minute 6 nothing was written; after minute 7 nothing is known.
                Span(2, 1) with
                {
                    Seconds = 10,
                },
                Span(4, 0) with
                {
                    Seconds = 40,
                    Starts = 1,
                },
                Span(5, 0),
                Span(7, 2),
            ],
            [.. Enumerable.Range(0, 10).Select(minute => noon.AddMinutes(minute))]
        );
        Assert.Equal(
            [
                BalanceGap.NotWritten,
                BalanceGap.None,
                BalanceGap.NotRunning,
                BalanceGap.NotRunning,
                BalanceGap.NotRunning,
                BalanceGap.None,
                BalanceGap.NotWritten,
                BalanceGap.None,
                BalanceGap.Unknown,
            ],
            series.Pieces.Select(piece => piece.Gap)
        );
        Assert.Null(series.Pieces[3].Span);
        Assert.Equal(0, series.Pieces[5].Span!.Counts.Queued);
        Assert.Equal([0, 50, 60, 20], series.Pieces.Skip(1).Take(4).Select(piece => piece.MissingSeconds));
    }

    [Fact]
    public void BeforeTheFirstStartNothingIsKnown()
    {
        BalanceSeries series = BalanceSeries.Of(
            [Span(2, 1) with { Starts = 1 }],
            [.. Enumerable.Range(0, 4).Select(m => noon.AddMinutes(m))]
        );
        Assert.Equal([BalanceGap.Unknown, BalanceGap.Unknown, BalanceGap.None], series.Pieces.Select(p => p.Gap));
    }

    [Fact]
    public void PiecesWithoutFiguresThatFollowEachOtherAreToldOnce()
    {
        BalanceSeries series = BalanceSeries.Of(
            [Span(0, 1), Span(4, 1) with { Starts = 1 }, Span(6, 0)],
            [.. Enumerable.Range(0, 10).Select(minute => noon.AddMinutes(minute))]
        );
        Assert.Equal(
            [(0, 1), (1, 3), (4, 1), (5, 1), (6, 1), (7, 2)],
            series.Folded().Select(f => ((int)(f.Piece.From - noon).TotalMinutes, f.Pieces))
        );
        Assert.Equal(noon.AddMinutes(4), series.Folded()[1].Piece.To);
    }

    [Fact]
    public void AnEmptyWindowIsEmptyAndNotZero()
    {
        BalanceSeries series = BalanceSeries.Of([], [noon, noon.AddMinutes(1)]);
        Assert.True(series.IsEmpty);
        Assert.Equal(BalanceGap.Unknown, Assert.Single(series.Pieces).Gap);
    }

    [Fact]
    public void DifferencesAreNamedWithTheirSign() =>
        Assert.Equal(
            ["inputs −2", "archive +1,000"],
            BalanceWords.Of(new BalanceDifferences { Input = -2, Archive = 1_000 })
        );

    private static BalanceSpan Span(int minute, long queued) =>
        new()
        {
            At = noon.AddMinutes(minute),
            Seconds = 60,
            Counts = new BalanceCounts { Queued = queued },
        };
}
