namespace Custodiet.Inputs;

internal static partial class SyslogInputsLog
{
    [LoggerMessage(
        EventId = 8101,
        Level = LogLevel.Error,
        Message = "The input {Input} has ended by a bug; it takes nothing until the next start."
    )]
    public static partial void InputEnded(this ILogger logger, string input, Exception failure);

    [LoggerMessage(
        EventId = 8102,
        Level = LogLevel.Warning,
        Message = "The input {Input} could not receive; it tries again."
    )]
    public static partial void ReceiveFailed(this ILogger logger, string input, Exception failure);

    [LoggerMessage(
        EventId = 8103,
        Level = LogLevel.Warning,
        Message = "{Input}: a connection of {Peer} was refused, because {Open} are open (syslog.connections_max)."
    )]
    public static partial void TooManyConnections(this ILogger logger, string input, string peer, int open);

    [LoggerMessage(
        EventId = 8104,
        Level = LogLevel.Warning,
        Message = "{Input}: no TLS connection with {Peer}: {Reason}"
    )]
    public static partial void HandshakeFailed(this ILogger logger, string input, string peer, string reason);

    [LoggerMessage(
        EventId = 8105,
        Level = LogLevel.Warning,
        Message = "{Input}: {Peer} is not read while the queue takes nothing: {Reason}"
    )]
    public static partial void Waits(this ILogger logger, string input, string peer, string reason);

    [LoggerMessage(
        EventId = 8108,
        Level = LogLevel.Warning,
        Message = "{Input}: a connection of {Peer} ended by a bug."
    )]
    public static partial void ConnectionBroke(this ILogger logger, string input, string peer, Exception failure);
}

/// <summary>Lets a message pass once in a while, so that a peer cannot fill the log.</summary>
internal sealed class LogBrake(TimeProvider time, TimeSpan every)
{
    private readonly Lock gate = new();
    private long last = long.MinValue;

    /// <summary>Whether the message may be written now.</summary>
    public bool Passes()
    {
        lock (gate)
        {
            if (last != long.MinValue && time.GetElapsedTime(last) < every)
            {
                return false;
            }
            last = time.GetTimestamp();
            return true;
        }
    }
}
