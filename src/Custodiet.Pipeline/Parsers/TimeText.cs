using System.Buffers.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Reads event times from text, to the microsecond, without making a string.</summary>
internal static class TimeText
{
    private const long SecondsMax = 253_402_300_800;
    private const long MicrosPerSecond = 1_000_000;
    private const long MicrosPerDay = 86_400 * MicrosPerSecond;

    /// <summary>Reads a time.</summary>
    /// <param name="text">UTF-8 of the value.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="micros">Microseconds since 1970 UTC.</param>
    /// <returns>False when it is not such a time, or lies before 1970 or after 9999.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, TimeFormat format, out long micros)
    {
        micros = 0;
        switch (format)
        {
            case TimeFormat.Iso8601:
                return TryIso(text, zoned: false, out micros);
            case TimeFormat.Iso8601Zoned:
                return TryIso(text, zoned: true, out micros);
            case TimeFormat.EpochSeconds:
                return TryEpoch(text, MicrosPerSecond, out micros);
            case TimeFormat.EpochMilliseconds:
                return TryEpoch(text, 1_000, out micros);
            case TimeFormat.EpochMicroseconds:
                return TryEpoch(text, 1, out micros);
            case TimeFormat.EpochNanoseconds:
                return TryEpoch(text, 0, out micros);
            default:
                return TryIso(text, zoned: false, out micros) || TryAnyEpoch(text, out micros);
        }
    }

    /// <summary>
    /// A number whose unit its size tells: seconds reach 1e11 in the year 5138, milliseconds 1e14, microseconds 1e17.
    /// Below 1e8 (March 1973) it is taken for something else than a time.
    /// </summary>
    private static bool TryAnyEpoch(ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        int dot = text.IndexOf((byte)'.');
        int digits = dot < 0 ? text.Length : dot;
        long unit = digits switch
        {
            9 or 10 or 11 => MicrosPerSecond,
            12 or 13 or 14 => 1_000,
            15 or 16 or 17 => 1,
            18 or 19 => 0,
            _ => -1,
        };
        return unit >= 0 && TryEpoch(text, unit, out micros);
    }

    private static bool TryEpoch(ReadOnlySpan<byte> text, long unit, out long micros)
    {
        micros = 0;
        int dot = text.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = dot < 0 ? text : text[..dot];
        if (
            whole.IsEmpty
            || !Digits(whole)
            || !Utf8Parser.TryParse(whole, out long value, out int used)
            || used != whole.Length
        )
        {
            // Numbers such as 1.7e9 are legal JSON; they are rare enough for the slow way.
            return TryExponent(text, unit, out micros);
        }
        if (value > SecondsMax * (unit == 0 ? 1_000_000_000 / 28 : MicrosPerSecond / unit))
        {
            return false;
        }
        micros = unit == 0 ? value / 1_000 : value * unit;
        if (dot >= 0)
        {
            ReadOnlySpan<byte> fraction = text[(dot + 1)..];
            if (!Digits(fraction))
            {
                return TryExponent(text, unit, out micros);
            }
            micros += unit == 0 ? 0 : Fraction(fraction) * unit / MicrosPerSecond;
        }
        return micros is >= 0 and < SecondsMax * MicrosPerSecond;
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, long unit, out long micros)
    {
        micros = 0;
        if (
            text.IsEmpty
            || !Utf8Parser.TryParse(text, out double value, out int used)
            || used != text.Length
            || !(value >= 0)
        )
        {
            return false;
        }
        double scaled = unit == 0 ? value / 1_000 : value * unit;
        if (scaled >= (double)SecondsMax * MicrosPerSecond)
        {
            return false;
        }
        micros = (long)scaled;
        return true;
    }

    private static bool TryIso(ReadOnlySpan<byte> text, bool zoned, out long micros)
    {
        micros = 0;
        if (
            text.Length < 19
            || !Number(text, 0, 4, out int year)
            || text[4] is not ((byte)'-' or (byte)'/')
            || !Number(text, 5, 2, out int month)
            || text[7] != text[4]
            || !Number(text, 8, 2, out int day)
            || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ')
            || !Number(text, 11, 2, out int hour)
            || text[13] != (byte)':'
            || !Number(text, 14, 2, out int minute)
            || text[16] != (byte)':'
            || !Number(text, 17, 2, out int second)
        )
        {
            return false;
        }
        // A leap second is the last moment of its minute: no event may be refused for falling into one.
        second = second == 60 ? 59 : second;
        if (
            year < 1970
            || month is < 1 or > 12
            || day < 1
            || day > DateTime.DaysInMonth(year, month)
            || hour > 23
            || minute > 59
            || second > 59
        )
        {
            return false;
        }
        long fraction = 0;
        ReadOnlySpan<byte> rest = text[19..];
        if (rest.Length > 0 && rest[0] is (byte)'.' or (byte)',')
        {
            int digits = 1;
            while (digits < rest.Length && char.IsAsciiDigit((char)rest[digits]))
            {
                digits++;
            }
            if (digits == 1)
            {
                return false;
            }
            fraction = Fraction(rest[1..digits]);
            rest = rest[digits..];
        }
        if (!TryZone(rest, zoned, out int offsetMinutes))
        {
            return false;
        }
        long days = new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks / TimeSpan.TicksPerDay;
        days -= DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerDay;
        long seconds = (((hour * 60L) + minute - offsetMinutes) * 60) + second;
        micros = (days * MicrosPerDay) + (seconds * MicrosPerSecond) + fraction;
        return micros >= 0;
    }

    private static bool TryZone(ReadOnlySpan<byte> zone, bool required, out int minutes)
    {
        minutes = 0;
        if (zone.IsEmpty)
        {
            return !required;
        }
        if (zone.Length > 1 && zone[0] == (byte)' ')
        {
            zone = zone[1..];
        }
        if (zone is [(byte)'Z' or (byte)'z'] || zone.SequenceEqual("UTC"u8))
        {
            return true;
        }
        if (zone[0] is not ((byte)'+' or (byte)'-') || zone.Length is not (3 or 5 or 6))
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

    /// <summary>Digits behind a point as microseconds; what is finer is cut off.</summary>
    private static long Fraction(ReadOnlySpan<byte> digits)
    {
        long value = 0;
        for (int i = 0; i < 6; i++)
        {
            value = (value * 10) + (i < digits.Length ? digits[i] - '0' : 0);
        }
        return value;
    }

    private static bool Digits(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static bool Number(ReadOnlySpan<byte> text, int at, int length, out int value)
    {
        value = 0;
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
}
