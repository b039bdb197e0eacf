using System.Globalization;

namespace Custodiet.Process.Facts;

/// <summary>Durations as content writes them: a whole number and <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>.</summary>
internal static class Duration
{
    /// <summary>Ten years: more is a mistake.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(3_653);

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        if (
            text.Length < 2
            || !long.TryParse(
                text.AsSpan(0, text.Length - 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out long n
            )
        )
        {
            return false;
        }
        long seconds = text[^1] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => 0,
        };
        if (seconds == 0 || n < 1 || n > (long)Max.TotalSeconds / seconds)
        {
            return false;
        }
        value = TimeSpan.FromSeconds(n * seconds);
        return true;
    }

    /// <summary>The shortest exact form, in the largest unit that divides it: <c>30d</c>, <c>90m</c>.</summary>
    public static string Format(TimeSpan value)
    {
        long seconds = (long)value.TotalSeconds;
        (long size, string unit) =
            seconds % 86_400 == 0 ? (86_400L, "d")
            : seconds % 3_600 == 0 ? (3_600L, "h")
            : seconds % 60 == 0 ? (60L, "m")
            : (1L, "s");
        return string.Create(CultureInfo.InvariantCulture, $"{seconds / size}{unit}");
    }

    /// <summary>In words, for narratives and ages: <c>12 s</c>, <c>3 min</c>, <c>5 h</c>, <c>2 d</c>.</summary>
    public static string InWords(TimeSpan value)
    {
        double seconds = Math.Abs(value.TotalSeconds);
        return seconds switch
        {
            < 90 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
            < 5_400 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min"),
            < 172_800 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3_600:0} h"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 86_400:0} d"),
        };
    }
}
