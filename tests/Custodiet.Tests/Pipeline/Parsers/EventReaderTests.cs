using System.Text;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;

namespace Custodiet.Tests.Pipeline.Parsers;

public class EventReaderTests
{
    private const string Sample = """
        {"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":1,"TimeCreated":{"#attributes":{"SystemTime":"2026-03-02T08:15:30.123456700Z"}},"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws-041"},"EventData":{"Image":"C:\\Tools\\ä\u00e4\ud83d\ude00.exe","CommandLine":"a \"b\"\n","n":1.5e3,"t":true,"f":false,"z":null,"l":["x",{"y":[1,2]}]}}}
        """;

    [Fact]
    public void OneEventInFourShapesHasTheSameSigmaFieldsSourceAndLogSources()
    {
        // The same process creation, written by hand in the four shapes.
        string[] shapes =
        [
            """{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":1,"TimeCreated":{"#attributes":{"SystemTime":"2026-03-02T08:15:30.1Z"}},"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws-041"},"EventData":{"Image":"C:\\w.exe","CommandLine":"w /all","ParentImage":"C:\\c.exe"}}}""",
            """{"@timestamp":"2026-03-02T08:15:30.1Z","source_name":"Microsoft-Windows-Sysmon","log_name":"Microsoft-Windows-Sysmon/Operational","event_id":1,"computer_name":"ws-041","event_data":{"Image":"C:\\w.exe","CommandLine":"w /all","ParentImage":"C:\\c.exe"}}""",
            """{"@timestamp":"2026-03-02T08:15:33Z","winlog":{"provider_name":"Microsoft-Windows-Sysmon","channel":"Microsoft-Windows-Sysmon/Operational","event_id":"1","computer_name":"ws-041","event_data":{"Image":"C:\\w.exe","CommandLine":"w /all","ParentImage":"C:\\c.exe"}}}""",
            """{"EventTime":"2026-03-02 03:15:30","UtcTime":"2026-03-02 08:15:30.1","SourceModuleName":"in","SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Hostname":"ws-041","Image":"C:\\w.exe","CommandLine":"w /all","ParentImage":"C:\\c.exe"}""",
            """{"TimeCreated":"2026-03-02T08:15:30.1Z","SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Hostname":"ws-041","Image":"C:\\w.exe","CommandLine":"w /all","ParentImage":"C:\\c.exe"}""",
        ];
        Reading reading = new();
        foreach (string shape in shapes)
        {
            reading.Read(shape);
            Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
            Assert.Equal("1", reading.First("EventID"));
            Assert.Equal("Microsoft-Windows-Sysmon/Operational", reading.First("Channel"));
            Assert.Equal("Microsoft-Windows-Sysmon", reading.First("Provider_Name"));
            Assert.Equal("ws-041", reading.First("Computer"));
            Assert.Equal(@"C:\w.exe", reading.First("Image"));
            Assert.Equal("w /all", reading.First("CommandLine"));
            Assert.Equal(@"C:\c.exe", reading.First("ParentImage"));
            Assert.Equal("windows-sysmon@ws-041", reading.SourceNow);
            Assert.Equal(["windows/process_creation/sysmon"], reading.LogSourcesNow);
            Assert.Equal(new Entity("host", "ws-041"), reading.Bound.EntityOf(reading.Event));
        }
        Assert.Equal(2, reading.Sources.Count);
    }

