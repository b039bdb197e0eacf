namespace Custodiet.Tests.Analytics;

/// <summary>Expected values: Sigma specification 2.1, «Escaping» and «Detection», unless a test says otherwise.</summary>
public class StringTests
{
    [Theory]
    [InlineData(@"cmd.exe", "CMD.exe", true)]
    [InlineData(@"cmd.exe", "cmd.exe ", false)]
    [InlineData(@"*\cmd.exe", @"C:\Windows\cmd.exe", true)]
    [InlineData(@"C:\\*\cmd.exe", @"C:\Windows\System32\cmd.exe", true)]
    [InlineData(@"C:\\*\cmd.exe", @"C:\cmd.exe", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("a?c", "aüc", true)]
    [InlineData("a?c", "a😀c", true)]
    [InlineData("??", "ü", false)]
    [InlineData("*", "", true)]
    [InlineData("*a*b", "xxaxxbxb", true)]
    [InlineData("*a?b", "aab", true)]
    [InlineData("a*a", "a", false)]
    [InlineData(@"\*", "*", true)]
    [InlineData(@"\*", "x", false)]
    [InlineData(@"\\*", @"\anything", true)]
    [InlineData(@"\\\*", @"\*", true)]
    [InlineData(@"\\\*", @"\x", false)]
    [InlineData(@"\\", @"\", true)]
    [InlineData(@"\\", @"\\", false)]
    [InlineData(@"\\\\", @"\\", true)]
    [InlineData(@"C:\Windows\*", @"C:\Windows*", true)]
    [InlineData(@"C:\Windows\*", @"C:\Windows\x", false)]
    [InlineData(@"C:\Windows\\*", @"C:\Windows\x", true)]
    [InlineData(@"\?", "?", true)]
    [InlineData(@"ends\", @"ends\", true)]
    [InlineData("ÄPFEL", "äpfel", true)]
    [InlineData("ΣΊΣΥΦΟΣ", "σίσυφος", true)]
    [InlineData("kelvin", "\u212Aelvin", true)]
    [InlineData("ⱥ", "Ⱥ", true)]
    [InlineData("I", "ı", false)]
    public void AStringIsAWholeValueWithWildcardsInAnyCase(string pattern, string value, bool expected) =>
        Assert.Equal(expected, Sigma.Matches($"s:\n    Field: '{pattern}'\ncondition: s", ("Field", value)));

    [Theory]
    [InlineData("contains", "b?d", "abcde", true)]
    [InlineData("contains", "", "x", true)]
    [InlineData("startswith", "ab", "ABC", true)]
    [InlineData("startswith", "b", "abc", false)]
    [InlineData("startswith", "a*c", "abcd", true)]
    [InlineData("endswith", "c", "abc", true)]
    [InlineData("endswith", "b", "abc", false)]
    [InlineData("endswith", "1?", "x12", true)]
    [InlineData("endswith", "1?", "x1", false)]
    [InlineData("endswith", @"\x.exe", @"C:\X.EXE", true)]
    [InlineData("contains", "ab", "xxAByy", true)]
    [InlineData("contains", "a", "xxAyy", true)]
    [InlineData("contains", "abc", "xxabyy", false)]
    [InlineData("contains", "abcd", "xabcabcd", true)]
    [InlineData("contains", "ünder", "wÜNDERbar", true)]
    [InlineData("contains", "é", "É", true)]
    public void PlacesAddWildcardsAndLeaveInnerOnesActive(string place, string pattern, string value, bool expected) =>
        Assert.Equal(expected, Sigma.Matches($"s:\n    Field|{place}: '{pattern}'\ncondition: s", ("Field", value)));

    [Fact]
    public void AnEmptyStringMatchesOnlyTheEmptyString()
    {
        const string detection = "s:\n    Field: ''\ncondition: s";
        Assert.True(Sigma.Matches(detection, ("Field", "")));
        Assert.False(Sigma.Matches(detection, ("Field", "-")));
        Assert.False(Sigma.Matches(detection, ("Field", null)));
        Assert.False(Sigma.Matches(detection, ("Other", "")));
    }

    [Fact]
    public void NullMatchesAnAbsentFieldOrJsonNullOnly()
    {
        const string detection = "s:\n    Field: null\ncondition: s";
        Assert.True(Sigma.Matches(detection, ("Other", "x")));
        Assert.True(Sigma.Matches(detection, ("Field", null)));
        Assert.False(Sigma.Matches(detection, ("Field", "")));
        Assert.False(Sigma.Matches(detection, ("Field", "-")));
        Assert.True(Sigma.Matches("s:\n    Field:\ncondition: s", ("Other", "x")));
    }

    [Fact]
    public void AFieldThatHoldsAnObjectIsNotAbsent()
    {
        Assert.False(Sigma.Matches("s:\n    Field: null\ncondition: s", ("Field.member", "x")));
        Assert.True(Sigma.Matches("s:\n    Field|exists: true\ncondition: s", ("Field.member", "x")));
        Assert.True(Sigma.Matches("s:\n    Field: null\ncondition: s", ("Fieldmember", "x")));
    }

    [Fact]
    public void AnAbsentFieldMakesEveryOtherItemFalseAndItsNegationTrue()
    {
        Assert.False(Sigma.Matches("s:\n    Field: x\ncondition: s", ("Other", "x")));
        Assert.True(Sigma.Matches("s:\n    Field: x\ncondition: not s", ("Other", "x")));
    }

    [Theory]
    [InlineData("4688", true)]
    [InlineData("4688.0", true)]
    [InlineData("4.688e3", true)]
    [InlineData("46880", false)]
    [InlineData("-4688", false)]
    public void ANumberMatchesANumberHoweverItIsWritten(string written, bool expected) =>
        Assert.Equal(
            expected,
            Sigma.Matches("s:\n    EventID: 4688\ncondition: s", ("EventID", new Sigma.Number(written)))
        );

    [Fact]
    public void ANumberMatchesItsDecimalTextAndATextMatchesANumber()
    {
        Assert.True(Sigma.Matches("s:\n    EventID: 4688\ncondition: s", ("EventID", "4688")));
        Assert.False(Sigma.Matches("s:\n    EventID: 4688\ncondition: s", ("EventID", "4688.0")));
        Assert.True(Sigma.Matches("s:\n    EventID: '4688'\ncondition: s", ("EventID", 4688)));
        Assert.True(Sigma.Matches("s:\n    Share: 0.50\ncondition: s", ("Share", 0.5)));
        Assert.True(Sigma.Matches("s:\n    Code|contains: 68\ncondition: s", ("Code", 4688)));
    }

    [Theory]
    [InlineData("0123", "0123", true)]
    [InlineData("0123", "123", false)]
    [InlineData("12e4", "12E4", true)]
    [InlineData("12e4", "120000", false)]
    public void WhatMayBeAPieceOfAHashStaysText(string written, string value, bool expected) =>
        Assert.Equal(expected, Sigma.Matches($"s:\n    Field: {written}\ncondition: s", ("Field", value)));

    [Fact]
    public void BooleansMatchBooleansAndTheirText()
    {
        Assert.True(Sigma.Matches("s:\n    Initiated: true\ncondition: s", ("Initiated", true)));
        Assert.True(Sigma.Matches("s:\n    Initiated: 'true'\ncondition: s", ("Initiated", true)));
        Assert.True(Sigma.Matches("s:\n    Initiated: true\ncondition: s", ("Initiated", "True")));
        Assert.False(Sigma.Matches("s:\n    Initiated: true\ncondition: s", ("Initiated", false)));
    }

    [Fact]
    public void AnyMemberOfAnArrayMayMatchEachValue()
    {
        object?[] members = ["alpha", 7, null];
        Assert.True(Sigma.Matches("s:\n    Field: 7\ncondition: s", ("Field", members)));
        Assert.True(Sigma.Matches("s:\n    Field: null\ncondition: s", ("Field", members)));
        Assert.True(Sigma.Matches("s:\n    Field|contains|all: [alp, 7]\ncondition: s", ("Field", members)));
        Assert.False(Sigma.Matches("s:\n    Field: beta\ncondition: s", ("Field", members)));
    }

    [Fact]
    public void KeywordsAreFoundInAnyStringValueButNotInNames()
    {
        const string detection = "keywords:\n    - mimikatz\n    - 'seku*lsa'\ncondition: keywords";
        Assert.True(Sigma.Matches(detection, ("A", "x"), ("B", "run MimiKatz now")));
        Assert.True(Sigma.Matches(detection, ("B", "sekurlsa")));
        Assert.False(Sigma.Matches(detection, ("mimikatz", "x")));
        Assert.True(
            Sigma.Matches(
                "keywords:\n    '|all':\n        - one\n        - two\ncondition: keywords",
                ("A", "one"),
                ("B", "two")
            )
        );
        Assert.False(
            Sigma.Matches("keywords:\n    '|all':\n        - one\n        - two\ncondition: keywords", ("A", "one"))
        );
        Assert.True(Sigma.Matches("keywords: single\ncondition: keywords", ("A", "a single word")));
        Assert.True(Sigma.Matches("keywords:\n    '|re': 'a[0-9]+z'\ncondition: keywords", ("A", "xa12z")));
    }

    [Fact]
    public void MapsAreAndListsOfMapsAreOrAndMixedListsAreOr()
    {
        const string detection = "s:\n    - A: 1\n      B: 2\n    - C: 3\n    - word\ncondition: s";
        Assert.True(Sigma.Matches(detection, ("A", 1), ("B", 2)));
        Assert.False(Sigma.Matches(detection, ("A", 1)));
        Assert.True(Sigma.Matches(detection, ("C", 3)));
        Assert.True(Sigma.Matches(detection, ("D", "a word")));
    }

    [Fact]
    public void OfAValueLongerThanTheLimitTheHeadIsSearchedAndTheTrueEndCompared()
    {
        string value = "start" + new string('x', Custodiet.Analytics.AnalyticsLimits.ValueBytesMax) + "middle-end";
        Assert.True(Sigma.Matches("s:\n    Field|startswith: start\ncondition: s", ("Field", value)));
        Assert.True(Sigma.Matches("s:\n    Field|contains: startx\ncondition: s", ("Field", value)));
        Assert.True(Sigma.Matches("s:\n    Field|endswith: -END\ncondition: s", ("Field", value)));
        Assert.False(Sigma.Matches("s:\n    Field|contains: middle\ncondition: s", ("Field", value)));
        Assert.False(Sigma.Matches("s:\n    Field|re: middle\ncondition: s", ("Field", value)));
        Assert.True(Sigma.Matches("s:\n    Field|re: 'startx+$'\ncondition: s", ("Field", value)));
    }
}
