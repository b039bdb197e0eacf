namespace Custodiet.Pipeline.Parsers;

/// <summary>ISO 8601 and RFC 3339 times: date, T or space, clock, fraction, zone. Slashes may stand in the date.</summary>
internal static class IsoTime
{
    /// <summary>Reads a time that is the whole text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="zoned">Whether it must name its zone.</param>
    /// <param name="zone">The zone when it names none; null for UTC.</param>
    /// <param name="micros">Microseconds since 1970 UTC.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, bool zoned, TimeZoneInfo? zone, out long micros)
    {
        micros = 0;
        if (
            text.Length < 19
            || !TimeParts.Number(text, 0, 4, out int year)
            || text[4] is not ((byte)'-' or (byte)'/')
            || !TimeParts.Number(text, 5, 2, out int month)
            || text[7] != text[4]
            || !TimeParts.Number(text, 8, 2, out int day)
            || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ')
            || !TimeParts.Clock(text[11..], out long clock, out int length)
            || !TimeParts.Date(year, month, day, out long date)
        )
        {
            return false;
        }
        ReadOnlySpan<byte> rest = text[(11 + length)..];
        if (rest.IsEmpty)
        {
            micros = zone is null ? date + clock : TimeParts.ToUtc(date + clock, zone);
            return !zoned && micros >= 0;
        }
        if (!TimeParts.Zone(rest, out int minutes))
        {
            return false;
        }
        micros = date + clock - (minutes * 60_000_000L);
        return micros >= 0;
    }
}
