using System.Diagnostics.Metrics;

namespace Custodiet.Telemetry;

/// <summary>
/// What is measured where it happens: once a batch, a deletion or a log message, never once an event. What can be read where it is kept is
/// read at the scrape instead, by <see cref="FlowMetrics"/>.
/// </summary>
internal static class Instruments
{
    /// <summary>The name of the product's meters.</summary>
    public const string MeterName = "Custodiet";

    private static readonly Meter meter = new(MeterName, Flow.Version);

    // A flush of a disk takes from a tenth of a millisecond to seconds.
    private static readonly InstrumentAdvice<double> appendSeconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly Histogram<double> append = meter.CreateHistogram(
        "custodiet.queue.append.duration",
        "s",
        "How long a batch of events waited until it was durable in the queue.",
        tags: null,
        appendSeconds
    );

    private static readonly Counter<long> deletedEvents = meter.CreateCounter<long>(
        "custodiet.retention.deleted.events",
        "{event}",
        "Events that left the archive since the start, by cause."
    );

    private static readonly Counter<long> deletedBytes = meter.CreateCounter<long>(
        "custodiet.retention.deleted.size",
        "By",
        "Bytes as received of the events that left the archive since the start, by cause."
    );

    private static readonly Counter<long> logMessages = meter.CreateCounter<long>(
        "custodiet.log.messages",
        "{message}",
        "Log messages of level warning and above since the start; event is the number that docs/logs.md explains, or «other»."
    );

    /// <summary>A batch is durable, or was not taken.</summary>
    public static void Appended(TimeSpan duration) => append.Record(duration.TotalSeconds);

    /// <summary>Events left the archive.</summary>
    public static void Deleted(string cause, long events, long rawBytes)
    {
        KeyValuePair<string, object?> tag = new("cause", cause);
        deletedEvents.Add(events, tag);
        deletedBytes.Add(rawBytes, tag);
    }

    /// <summary>A message was logged.</summary>
    public static void Logged(string level, string messageEvent) =>
        logMessages.Add(1, new("level", level), new("event", messageEvent));
}
