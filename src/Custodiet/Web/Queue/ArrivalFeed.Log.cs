namespace Custodiet.Web.Queue;

internal static partial class ArrivalFeedLog
{
    [LoggerMessage(
        EventId = 7101,
        Level = LogLevel.Warning,
        Message = "New alerts could not be announced to open pages."
    )]
    public static partial void Failed(ILogger logger, Exception failure);
}
