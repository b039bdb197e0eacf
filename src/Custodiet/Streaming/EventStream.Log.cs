namespace Custodiet.Streaming;

internal static partial class EventStreamLog
{
    [LoggerMessage(
        EventId = 8401,
        Level = LogLevel.Debug,
        EventName = "TotalsNotStored",
        Message = "Totals were not stored; they are tried again in a second."
    )]
    public static partial void TotalsNotStored(this ILogger logger);
}
