using System.Text;
using System.Text.Unicode;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;

namespace Custodiet.Tests.Pipeline.Parsers.Text;

/// <summary>Lines that nobody should send. Whatever they hold, reading ends, throws nothing, and the next line is read as if nothing had been.</summary>
public class HostileLineTests
{
    private const string Known =
        "<86>Mar  2 08:16:00 web-1 sshd[4711]: Accepted password for mia from 192.0.2.10 port 50022 ssh2";

    private static readonly byte[][] Samples =
    [
        .. PipelineContent
            .Set.Definitions.SelectMany(parser => parser.Samples)
            .Select(s => Encoding.UTF8.GetBytes(s.Event)),
    ];

    private static readonly TextFormat[] Formats =
    [
        new KeyValueFormat(new KeyValueOptions()),
        new KeyValueFormat(
            new KeyValueOptions
            {
                Separator = (byte)',',
                Assign = (byte)':',
                Prefix = "p",
                Strict = true,
            }
        ),
        new CefFormat(),
        new LeefFormat(),
        new CsvFormat(new CsvOptions { Columns = ["a", "b", ""], ColumnsMin = 2 }),
        new AuditFormat(),
        new WindowsXmlFormat(),
        new PatternFormat(
            [new PatternChoice(PatternText.Read("{a} [{b:ip} ]{c:quoted} {d:long} {e:int}[ {f}]").Patterns, [])],
            unmatchedIsRead: true
        ),
        new UriTextFormat(
            new UriParts
            {
                Host = "h",
                Port = "p",
                Stem = "s",
                Query = "q",
                Extension = "e",
            }
        ),
    ];

    // What the formats look at, so that most changes hit something.
    private static readonly byte[] Marks = Encoding.UTF8.GetBytes("\"'\\=|[]{}<>:;,^ \t\u001D%/?#@-0aA.");

    [Fact]
    public void SamplesChangedAtRandomAreReadOrMarkedAndNeverThrow()
    {
        Random random = new(20_260_302);
        Reading reading = new();
        reading.Read(Known);
        Dictionary<UnparsedReason, int> reasons = [];
        for (int round = 0; round < 30_000; round++)
        {
            byte[] line = Change(Samples[random.Next(Samples.Length)], random);
            Event item = reading.Read(line);
            reasons[item.Unparsed] = reasons.GetValueOrDefault(item.Unparsed) + 1;
            CheckFields(item);
        }
        reading.Read(Known);
        Assert.Equal(("linux-sshd", "mia"), (reading.Event.Parser, reading.First("user")));
        // The changes reach every way in which a line can be refused but those that need very large ones.
        Assert.All(
            new[]
            {
                UnparsedReason.None,
                UnparsedReason.NotJson,
                UnparsedReason.NotUtf8,
                UnparsedReason.NotRecognised,
                UnparsedReason.NoEventTime,
                UnparsedReason.Malformed,
            },
            reason => Assert.True(reasons.GetValueOrDefault(reason) > 10, reason.ToString())
        );
    }

    [Fact]
    public void EveryFormatReadsOrRefusesWhateverItIsGiven()
    {
        Random random = new(17);
        FormatReading reading = new();
        foreach (TextFormat format in Formats)
        {
            foreach (byte[] sample in Samples)
            {
                for (int round = 0; round < 20; round++)
                {
                    byte[] text = Change(sample, random);
                    if (Utf8.IsValid(text))
                    {
                        reading.Read(format, text);
                    }
                }
            }
        }
    }

    [Fact]
    public void EverySampleCutAtAnyByteIsReadOrMarked()
    {
        Reading reading = new();
        foreach (byte[] sample in Samples)
        {
            for (int length = 0; length < sample.Length; length++)
            {
                CheckFields(reading.Read(sample.AsMemory(0, length)));
            }
        }
    }

