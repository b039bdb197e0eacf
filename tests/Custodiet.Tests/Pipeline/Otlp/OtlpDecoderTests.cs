using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Custodiet.Pipeline.Framing;
using Custodiet.Pipeline.Otlp;

namespace Custodiet.Tests.Pipeline.Otlp;

public class OtlpDecoderTests
{
    private static readonly FramingLimits limits = new() { EventBytes = 8_192 };

    [Fact]
    public void ARecordBecomesAnEventWithAllThatBelongsToIt()
    {
        OtlpMessage message = new(
            [("service.name", new OtlpValue.Text("shop")), ("host.name", new OtlpValue.Text("app-1"))],
            "my.library",
            1_772_439_360_123_456_789,
            9,
            [.. Enumerable.Range(1, 16).Select(i => (byte)i)],
            new OtlpValue.Text("it \"works\""),
            [
                ("user.id", new OtlpValue.Int(-7)),
                ("ok", new OtlpValue.Bool(true)),
                ("ratio", new OtlpValue.Double(0.5)),
                ("raw", new OtlpValue.Bytes([1, 2, 255])),
                ("list", new OtlpValue.Array([new OtlpValue.Int(1), new OtlpValue.Text("b")])),
                ("map", new OtlpValue.Map([("in", new OtlpValue.Bool(false))])),
            ]
        );
        const string expected = """
            {"_otlp":{"time":"2026-03-02T08:16:00.123456789Z","severity_number":9,"trace_id":"0102030405060708090a0b0c0d0e0f10","attributes":{"user.id":-7,"ok":true,"ratio":0.5,"raw":"AQL/","list":[1,"b"],"map":{"in":false}},"resource":{"service.name":"shop","host.name":"app-1"},"scope":{"name":"my.library"}},"message":"it \"works\""}
            """;
        Assert.Equal([expected], Proto(message.ToProto()).Events);
        // JsonNode writes quotation marks as \u0022; the text stays as the sender wrote it.
        Assert.Equal([expected.Replace("\\\"", "\\u0022", StringComparison.Ordinal)], Json(message.ToJson()).Events);
    }

    [Fact]
    public void ABodyThatIsAMapGivesTheEventItsMembers()
    {
        OtlpMessage message = new(
            [],
            "",
            0,
            0,
            [],
            new OtlpValue.Map([("Channel", new OtlpValue.Text("Security")), ("EventID", new OtlpValue.Int(4688))]),
            []
        );
        Assert.Equal(["""{"_otlp":{},"Channel":"Security","EventID":4688}"""], Proto(message.ToProto()).Events);
        Assert.Equal(["""{"_otlp":{},"Channel":"Security","EventID":4688}"""], Json(message.ToJson()).Events);
    }

    [Fact]
    public void BothEncodingsSayTheSame() =>
        Messages()
            .Sample(
                message =>
                {
                    JsonNode?[] proto = [.. Proto(message.ToProto()).Events.Select(e => JsonNode.Parse(e))];
                    JsonNode?[] json = [.. Json(message.ToJson()).Events.Select(e => JsonNode.Parse(e))];
                    Assert.True(
                        proto.Length == json.Length && proto.Zip(json).All(p => JsonNode.DeepEquals(p.First, p.Second)),
                        $"{proto.FirstOrDefault()?.ToJsonString()}\n{json.FirstOrDefault()?.ToJsonString()}"
                    );
                },
                iter: 1_000,
                threads: 1
            );

