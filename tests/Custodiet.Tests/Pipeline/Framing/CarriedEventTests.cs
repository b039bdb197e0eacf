using System.Text;
using System.Text.Json;
using CsCheck;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Tests.Pipeline.Framing;

public class CarriedEventTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"_x":{},"a":1}""")]
    [InlineData("{ }", """{"_x":{}}""")]
    [InlineData("{\r\n \"a\": [1,\n2]\n}", """{"_x":{},"a": [1, 2]}""")]
    [InlineData("\"text\"", """{"_x":{},"message":"text"}""")]
    [InlineData("\"{\\\"a\\\": \\\"b\\\"}\"", """{"_x":{},"a": "b"}""")]
    [InlineData("\"{not json}\"", """{"_x":{},"message":"{not json}"}""")]
    [InlineData("\"{\\ud800\"", """{"_x":{},"message":"{\ud800"}""")]
    [InlineData("[1, {\"a\": 2}]", """{"_x":{},"event":[1, {"a": 2}]}""")]
    [InlineData("17", """{"_x":{},"event":17}""")]
    [InlineData("true", """{"_x":{},"event":true}""")]
    public void AnObjectKeepsItsMembersAndAnythingElseBecomesOne(string value, string expected) =>
        Assert.Equal(expected, Value("\"_x\":{}", value));

    [Fact]
    public void WithoutMetadataAnObjectStaysAsItIs() =>
        Assert.Equal(
            """{"a":1}|{}|{"message":"t"}""",
            Value("", """{"a":1}""") + "|" + Value("", "{}") + "|" + Value("", "\"t\"")
        );

    [Fact]
    public void TextIsEscapedAndTextThatIsAnObjectIsTheObject()
    {
        Assert.Equal("""{"message":"say \"hi\"\\ \t\r\n\u0001 ü €"}""", Text("say \"hi\"\\ \t\r\n\u0001 ü €"u8));
        Assert.Equal("""{"a":1}""", Text("  {\"a\":1} "u8));
        Assert.Equal("""{"message":"{\"a\":1} {\"b\":2}"}""", Text("{\"a\":1} {\"b\":2}"u8));
    }

    [Fact]
    public void BytesThatAreNotUtf8BecomeTheReplacementCharacter() =>
        Assert.Equal("{\"message\":\"a\uFFFDb\uFFFD\"}", Text([(byte)'a', 0xFF, (byte)'b', 0xE2, 0x82]));

    [Fact]
    public void WhateverTheTextItCanBeReadBack() =>
        Gen
            .Byte.Array[0, 60]
            .Sample(
                bytes =>
                {
                    using JsonDocument document = JsonDocument.Parse(Text(bytes));
                    if (!CarriedEvent.IsObject(bytes))
                    {
                        Assert.Equal(
                            Encoding.UTF8.GetString(bytes),
                            document.RootElement.GetProperty("message").GetString()
                        );
                    }
                },
                iter: 5_000,
                threads: 1
            );

    private static string Value(string metadata, string value)
    {
        using EventBuffer events = new();
        CarriedEvent.AddValue(events, Encoding.UTF8.GetBytes(metadata), Encoding.UTF8.GetBytes(value));
        return Encoding.UTF8.GetString(events.Bytes.Span);
    }

    private static string Text(ReadOnlySpan<byte> text)
    {
        using EventBuffer events = new();
        CarriedEvent.AddText(events, default, text);
        return Encoding.UTF8.GetString(events.Bytes.Span);
    }
}
