using Custodiet.Records.Events;

namespace Custodiet.Archive;

/// <summary>What ends the archive's growth first.</summary>
public enum RunwayEnd
{
    /// <summary>Too little was archived to say.</summary>
    Unknown,

    /// <summary>Deletion by age keeps pace: at this rate the disk does not fill within ten years.</summary>
    Age,

    /// <summary>The budget: the oldest events then go.</summary>
    Budget,

    /// <summary>The disk: the inputs then push back.</summary>
    Disk,
}

/// <summary>How long the disk lasts at the present rate.</summary>
/// <param name="BytesPerDay">Bytes on disk that the archive grows by in a day, over the last seven days or since it began; null: unknown.</param>
/// <param name="End">What ends the growth.</param>
/// <param name="Left">When; null where there is no end or it is unknown.</param>
public sealed record Runway(double? BytesPerDay, RunwayEnd End, TimeSpan? Left)
{
    private const int HoursMax = 24 * 3650;

    /// <summary>Data of less time than this says nothing about a day: 10 minutes.</summary>
    public static TimeSpan MeasuredAtLeast { get; } = TimeSpan.FromMinutes(10);

    /// <summary>The rate is measured over so much time at most: 7 days.</summary>
    public static TimeSpan MeasuredAtMost { get; } = TimeSpan.FromDays(7);

    /// <summary>Looks ahead hour by hour: what comes at this rate, what the policy deletes by age, what the disk has.</summary>
    /// <param name="segments">The archive's segments, oldest first: newest receipt in microseconds since 1970 UTC, bytes on disk.</param>
    /// <param name="firstMicros">The oldest receipt.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="freeBytes">Free on the disk above the floor at which inputs push back.</param>
    /// <param name="now">Now.</param>
    internal static Runway Of(
        IReadOnlyList<(long LastMicros, long Bytes)> segments,
        long firstMicros,
        RetentionPolicy policy,
        long freeBytes,
        DateTimeOffset now
    )
    {
        TimeSpan since = segments.Count == 0 ? TimeSpan.Zero : now - EventTime.FromMicros(firstMicros);
        if (since < MeasuredAtLeast)
        {
            return new Runway(null, RunwayEnd.Unknown, null);
        }
        TimeSpan measured = since < MeasuredAtMost ? since : MeasuredAtMost;
        long begin = EventTime.ToMicros(now - measured);
        double perHour = segments.Where(s => s.LastMicros >= begin).Sum(s => (double)s.Bytes) / measured.TotalHours;
        TimeSpan? keep = policy.Rules.Any(r => r.Keep is null) ? null : policy.Rules.Max(r => r.Keep);
        double size = segments.Sum(s => (double)s.Bytes);
        double most = size + freeBytes;
        int expired = 0;
        for (int hour = 1; hour <= HoursMax; hour++)
        {
            size += perHour;
            if (keep is { } kept)
            {
                long before = EventTime.ToMicros(now + TimeSpan.FromHours(hour) - kept);
                while (expired < segments.Count && segments[expired].LastMicros < before)
                {
                    size -= segments[expired++].Bytes;
                }
                size -= hour > kept.TotalHours ? perHour : 0;
            }
            if (policy.FileBytesMax is { } bound && bound < most && size >= bound)
            {
                return new Runway(perHour * 24, RunwayEnd.Budget, TimeSpan.FromHours(hour - 1));
            }
            if (size >= most)
            {
                return new Runway(perHour * 24, RunwayEnd.Disk, TimeSpan.FromHours(hour - 1));
            }
        }
        return new Runway(perHour * 24, RunwayEnd.Age, null);
    }
}