    [Fact]
    public void EveryRecordCarriesItsResourceAndItsScope()
    {
        string request = """
            {"resourceLogs":[
              {"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}},{"body":{"stringValue":"b"}}],"scope":{"name":"s1","version":"2"}},
                            {"logRecords":[{"body":{"stringValue":"c"}}]}],
               "resource":{"attributes":[{"key":"host.name","value":{"stringValue":"h1"}}]}},
              {"scopeLogs":[{"logRecords":[{"observedTimeUnixNano":1,"severityText":"WARN","eventName":"n","spanId":"eee19b7ec3c1b174"}]}]}
            ]}
            """;
        Assert.Equal(
            [
                """{"_otlp":{"resource":{"host.name":"h1"},"scope":{"name":"s1","version":"2"}},"message":"a"}""",
                """{"_otlp":{"resource":{"host.name":"h1"},"scope":{"name":"s1","version":"2"}},"message":"b"}""",
                """{"_otlp":{"resource":{"host.name":"h1"}},"message":"c"}""",
                """{"_otlp":{"observed_time":"1970-01-01T00:00:00.000000001Z","severity_text":"WARN","event_name":"n","span_id":"eee19b7ec3c1b174"}}""",
            ],
            Json(Encoding.UTF8.GetBytes(request)).Events
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"resourceLogs\":[1]}")]
    [InlineData("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[7]}]}]}")]
    [InlineData("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":7}]}]}]}")]
    [InlineData("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"intValue\":\"x\"}}]}]}]}")]
    [InlineData("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"x\"}]}]}]}")]
    [InlineData("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"attributes\":[{\"key\":{\"a\":1}}]}]}]}]}")]
    [InlineData("{\"resourceLogs\":[]} {}")]
    [InlineData("{\"resourceLogs\":[")]
    public void JsonThatIsNoRequestIsRefused(string text) =>
        Assert.NotNull(Json(Encoding.UTF8.GetBytes(text)).Request.Problem);

    [Theory]
    [InlineData("0A")]
    [InlineData("0A05")]
    [InlineData("0AFFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("0B")]
    [InlineData("00")]
    [InlineData("0A0412020A05")]
    public void ProtobufThatIsNoRequestIsRefused(string hex) =>
        Assert.NotNull(Proto(Convert.FromHexString(hex)).Request.Problem);

    [Fact]
    public void AnEmptyRequestHasNoEvents()
    {
        Assert.Equal((null, 0), (Proto([]).Request.Problem, Proto([]).Events.Length));
        Assert.Equal((null, 0), (Json("{}"u8.ToArray()).Request.Problem, Json("{}"u8.ToArray()).Events.Length));
    }

    [Fact]
    public void ARecordThatIsTooLargeOrTooDeepIsRejectedAndTheOthersAreTaken()
    {
        OtlpValue deep = new OtlpValue.Int(1);
        for (int level = 0; level < 40; level++)
        {
            deep = new OtlpValue.Array([deep]);
        }
        OtlpMessage Make(OtlpValue body) => new([], "", 0, 0, [], body, []);
        OtlpMessage[] messages =
        [
            Make(new OtlpValue.Text("good")),
            Make(new OtlpValue.Text(new string('x', 9_000))),
            Make(deep),
            Make(new OtlpValue.Text("good too")),
        ];
        (string[] events, OtlpRequest request) = Proto([.. messages.SelectMany(m => m.ToProto())]);
        Assert.Equal(["""{"_otlp":{},"message":"good"}""", """{"_otlp":{},"message":"good too"}"""], events);
        Assert.Equal((null, 1, 1), (request.Problem, request.TooLarge, request.TooDeep));
        foreach (OtlpMessage message in messages[1..3])
        {
            (events, request) = Json(message.ToJson());
            Assert.Equal((0, null, 1), (events.Length, request.Problem, request.Rejected));
        }
    }

    [Fact]
    public void ALargeResourceWithManyRecordsDoesNotGrowBeyondTheLimitOfARequest()
    {
        FramingLimits small = new() { EventBytes = 8_192, BatchBytes = 1 << 20 };
        string resource = new('r', 4_000);
        string records = string.Join(',', Enumerable.Repeat("{}", 50_000));
        byte[] request = Encoding.UTF8.GetBytes(
            $$$"""{"resourceLogs":[{"resource":{"attributes":[{"key":"k","value":{"stringValue":"{{{resource}}}"}}]},"scopeLogs":[{"logRecords":[{{{records}}}]}]}]}"""
        );
        using EventBuffer target = new();
        OtlpRequest outcome = OtlpDecoder.DecodeJson(request, small, target);
        Assert.True(outcome.IsSize);
        Assert.InRange(target.Bytes.Length, 1 << 20, (1 << 20) + 8_192);
    }

    private static Gen<OtlpMessage> Messages()
    {
        Gen<string> text = Gen.String[Gen.Char["abc\"\\\n\u0001üß€ {}"], 0, 12];
        Gen<OtlpValue> leaf = Gen.OneOf<OtlpValue>(
            text.Select(t => (OtlpValue)new OtlpValue.Text(t)),
            Gen.Bool.Select(b => (OtlpValue)new OtlpValue.Bool(b)),
            Gen.Long.Select(l => (OtlpValue)new OtlpValue.Int(l)),
            Gen.Double.Where(double.IsFinite).Select(d => (OtlpValue)new OtlpValue.Double(d)),
            Gen.Byte.Array[0, 9].Select(b => (OtlpValue)new OtlpValue.Bytes(b))
        );
        // Names are numbered: an object with a name twice is read differently by different readers.
        static (string, OtlpValue)[] Pairs(OtlpValue[] values) => [.. values.Select((v, i) => ($"k.{i}", v))];
        Gen<OtlpValue> branch = Gen.OneOf(
            leaf,
            leaf.Array[0, 3].Select(v => (OtlpValue)new OtlpValue.Array(v)),
            leaf.Array[0, 3].Select(v => (OtlpValue)new OtlpValue.Map(Pairs(v)))
        );
        Gen<OtlpValue> value = Gen.OneOf(
            branch,
            branch.Array[0, 3].Select(v => (OtlpValue)new OtlpValue.Array(v)),
            branch.Array[0, 3].Select(v => (OtlpValue)new OtlpValue.Map(Pairs(v)))
        );
        return Gen.Select(
            value.Array[0, 3],
            text,
            Gen.ULong[0, 9_000_000_000_000_000_000],
            Gen.Int[0, 24],
            Gen.Byte.Array[16],
            value,
            value.Array[0, 4],
            (resource, scope, time, severity, trace, body, attributes) =>
                new OtlpMessage(Pairs(resource), scope, time, severity, trace, body, Pairs(attributes))
        );
    }

    private static (string[] Events, OtlpRequest Request) Proto(byte[] request)
    {
        using EventBuffer target = new();
        OtlpRequest outcome = OtlpDecoder.DecodeProto(request, limits, target);
        return (Texts(target), outcome);
    }

    private static (string[] Events, OtlpRequest Request) Json(byte[] request)
    {
        using EventBuffer target = new();
        OtlpRequest outcome = OtlpDecoder.DecodeJson(request, limits, target);
        return (Texts(target), outcome);
    }

    private static string[] Texts(EventBuffer events)
    {
        List<string> texts = [];
        int at = 0;
        foreach (int length in events.Lengths)
        {
            string text = Encoding.UTF8.GetString(events.Bytes.Span.Slice(at, length));
            using JsonDocument valid = JsonDocument.Parse(text);
            texts.Add(text);
            at += length;
        }
        return [.. texts];
    }
}
