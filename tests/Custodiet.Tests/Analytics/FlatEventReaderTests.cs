using System.Text;
using Custodiet.Analytics;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Analytics;

public class FlatEventReaderTests
{
    private readonly FieldTable fields = new();
    private readonly LogSourceTable logSources = new();

    [Fact]
    public void ObjectsBecomeDottedNamesAndArraysSeveralValues()
    {
        Event e = Read(
            """{"a":1,"b":{"c":"x","d":{"e":true}},"f":["p",2,{"g":"q"},{"g":"r"},[false]],"h":null,"i":"t"}"""
        );
        Assert.Equal(
            [
                "a=1/Number",
                "b.c=x/Text",
                "b.d.e=true/True",
                "f=p/Text",
                "f=2/Number",
                "f.g=q/Text",
                "f.g=r/Text",
                "f=false/False",
                "h=/Null",
                "i=t/Text",
            ],
            e.Fields.ToArray().Select(v => $"{fields.NameOf(v.Field)}={e.TextOf(v)}/{v.Kind}")
        );
    }

    [Fact]
    public void EscapesAreReadInNamesAndValues()
    {
        Event e = Read("""{"na\u006de":"C:\\dir\t\"\u00fc\ud83d\ude00"}""");
        Assert.Equal("name", fields.NameOf(e.Fields[0].Field));
        Assert.Equal("C:\\dir\t\"ü😀", e.TextOf(e.Fields[0]));
    }

    [Fact]
    public void TheLogSourceIsThatOfTheEventsOwnLabels()
    {
        Event e = Read("""{"product":"Windows","service":"sysmon","x":{"category":"no"}}""");
        Assert.Equal([new LogSource("windows", null, "sysmon")], logSources.Of(e.LogSources));
        Assert.Equal(LogSourceTable.Unrouted, Read("""{"x":1}""").LogSources);
        Assert.Equal(LogSourceTable.Unrouted, Read("""{"service":{"name":"x"}}""").LogSources);
    }

    [Fact]
    public void WithCandidatesALabelLeftOutIsUnknown()
    {
        LogSource[] asked =
        [
            new("windows", "process_creation", null),
            new("windows", null, "sysmon"),
            new("linux", null, null),
        ];
        FlatEventReader reader = new(fields, logSources, asked);
        Event e = new();
        Assert.True(reader.TryRead("""{"product":"windows","service":"security"}"""u8.ToArray(), e));
        Assert.Contains(asked[0], logSources.Of(e.LogSources));
        Assert.DoesNotContain(asked[1], logSources.Of(e.LogSources));
        Assert.DoesNotContain(asked[2], logSources.Of(e.LogSources));
    }

    [Theory]
    [InlineData("", UnparsedReason.NotJson)]
    [InlineData("[]", UnparsedReason.NotJson)]
    [InlineData("1", UnparsedReason.NotJson)]
    [InlineData("{", UnparsedReason.NotJson)]
    [InlineData("{\"a\":1}x", UnparsedReason.NotJson)]
    [InlineData("{\"a\":\"\\ud800\"}", UnparsedReason.NotJson)]
    [InlineData("{\"a\":01}", UnparsedReason.NotJson)]
    public void WhatIsNoObjectIsRefusedWithAReason(string text, UnparsedReason reason)
    {
        Event e = new();
        Assert.False(new FlatEventReader(fields, logSources).TryRead(Encoding.UTF8.GetBytes(text), e));
        Assert.Equal(reason, e.Unparsed);
    }

    [Fact]
    public void InvalidUtf8DepthAndWidthAreRefused()
    {
        FlatEventReader reader = new(fields, logSources);
        Event e = new();
        Assert.False(
            reader.TryRead(new byte[] { (byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, e)
        );
        Assert.Equal(UnparsedReason.NotUtf8, e.Unparsed);
        Assert.False(reader.TryRead(Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 100_000)), e));
        Assert.Equal(UnparsedReason.TooDeep, e.Unparsed);
        string wide = "{\"a\":[" + string.Join(',', Enumerable.Repeat("1", AnalyticsLimits.EventValuesMax + 1)) + "]}";
        Assert.False(reader.TryRead(Encoding.UTF8.GetBytes(wide), e));
        Assert.Equal(UnparsedReason.TooManyFields, e.Unparsed);
    }

    [Fact]
    public void EveryPrefixOfAnEventIsReadOrRefused()
    {
        byte[] line = Encoding.UTF8.GetBytes(
            """{"product":"windows","a":{"b":["x",{"c":1.5e3}]},"ü":"\u00e9","n":null}"""
        );
        FlatEventReader reader = new(fields, logSources);
        Event e = new();
        for (int i = 0; i < line.Length; i++)
        {
            Assert.False(reader.TryRead(line.AsMemory(0, i), e));
        }
        Assert.True(reader.TryRead(line, e));
    }

    private Event Read(string json)
    {
        Event e = new();
        Assert.True(new FlatEventReader(fields, logSources).TryRead(Encoding.UTF8.GetBytes(json), e));
        return e;
    }
}
