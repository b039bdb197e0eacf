using System.Text;
using Custodiet.Pipeline.Parsers;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

public class SyslogHeaderTests
{
    /// <summary>Priority, time, host, application, process, message id, message; a hyphen for what is absent.</summary>
    private static string Parts(string text)
    {
        byte[] line = Encoding.UTF8.GetBytes(text);
        if (!SyslogHeader.TryRead(line, out SyslogHeader header))
        {
            return "none";
        }
        string Of(Stretch part) => part.Length == 0 ? "-" : Encoding.UTF8.GetString(part.Of(line));
        string message = Encoding.UTF8.GetString(line[header.Message..]);
        string[] parts =
        [
            header.Priority.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Of(header.Time),
            Of(header.Host),
            Of(header.App),
            Of(header.Process),
            Of(header.MessageId),
            message,
        ];
        return string.Join(" | ", parts);
    }

    // The first two and the last of each are RFC 5424's own examples (section 6.5) and RFC 3164's (section 5.4); the rest are variants of them.
    [Theory]
    [InlineData(
        "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \uFEFF'su root' failed for lonvick on /dev/pts/8",
        "34 | 2003-10-11T22:14:15.003Z | mymachine.example.com | su | - | ID47 | 'su root' failed for lonvick on /dev/pts/8"
    )]
    [InlineData(
        "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
        "165 | 2003-08-24T05:14:15.000003-07:00 | 192.0.2.1 | myproc | 8710 | - | %% It's time to make the do-nuts."
    )]
    [InlineData(
        "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventID=\"1011\"][examplePriority@32473 class=\"high\"]",
        "165 | 2003-10-11T22:14:15.003Z | mymachine.example.com | evntslog | - | ID47 | "
    )]
    [InlineData("<14>1 - - - - - - x", "14 | - | - | - | - | - | x")]
    [InlineData("<14>1 - - - - - [a b=\"\\]\"] x", "14 | - | - | - | - | - | x")]
    [InlineData("<14>1 - - - - - [a b=\"x] y", "14 | - | - | - | - | - | [a b=\"x] y")]
    [InlineData("<14>1 - - - - -", "14 | - | - | - | - | - | 1 - - - - -")]
    [InlineData("<14>1 yesterday h a p m - x", "14 | - | - | - | - | - | 1 yesterday h a p m - x")]
    [InlineData(
        "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
        "34 | Oct 11 22:14:15 | mymachine | su | - | - | 'su root' failed for lonvick on /dev/pts/8"
    )]
    [InlineData(
        "<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!",
        "13 | Feb  5 17:32:18 | 10.0.0.99 | - | - | - | Use the BFG!"
    )]
    [InlineData("<13>Feb 5 17:32:18 h app[7]: x", "13 | Feb 5 17:32:18 | h | app | 7 | - | x")]
    [InlineData("<13>Feb 05 2026 17:32:18 h app: x", "13 | Feb 05 2026 17:32:18 | h | app | - | - | x")]
    [InlineData("<13>Feb  5 17:32:18.123456 h app: x", "13 | Feb  5 17:32:18.123456 | h | app | - | - | x")]
    [InlineData(
        "<13>2026-02-05T17:32:18.1+01:00 h app[7]: x",
        "13 | 2026-02-05T17:32:18.1+01:00 | h | app | 7 | - | x"
    )]
    [InlineData("<13>Feb  5 17:32:18 app[7]: x", "13 | Feb  5 17:32:18 | - | app | 7 | - | x")]
    [InlineData("<13>Feb  5 17:32:18 app: x: y", "13 | Feb  5 17:32:18 | - | app | - | - | x: y")]
    [InlineData("<13>Feb  5 17:32:18 2001:db8::1 app: x", "13 | Feb  5 17:32:18 | 2001:db8::1 | app | - | - | x")]
    [InlineData("<13>Feb  5 17:32:18 h sshd(pam_unix)[7]: x", "13 | Feb  5 17:32:18 | h | sshd(pam_unix) | 7 | - | x")]
    [InlineData("<13>Feb  5 17:32:18 h {\"a\": 1}", "13 | Feb  5 17:32:18 | h | - | - | - | {\"a\": 1}")]
    [InlineData("<13>Feb  5 17:32:18 {\"a\": 1}", "13 | Feb  5 17:32:18 | - | - | - | - | {\"a\": 1}")]
    [InlineData("<13>Feb  5 17:32:18 CEF:0|a b|c", "13 | Feb  5 17:32:18 | - | - | - | - | CEF:0|a b|c")]
    [InlineData("<13>app[7]: x", "13 | - | - | app | 7 | - | x")]
    [InlineData("<13>date=2026-02-05 time=17:32:18", "13 | - | - | - | - | - | date=2026-02-05 time=17:32:18")]
    [InlineData("<13>LEEF:1.0|a", "13 | - | - | - | - | - | LEEF:1.0|a")]
    [InlineData(
        "<189>4711: *Feb  5 17:32:18.123 UTC: %SYS-5-CONFIG_I: x",
        "189 | Feb  5 17:32:18.123 UTC | - | - | - | - | %SYS-5-CONFIG_I: x"
    )]
    [InlineData(
        "<166>Feb 05 2026 17:32:18 fw1 : %ASA-6-302013: x",
        "166 | Feb 05 2026 17:32:18 | fw1 | - | - | - | %ASA-6-302013: x"
    )]
    [InlineData("Feb  5 17:32:18 h app[7]: x", "-1 | Feb  5 17:32:18 | h | app | 7 | - | x")]
    [InlineData("2026-02-05T17:32:18Z h app: x", "-1 | 2026-02-05T17:32:18Z | h | app | - | - | x")]
    [InlineData("<13>", "13 | - | - | - | - | - | ")]
    [InlineData("<13>Feb  5 17:32:18", "13 | Feb  5 17:32:18 | - | - | - | - | ")]
    [InlineData("<13>Feb  5 17:32:18 h", "13 | Feb  5 17:32:18 | - | - | - | - | h")]
    public void HeadersAreReadInTheirVariants(string line, string parts) => Assert.Equal(parts, Parts(line));

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("<")]
    [InlineData("<>x")]
    [InlineData("<192>x")]
    [InlineData("<1234>x")]
    [InlineData("<a>x")]
    [InlineData("Feb 31st was fine")]
    [InlineData("2026-02-05T17:32:18Z INFO started")]
    [InlineData("2026-02-05 17:32:18 h app: x")]
    [InlineData("Feb  5 17:32:18")]
    [InlineData("192.0.2.1 - - [05/Feb/2026:17:32:18 +0000] \"GET / HTTP/1.1\" 200 1")]
    public void WhatIsNoHeaderIsNone(string line) => Assert.Equal("none", Parts(line));

    [Fact]
    public void APartLongerThanTheLimitIsNoPart()
    {
        string host = new('h', SyslogHeader.PartMax);
        Assert.Contains($"| {host} |", Parts($"<13>Feb  5 17:32:18 {host} x y"), StringComparison.Ordinal);
        Assert.Contains("| - | - | - | - | hh", Parts($"<13>Feb  5 17:32:18 h{host} x y"), StringComparison.Ordinal);
        Assert.Contains("| - | - | - | - | 1 - hh", Parts($"<13>1 - h{host} a - - - x"), StringComparison.Ordinal);
        string tag = new('t', SyslogHeader.TagMax);
        Assert.Contains($"| {tag} |", Parts($"<13>Feb  5 17:32:18 h {tag}: x"), StringComparison.Ordinal);
        Assert.EndsWith($"t{tag}: x", Parts($"<13>Feb  5 17:32:18 h t{tag}: x"), StringComparison.Ordinal);
    }

    [Fact]
    public void ALineCutAtAnyByteNeverThrows()
    {
        string[] lines =
        [
            "<165>1 2003-10-11T22:14:15.003Z h a 1 ID47 [x@1 iut=\"3\\]\" e=\"1\"][y@1 c=\"h\"] \uFEFFm",
            "<189>4711: *Feb  5 2026 17:32:18.123 UTC: %SYS-5-CONFIG_I: x",
            "<13>2026-02-05T17:32:18.1+01:00 h app[7]: x",
        ];
        foreach (byte[] line in lines.Select(Encoding.UTF8.GetBytes))
        {
            for (int length = 0; length <= line.Length; length++)
            {
                if (SyslogHeader.TryRead(line.AsSpan(0, length), out SyslogHeader header))
                {
                    Assert.InRange(header.Message, 0, length);
                }
            }
        }
    }
}
