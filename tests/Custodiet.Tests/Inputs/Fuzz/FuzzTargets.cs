using System.Text;
using System.Text.Json;
using Custodiet.Documents;
using Custodiet.Pipeline.Bulk;
using Custodiet.Pipeline.CloudEvents;
using Custodiet.Pipeline.Framing;
using Custodiet.Pipeline.Hec;
using Custodiet.Pipeline.Mappings;
using Custodiet.Pipeline.Otlp;
using Custodiet.Pipeline.Syslog;
using Custodiet.Records.Findings;

namespace Custodiet.Tests.Inputs.Fuzz;

/// <summary>A decoder under attack: well-formed bodies, and what must hold whatever the bytes are.</summary>
/// <param name="Name">The decoder.</param>
/// <param name="Seeds">Bodies that it takes.</param>
/// <param name="Run">
/// Decodes a body and gives the events. Throws <see cref="BrokenPromiseException"/> when something does not hold; any other exception
/// is a finding too.
/// </param>
internal sealed record FuzzTarget(
    string Name,
    IReadOnlyList<byte[]> Seeds,
    Func<byte[], Random, IReadOnlyList<ReadOnlyMemory<byte>>> Run
);

/// <summary>Something that a decoder promises did not hold.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);

/// <summary>Every decoder of an input.</summary>
internal static class FuzzTargets
{
    /// <summary>So small that bodies of some kilobytes reach every limit.</summary>
    private static readonly FramingLimits limits = new()
    {
        EventBytes = 3_000,
        BatchEvents = 60,
        BatchBytes = 30_000,
    };

    /// <summary>Levels that the wrapping of a decoder may add to those of a value.</summary>
    private const int DepthOfWrapping = 4;

    private const string Cloud =
        "{\"specversion\":\"1.0\",\"id\":\"a-1\",\"source\":\"/shop\",\"type\":\"order.made\",\"datacontenttype\":\"application/json\",";

