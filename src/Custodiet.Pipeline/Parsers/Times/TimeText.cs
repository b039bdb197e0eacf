using System.Buffers.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Reads event times from text, to the microsecond, without making a string.</summary>
internal static class TimeText
{
    /// <summary>Seconds from 1970 to the end of the year 9999.</summary>
    public const long SecondsMax = 253_402_300_800;
    private const long MicrosPerSecond = 1_000_000;

    /// <summary>Reads a time that needs nothing else to be understood: one without a year is refused, one without a zone is in UTC.</summary>
    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, TimeFormat, in TimeReference, out long)"/>
    public static bool TryRead(ReadOnlySpan<byte> text, TimeFormat format, out long micros) =>
        TryRead(text, format, TimeReference.None, out micros);

    /// <summary>Reads a time.</summary>
    /// <param name="text">UTF-8 of the value.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="reference">What it does not say itself.</param>
    /// <param name="micros">Microseconds since 1970 UTC.</param>
    /// <returns>False when it is not such a time, or lies before 1970 or after 9999.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, TimeFormat format, in TimeReference reference, out long micros)
    {
        micros = 0;
        switch (format)
        {
            case TimeFormat.Iso8601:
                return IsoTime.TryRead(text, zoned: false, reference.IsoZone, out micros);
            case TimeFormat.Iso8601Zoned:
                return IsoTime.TryRead(text, zoned: true, null, out micros);
            case TimeFormat.EpochSeconds:
                return TryEpoch(text, MicrosPerSecond, out micros);
            case TimeFormat.EpochMilliseconds:
                return TryEpoch(text, 1_000, out micros);
            case TimeFormat.EpochMicroseconds:
                return TryEpoch(text, 1, out micros);
            case TimeFormat.EpochNanoseconds:
                return TryEpoch(text, 0, out micros);
            case TimeFormat.Syslog:
                return MonthNameTime.TryRead(text, reference, out micros)
                    || IsoTime.TryRead(text, zoned: false, reference.Zone, out micros);
            case TimeFormat.CommonLog:
                return CommonLogTime.TryRead(text, reference, out micros);
            default:
                return IsoTime.TryRead(text, zoned: false, reference.IsoZone, out micros)
                    || TryAnyEpoch(text, out micros)
                    || MonthNameTime.TryRead(text, reference, out micros)
                    || CommonLogTime.TryRead(text, reference, out micros);
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
            micros += unit == 0 ? 0 : TimeParts.Fraction(fraction) * unit / MicrosPerSecond;
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

    private static bool Digits(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;
}
