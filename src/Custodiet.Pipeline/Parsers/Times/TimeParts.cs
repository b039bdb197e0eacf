namespace Custodiet.Pipeline.Parsers;

/// <summary>What all written times are made of: digits, a clock, a zone, a date that must exist.</summary>
internal static class TimeParts
{
    private const long MicrosPerSecond = 1_000_000;
    private const long MicrosPerDay = 86_400 * MicrosPerSecond;

    /// <summary>Exactly so many digits.</summary>
    public static bool Number(ReadOnlySpan<byte> text, int at, int length, out int value)
    {
        value = 0;
        if (text.Length < at + length)
        {
            return false;
        }
        foreach (byte digit in text.Slice(at, length))
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }
            value = (value * 10) + (digit - '0');
        }
        return true;
    }

    /// <summary><c>hh:mm:ss</c> at the front, with a fraction perhaps.</summary>
    /// <param name="text">The text.</param>
    /// <param name="micros">Microseconds since midnight.</param>
    /// <param name="length">Bytes it takes.</param>
    public static bool Clock(ReadOnlySpan<byte> text, out long micros, out int length)
    {
        micros = 0;
        length = 8;
        if (
            !Number(text, 0, 2, out int hour)
            || !Number(text, 3, 2, out int minute)
            || !Number(text, 6, 2, out int second)
            || text[2] != (byte)':'
            || text[5] != (byte)':'
            || hour > 23
            || minute > 59
            || second > 60
        )
        {
            return false;
        }
        // A leap second is the last moment of its minute: no event may be refused for falling into one.
        second = second == 60 ? 59 : second;
        micros = ((((hour * 60L) + minute) * 60) + second) * MicrosPerSecond;
        if (text.Length > 8 && text[8] is (byte)'.' or (byte)',')
        {
            int digits = text[9..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            digits = digits < 0 ? text.Length - 9 : digits;
            if (digits == 0)
            {
                return false;
            }
            micros += Fraction(text.Slice(9, digits));
            length = 9 + digits;
        }
        return true;
    }

    /// <summary>Digits behind a point as microseconds; what is finer is cut off.</summary>
    public static long Fraction(ReadOnlySpan<byte> digits)
    {
        long value = 0;
        for (int i = 0; i < 6; i++)
        {
            value = (value * 10) + (i < digits.Length ? digits[i] - '0' : 0);
        }
        return value;
    }

    /// <summary>The whole text as a zone: <c>Z</c>, <c>UTC</c>, <c>GMT</c>, <c>+02</c>, <c>+0200</c>, <c>+02:00</c>, one space before it allowed.</summary>
    public static bool Zone(ReadOnlySpan<byte> zone, out int minutes)
    {
        minutes = 0;
        if (zone.Length > 1 && zone[0] == (byte)' ')
        {
            zone = zone[1..];
        }
        if (zone is [(byte)'Z' or (byte)'z'] || zone.SequenceEqual("UTC"u8) || zone.SequenceEqual("GMT"u8))
        {
            return true;
        }
        if (zone.Length is not (3 or 5 or 6) || zone[0] is not ((byte)'+' or (byte)'-'))
        {
            return false;
        }
        int late = 0;
        bool known =
            Number(zone, 1, 2, out int hours)
            && zone.Length switch
            {
                3 => true,
                5 => Number(zone, 3, 2, out late),
                _ => zone[3] == (byte)':' && Number(zone, 4, 2, out late),
            };
        minutes = ((hours * 60) + late) * (zone[0] == (byte)'-' ? -1 : 1);
        return known && hours <= 18 && late <= 59;
    }

    /// <summary>The date as microseconds since 1970; false when there is no such day or it lies before 1970.</summary>
    public static bool Date(int year, int month, int day, out long micros)
    {
        micros = 0;
        if (year is < 1970 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }
        long days = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks / TimeSpan.TicksPerDay;
        micros = (days - (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerDay)) * MicrosPerDay;
        return true;
    }

    /// <summary>From a clock on the wall to UTC. A time that happens twice, in autumn, counts as the later one; one that is skipped, in spring, as if nothing had been skipped.</summary>
    public static long ToUtc(long localMicros, TimeZoneInfo zone)
    {
        if (ReferenceEquals(zone, TimeZoneInfo.Utc))
        {
            return localMicros;
        }
        DateTime local = DateTime.UnixEpoch.AddTicks(localMicros * 10);
        TimeSpan offset = zone.GetUtcOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified));
        return localMicros - (offset.Ticks / 10);
    }
}
