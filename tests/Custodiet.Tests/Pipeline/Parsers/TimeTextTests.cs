using System.Text;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Parsers;

public class TimeTextTests
{
    // Expected instants were computed with the framework's own DateTimeOffset parser (RFC 3339) or from the definition of Unix time.
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("2026-03-02T08:16:00Z", 1_772_439_360_000_000)]
    [InlineData("2026-03-02T08:16:00.5Z", 1_772_439_360_500_000)]
    [InlineData("2026-03-02T08:16:00.123456789Z", 1_772_439_360_123_456)]
    [InlineData("2026-03-02 08:16:00", 1_772_439_360_000_000)]
    [InlineData("2026-03-02 08:16:00.631", 1_772_439_360_631_000)]
    [InlineData("2026/03/02 08:16:00", 1_772_439_360_000_000)]
    [InlineData("2026-03-02T08:16:00,25", 1_772_439_360_250_000)]
    [InlineData("2026-03-02T10:16:00+02:00", 1_772_439_360_000_000)]
    [InlineData("2026-03-02T02:16:00.000000-0600", 1_772_439_360_000_000)]
    [InlineData("2026-03-02T10:16:00+02", 1_772_439_360_000_000)]
    [InlineData("2026-03-02 08:16:00 UTC", 1_772_439_360_000_000)]
    [InlineData("2026-03-02T08:15:60Z", 1_772_439_359_000_000)]
    [InlineData("2024-02-29T00:00:00Z", 1_709_164_800_000_000)]
    [InlineData("1772439360", 1_772_439_360_000_000)]
    [InlineData("1772439360.25", 1_772_439_360_250_000)]
    [InlineData("1772439360123", 1_772_439_360_123_000)]
    [InlineData("1772439360123456", 1_772_439_360_123_456)]
    [InlineData("1772439360123456789", 1_772_439_360_123_456)]
    public void TimesAreReadToTheMicrosecond(string text, long micros)
    {
        Assert.True(TimeText.TryRead(Encoding.UTF8.GetBytes(text), TimeFormat.Any, out long actual));
        Assert.Equal(micros, actual);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2026-03-02")]
    [InlineData("2026-13-02T08:16:00Z")]
    [InlineData("2026-02-29T08:16:00Z")]
    [InlineData("2026-03-02T24:16:00Z")]
    [InlineData("2026-03-02T08:16:00.Z")]
    [InlineData("2026-03-02T08:16:00X")]
    [InlineData("2026-03-02T08:16:00+99:00")]
    [InlineData("2026-03-02T08:16:00+02:00 and more")]
    [InlineData("1969-12-31T23:59:59Z")]
    [InlineData("1970-01-01T00:00:00+01:00")]
    [InlineData("0000-00-00T00:00:00Z")]
    [InlineData("42")]
    [InlineData("-1772439360")]
    [InlineData("99999999999999999999999999")]
    [InlineData("NaN")]
    [InlineData("1772439360.x")]
    public void WhatIsNoTimeIsRefused(string text) =>
        Assert.False(TimeText.TryRead(Encoding.UTF8.GetBytes(text), TimeFormat.Any, out _));

    [Fact]
    public void AFormatThatNamesItsZoneRefusesATimeWithoutOne()
    {
        Assert.False(TimeText.TryRead("2026-03-02 08:16:00"u8, TimeFormat.Iso8601Zoned, out _));
        Assert.True(TimeText.TryRead("2026-03-02T08:16:00Z"u8, TimeFormat.Iso8601Zoned, out _));
    }

    [Theory]
    [InlineData("1.77243936e9", "epoch", 1_772_439_360_000_000)]
    [InlineData("1e400", "epoch", -1)]
    [InlineData("0", "epoch", 0)]
    public void SecondsMayBeWrittenWithAnExponent(string text, string format, long micros)
    {
        Assert.Equal("epoch", format);
        bool known = TimeText.TryRead(Encoding.UTF8.GetBytes(text), TimeFormat.EpochSeconds, out long actual);
        Assert.Equal(micros >= 0, known);
        Assert.Equal(Math.Max(micros, 0), known ? actual : 0);
    }

    [Fact]
    public void EveryInstantThatTheFrameworkWritesIsReadBack()
    {
        Random random = new(20260302);
        for (int i = 0; i < 10_000; i++)
        {
            DateTimeOffset time = EventTime.FromMicros(random.NextInt64(0, 253_402_300_800_000_000));
            DateTimeOffset elsewhere = time.ToOffset(TimeSpan.FromMinutes(random.Next(-14 * 60, 14 * 60)));
            if (time.Year is < 1971 or > 9998)
            {
                continue;
            }
            byte[] text = Encoding.UTF8.GetBytes(elsewhere.ToString("O", null));
            Assert.True(TimeText.TryRead(text, TimeFormat.Iso8601Zoned, out long micros));
            Assert.Equal(EventTime.ToMicros(time), micros);
        }
    }
}