    [Theory]
    [InlineData("<13>")]
    [InlineData("<13>1 - - - - - [")]
    [InlineData("<13>1 - - - - - [a ")]
    [InlineData("<86>Mar  2 08:16:00 h sshd[1]: ")]
    [InlineData("<85>Mar  2 08:16:00 h sudo: ")]
    [InlineData("type=EXECVE msg=audit(1700000000.123:456): ")]
    [InlineData("CEF:0|v|p|1|c|n|5|")]
    [InlineData("CEF:")]
    [InlineData("LEEF:1.0|v|p|1|e|")]
    [InlineData("IN= OUT= SRC= DST= ")]
    [InlineData("date=1 logid=1 devid=1 type=1 ")]
    [InlineData("1,2,3,TRAFFIC,")]
    [InlineData("192.0.2.1 - - [02/Mar/2026:08:16:00 +0000] \"GET ")]
    [InlineData("1772439360.123 1 192.0.2.1 TCP_MISS/200 1 GET http://")]
    [InlineData("{\"message\":\"")]
    [InlineData(
        "<Event><System><Provider Name=\"Linux-Sysmon\"/><EventID>1</EventID></System><EventData><Data Name=\"a\">"
    )]
    public void AMegabyteOfAnythingIsReadInTimeThatGrowsWithItsLength(string front)
    {
        Reading reading = new();
        TimeProvider time = TimeProvider.System;
        string[] fillers =
        [
            "\"",
            "'",
            "\\",
            "=",
            "|",
            "a=",
            "a=\"",
            "a='",
            "a=1 ",
            "a0=61 ",
            "61",
            " ",
            ",",
            "[",
            "[]",
            "] ",
            "\t",
            " x",
            "é",
            "k=\\",
            " cs1Label=x",
            "\"] \"",
            ":",
            "<",
            "<a>",
            "<a/>",
            "</a>",
            "<a b='c' ",
            "<![CDATA[",
            "<!---->",
            "&#1;",
            "&",
        ];
        foreach (string filler in fillers)
        {
            byte[] line = Encoding.UTF8.GetBytes(
                front + string.Concat(Enumerable.Repeat(filler, 1_000_000 / filler.Length))
            );
            long started = time.GetTimestamp();
            CheckFields(reading.Read(line));
            // A machine with work of its own takes some ten milliseconds; what grows with the square of the length takes hours.
            Assert.True(time.GetElapsedTime(started) < TimeSpan.FromSeconds(5), $"{front}{filler}…");
        }
        reading.Read(Known);
        Assert.Equal("mia", reading.First("user"));
    }

    [Fact]
    public void TooManyFieldsInALineAreMarkedAsInJson()
    {
        Reading reading = new();
        string pairs = string.Join(' ', Enumerable.Range(0, 5_000).Select(i => $"k{i}={i}"));
        foreach (
            string line in new[]
            {
                pairs,
                "CEF:0|v|p|1|c|n|5|" + pairs,
                "type=X msg=audit(1700000000.123:456): " + pairs,
            }
        )
        {
            reading.Read(line);
            Assert.Equal(UnparsedReason.TooManyFields, reading.Event.Unparsed);
            Assert.Equal(0, reading.Event.Fields.Length);
        }
    }

    [Fact]
    public void ASenderThatInventsKeysFillsNoTableForEver()
    {
        FieldTable fields = new(capacity: 5_000);
        Reading reading = new(limits: new ParserLimits { Names = 8_000 }, fields: fields);
        for (int i = 0; i < 100; i++)
        {
            reading.Read(
                "ts=1772439360 " + string.Join(' ', Enumerable.Range(i * 1000, 1000).Select(k => $"k{k}={k}"))
            );
            Assert.Equal("generic-key-value", reading.Event.Parser);
        }
        Assert.Equal(5_000, fields.Count);
        Assert.True(reading.Reader.NameTableResets > 10);
        reading.Read(Known);
        Assert.Equal("linux-sshd", reading.Event.Parser);
    }

    [Fact]
    public void ReadingLinesAllocatesNothingOnceBuffersHaveGrown()
    {
        Reading reading = new();
        foreach (byte[] line in Samples)
        {
            for (int i = 0; i < 3; i++)
            {
                reading.Read(line);
            }
            if (reading.Event.Unparsed == UnparsedReason.Malformed && Encoding.UTF8.GetString(line).Contains('{'))
            {
                // JSON that breaks off: the framework's reader says so by an exception.
                continue;
            }
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
            {
                reading.Read(line);
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated == 0, $"{allocated} bytes for ten times {Encoding.UTF8.GetString(line)}");
        }
    }

    private static void CheckFields(Event item)
    {
        foreach (FieldValue field in item.Fields)
        {
            Assert.InRange(field.Start, 0, item.Values.Length - field.Length);
            Assert.True(Utf8.IsValid(item.ValueOf(field)));
        }
    }

    private static byte[] Change(byte[] sample, Random random)
    {
        List<byte> line = [.. sample];
        for (int change = random.Next(1, 6); change > 0; change--)
        {
            int at = random.Next(line.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < line.Count:
                    line[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    line.Insert(at, Marks[random.Next(Marks.Length)]);
                    break;
                case 2 when at < line.Count:
                    line.RemoveAt(at);
                    break;
                case 3:
                    line.RemoveRange(at, Math.Min(random.Next(20), line.Count - at));
                    break;
                case 4:
                    line.InsertRange(at, Enumerable.Repeat(Marks[random.Next(Marks.Length)], random.Next(1, 40)));
                    break;
                default:
                    byte[] other = Samples[random.Next(Samples.Length)];
                    int from = random.Next(other.Length);
                    line.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(60))]);
                    break;
            }
        }
        return [.. line];
    }
}