    /// <summary>Encodes well-formed text only.</summary>
    private static readonly UTF8Encoding strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The decoders of events, by name.</summary>
    public static IReadOnlyList<FuzzTarget> Events { get; } =
    [
        new(
            "lines",
            Texts(
                "{\"a\":1}\n{\"b\":\"x\"}\r\nMar  2 08:16:00 host app[1]: text\n",
                "[{\"a\":1},\n {\"b\":[1,2]}, 7, {\"c\":\"]\"}]",
                "{\n \"a\": {\n \"b\": 1 }\n}\n",
                "{\"Records\":[{\"eventName\":\"a\"},{\"eventName\":\"b\"}]}",
                "\uFEFF{\"records\":\n[{\"a\":1} , {\"b\":2}]}"
            ),
            (body, _) => Lines(body)
        ),
        new(
            "syslog",
            Texts(
                "<13>1 2026-03-02T08:16:00Z h app 1 - - one\n<13>Mar  2 08:16:00 h app: two\r\n",
                "35 <13>1 2026-03-02T08:16:00Z h a - - x21 <13>Mar  2 08:16:00 h\n",
                "text\0text\n7 counted12 not a count, a line\n",
                new string('x', 700) + "\n<13>after a line that is too large\n"
            ),
            Syslog
        ),
        new(
            "hec-event",
            Texts(
                "{\"time\":1772439360.123,\"host\":\"h\",\"source\":\"s\",\"sourcetype\":\"t\",\"index\":\"i\",\"fields\":{\"z\":\"a\"},\"event\":{\"user\":\"mia\"}}",
                "{\"event\":\"text\"}{\"event\":\"{\\\"eventName\\\":\\\"PutObject\\\"}\",\"time\":\"1\"}\n{\"event\":[1,{\"a\":null}]}",
                "{\"e\\u0076ent\":\"gr\\u00f6\\u00dfe \\ud83d\\ude00\",\"host\":{\"a\":\"b\\n\"}}"
            ),
            (body, _) => Decode(target => HecDecoder.DecodeEvents(body, limits, target) is null)
        ),
        new(
            "hec-raw",
            Texts("first line\r\n\r\n{\"a\":1}\nlast \"line\"", "<13>1 2026-03-02T08:16:00Z h a - - x\n"),
            (body, random) =>
            {
                HecDefaults defaults = new(
                    Word(random),
                    Word(random),
                    Word(random),
                    Word(random),
                    random.Next(2) == 0 ? null : Encoding.Latin1.GetString(body[..Math.Min(body.Length, 40)])
                );
                return Decode(target => HecDecoder.DecodeRaw(body, defaults, limits, target) is null);
            }
        ),
        new(
            "bulk",
            Texts(
                "{\"index\":{\"_index\":\"logs\",\"_id\":\"1\"}}\n{\"message\":\"one\"}\n{\"create\":{}}\n{ }\n",
                "{\"delete\":{\"_id\":\"6\"}}\n{\"update\":{\"_id\":5,\"x\":{\"y\":[]}}}\n{\"doc\":{}}\r\n{\"index\":{}}\r\nno object\r\n"
            ),
            Bulk
        ),
        new("otlp-proto", [.. Otlp.ProtoSeeds], (body, _) => OtlpEvents(body, OtlpDecoder.DecodeProto)),
        new("otlp-json", [.. Otlp.JsonSeeds], (body, _) => OtlpEvents(body, OtlpDecoder.DecodeJson)),
        new(
            "cloudevents",
            Texts(
                Cloud + "\"time\":\"2026-03-02T08:16:00Z\",\"data\":{\"amount\":5}}",
                Cloud + "\"data\":\"text\",\"tenant\":1}",
                Cloud + "\"data_base64\":\"dGV4dP8=\"}"
            ),
            (body, _) =>
                Decode(target => CloudEventDecoder.DecodeStructured(body, batch: false, limits, target) is null)
        ),
        new(
            "cloudevents-batch",
            Texts("[]", "[" + Cloud + "\"data\":{\"n\":1}}," + Cloud + "\"data\":[1,\"\\ud83d\\ude00\"]}]"),
            (body, _) => Decode(target => CloudEventDecoder.DecodeStructured(body, batch: true, limits, target) is null)
        ),
        new(
            "cloudevents-binary",
            Texts("{\"n\":1}", "text", "\"text\"", "[1]"),
            (body, random) =>
            {
                Dictionary<string, string> attributes = new()
                {
                    ["specversion"] = "1.0",
                    ["id"] = "1",
                    ["source"] = "/s",
                    ["type"] = "t",
                };
                attributes[random.Next(3) == 0 ? "type" : "subject"] = Encoding.Latin1.GetString(
                    body[..Math.Min(body.Length, 30)]
                );
                string type = random.Next(3) switch
                {
                    0 => "",
                    1 => "application/json; charset=utf-8",
                    _ => "text/plain",
                };
                return Decode(target => CloudEventDecoder.DecodeBinary(attributes, type, body, limits, target) is null);
            }
        ),
    ];

    /// <summary>The decoder of other tools' alerts, with the mappings of a folder and the bodies of their samples.</summary>
    public static FuzzTarget Findings(string mappings)
    {
        string[] files = Directory.GetFiles(mappings, "*.yml");
        MappingSet set = MappingSet.Load([.. files.Select(f => new SourceText(f, File.ReadAllText(f)))]).Set!;
        string[] bodies =
        [
            .. files
                .SelectMany(File.ReadLines)
                .Select(line => line.Trim())
                .Where(line => line.StartsWith("{\"", StringComparison.Ordinal)),
        ];
        return new(
            "findings",
            Texts(bodies),
            (body, _) =>
                [
                    .. set.Map(body, null, DateTimeOffset.UnixEpoch)
                        .Findings.Select(f => (ReadOnlyMemory<byte>)strict.GetBytes(TextOf(f))),
                ]
        );
    }

    private static string TextOf(Finding finding) =>
        $"{finding.Rule}{finding.Source}{finding.Entity}{finding.SourceRef}{finding.Link}"
        + string.Concat(finding.Fields.Select(f => f.ToString()));

    private static List<ReadOnlyMemory<byte>> Lines(byte[] body)
    {
        FramedEvents copied = EventFraming.Frame(body, limits);
        FramedEvents moved = EventFraming.FrameInPlace(body.ToArray(), limits);
        Hold(copied.Lengths.SequenceEqual(moved.Lengths), "In place, other events are cut than with a copy.");
        Hold(copied.Bytes.Span.SequenceEqual(moved.Bytes.Span), "In place, other bytes are cut than with a copy.");
        Hold(copied.Rejections.SequenceEqual(moved.Rejections), "In place, other events are rejected.");
        Hold(copied.Refusal == moved.Refusal, "In place, the body is refused otherwise.");
        Hold(copied.Refusal is null || copied.Lengths.Count == 0, "A refused body has events.");
        Hold(copied.Refusal is not null || body.Length <= limits.BatchBytes, "A body above the limit was taken.");
        List<ReadOnlyMemory<byte>> events = Cut(copied.Lengths, copied.Bytes);
        int at = 0;
        foreach (ReadOnlyMemory<byte> item in events)
        {
            // Every event is a piece of the body, in the body's order.
            int found = body.AsSpan(at).IndexOf(item.Span);
            Hold(found >= 0 && item.Length > 0, "An event is no piece of the body.");
            at += found + item.Length;
        }
        return events;
    }