    [Theory]
    [InlineData("syslog-udp 192.0.2.7", "<30>Mar  2 08:16:00 worker: hello", "syslog@192.0.2.7", "host:192.0.2.7")]
    [InlineData(
        "syslog-tcp 2001:db8::7",
        "<30>1 2026-03-02T08:16:00Z - app - - - hello",
        "syslog@2001:db8::7",
        "host:2001:db8::7"
    )]
    [InlineData("syslog-udp 192.0.2.7", "<30>Mar  2 08:16:00 app-1 worker: hello", "syslog@app-1", "host:app-1")]
    [InlineData(
        "syslog-udp 192.0.2.7",
        """192.0.2.66 - - [02/Mar/2026:08:16:00 +0000] "GET / HTTP/1.1" 200 5""",
        "web-server@192.0.2.7",
        "address:192.0.2.66"
    )]
    [InlineData("syslog-udp 192.0.2.7", "no parser knows this", "unknown@192.0.2.7", "host:192.0.2.7")]
    [InlineData("syslog-udp", "no parser knows this", "unknown@unknown", "host:unknown")]
    [InlineData("http", "<30>Mar  2 08:16:00 worker: hello", "syslog@unknown", "host:unknown")]
    public void ThePeerIsTheSensorOfAMessageThatNamesNoHost(string input, string line, string source, string entity)
    {
        Reading reading = new();
        reading.Reader.SetInput("syslog-udp 203.0.113.1");
        reading.Read("<30>Mar  2 08:16:00 worker: hello");
        reading.Reader.SetInput(input);
        reading.Read(line);
        Assert.Equal(source, reading.SourceNow);
        Assert.Equal(entity, reading.Bound.EntityOf(reading.Event).ToString());
    }

    [Theory]
    [InlineData("<86>Mar  2 08:16:00 web-1 sshd[1]: Invalid user x from 192.0.2.66 port 22", "src_port", "22")]
    [InlineData("""<13>Mar  2 08:16:00 h a: {"time":1772439360,"n":1}""", "n", "1")]
    [InlineData("""{"time":1772439360,"n":1}""", "n", "1")]
    public void WhatEndsADatagramLikeALineIsNoPartOfIt(string line, string field, string value)
    {
        Reading reading = new();
        foreach (string end in (string[])["", "\n", "\r\n", "\0", "\n\0"])
        {
            reading.Read(line + end);
            Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
            Assert.Equal(value, reading.First(field));
            Assert.Equal(line.Length + end.Length, reading.Event.Raw.Length);
        }
        reading.Read("\n");
        Assert.Equal(UnparsedReason.NotJson, reading.Event.Unparsed);
    }

    [Fact]
    public void ValuesAreUnescapedTypedAndRepeatedForLists()
    {
        Reading reading = new();
        reading.Read(Sample);
        Assert.Equal("C:\\Tools\\ää😀.exe", reading.First("Image"));
        Assert.Equal("a \"b\"\n", reading.First("CommandLine"));
        Assert.Equal("1.5e3", reading.First("n"));
        Assert.Equal("true", reading.First("t"));
        Assert.Equal("false", reading.First("f"));
        Assert.Equal(["(null)"], reading.Values("z"));
        Assert.Equal(["x"], reading.Values("l"));
        Assert.Equal(["1", "2"], reading.Values("l_y"));
        Assert.Equal(1_772_439_330_123_456, reading.Event.EventMicros);
        Assert.Equal(Encoding.UTF8.GetBytes(Sample), reading.Event.Raw.ToArray());
        FieldKind[] kinds = [.. reading.Event.Fields.ToArray().Select(field => field.Kind).Distinct().Order()];
        Assert.Equal(Enum.GetValues<FieldKind>(), kinds);
    }

    [Theory]
    [InlineData("", UnparsedReason.NotJson)]
    [InlineData("{", UnparsedReason.NotJson)]
    [InlineData("[1]", UnparsedReason.NotRecognised)]
    [InlineData("\"x\"", UnparsedReason.NotRecognised)]
    [InlineData("{} {}", UnparsedReason.NotJson)]
    [InlineData("{\"a\":1,}", UnparsedReason.NotJson)]
    [InlineData("{\"a\":01}", UnparsedReason.NotJson)]
    [InlineData("{\"a\":\"\\x\"}", UnparsedReason.NotJson)]
    [InlineData("{\"a\":\"\0\"}", UnparsedReason.NotJson)]
    [InlineData("{'a':1}", UnparsedReason.NotJson)]
    [InlineData("{/**/}", UnparsedReason.NotJson)]
    [InlineData("{}", UnparsedReason.NoEventTime)]
    [InlineData("{\"a\":\"\\u0000\",\"time\":1}", UnparsedReason.NoEventTime)]
    [InlineData("{\"a\":\"\\u0000\",\"time\":1772439360}", UnparsedReason.None)]
    public void WhatCannotBeReadIsMarkedWithAReasonAndKeepsItsBytes(string json, UnparsedReason reason)
    {
        Reading reading = new();
        reading.Read(json);
        Assert.Equal(reason, reading.Event.Unparsed);
        Assert.Equal(json, Encoding.UTF8.GetString(reading.Event.Raw.Span));
        if (reason != UnparsedReason.None)
        {
            Assert.Equal(Reading.ReceivedMicros, reading.Event.EventMicros);
        }
        if (reason == UnparsedReason.NotJson)
        {
            Assert.Equal(0, reading.Event.Fields.Length);
            Assert.Equal("unknown@unknown", reading.SourceNow);
        }
    }

