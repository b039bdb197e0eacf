using CsCheck;
using Custodiet.Pipeline.Parsers;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

public class CefFormatTests
{
    private static readonly CefFormat Cef = new();
    private static readonly LeefFormat Leef = new();

    private static string Read(TextFormat format, string text)
    {
        (Decoding decoding, (string, string)[] fields) = new FormatReading().Read(format, text);
        return $"{decoding}: {string.Join(" ", fields.Select(field => $"{field.Item1}<{field.Item2}>"))}";
    }

    private const string Head =
        "DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> DeviceEventClassID<c> Name<n> Severity<5>";

    [Theory]
    [InlineData("CEF:0|v|p|1|c|n|5|", "Read: " + Head)]
    [InlineData("CEF:0|v|p|1|c|n|5", "Read: " + Head)]
    [InlineData("CEF:1|v|p|1|c|n|5|a=1 b=2", "Read: " + Head + " a<1> b<2>")]
    [InlineData("CEF:0|v|p|1|c|n|5|a=two words b=2 ", "Read: " + Head + " a<two words> b<2>")]
    [InlineData(
        "CEF:0|v|p|1|c|n|5|a=x\\=y b=p\\\\q c=l\\nm d=u\\|v",
        "Read: " + Head + " a<x=y> b<p\\q> c<l\nm> d<u|v>"
    )]
    [InlineData("CEF:0|v|p|1|c|n|5|u=http://x/?a=b&c=d e=f", "Read: " + Head + " u<http://x/?a=b&c=d> e<f>")]
    [InlineData("CEF:0|v|p|1|c|n|5|a= b=2", "Read: " + Head + " a<> b<2>")]
    [InlineData("CEF:0|v|p|1|c|n|5|no pairs", "Read: " + Head)]
    [InlineData(
        "CEF:0|v|p|1|c|n|5|cs1=x y cs1Label=My Name",
        "Read: " + Head + " cs1<x y> cs1Label<My Name> My Name<x y>"
    )]
    [InlineData("CEF:0|v|p|1|c|n|5|cn1Label=Count cn1=7", "Read: " + Head + " cn1Label<Count> cn1<7> Count<7>")]
    [InlineData("CEF:0|v|p|1|c|n|5|cs9Label=Alone cs8Label=", "Read: " + Head + " cs9Label<Alone> cs8Label<>")]
    [InlineData("CEF:0|v|p|1|c|n|5|a=\\", "Read: " + Head + " a<\\>")]
    [InlineData("CEF:0|v|p", "Malformed: DeviceVendor<v>")]
    [InlineData("CEF:0", "Malformed: ")]
    [InlineData("CEF:", "Malformed: ")]
    [InlineData(
        "CEF:0|v|p|1|c|n|",
        "Malformed: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> DeviceEventClassID<c> Name<n>"
    )]
    [InlineData("cef:0|v|p|1|c|n|5|", "NoMatch: ")]
    public void CefIsRead(string text, string expected) => Assert.Equal(expected, Read(Cef, text));

    [Theory]
    [InlineData(
        "LEEF:1.0|v|p|1|e|a=1\tb=two words",
        "Read: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> EventID<e> a<1> b<two words>"
    )]
    [InlineData("LEEF:1.0|v|p|1|e|", "Read: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> EventID<e>")]
    [InlineData(
        "LEEF:2.0|v|p|1|e|^|a=1^b=2",
        "Read: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> EventID<e> a<1> b<2>"
    )]
    [InlineData(
        "LEEF:2.0|v|p|1|e|0x5E|a=1^b=x|y",
        "Read: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> EventID<e> a<1> b<x|y>"
    )]
    [InlineData(
        "LEEF:2.0|v|p|1|e|x09|a=1\tb=2",
        "Read: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> EventID<e> a<1> b<2>"
    )]
    [InlineData(
        "LEEF:2.0|v|p|1|e||a=1\tb=2",
        "Read: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> EventID<e> a<1> b<2>"
    )]
    [InlineData(
        "LEEF:2.0|v|p|1|e|a=1\tb=2",
        "Read: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> EventID<e> a<1> b<2>"
    )]
    [InlineData(
        "LEEF:1.0|v|p|1|e|a=1\t\tb=c=d\t",
        "Read: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> EventID<e> a<1> b<c=d>"
    )]
    [InlineData(
        "LEEF:1.0|v|p|1|e|a=1\tjunk",
        "Malformed: DeviceVendor<v> DeviceProduct<p> DeviceVersion<1> EventID<e> a<1>"
    )]
    [InlineData("LEEF:1.0|v|p|1", "Malformed: DeviceVendor<v> DeviceProduct<p>")]
    [InlineData("LEEF:", "Malformed: ")]
    [InlineData("CEF:0|", "NoMatch: ")]
    public void LeefIsRead(string text, string expected) => Assert.Equal(expected, Read(Leef, text));

    [Fact]
    public void WhateverIsEscapedComesBack()
    {
        Gen<string> value = Gen.String["ab |\\=äöü\n\r\"'"].Select(text => text.Trim(' '));
        Gen.Select(value.Array[6], value.Array[0, 6])
            .Sample(
                (head, values) =>
                {
                    string text =
                        "CEF:0|"
                        + string.Concat(head.Select(h => Flat(h).Replace("\\", "\\\\").Replace("|", "\\|") + "|"))
                        + string.Join(' ', values.Select((v, i) => $"k{i}={Escape(v)}"));
                    (Decoding decoding, (string Name, string Value)[] fields) = new FormatReading().Read(Cef, text);
                    Assert.Equal(Decoding.Read, decoding);
                    Assert.Equal(head.Select(Flat).Concat(values), fields.Select(field => field.Value));
                }
            );
        static string Flat(string text) => text.Replace("\n", "").Replace("\r", "");
        static string Escape(string text) =>
            text.Replace("\\", "\\\\").Replace("=", "\\=").Replace("\n", "\\n").Replace("\r", "\\r");
    }
}
