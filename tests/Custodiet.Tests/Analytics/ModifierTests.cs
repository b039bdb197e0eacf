using System.Text;

namespace Custodiet.Tests.Analytics;

/// <summary>Expected values: Sigma specification 2.1, appendix «Modifiers»; where it is silent the test says what was decided.</summary>
public class ModifierTests
{
    [Theory]
    [InlineData("Field|cased: Abc", "Abc", true)]
    [InlineData("Field|cased: Abc", "abc", false)]
    [InlineData("Field|contains|cased: bC", "abCd", true)]
    [InlineData("Field|contains|cased: bC", "abcd", false)]
    [InlineData("Field|endswith|cased: 'B?'", "aBc", true)]
    [InlineData("Field|startswith|cased: 'A*c'", "Abcd", true)]
    [InlineData("Field|startswith|cased: 'A*c'", "abcd", false)]
    [InlineData("Field|contains|all: [a, b]", "xbxa", true)]
    [InlineData("Field|contains|all: [a, b]", "xb", false)]
    [InlineData("Field: [a, b]", "B", true)]
    [InlineData("Field|re: '^a.c$'", "abc", true)]
    [InlineData("Field|re: '^a.c$'", "ABC", false)]
    [InlineData("Field|re: 'b+'", "abbbc", true)]
    [InlineData("Field|re|i: '^A.C$'", "abc", true)]
    [InlineData("Field|re: '^b'", "a\nb", false)]
    [InlineData("Field|re|m: '^b'", "a\nb", true)]
    [InlineData("Field|re: 'a.b'", "a\nb", false)]
    [InlineData("Field|re|s: 'a.b'", "a\nb", true)]
    [InlineData("Field|re: '(?i)powershell\\.exe'", "POWERSHELL.EXE", true)]
    [InlineData("Field|re: 'abc|def'", "xxdef", true)]
    [InlineData("Field|re: '(?:abc|def)ghi'", "xxdefghi", true)]
    [InlineData("Field|re: '[]x]abc'", "]abc", true)]
    [InlineData("Field|re: 'ab{2,3}cdef'", "abbcdef", true)]
    [InlineData("Field|re: '\\x41bcd'", "Abcd", true)]
    [InlineData("Field|re: '\\x41bcd|zz'", "zz", true)]
    [InlineData("Field|re: '[a-z-[aeiou]]xyz'", "bxyz", true)]
    [InlineData("Field|re|i: 'kelvin'", "\u212Aelvin", true)]
    public void TextAndExpressions(string item, string value, bool expected) =>
        Assert.Equal(expected, Sigma.Matches($"s:\n    {item}\ncondition: s", ("Field", value)));

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "11.1.2.3", false)]
    [InlineData("10.0.0.0/8", "10.1.2", false)]
    [InlineData("10.0.0.0/8", "10.1.2.3.4", false)]
    [InlineData("10.0.0.0/8", "10.1.2.03", false)]
    [InlineData("10.0.0.0/8", "256.1.2.3", false)]
    [InlineData("10.0.0.0/8", "", false)]
    [InlineData("10.0.0.0/8", "host", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.1", false)]
    [InlineData("0.0.0.0/0", "255.255.255.255", true)]
    [InlineData("192.168.1.7/32", "192.168.1.7", true)]
    [InlineData("192.168.1.7", "192.168.1.7", true)]
    [InlineData("::1/128", "::1", true)]
    [InlineData("fc00::/7", "fd12:3456::1", true)]
    [InlineData("fc00::/7", "fe80::1", false)]
    [InlineData("fe80::/10", "fe80::1%12", true)]
    [InlineData("::/0", "1.2.3.4", false)]
    public void NetworksHoldAddressesOfTheirFamily(string network, string value, bool expected) =>
        Assert.Equal(expected, Sigma.Matches($"s:\n    Ip|cidr: '{network}'\ncondition: s", ("Ip", value)));

    [Theory]
    [InlineData("lt", "5", "4", true)]
    [InlineData("lt", "5", "5", false)]
    [InlineData("lte", "5", "5", true)]
    [InlineData("gt", "5", "5.5", true)]
    [InlineData("gte", "5", "4.99", false)]
    [InlineData("gt", "5", "abc", false)]
    [InlineData("gt", "-1", "-0.5", true)]
    [InlineData("gt", "5", "1e3", true)]
    [InlineData("gt", "5", "6 ", false)]
    [InlineData("lt", "5", "", false)]
    public void ComparisonsAreNumericAndFalseForWhatIsNoNumber(
        string modifier,
        string bound,
        string value,
        bool expected
    ) => Assert.Equal(expected, Sigma.Matches($"s:\n    Size|{modifier}: {bound}\ncondition: s", ("Size", value)));

    [Theory]
    [InlineData("minute: 56", true)]
    [InlineData("hour: 6", true)]
    [InlineData("hour|gte: 7", false)]
    [InlineData("day: 18", true)]
    [InlineData("week: 33", true)] // 18 August 2022 lies in ISO week 33
    [InlineData("month|lt: 9", true)]
    [InlineData("year: 2022", true)]
    public void PartsOfATimeAreThoseOfUtc(string item, bool expected)
    {
        string detection = $"s:\n    When|{item}\ncondition: s";
        Assert.Equal(expected, Sigma.Matches(detection, ("When", "2022-08-18T06:56:13.967Z")));
        Assert.Equal(expected, Sigma.Matches(detection, ("When", "2022-08-18 06:56:13")));
        Assert.Equal(expected, Sigma.Matches(detection, ("When", "2022-08-18T08:56:13+02:00")));
        Assert.Equal(expected, Sigma.Matches(detection, ("When", 1660805773)));
        Assert.Equal(expected, Sigma.Matches(detection, ("When", 1660805773967)));
        Assert.False(Sigma.Matches(detection, ("When", "yesterday")));
    }

    [Fact]
    public void ExistsAsksForTheKeyOnly()
    {
        Assert.True(Sigma.Matches("s:\n    Field|exists: true\ncondition: s", ("Field", null)));
        Assert.True(Sigma.Matches("s:\n    Field|exists: true\ncondition: s", ("Field", "")));
        Assert.False(Sigma.Matches("s:\n    Field|exists: true\ncondition: s", ("Other", "")));
        Assert.True(Sigma.Matches("s:\n    Field|exists: false\ncondition: s", ("Other", "")));
        Assert.False(Sigma.Matches("s:\n    Field|exists: false\ncondition: s", ("Field", "")));
    }

    [Fact]
    public void NotEqualIsTrueWhenNoValueIsAndWhenTheFieldIsAbsent()
    {
        // pySigma: the negation of the item; the specification does not say what an absent field means.
        const string detection = "s:\n    Field|neq: [a, b]\ncondition: s";
        Assert.True(Sigma.Matches(detection, ("Field", "c")));
        Assert.False(Sigma.Matches(detection, ("Field", "b")));
        Assert.True(Sigma.Matches(detection, ("Other", "b")));
    }

    [Fact]
    public void AFieldReferenceComparesTwoFieldsThatBothExist()
    {
        const string equal = "s:\n    A|fieldref: B\ncondition: s";
        Assert.True(Sigma.Matches(equal, ("A", "Üx"), ("B", "üX")));
        Assert.False(Sigma.Matches(equal, ("A", "x"), ("B", "y")));
        Assert.False(Sigma.Matches(equal, ("A", "x")));
        Assert.False(Sigma.Matches(equal, ("B", "x")));
        Assert.True(Sigma.Matches("s:\n    A|fieldref|endswith: B\ncondition: s", ("A", "abc"), ("B", "BC")));
        Assert.True(Sigma.Matches("s:\n    A|fieldref|startswith: B\ncondition: s", ("A", "abc"), ("B", "ab")));
        Assert.True(Sigma.Matches("s:\n    A|fieldref|contains: B\ncondition: s", ("A", "abc"), ("B", "b")));
        Assert.False(Sigma.Matches("s:\n    A|cased|fieldref: B\ncondition: s", ("A", "X"), ("B", "x")));
    }

    [Theory]
    [InlineData(" -e ", true)]
    [InlineData(" /e ", true)]
    [InlineData(" –e ", true)]
    [InlineData(" —E ", true)]
    [InlineData(" ―e ", true)]
    [InlineData(" +e ", false)]
    public void WindashTakesEveryKindOfDash(string value, bool expected) =>
        Assert.Equal(expected, Sigma.Matches("s:\n    Line|contains|windash: ' -e '\ncondition: s", ("Line", value)));

    [Fact]
    public void WindashLeavesHyphensInsideWordsAndStaysOrUnderAll()
    {
        Assert.False(Sigma.Matches("s:\n    Line|contains|windash: 'a-b'\ncondition: s", ("Line", "a/b")));
        const string both = "s:\n    Line|contains|all|windash: ['-a', '-b']\ncondition: s";
        Assert.True(Sigma.Matches(both, ("Line", "/a –b")));
        Assert.False(Sigma.Matches(both, ("Line", "/a")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("xy")]
    public void Base64OffsetFindsAValueWhereverItBegins(string before)
    {
        string encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(before + "http://evil" + "tail"));
        Assert.True(
            Sigma.Matches("s:\n    Line|base64offset|contains: 'http://'\ncondition: s", ("Line", "cmd " + encoded))
        );
    }

    [Fact]
    public void Base64OffsetGivesTheThreeFormsOfTheSpecification() =>
        // Sigma specification: «foo» at the three offsets is Zm9v, Zvb, mb2; here computed by hand for «foobar».
        Assert.Equal(
            ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"],
            Custodiet.Analytics.Language.Encodings.Base64Offsets("foobar"u8.ToArray())
        );

    [Fact]
    public void WideTextIsEncodedBeforeBase64()
    {
        string encoded = Convert.ToBase64String(Encoding.Unicode.GetBytes("IEX (New-Object"));
        foreach (string name in new[] { "wide", "utf16le" })
        {
            Assert.True(
                Sigma.Matches(
                    $"s:\n    Line|{name}|base64offset|contains: 'New-Object'\ncondition: s",
                    ("Line", encoded)
                )
            );
        }
        Assert.True(
            Sigma.Matches(
                "s:\n    Line|utf16be|base64|contains: ab\ncondition: s",
                ("Line", Convert.ToBase64String(Encoding.BigEndianUnicode.GetBytes("ab")))
            )
        );
        Assert.True(
            Sigma.Matches(
                "s:\n    Line|utf16|base64|contains: ab\ncondition: s",
                ("Line", Convert.ToBase64String([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("ab")]))
            )
        );
    }
}