    [Fact]
    public void AnEventCutAtAnyByteIsNotJsonAndTheNextOneIsReadAsIfNothingHadBeen()
    {
        Reading reading = new();
        byte[] bytes = Encoding.UTF8.GetBytes(Sample);
        for (int length = 0; length < bytes.Length; length++)
        {
            reading.Read(bytes.AsMemory(0, length));
            Assert.Contains(reading.Event.Unparsed, new[] { UnparsedReason.NotJson, UnparsedReason.NotUtf8 });
            Assert.Equal(0, reading.Event.Fields.Length);
        }
        reading.Read(bytes);
        Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
        Assert.Equal("ws-041", reading.First("Computer"));
    }

    [Fact]
    public void AFlippedBitAnywhereNeverThrows()
    {
        Reading reading = new();
        byte[] bytes = Encoding.UTF8.GetBytes(Sample);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            reading.Read(bytes);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        reading.Read(bytes);
        Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
    }

    [Fact]
    public void BytesThatAreNotUtf8AreNotReplacedButMarked()
    {
        Reading reading = new();
        reading.Read(new byte[] { (byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)':', (byte)'1', (byte)'}' });
        Assert.Equal(UnparsedReason.NotUtf8, reading.Event.Unparsed);
    }

    [Fact]
    public void HalfASurrogatePairIsReplacedBecauseWindowsWritesThem()
    {
        Reading reading = new();
        reading.Read("""{"time":1772439360,"a":"x\ud83dy","b":"\ude00","\ud83dk":"v","c":"\ud83d\u0041"}""");
        Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
        Assert.Equal("x\uFFFDy", reading.First("a"));
        Assert.Equal("\uFFFD", reading.First("b"));
        Assert.Equal("v", reading.First("\uFFFDk"));
        Assert.Equal("\uFFFDA", reading.First("c"));
    }

    [Fact]
    public void NestingUpToTheLimitIsReadAndOneMoreIsTooDeep()
    {
        Reading reading = new();
        static string Nested(int depth) =>
            """{"time":1772439360,"a":""" + new string('[', depth - 1) + "1" + new string(']', depth - 1) + "}";
        reading.Read(Nested(64));
        Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
        reading.Read(Nested(65));
        Assert.Equal(UnparsedReason.TooDeep, reading.Event.Unparsed);
        reading.Read(Nested(100_000));
        Assert.Equal(UnparsedReason.TooDeep, reading.Event.Unparsed);
        reading.Read("{\"a\":" + string.Concat(Enumerable.Repeat("{\"a\":", 100_000)));
        Assert.Equal(UnparsedReason.TooDeep, reading.Event.Unparsed);
    }

