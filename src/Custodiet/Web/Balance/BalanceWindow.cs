using Custodiet.Records.Stores;

namespace Custodiet.Web.Balance;

/// <summary>How long the pieces are that a window is shown in.</summary>
public enum BalanceStep
{
    /// <summary>Minutes.</summary>
    Minute,

    /// <summary>Hours.</summary>
    Hour,

    /// <summary>Days of the reader's time zone.</summary>
    Day,
}

/// <summary>A span of time up to now that the page can show.</summary>
/// <param name="Name">As addresses write it.</param>
/// <param name="Title">As the page does.</param>
/// <param name="Pieces">How many pieces.</param>
/// <param name="Step">How long each is.</param>
public sealed record BalanceWindow(string Name, string Title, int Pieces, BalanceStep Step)
{
    /// <summary>All of them, the first is shown when none is chosen.</summary>
    public static readonly IReadOnlyList<BalanceWindow> All =
    [
        new("1h", "1 hour", 60, BalanceStep.Minute),
        new("24h", "24 hours", 24, BalanceStep.Hour),
        new("7d", "7 days", 168, BalanceStep.Hour),
        new("90d", "90 days", 90, BalanceStep.Day),
    ];

    /// <summary>How finely the series has to be read for it.</summary>
    public BalanceResolution Resolution =>
        Step == BalanceStep.Minute ? BalanceResolution.Minute : BalanceResolution.Hour;

    /// <summary>The window of a name, or the first.</summary>
    public static BalanceWindow Of(string? name) => All.FirstOrDefault(window => window.Name == name) ?? All[0];

    /// <summary>
    /// Where its pieces begin, and where the last ends: at the last full minute, since the one that runs is not written yet. Hours and days are
    /// those of the reader's time zone; the newest of them may not be over.
    /// </summary>
    public IReadOnlyList<DateTimeOffset> Edges(DateTimeOffset now, TimeZoneInfo zone)
    {
        DateTimeOffset end = Floor(now, TimeSpan.FromMinutes(1));
        List<DateTimeOffset> edges = [end];
        DateTimeOffset edge = Step switch
        {
            BalanceStep.Minute => end.AddMinutes(-1),
            BalanceStep.Hour => Floor(end.AddTicks(-1), TimeSpan.FromHours(1)),
            _ => Day(end.AddTicks(-1), zone),
        };
        for (int piece = 0; piece < Pieces; piece++)
        {
            edges.Add(edge);
            edge = Step switch
            {
                BalanceStep.Minute => edge.AddMinutes(-1),
                BalanceStep.Hour => edge.AddHours(-1),
                // A day has 23 to 25 hours where clocks are changed.
                _ => Day(edge.AddTicks(-1), zone),
            };
        }
        edges.Reverse();
        return edges;
    }

    private static DateTimeOffset Floor(DateTimeOffset at, TimeSpan step) =>
        new(at.UtcTicks - (at.UtcTicks % step.Ticks), TimeSpan.Zero);

    // On the full hour, as the series is kept: where a zone is off by half an hour, a day begins with the hour that holds midnight.
    private static DateTimeOffset Day(DateTimeOffset at, TimeZoneInfo zone)
    {
        DateTime midnight = DateTime.SpecifyKind(TimeZoneInfo.ConvertTime(at, zone).Date, DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(midnight))
        {
            midnight = midnight.AddMinutes(30);
        }
        return Floor(new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)), TimeSpan.FromHours(1));
    }
}
