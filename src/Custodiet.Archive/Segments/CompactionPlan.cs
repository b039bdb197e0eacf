namespace Custodiet.Archive;

/// <summary>Says which neighbouring segments are merged next.</summary>
internal static class CompactionPlan
{
    private const long HourMicros = 3_600_000_000;

    /// <summary>
    /// The oldest run of neighbouring small segments received in one hour that is long enough, or whose hour is over.
    /// Empty when there is none.
    /// </summary>
    public static IReadOnlyList<SegmentEntry> Next(
        IReadOnlyList<SegmentEntry> segments,
        ArchiveOptions options,
        DateTimeOffset now
    )
    {
        long currentHour = Hour(Records.Events.EventTime.ToMicros(now));
        int first = 0;
        while (first < segments.Count)
        {
            int next = EndOfRun(segments, first, options);
            int length = next - first;
            bool over = Hour(segments[first].FirstReceivedMicros) < currentHour;
            if (length >= options.CompactionSegmentsMin || (over && length > 1))
            {
                return [.. segments.Skip(first).Take(length)];
            }
            first = Math.Max(next, first + 1);
        }
        return [];
    }

    private static int EndOfRun(IReadOnlyList<SegmentEntry> segments, int first, ArchiveOptions options)
    {
        long events = 0;
        long rawBytes = 0;
        int next = first;
        while (
            next < segments.Count
            && segments[next].RawBytes < options.CompactionBelowRawBytes
            && Hour(segments[next].FirstReceivedMicros) == Hour(segments[first].FirstReceivedMicros)
            && events + segments[next].Events <= options.CompactionEventsMax
            && rawBytes + segments[next].RawBytes <= options.CompactionRawBytesMax
        )
        {
            events += segments[next].Events;
            rawBytes += segments[next].RawBytes;
            next++;
        }
        return next;
    }

    private static long Hour(long micros) => micros / HourMicros;
}
