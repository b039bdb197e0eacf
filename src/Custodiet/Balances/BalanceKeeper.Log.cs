namespace Custodiet.Balances;

internal static partial class BalanceKeeperLog
{
    [LoggerMessage(
        EventId = 8601,
        Level = LogLevel.Warning,
        EventName = "BalanceWaits",
        Message = "The stages' balance of this minute, and of those after it, waits in memory until the store takes it: {Reason}"
    )]
    public static partial void BalanceWaits(this ILogger logger, string reason);

    [LoggerMessage(
        EventId = 8602,
        Level = LogLevel.Critical,
        EventName = "BalanceDiffers",
        Message = "Sums of the minute {Minute:O} do not hold; events are unaccounted for: inputs {Input}, parsing {Analysis}, rules {Rules}, archive {Archive}, routes {Routes}."
    )]
    public static partial void BalanceDiffers(
        this ILogger logger,
        DateTimeOffset minute,
        long input,
        long analysis,
        long rules,
        long archive,
        long routes
    );
}