    private static List<ReadOnlyMemory<byte>> Syslog(byte[] body, Random random)
    {
        const int messageBytesMax = 600;
        (List<byte[]> whole, SyslogFaults faults) = Frame([body], messageBytesMax);
        List<byte[]> parts = [];
        for (int at = 0; at < body.Length; )
        {
            int length = Math.Min(body.Length - at, 1 + random.Next(random.Next(2) == 0 ? 3 : 400));
            parts.Add(body[at..(at + length)]);
            at += length;
        }
        (List<byte[]> cut, SyslogFaults cutFaults) = Frame(parts, messageBytesMax);
        Hold(
            whole.Count == cut.Count && whole.Zip(cut).All(p => p.First.SequenceEqual(p.Second)),
            "A stream gives other messages when it comes in pieces."
        );
        Hold(faults == cutFaults, "A stream has other faults when it comes in pieces.");
        Hold(whole.All(m => m.Length is > 0 and <= messageBytesMax), "A message is empty or above the limit.");
        return [.. whole.Select(m => (ReadOnlyMemory<byte>)m)];
    }

    private static (List<byte[]>, SyslogFaults) Frame(IEnumerable<byte[]> parts, int messageBytesMax)
    {
        SyslogFramer framer = new(messageBytesMax);
        using EventBuffer target = new();
        List<byte[]> messages = [];
        foreach (byte[] part in parts)
        {
            framer.Push(part, target);
            Hold(target.OpenBytes <= messageBytesMax + 1, "More than one message of the largest size is held.");
            messages.AddRange(Cut(target.Lengths, target.Bytes).Select(m => m.ToArray()));
            target.Clear();
        }
        framer.End(target);
        messages.AddRange(Cut(target.Lengths, target.Bytes).Select(m => m.ToArray()));
        Hold(!framer.IsInside && target.OpenBytes == 0, "After its end the stream is still inside a message.");
        return (messages, framer.TakeFaults());
    }

    private static List<ReadOnlyMemory<byte>> Bulk(byte[] body, Random random)
    {
        using EventBuffer target = new();
        List<BulkItem> items = [];
        string? index = random.Next(2) == 0 ? null : Word(random);
        BulkProblem? problem = BulkDecoder.Decode(body, index, limits, items, target);
        if (problem is not null)
        {
            return [];
        }
        Hold(items.Count(i => i.Rejection is null) == target.Count, "Not every item without a rejection is an event.");
        foreach (BulkItem item in items)
        {
            foreach (ReadOnlyMemory<byte> value in (ReadOnlyMemory<byte>[])[item.Index, item.Id])
            {
                Hold(value.IsEmpty || CarriedEvent.IsValue(value.Span), "Index or id would break the answer.");
            }
        }
        List<ReadOnlyMemory<byte>> events = Checked(target);
        foreach (ReadOnlyMemory<byte> item in events)
        {
            // Documents are not looked into, so only the wrapping is promised.
            Hold(item.Span.StartsWith("{\"_bulk\":{"u8), "An event lacks the wrapping.");
            Hold(!item.Span.Contains((byte)'\n'), "An event is more than one line.");
        }
        return events;
    }

    private delegate OtlpRequest DecodeOtlp(ReadOnlySpan<byte> body, FramingLimits limits, EventBuffer target);

    private static List<ReadOnlyMemory<byte>> OtlpEvents(byte[] body, DecodeOtlp decode) =>
        Decode(target =>
        {
            OtlpRequest request = decode(body, limits, target);
            Hold(request.Rejected >= 0, "A negative number of records was rejected.");
            return request.Problem is null;
        });

