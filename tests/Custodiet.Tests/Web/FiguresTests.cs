using Custodiet.Records.Judgement;
using Custodiet.Records.Stores;
using Custodiet.Web;
using Custodiet.Web.Data;
using Custodiet.Web.Home;
using Custodiet.Web.Queue;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Custodiet.Tests.Web;

public class FiguresTests
{
    // Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I, method 3.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void TheIntervalIsWilsons(long part, long whole, double low, double high)
    {
        (double Low, double High) interval = new Proportion(part, whole).Interval!.Value;
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    [Fact]
    public void NothingToShareHasNoInterval() => Assert.Null(new Proportion(0, 0).Interval);

    [Fact]
    public void ASmallShareNeverLooksLikeNone()
    {
        Assert.Equal("0 %", Words.Percent(0));
        Assert.Equal("0.008 %", Words.Percent(0.000_083));
        Assert.Equal("under 0.001 %", Words.Percent(0.000_000_1));
        Assert.Equal("4.7 %", Words.Percent(0.04725));
    }

    // RFC 4180, section 2, rules 5 to 7.
    [Fact]
    public void CsvQuotesWhatWouldBreakARow()
    {
        QueryAnswer answer = new(
            [new("a,b", "VARCHAR"), new("n", "BIGINT")],
            [
                ["say \"hi\"\r\nbye", 1L],
                [null, 2L],
            ],
            null,
            0,
            0
        );
        using StringWriter text = new();
        Cells.WriteCsv(answer, text);
        Assert.Equal("\"a,b\",n\r\n\"say \"\"hi\"\"\r\nbye\",1\r\n,2\r\n", text.ToString());
    }

    [Theory]
    [InlineData("", "expected", "", "High")]
    [InlineData("5", "expected", "", "High")]
    [InlineData("Benign", "", "", "High")]
    [InlineData("Benign", "expected", "", "")]
    [InlineData("Benign", "expected", "7", "High")]
    [InlineData("Nonsense", "expected", "", "High")]
    public void AnIncompleteVerdictIsNone(string verdict, string reason, string impact, string confidence) =>
        Assert.Null(DecisionForm.Read(Form(verdict, reason, impact, confidence)));

    [Fact]
    public void AnUnansweredImpactIsNotUnknown()
    {
        Assert.Null(DecisionForm.Read(Form("Benign", "expected", "", "High"))!.Impact);
        Assert.Equal(
            new Decision(Verdict.TruePositive, "malware", Impact.Unknown, Confidence.Low),
            DecisionForm.Read(Form("TruePositive", "malware", "Unknown", "Low"))
        );
    }

    [Fact]
    public void TimesAreLocalAndSayUtcOnHover()
    {
        DateTimeOffset at = new(2026, 1, 31, 23, 30, 0, TimeSpan.Zero);
        TimeZoneInfo berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        Assert.Equal("00:30:00", Times.Local(at, berlin, at.AddHours(1), TimeForm.Brief));
        Assert.Equal("31 Jan 23:30", Times.Local(at, TimeZoneInfo.Utc, at.AddDays(2), TimeForm.Brief));
        Assert.Equal("2026-01-31 23:30:00.000 UTC", Times.Utc(at));
        Assert.Equal("3 min ago", Times.Local(at, berlin, at.AddMinutes(3), TimeForm.Age));
    }

    private static FormCollection Form(string verdict, string reason, string impact, string confidence) =>
        new(
            new Dictionary<string, StringValues>
            {
                ["verdict"] = verdict,
                ["reason"] = reason,
                ["impact"] = impact,
                ["confidence"] = confidence,
            }
        );
}