    [Fact]
    public void MoreValuesOrNamesThanTheLimitAreTooManyFields()
    {
        Reading reading = new();
        reading.Read("{\"time\":1772439360,\"a\":[" + string.Join(',', Enumerable.Repeat("1", 4_095)) + "]}");
        Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
        reading.Read("{\"time\":1772439360,\"a\":[" + string.Join(',', Enumerable.Repeat("1", 4_096)) + "]}");
        Assert.Equal(UnparsedReason.TooManyFields, reading.Event.Unparsed);
        reading.Read("{" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"k{i}\":{{}}")) + "}");
        Assert.Equal(UnparsedReason.TooManyFields, reading.Event.Unparsed);
    }

    [Fact]
    public void ASenderThatInventsKeysFillsNoTableForEverAndOthersAreReadAsBefore()
    {
        FieldTable fields = new(capacity: 5_000);
        Reading reading = new(limits: new ParserLimits { Names = 8_000 }, fields: fields);
        reading.Read(Sample);
        for (int i = 0; i < 100; i++)
        {
            int start = i * 1000;
            string keys = string.Join(',', Enumerable.Range(start, 1000).Select(key => $"\"k{key}\":{key}"));
            reading.Read($"{{\"time\":1772439360,{keys}}}");
            Assert.Equal(UnparsedReason.None, reading.Event.Unparsed);
        }
        Assert.Equal(5_000, fields.Count);
        Assert.True(reading.Reader.NameTableResets > 10);
        Assert.True(reading.Reader.ValuesLeftOut > 90_000);
        reading.Read(Sample);
        Assert.Equal("ws-041", reading.First("Computer"));
        Assert.Equal("C:\\Tools\\ää😀.exe", reading.First("Image"));
    }

    [Fact]
    public void ARepeatedKeyGivesBothValues()
    {
        Reading reading = new();
        reading.Read("""{"time":1772439360,"a":1,"a":2}""");
        Assert.Equal(["1", "2"], reading.Values("a"));
    }

    [Fact]
    public void HugeNumbersStayAsTheyAreWritten()
    {
        Reading reading = new();
        string huge = "1" + new string('0', 5_000) + "e999999999";
        reading.Read($"{{\"time\":{huge},\"ts\":1772439360,\"n\":-{huge}}}");
        Assert.Equal("-" + huge, reading.First("n"));
        Assert.Equal(1_772_439_360_000_000, reading.Event.EventMicros);
    }

    [Fact]
    public void ANameLongerThanTheLimitIsLeftOutAndCounted()
    {
        Reading reading = new();
        reading.Read(
            $"{{\"time\":1772439360,\"{new string('k', 600)}\":1,\"a\":{{\"{new string('k', 511)}\":1}},\"b\":2}}"
        );
        Assert.Equal("2", reading.First("b"));
        Assert.Equal(2, reading.Event.Fields.Length);
        Assert.Equal(2, reading.Reader.ValuesLeftOut);
    }

    [Fact]
    public void InventedLogSourcesAreBounded()
    {
        Reading reading = new();
        for (int i = 0; i < 10_000; i++)
        {
            reading.Read($"{{\"time\":1772439360,\"product\":\"p{i}\"}}");
        }
        Assert.True(reading.LogSources.Count <= 4_097);
        Assert.Equal(LogSourceTable.Unrouted, reading.Event.LogSources);
    }

    [Fact]
    public void DottedNamesMeanTheSameNestedOrWritten()
    {
        Reading reading = new();
        reading.Read("""{"@timestamp":"2026-03-02T08:16:00Z","host.name":"a"}""");
        Assert.Equal("json@a", reading.SourceNow);
        reading.Read("""{"@timestamp":"2026-03-02T08:16:00Z","host":{"name":"b"}}""");
        Assert.Equal("json@b", reading.SourceNow);
        Assert.Equal("b", reading.First("host.name"));
    }

    [Fact]
    public void TheBufferIsReusedAndNothingOfTheLastEventRemains()
    {
        Reading reading = new();
        reading.Read(Sample);
        reading.Read("""{"time":1772439360,"a":"b"}""");
        Assert.Equal(2, reading.Event.Fields.Length);
        Assert.Equal("json@unknown", reading.SourceNow);
        Assert.Empty(reading.LogSourcesNow);
    }

    [Fact]
    public void SensorsOfOneNameAndTwoTechnologiesAreTwoSources()
    {
        Reading reading = new();
        reading.Read("""{"Channel":"Security","EventID":1,"Hostname":"h","TimeCreated":"2026-03-02T08:16:00Z"}""");
        int first = reading.Event.Source;
        reading.Read("""{"Channel":"System","EventID":1,"Hostname":"h","TimeCreated":"2026-03-02T08:16:00Z"}""");
        Assert.NotEqual(first, reading.Event.Source);
        Assert.Equal("windows-system@h", reading.SourceNow);
    }

    [Fact]
    public void HeadlineFieldsAreKnownByNumber()
    {
        Reading reading = new();
        string[] names = [.. reading.Bound.HeadlineOf("aws-cloudtrail").Select(reading.Fields.NameOf)];
        Assert.Equal("eventName", names[0]);
        Assert.Empty(reading.Bound.HeadlineOf("no such parser"));
    }
}
