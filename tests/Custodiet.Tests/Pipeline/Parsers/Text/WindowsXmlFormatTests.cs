using System.Security;
using CsCheck;
using Custodiet.Pipeline.Parsers;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

public class WindowsXmlFormatTests
{
    private static readonly WindowsXmlFormat Xml = new();

    private static string Read(string text)
    {
        (Decoding decoding, (string, string)[] fields) = new FormatReading().Read(Xml, text);
        return $"{decoding}: {string.Join(" ", fields.Select(field => $"{field.Item1}[{field.Item2}]"))}".TrimEnd();
    }

    [Theory]
    [InlineData("<Event></Event>", "Read:")]
    [InlineData("<Event/>", "Read:")]
    [InlineData("<Events><EventID>1</EventID></Events>", "NoMatch:")]
    [InlineData("no XML", "NoMatch:")]
    [InlineData("", "NoMatch:")]
    [InlineData("<", "NoMatch:")]
    [InlineData("<EventData><Data Name='a'>1</Data><Data>2</Data></EventData>", "Read: a[1] Data[2]")]
    [InlineData("\uFEFF<?xml version='1.0'?>\r\n<Event >\n</Event >\n", "Read:")]
    [InlineData("<e:Event xmlns:e='u'><e:EventData><e:Data Name='a'>1</e:Data></e:EventData></e:Event>", "Read: a[1]")]
    [InlineData(
        "<Event><System><Provider Name='p' Guid = \"g\"/><EventID Qualifiers=''>7</EventID><Correlation/></System></Event>",
        "Read: Provider_Name[p] Provider_Guid[g] EventID_Qualifiers[] EventID[7]"
    )]
    [InlineData(
        "<Event><UserData><X xmlns='u'><Who>mia</Who><Deep><In>1</In></Deep></X></UserData></Event>",
        "Read: Who[mia] In[1]"
    )]
    [InlineData(
        "<Event><EventData><Data Name='a'/><Data Name='b'></Data><Other/></EventData></Event>",
        "Read: a[] b[]"
    )]
    [InlineData(
        "<Event><EventData><Data Name='a'>&lt;&#65;&#x42;&amp;amp;&quot;&apos;&gt;&#x1F600;</Data></EventData></Event>",
        "Read: a[<AB&amp;\"'>😀]"
    )]
    [InlineData(
        "<Event><EventData><Data Name='a'>&nbsp;&#0;&#xD800;&#;&#x;&; &</Data></EventData></Event>",
        "Read: a[&nbsp;\uFFFD\uFFFD&#;&#x;&; &]"
    )]
    [InlineData(
        "<Event><EventData><Data Name='a'>1<![CDATA[<b>&lt;]]>2<!-- <x> -->3<?p q?>4</Data></EventData></Event>",
        "Read: a[1<b>&lt;234]"
    )]
    [InlineData("<Event><EventData><Data Name='a'> two\nlines </Data></EventData></Event>", "Read: a[ two\nlines ]")]
    [InlineData(
        "<Event><System><EventID>1</EventID></System><RenderingInfo Culture='x'><Level>Info</Level><Message>m</Message></RenderingInfo><Other><EventID>2</EventID></Other></Event>",
        "Read: EventID[1] Message[m]"
    )]
    [InlineData("<DataItem type='x'><EventData><Data>1</Data></EventData></DataItem>", "Read: Data[1]")]
    [InlineData(
        "<Event><EventData><Data Name='a'>1</Data></EventData><EventData><Data Name='b'>2</Data></EventData></Event>",
        "Read: a[1] b[2]"
    )]
    [InlineData("<Event><EventData><Data Name='a'>1</Data>", "Malformed: a[1]")]
    [InlineData("<Event><EventData><Data Name='a'>1</Data", "Malformed:")]
    [InlineData("<Event><EventData><Data Name='a", "Malformed:")]
    [InlineData("<Event><EventData><Data Name=a>1</Data></EventData></Event>", "Malformed:")]
    [InlineData("<Event><EventData><Data Name></Data></EventData></Event>", "Malformed:")]
    [InlineData("<Event>< a></Event>", "Malformed:")]
    [InlineData("<Event></Event><Event></Event>", "Malformed:")]
    [InlineData("<Event><!DOCTYPE x [<!ENTITY a 'b'>]></Event>", "Malformed:")]
    [InlineData("<Event><![CDATA[", "Malformed:")]
    public void EventsAreRead(string text, string expected) => Assert.Equal(expected, Read(text));

    [Fact]
    public void WhateverIsEscapedComesBack() =>
        Gen.Select(Gen.String["ab \"'<>&=/]äö€\r\n;#x"], Gen.Bool, Gen.Bool)
            .Array[1, 8]
            .Sample(values =>
            {
                string data = string.Concat(
                    values.Select(
                        (value, i) =>
                        {
                            string escaped =
                                value.Item2 && !value.Item1.Contains("]]>", StringComparison.Ordinal)
                                    ? $"<![CDATA[{value.Item1}]]>"
                                    : SecurityElement.Escape(value.Item1);
                            string name = value.Item3 ? $"'n{i}'" : $"\"n{i}\"";
                            return $"<Data Name={name}>{escaped}</Data>\n";
                        }
                    )
                );
                (Decoding decoding, (string Name, string Value)[] fields) = new FormatReading().Read(
                    Xml,
                    $"<Event><EventData>{data}</EventData></Event>"
                );
                Assert.Equal(Decoding.Read, decoding);
                Assert.Equal(values.Select((value, i) => ($"n{i}", value.Item1)), fields);
            });
}
