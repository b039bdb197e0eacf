using System.Globalization;

namespace Custodiet.Web;

/// <summary>How much of a moment is written.</summary>
public enum TimeForm
{
    /// <summary>Today: the time of day. Another day: its date too.</summary>
    Brief,

    /// <summary>Date and time to the second.</summary>
    Full,

    /// <summary>How long ago, in the largest unit that fits.</summary>
    Age,
}

/// <summary>Moments and spans as pages write them: local to the reader, UTC on hover.</summary>
internal static class Times
{
    private static readonly CultureInfo culture = CultureInfo.InvariantCulture;
    private static readonly TimeSpan slack = TimeSpan.FromSeconds(5);

    /// <summary>For the <c>datetime</c> attribute.</summary>
    public static string Machine(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", culture);

    /// <summary>What hovering shows.</summary>
    public static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", culture);

    /// <summary>In the reader's time zone.</summary>
    public static string Local(DateTimeOffset at, TimeZoneInfo zone, DateTimeOffset now, TimeForm form)
    {
        if (form == TimeForm.Age)
        {
            // A moment just after the page's own is one that passed while the page was made.
            return now - at is var age && age >= -slack ? $"{Span(age)} ago" : $"in {Span(at - now)}";
        }
        DateTimeOffset local = TimeZoneInfo.ConvertTime(at, zone);
        DateTimeOffset today = TimeZoneInfo.ConvertTime(now, zone);
        string format = form switch
        {
            TimeForm.Full => "yyyy-MM-dd HH:mm:ss",
            _ when local.Date == today.Date => "HH:mm:ss",
            _ when local.Year == today.Year => "dd MMM HH:mm",
            _ => "yyyy-MM-dd",
        };
        return local.ToString(format, culture);
    }

    /// <summary>A span in its largest fitting unit: <c>12 s</c>, <c>3 min</c>, <c>5 h</c>, <c>9 d</c>.</summary>
    public static string Span(TimeSpan span) =>
        span.TotalSeconds switch
        {
            < 1 => "0 s",
            < 120 => $"{(long)span.TotalSeconds} s",
            < 7200 => $"{(long)span.TotalMinutes} min",
            < 172_800 => $"{(long)span.TotalHours} h",
            _ => $"{(long)span.TotalDays} d",
        };

    /// <summary>The moment behind microseconds since 1970 UTC.</summary>
    public static DateTimeOffset OfMicros(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * 10);
}
