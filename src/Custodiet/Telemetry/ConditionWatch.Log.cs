namespace Custodiet.Telemetry;

internal static partial class ConditionWatchLog
{
    [LoggerMessage(
        EventId = 8501,
        Level = LogLevel.Critical,
        EventName = "LedgerRefuses",
        Message = "The ledger does not verify, and no record is taken: {Reason}"
    )]
    public static partial void LedgerRefuses(this ILogger logger, string reason);

    [LoggerMessage(
        EventId = 8502,
        Level = LogLevel.Warning,
        EventName = "LedgerBehind",
        Message = "The ledger's tree is behind the records, which are durable; it catches up when the disk is well: {Reason}"
    )]
    public static partial void LedgerBehind(this ILogger logger, string reason);

    [LoggerMessage(
        EventId = 8503,
        Level = LogLevel.Error,
        EventName = "RecordsFail",
        Message = "No record can be stored, so that nobody can judge or change anything: {Reason}"
    )]
    public static partial void RecordsFail(this ILogger logger, string reason);

    [LoggerMessage(
        EventId = 8504,
        Level = LogLevel.Critical,
        EventName = "QueueFails",
        Message = "The queue takes nothing; senders that cannot wait lose events: {Reason}"
    )]
    public static partial void QueueFails(this ILogger logger, string reason);

    [LoggerMessage(
        EventId = 8505,
        Level = LogLevel.Error,
        EventName = "ArchiveFails",
        Message = "Events cannot be archived; they stay in the queue, which fills up: {Reason}"
    )]
    public static partial void ArchiveFails(this ILogger logger, string reason);

    [LoggerMessage(
        EventId = 8506,
        Level = LogLevel.Warning,
        EventName = "CompactionFails",
        Message = "Segments of the archive cannot be merged, so that queries become slower: {Reason}"
    )]
    public static partial void CompactionFails(this ILogger logger, string reason);

    [LoggerMessage(
        EventId = 8507,
        Level = LogLevel.Warning,
        EventName = "AnchorFails",
        Message = "Checkpoints are not copied outside ({Kind}): {Reason}"
    )]
    public static partial void AnchorFails(this ILogger logger, string kind, string reason);

    [LoggerMessage(
        EventId = 8508,
        Level = LogLevel.Warning,
        EventName = "DiskShort",
        Message = "The disk becomes short: {Reason}"
    )]
    public static partial void DiskShort(this ILogger logger, string reason);

    [LoggerMessage(
        EventId = 8509,
        Level = LogLevel.Information,
        EventName = "WellAgain",
        Message = "Well again: {Condition}."
    )]
    public static partial void WellAgain(this ILogger logger, string condition);
}
