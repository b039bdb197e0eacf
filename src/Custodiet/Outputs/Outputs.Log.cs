namespace Custodiet.Outputs;

internal static partial class OutputsLog
{
    [LoggerMessage(
        EventId = 8201,
        Level = LogLevel.Warning,
        Message = "The route {Route} to {Destination} waits: {Reason}"
    )]
    public static partial void RouteWaits(this ILogger logger, string route, string destination, string reason);

    [LoggerMessage(
        EventId = 8202,
        Level = LogLevel.Information,
        Message = "The route {Route} to {Destination} sends again."
    )]
    public static partial void RouteSendsAgain(this ILogger logger, string route, string destination);

    [LoggerMessage(EventId = 8203, Level = LogLevel.Warning, Message = "The route {Route} set an item aside: {Reason}")]
    public static partial void ItemSetAside(this ILogger logger, string route, string reason);

    [LoggerMessage(
        EventId = 8204,
        Level = LogLevel.Error,
        Message = "The route {Route} passed over {Count} items from {First} on: {Reason}"
    )]
    public static partial void RouteSkipped(this ILogger logger, string route, long count, long first, string reason);

    [LoggerMessage(
        EventId = 8205,
        Level = LogLevel.Error,
        Message = "The route {Route} failed by a bug or a disk that fails; it tries again in a minute."
    )]
    public static partial void RouteFailed(this ILogger logger, string route, Exception failure);

    [LoggerMessage(EventId = 8206, Level = LogLevel.Error, Message = "The route {Route} is off: {Reason}")]
    public static partial void RouteRefused(this ILogger logger, string route, string reason);
}
