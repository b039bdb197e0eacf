namespace Custodiet.Records.Events;

/// <summary>Microseconds since 1970 UTC, the unit of event times.</summary>
public static class EventTime
{
    /// <summary>The instant as microseconds.</summary>
    public static long ToMicros(DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) / 10;

    /// <summary>The instant behind microseconds.</summary>
    public static DateTimeOffset FromMicros(long micros) =>
        new(DateTime.UnixEpoch.Ticks + (micros * 10), TimeSpan.Zero);
}
