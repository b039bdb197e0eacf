using System.Buffers;
using System.Text;
using System.Text.Json;
using Custodiet.Pipeline.Writing;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Writing;

public class WritingTests
{
    [Theory]
    [InlineData("{\"a\":1}", "{\"a\":1}")]
    [InlineData("Mar  2 08:16:00 fw text", "Mar  2 08:16:00 fw text")]
    [InlineData("{\n  \"a\": \"b c\"\r\n}\n", "{   \"a\": \"b c\"  }")]
    [InlineData("two\nlines \"ö\"", "{\"message\":\"two\\nlines \\\"ö\\\"\"}")]
    [InlineData("{ no\njson }", "{\"message\":\"{ no\\njson }\"}")]
    [InlineData("[17] in brackets", "{\"message\":\"[17] in brackets\"}")]
    [InlineData("  ", "{\"message\":\"  \"}")]
    public void RawBytesBecomeOneLine(string raw, string expected)
    {
        ArrayBufferWriter<byte> line = new();
        RawLine.Write(Encoding.UTF8.GetBytes(raw), line);
        Assert.Equal(expected, Encoding.UTF8.GetString(line.WrittenSpan));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("-12.50e+3", true)]
    [InlineData("1E9", true)]
    [InlineData("007", false)]
    [InlineData("+1", false)]
    [InlineData("1.", false)]
    [InlineData(".5", false)]
    [InlineData("1e", false)]
    [InlineData("NaN", false)]
    [InlineData("", false)]
    [InlineData("-", false)]
    public void ANumberIsOneAsJsonWritesIt(string text, bool expected) =>
        Assert.Equal(expected, EventJson.IsNumber(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void AnEventIsWrittenWithTheNamesOfTheDataset()
    {
        FieldTable fields = new();
        SourceTable sources = new();
        LogSourceTable logSources = new();
        Event item = new()
        {
            Offset = 7,
            ReceivedMicros = 1_772_439_361_000_000,
            EventMicros = 1_772_439_360_123_456,
            Source = sources.Intern(new SourceKey("app", "größe-1")),
            LogSources = logSources.Intern([new LogSource("windows", null, "sysmon")]),
            Parser = "generic-json",
            Raw = new byte[] { 0xFF, 0x41 },
        };
        item.Add(fields.Intern("a"), "1"u8, FieldKind.Text);
        item.Add(fields.Intern("n"), "4688"u8, FieldKind.Number);
        item.Add(fields.Intern("a"), "2"u8, FieldKind.Text);
        item.Add(fields.Intern("z"), "007"u8, FieldKind.Number);
        item.Add(fields.Intern("t"), "true"u8, FieldKind.True);
        item.Add(fields.Intern("0"), [], FieldKind.Null);
        item.Add(FieldTable.None, "lost"u8, FieldKind.Text);
        item.Add(fields.Intern("bad"), [0xC3, 0x28], FieldKind.Text);
        ArrayBufferWriter<byte> line = new();
        EventJson writer = new(fields, sources, logSources);
        writer.Write(item, line);
        Assert.Equal(
            """{"event_offset":7,"received_at":"2026-03-02T08:16:01Z","event_at":"2026-03-02T08:16:00.123456Z","technology":"app","sensor":"größe-1","parser":"generic-json","log_sources":["windows/*/sysmon"],"fields":{"a":["1","2"],"n":4688,"z":"007","t":true,"0":null,"bad":"\uFFFD("},"raw_base64":"/0E="}""",
            Encoding.UTF8.GetString(line.WrittenSpan)
        );
        item.Reduce("less", field => field >= 0 && fields.NameOf(field) == "n");
        line.Clear();
        writer.Write(item, line);
        using JsonDocument reduced = JsonDocument.Parse(line.WrittenMemory);
        Assert.Equal("{\"n\":4688}", reduced.RootElement.GetProperty("fields").ToString());
        Assert.Equal("less", reduced.RootElement.GetProperty("reduced").GetString());
        Assert.False(reduced.RootElement.TryGetProperty("raw_base64", out _));
        Assert.Equal(2, item.ReceivedBytes);
    }
}
