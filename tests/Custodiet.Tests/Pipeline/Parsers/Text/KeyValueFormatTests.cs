using CsCheck;
using Custodiet.Pipeline.Parsers;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

public class KeyValueFormatTests
{
    private static readonly KeyValueFormat Plain = new(new KeyValueOptions());

    private static string Read(string text, KeyValueOptions? options = null)
    {
        (Decoding decoding, (string, string)[] fields) = new FormatReading().Read(
            options is null ? Plain : new KeyValueFormat(options),
            text
        );
        return $"{decoding}: {string.Join(" ", fields.Select(field => $"{field.Item1}<{field.Item2}>"))}";
    }

    [Theory]
    [InlineData("a=1 b=2", "Read: a<1> b<2>")]
    [InlineData("  a=1\t\tb=2  ", "Read: a<1> b<2>")]
    [InlineData("a=\"b c\" d='e f'", "Read: a<b c> d<e f>")]
    [InlineData("a=\"say \\\"x\\\"\" b=\"c\\\\d\"", "Read: a<say \"x\"> b<c\\d>")]
    [InlineData("a=\"C:\\Temp\\x\"", "Read: a<C:\\Temp\\x>")]
    [InlineData("a= b=\"\" c=''", "Read: a<> b<> c<>")]
    [InlineData("a=b=c d=http://x/?y=z", "Read: a<b=c> d<http://x/?y=z>")]
    [InlineData("a=1 word b=2 DF", "Read: a<1> words<word> b<2> words<DF>")]
    [InlineData("a.b-c@d[0]=1", "Read: a.b-c@d[0]<1>")]
    [InlineData("a=1 [x=2] -y=3 =4", "Read: a<1> words<[x=2]> words<-y=3> words<=4>")]
    [InlineData("a=ä b=\"ö\"", "Read: a<ä> b<ö>")]
    [InlineData("a=\"b\"c d=e", "Read: a<b> words<c> d<e>")]
    [InlineData("a=\"b", "Malformed: a<b>")]
    [InlineData("a=1 b=\"c d=2", "Malformed: a<1> b<c d=2>")]
    [InlineData("a=\"\\", "Malformed: a<\\>")]
    [InlineData("", "NoMatch: ")]
    [InlineData("no pairs here", "NoMatch: words<no> words<pairs> words<here>")]
    public void PairsAreRead(string text, string expected) => Assert.Equal(expected, Read(text));

    [Fact]
    public void SeparatorsPrefixAndStrictness()
    {
        KeyValueOptions commas = new() { Separator = (byte)',', Assign = (byte)':' };
        Assert.Equal("Read: a<1 x> b<2> c<3>", Read("a:1 x, b:2 ,\"c:3,c:3", commas).Replace(" words<\"c:3>", ""));
        KeyValueOptions prefix = new() { Prefix = "front" };
        Assert.Equal("Read: front<[UFW BLOCK]> a<1> words<SYN>", Read("[UFW BLOCK] a=1 SYN", prefix));
        Assert.Equal("Read: a<1>", Read(" a=1", prefix));
        KeyValueOptions strict = new()
        {
            Strict = true,
            PairsMin = 2,
            Prefix = "front",
        };
        Assert.Equal("Read: front<x> a<1> b<2>", Read("x a=1 b=2", strict));
        Assert.StartsWith("NoMatch", Read("a=1 x b=2", strict), StringComparison.Ordinal);
        Assert.StartsWith("NoMatch", Read("a=1", strict), StringComparison.Ordinal);
        Assert.StartsWith("NoMatch", Read("a=\"1", strict), StringComparison.Ordinal);
    }

    [Fact]
    public void MoreFieldsThanAnEventMayHaveAreTooMany()
    {
        string text = string.Join(' ', Enumerable.Range(0, 11).Select(i => $"k{i}={i}"));
        Assert.Equal(Decoding.Read, new FormatReading(fieldsMax: 11).Read(Plain, text).Decoding);
        (Decoding decoding, (string, string)[] fields) = new FormatReading(fieldsMax: 10).Read(Plain, text);
        Assert.Equal((Decoding.TooManyFields, 10), (decoding, fields.Length));
    }

    [Fact]
    public void WhateverIsQuotedComesBack()
    {
        Gen<string> key = Gen.String["abcdefgh_0123"].Where(text => text.Length > 0 && char.IsAsciiLetter(text[0]));
        Gen<string> value = Gen.String["ab \"\\'=,äöü€\t"];
        Gen.Select(key, value)
            .Array[1, 8]
            .Sample(pairs =>
            {
                string text = string.Join(
                    ' ',
                    pairs.Select(pair => $"{pair.Item1}=\"{pair.Item2.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"")
                );
                (Decoding decoding, (string, string)[] fields) = new FormatReading().Read(Plain, text);
                Assert.Equal(Decoding.Read, decoding);
                Assert.Equal(pairs, fields);
            });
    }
}
