using System.Globalization;
using System.Text;
using Custodiet.Analytics.Language;

namespace Custodiet.Analytics.Matching;

/// <summary>Compares numbers, and the parts of the instants that values denote.</summary>
internal static class Instants
{
    private const int TextBytesMax = 64;

    /// <summary>Whether a value compares so. A value that is no number, or no instant where a part of one is asked for, does not.</summary>
    public static bool TryCompare(CompareTest test, ReadOnlySpan<byte> value)
    {
        if (value.Length > TextBytesMax)
        {
            return false;
        }
        double number;
        if (test.Part is { } part)
        {
            if (!TryReadInstant(value, out DateTime instant))
            {
                return false;
            }
            number = PartOf(instant, part);
        }
        else if (!Numbers.TryRead(value, out number))
        {
            return false;
        }
        return test.Comparison switch
        {
            Comparison.Less => number < test.Number,
            Comparison.LessOrEqual => number <= test.Number,
            Comparison.Greater => number > test.Number,
            Comparison.GreaterOrEqual => number >= test.Number,
            _ => number == test.Number,
        };
    }

    // The week is ISO 8601's, which the specification does not say but calendars of SOCs use.
    private static int PartOf(DateTime instant, TimePart part) =>
        part switch
        {
            TimePart.Minute => instant.Minute,
            TimePart.Hour => instant.Hour,
            TimePart.Day => instant.Day,
            TimePart.Week => ISOWeek.GetWeekOfYear(instant),
            TimePart.Month => instant.Month,
            _ => instant.Year,
        };

    // A number is seconds, milliseconds, microseconds or nanoseconds since 1970, whichever puts it between 1973 and 5138.
    private static bool TryReadInstant(ReadOnlySpan<byte> value, out DateTime instant)
    {
        instant = default;
        if (!Numbers.TryRead(value, out double number))
        {
            return DateTime.TryParse(
                Encoding.UTF8.GetString(value),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out instant
            );
        }
        double seconds = number switch
        {
            < 1e11 => number,
            < 1e14 => number / 1e3,
            < 1e17 => number / 1e6,
            _ => number / 1e9,
        };
        if (seconds is < 0 or >= 1e11)
        {
            return false;
        }
        instant = DateTime.UnixEpoch.AddSeconds(seconds);
        return true;
    }
}
