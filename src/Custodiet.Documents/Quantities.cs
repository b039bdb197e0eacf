using System.Globalization;

namespace Custodiet.Documents;

/// <summary>Durations and sizes as people write them.</summary>
public static class Quantities
{
    /// <summary>What a duration looks like, for messages.</summary>
    public const string DurationHint = "a number with a unit: 90s, 30m, 12h, 400d, 8w";

    /// <summary>What a size looks like, for messages.</summary>
    public const string SizeHint = "a number with a unit: 500 MB, 20 GiB, 2 TB";

    private static readonly (string Unit, TimeSpan Of)[] durations =
    [
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
        ("w", TimeSpan.FromDays(7)),
    ];

    private static readonly (string Unit, double Of)[] sizes =
    [
        ("KiB", 1L << 10),
        ("MiB", 1L << 20),
        ("GiB", 1L << 30),
        ("TiB", 1L << 40),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("B", 1),
    ];

    /// <summary>Reads a duration: a positive number and one of <c>s m h d w</c>, at most 1,000 years.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        duration = default;
        foreach ((string unit, TimeSpan of) in durations)
        {
            if (TryNumber(text, unit, StringComparison.Ordinal, out double number) && number * of.TotalDays <= 365_250)
            {
                duration = of * number;
                return duration > TimeSpan.Zero;
            }
        }
        return false;
    }

    /// <summary>Reads a size in bytes: a positive number and one of <c>B kB MB GB TB KiB MiB GiB TiB</c>, at most 1,000 PB.</summary>
    public static bool TrySize(string text, out long bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        bytes = 0;
        foreach ((string unit, double of) in sizes)
        {
            if (TryNumber(text, unit, StringComparison.OrdinalIgnoreCase, out double number) && number * of <= 1e18)
            {
                bytes = (long)(number * of);
                return bytes > 0;
            }
        }
        return false;
    }

    private static bool TryNumber(string text, string unit, StringComparison comparison, out double number)
    {
        number = 0;
        string trimmed = text.Trim();
        return trimmed.EndsWith(unit, comparison)
            && double.TryParse(
                trimmed[..^unit.Length].TrimEnd(),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out number
            );
    }
}
