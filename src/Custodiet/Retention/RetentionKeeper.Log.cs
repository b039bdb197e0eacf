namespace Custodiet.Retention;

internal static partial class RetentionKeeperLog
{
    [LoggerMessage(
        EventId = 8301,
        Level = LogLevel.Warning,
        EventName = "ArchiveOverBudget",
        Message = "The archive is {Bytes} bytes above its budget: holds keep what would have to go. Lift a hold or raise archive.bytes_max."
    )]
    public static partial void OverBudget(this ILogger logger, long bytes);

    [LoggerMessage(
        EventId = 8302,
        Level = LogLevel.Error,
        EventName = "RetentionFails",
        Message = "Events that are due could not be deleted; it is tried again in 10 minutes. {Reason}"
    )]
    public static partial void RetentionFails(this ILogger logger, string reason);
}