    /// <summary>Decodes, and checks that events are JSON objects on one line within the limits.</summary>
    private static List<ReadOnlyMemory<byte>> Decode(Func<EventBuffer, bool> decode)
    {
        using EventBuffer target = new();
        if (!decode(target))
        {
            return [];
        }
        List<ReadOnlyMemory<byte>> events = Checked(target);
        foreach (ReadOnlyMemory<byte> item in events)
        {
            Hold(item.Span.IndexOfAny((byte)'\n', (byte)'\r') < 0, "An event is more than one line.");
            Hold(item.Span is [(byte)'{', .., (byte)'}'] && IsJson(item.Span), "An event is no JSON object.");
        }
        return events;
    }

    private static List<ReadOnlyMemory<byte>> Checked(EventBuffer target)
    {
        Hold(target.OpenBytes == 0, "An event was left open.");
        Hold(target.Count <= limits.BatchEvents, "There are more events than the limit.");
        Hold(target.Bytes.Length <= limits.BatchBytes, "The events have more bytes than the limit.");
        Hold(target.Lengths.Sum() == target.Bytes.Length, "Lengths and bytes do not agree.");
        // OTLP checks parts before it writes names and braces around them.
        Hold(target.Lengths.All(l => l <= limits.EventBytes + 100), "An event has more bytes than the limit.");
        return Cut(target.Lengths, target.Bytes.ToArray());
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            Utf8JsonReader reader = new(
                text,
                new JsonReaderOptions { MaxDepth = CarriedEvent.DepthMax + DepthOfWrapping }
            );
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static List<ReadOnlyMemory<byte>> Cut(IReadOnlyList<int> lengths, ReadOnlyMemory<byte> bytes)
    {
        List<ReadOnlyMemory<byte>> events = [];
        int at = 0;
        foreach (int length in lengths)
        {
            events.Add(bytes.Slice(at, length));
            at += length;
        }
        return events;
    }

    private static string? Word(Random random) =>
        random.Next(5) switch
        {
            0 => null,
            1 => "",
            2 => "\"\\\0\n",
            3 => "größe \uD800",
            _ => "word",
        };

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static void Hold(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new BrokenPromiseException(otherwise);
        }
    }

    /// <summary>Requests of OTLP in both encodings.</summary>
    private static class Otlp
    {
        public static IEnumerable<byte[]> JsonSeeds =>
            Texts(
                """{"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"h"}}]},"scopeLogs":[{"scope":{"name":"s","version":"1"},"logRecords":[{"timeUnixNano":"1772439360000000000","severityNumber":9,"severityText":"INFO","traceId":"5b8efff798038103d269b633813fc60c","body":{"stringValue":"text"},"attributes":[{"key":"a","value":{"intValue":"7"}}]}]}]}]}""",
                """{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"kvlistValue":{"values":[{"key":"k","value":{"arrayValue":{"values":[{"boolValue":true},{"doubleValue":1.5},{"bytesValue":"AA=="}]}}}]}}}]}],"resource":{}}]}"""
            );

        // ExportLogsServiceRequest: resource_logs = 1 { resource = 1, scope_logs = 2 { scope = 1, log_records = 2 } }.
        public static IEnumerable<byte[]> ProtoSeeds
        {
            get
            {
                byte[] text = Field(1, "text"u8);
                byte[] list = Field(6, Field(1, [.. Field(1, "k"u8), .. Field(2, Field(5, Field(1, text)))]));
                byte[] number = [0x18, 0xFF, 0x01];
                byte[] bytes = Field(7, [0, 1, 0xFF]);
                foreach (byte[] body in (byte[][])[text, list, number, bytes])
                {
                    byte[] record =
                    [
                        0x09,
                        .. BitConverter.GetBytes(1_772_439_360_000_000_000),
                        0x10,
                        9,
                        .. Field(3, "INFO"u8),
                        .. Field(5, body),
                        .. Field(6, [.. Field(1, "a"u8), .. Field(2, text)]),
                        .. Field(9, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
                    ];
                    byte[] scope = [.. Field(1, Field(1, "s"u8)), .. Field(2, record), .. Field(2, record)];
                    byte[] resource = Field(1, Field(1, [.. Field(1, "host.name"u8), .. Field(2, text)]));
                    yield return Field(1, [.. resource, .. Field(2, scope)]);
                }
            }
        }

        private static byte[] Field(int number, ReadOnlySpan<byte> bytes)
        {
            List<byte> field = [(byte)((number << 3) | 2)];
            int length = bytes.Length;
            for (; length >= 0x80; length >>= 7)
            {
                field.Add((byte)(length | 0x80));
            }
            field.Add((byte)length);
            return [.. field, .. bytes];
        }
    }
}
