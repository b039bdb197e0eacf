namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// Times that name their month, as RFC 3164 has them and as devices vary them: <c>Mar  2 08:16:00</c>, <c>Mar 02 2026 08:16:00</c>,
/// <c>Mar 2 08:16:00.123</c>, <c>Mon Mar  2 08:16:00 2026</c>, each with a zone behind it perhaps.
/// </summary>
internal static class MonthNameTime
{
    // A sender's clock may be ahead; further ahead than this, the time is of an earlier year.
    private const long AheadMicrosMax = 86_400_000_000;

    // From one 29 February to the next there are up to eight years.
    private const int YearsBackMax = 8;

    /// <summary>The month that stands at the front, from 1; 0 for none.</summary>
    public static int Month(ReadOnlySpan<byte> text)
    {
        if (text.Length < 3)
        {
            return 0;
        }
        int name = ((text[0] | 0x20) << 16) | ((text[1] | 0x20) << 8) | (text[2] | 0x20);
        return name switch
        {
            0x6A616E => 1,
            0x666562 => 2,
            0x6D6172 => 3,
            0x617072 => 4,
            0x6D6179 => 5,
            0x6A756E => 6,
            0x6A756C => 7,
            0x617567 => 8,
            0x736570 => 9,
            0x6F6374 => 10,
            0x6E6F76 => 11,
            0x646563 => 12,
            _ => 0,
        };
    }

    /// <summary>How many bytes at the front are such a time, without zone and weekday; 0 when there is none.</summary>
    public static int LengthAt(ReadOnlySpan<byte> text) => TryParts(text, out Parts parts) ? parts.Length : 0;

    /// <summary>Reads a time that is the whole text.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, in TimeReference reference, out long micros)
    {
        micros = 0;
        // A weekday says nothing that the date does not.
        if (text.Length > 4 && text[3] == (byte)' ' && Month(text) == 0)
        {
            text = text[4..];
        }
        if (!TryParts(text, out Parts parts))
        {
            return false;
        }
        ReadOnlySpan<byte> rest = text[parts.Length..];
        if (parts.Year == 0 && rest.Length >= 5 && rest[0] == (byte)' ' && TimeParts.Number(rest, 1, 4, out int year))
        {
            parts = parts with { Year = year };
            rest = rest[5..];
        }
        int? offset = null;
        if (!rest.IsEmpty)
        {
            if (!TimeParts.Zone(rest, out int minutes))
            {
                return false;
            }
            offset = minutes;
        }
        return parts.Year == 0
            ? TryGuessYear(parts, offset, reference, out micros)
            : TryInstant(parts, parts.Year, offset, reference.Zone, out micros);
    }

    /// <summary>The latest year that does not put the time more than a day after it was received.</summary>
    private static bool TryGuessYear(in Parts parts, int? offset, in TimeReference reference, out long micros)
    {
        micros = 0;
        if (reference.ReceivedMicros <= 0)
        {
            return false;
        }
        int latest = DateTime.UnixEpoch.AddTicks(reference.ReceivedMicros * 10).Year + 1;
        for (int year = latest; year >= latest - YearsBackMax - 1; year--)
        {
            if (
                TryInstant(parts, year, offset, reference.Zone, out micros)
                && micros <= reference.ReceivedMicros + AheadMicrosMax
            )
            {
                return true;
            }
        }
        return false;
    }

    private static bool TryInstant(in Parts parts, int year, int? offset, TimeZoneInfo zone, out long micros)
    {
        if (!TimeParts.Date(year, parts.Month, parts.Day, out micros))
        {
            return false;
        }
        micros += parts.Clock;
        micros = offset is { } minutes ? micros - (minutes * 60_000_000L) : TimeParts.ToUtc(micros, zone);
        return micros >= 0;
    }

    private static bool TryParts(ReadOnlySpan<byte> text, out Parts parts)
    {
        parts = default;
        int month = Month(text);
        if (month == 0 || text.Length < 14 || text[3] != (byte)' ')
        {
            return false;
        }
        int at = 4;
        while (at < 6 && text[at] == (byte)' ')
        {
            at++;
        }
        int digits = char.IsAsciiDigit((char)text[at + 1]) ? 2 : 1;
        if (!TimeParts.Number(text, at, digits, out int day) || day is < 1 or > 31)
        {
            return false;
        }
        at += digits;
        if (text.Length <= at || text[at] != (byte)' ')
        {
            return false;
        }
        at++;
        if (TimeParts.Number(text, at, 4, out int year) && text.Length > at + 4 && text[at + 4] == (byte)' ')
        {
            at += 5;
        }
        else
        {
            year = 0;
        }
        if (!TimeParts.Clock(text[at..], out long clock, out int length))
        {
            return false;
        }
        parts = new Parts(year, month, day, clock, at + length);
        return true;
    }

    private readonly record struct Parts(int Year, int Month, int Day, long Clock, int Length);
}

/// <summary>The time of web servers' common log format: <c>02/Mar/2026:08:16:00 +0000</c>.</summary>
internal static class CommonLogTime
{
    /// <summary>Reads a time that is the whole text.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, in TimeReference reference, out long micros)
    {
        micros = 0;
        if (
            text.Length < 20
            || !TimeParts.Number(text, 0, 2, out int day)
            || text[2] != (byte)'/'
            || text[6] != (byte)'/'
            || !TimeParts.Number(text, 7, 4, out int year)
            || text[11] != (byte)':'
            || !TimeParts.Clock(text[12..], out long clock, out int length)
            || !TimeParts.Date(year, MonthNameTime.Month(text[3..]), day, out long date)
        )
        {
            return false;
        }
        ReadOnlySpan<byte> rest = text[(12 + length)..];
        int minutes = 0;
        if (!rest.IsEmpty && !TimeParts.Zone(rest, out minutes))
        {
            return false;
        }
        micros = rest.IsEmpty ? TimeParts.ToUtc(date + clock, reference.Zone) : date + clock - (minutes * 60_000_000L);
        return micros >= 0;
    }
}
