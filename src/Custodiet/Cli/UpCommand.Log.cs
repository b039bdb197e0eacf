namespace Custodiet.Cli;

internal static partial class UpCommandLog
{
    [LoggerMessage(
        EventId = 8001,
        Level = LogLevel.Information,
        EventName = "ServiceStarted",
        Message = "Custodiet {Version} has started on {Folder}."
    )]
    public static partial void Started(this ILogger logger, string version, string folder);

    [LoggerMessage(
        EventId = 8002,
        Level = LogLevel.Information,
        EventName = "ServiceStopped",
        Message = "Custodiet has stopped; everything acknowledged is on disk."
    )]
    public static partial void Stopped(this ILogger logger);

    [LoggerMessage(
        EventId = 8003,
        Level = LogLevel.Warning,
        EventName = "ServiceInterrupted",
        Message = "The run before did not come to rest; everything that was acknowledged is there and is gone through again."
    )]
    public static partial void Interrupted(this ILogger logger);

    [LoggerMessage(
        EventId = 8004,
        Level = LogLevel.Critical,
        EventName = "QueueDamaged",
        Message = "The disk damaged a segment of the queue, and events in it are lost: {Damage}"
    )]
    public static partial void QueueDamaged(this ILogger logger, string damage);

    [LoggerMessage(
        EventId = 8005,
        Level = LogLevel.Critical,
        EventName = "FlowBroke",
        Message = "Custodiet stops, because a part of the flow failed; what was acknowledged is on disk."
    )]
    public static partial void FlowBroke(this ILogger logger, Exception failure);

    [LoggerMessage(
        EventId = 8006,
        Level = LogLevel.Warning,
        EventName = "ContentLeftOut",
        Message = "{Count} problems in the content left something out; «custodiet content check» shows each."
    )]
    public static partial void ContentLeftOut(this ILogger logger, int count);
}
