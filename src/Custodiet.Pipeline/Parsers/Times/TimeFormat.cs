namespace Custodiet.Pipeline.Parsers;

/// <summary>How a time is written.</summary>
internal enum TimeFormat
{
    /// <summary>ISO 8601 with a zone, or with none and then in UTC; a space may stand for the T.</summary>
    Iso8601,

    /// <summary>ISO 8601 that names its zone: without one it is not taken.</summary>
    Iso8601Zoned,

    /// <summary>Seconds since 1970, with or without a fraction.</summary>
    EpochSeconds,

    /// <summary>Milliseconds since 1970.</summary>
    EpochMilliseconds,

    /// <summary>Microseconds since 1970.</summary>
    EpochMicroseconds,

    /// <summary>Nanoseconds since 1970.</summary>
    EpochNanoseconds,

    /// <summary>What syslog headers hold: <c>Mar  2 08:16:00</c> in its variants (RFC 3164), or ISO 8601 (RFC 5424).</summary>
    Syslog,

    /// <summary>What web servers write: <c>02/Mar/2026:08:16:00 +0000</c>.</summary>
    CommonLog,

    /// <summary>Any of the above, told apart by form and size.</summary>
    Any,
}

/// <summary>What a time may leave unsaid.</summary>
/// <param name="ReceivedMicros">When it was received, from which a missing year follows; 0 when that is not known.</param>
/// <param name="Zone">The zone of syslog and web server times that name none.</param>
/// <param name="IsoZone">The zone of ISO times that name none; null for UTC.</param>
internal readonly record struct TimeReference(long ReceivedMicros, TimeZoneInfo Zone, TimeZoneInfo? IsoZone)
{
    /// <summary>No year can be guessed, and no zone means UTC.</summary>
    public static TimeReference None => new(0, TimeZoneInfo.Utc, null);
}
