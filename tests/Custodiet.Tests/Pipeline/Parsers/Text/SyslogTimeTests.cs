using System.Globalization;
using System.Text;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

public class SyslogTimeTests
{
    private static string? Read(
        string text,
        string received,
        string zone = "UTC",
        TimeFormat format = TimeFormat.Syslog
    )
    {
        Assert.True(TimeZones.TryFind(zone, out TimeZoneInfo? found));
        long receivedMicros = EventTime.ToMicros(
            DateTimeOffset.Parse(received, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
        );
        TimeReference reference = new(receivedMicros, found, null);
        return TimeText.TryRead(Encoding.UTF8.GetBytes(text), format, reference, out long micros)
            ? EventTime.FromMicros(micros).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)
            : null;
    }

    [Theory]
    [InlineData("Mar  2 08:16:00", "2026-03-02T08:16:01Z", "2026-03-02T08:16:00Z")]
    [InlineData("Mar 2 08:16:00.25", "2026-03-02T08:16:01Z", "2026-03-02T08:16:00.25Z")]
    // A line of last year, and one of the next because the sender's clock is ahead.
    [InlineData("Dec 31 23:59:59", "2026-01-01T00:00:02Z", "2025-12-31T23:59:59Z")]
    [InlineData("Jan  1 00:00:01", "2025-12-31T23:59:59Z", "2026-01-01T00:00:01Z")]
    // A day ahead is a clock that is wrong; more is last year.
    [InlineData("Mar  3 08:15:00", "2026-03-02T08:16:00Z", "2026-03-03T08:15:00Z")]
    [InlineData("Mar  3 08:17:00", "2026-03-02T08:16:00Z", "2025-03-03T08:17:00Z")]
    // The last year that had the day.
    [InlineData("Feb 29 12:00:00", "2026-03-02T08:16:00Z", "2024-02-29T12:00:00Z")]
    [InlineData("Feb 29 12:00:00", "2104-02-28T00:00:00Z", "2096-02-29T12:00:00Z")]
    [InlineData("Mar 02 2024 08:16:00", "2026-03-02T08:16:01Z", "2024-03-02T08:16:00Z")]
    [InlineData("Mon Mar  2 08:16:00 2020", "2026-03-02T08:16:01Z", "2020-03-02T08:16:00Z")]
    [InlineData("Mar  2 08:16:00 +0100", "2026-03-02T08:16:01Z", "2026-03-02T07:16:00Z")]
    [InlineData("Mar  2 08:16:00 UTC", "2026-03-02T08:16:01Z", "2026-03-02T08:16:00Z")]
    [InlineData("2026-03-02T08:16:00.5+01:00", "2026-03-02T08:16:01Z", "2026-03-02T07:16:00.5Z")]
    public void AMissingYearFollowsFromTheTimeOfReceipt(string text, string received, string expected) =>
        Assert.Equal(expected, Read(text, received));

    // Offsets of the IANA database for Europe/Berlin: +01:00 in winter, +02:00 from 29 March to 25 October 2026.
    [Theory]
    [InlineData("Mar  2 08:16:00", "2026-03-02T07:16:01Z", "Europe/Berlin", "2026-03-02T07:16:00Z")]
    [InlineData("Jul  2 08:16:00", "2026-07-02T06:16:01Z", "Europe/Berlin", "2026-07-02T06:16:00Z")]
    [InlineData("Oct 25 02:30:00", "2026-10-25T01:30:01Z", "Europe/Berlin", "2026-10-25T01:30:00Z")]
    [InlineData("Mar 29 02:30:00", "2026-03-29T01:30:01Z", "Europe/Berlin", "2026-03-29T01:30:00Z")]
    [InlineData("Jan  1 00:30:00", "2025-12-31T23:30:01Z", "Europe/Berlin", "2025-12-31T23:30:00Z")]
    [InlineData("2026-03-02T08:16:00", "2026-03-02T08:16:00Z", "-05:00", "2026-03-02T13:16:00Z")]
    [InlineData("2026-03-02T08:16:00Z", "2026-03-02T08:16:00Z", "Europe/Berlin", "2026-03-02T08:16:00Z")]
    public void ATimeWithoutAZoneIsInTheSettingsZone(string text, string received, string zone, string expected) =>
        Assert.Equal(expected, Read(text, received, zone));

    [Theory]
    [InlineData("02/Mar/2026:08:16:00 +0000", "2026-03-02T08:16:00Z")]
    [InlineData("02/Mar/2026:09:16:00 +0100", "2026-03-02T08:16:00Z")]
    [InlineData("02/Mar/2026:08:16:00.250 +0000", "2026-03-02T08:16:00.25Z")]
    [InlineData("02/Mar/2026:08:16:00", "2026-03-02T08:16:00Z")]
    [InlineData("32/Mar/2026:08:16:00 +0000", null)]
    [InlineData("02/Mrz/2026:08:16:00 +0000", null)]
    [InlineData("02/Mar/2026 08:16:00 +0000", null)]
    public void WebServersTimesAreRead(string text, string? expected) =>
        Assert.Equal(expected, Read(text, "2026-03-02T08:16:01Z", format: TimeFormat.CommonLog));

    [Theory]
    [InlineData("")]
    [InlineData("Mar")]
    [InlineData("Mar  2")]
    [InlineData("Mar  0 08:16:00")]
    [InlineData("Mar 32 08:16:00")]
    [InlineData("Mrz  2 08:16:00")]
    [InlineData("Mar  2 24:16:00")]
    [InlineData("Mar  2 08:16:00 somewhere")]
    [InlineData("Mar  2 08:16:00 2026 2026")]
    [InlineData("Mar 2x 08:16:00")]
    [InlineData("Mar 02 2026")]
    public void WhatIsNoTimeIsRefused(string text) => Assert.Null(Read(text, "2026-03-02T08:16:01Z"));

    [Fact]
    public void WithoutATimeOfReceiptThereIsNoYear() =>
        Assert.False(TimeText.TryRead("Mar  2 08:16:00"u8, TimeFormat.Syslog, out _));

    [Theory]
    [InlineData("UTC", true)]
    [InlineData("+02:00", true)]
    [InlineData("-0330", true)]
    [InlineData("Europe/Berlin", true)]
    [InlineData("+15:00", false)]
    [InlineData("Europe/Nowhere", false)]
    [InlineData("", false)]
    public void ZonesAreNamedAsPeopleNameThem(string id, bool known) =>
        Assert.Equal(known, TimeZones.TryFind(id, out _));
}
