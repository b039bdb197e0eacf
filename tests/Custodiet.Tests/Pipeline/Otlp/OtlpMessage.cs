using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Custodiet.Tests.Pipeline.Otlp;

/// <summary>A value of a log record, as both encodings can carry it.</summary>
internal abstract record OtlpValue
{
    public sealed record Text(string Value) : OtlpValue;

    public sealed record Bool(bool Value) : OtlpValue;

    public sealed record Int(long Value) : OtlpValue;

    public sealed record Double(double Value) : OtlpValue;

    public sealed record Bytes(byte[] Value) : OtlpValue;

    public sealed record Array(OtlpValue[] Values) : OtlpValue;

    public sealed record Map((string Key, OtlpValue Value)[] Values) : OtlpValue;
}

/// <summary>A log record with its resource and scope, written in both encodings from one description; field numbers from opentelemetry-proto.</summary>
internal sealed record OtlpMessage(
    (string Key, OtlpValue Value)[] Resource,
    string Scope,
    ulong Time,
    int Severity,
    byte[] TraceId,
    OtlpValue? Body,
    (string Key, OtlpValue Value)[] Attributes
)
{
    public byte[] ToProto()
    {
        byte[] record =
        [
            .. Fixed64(1, Time),
            .. Varint(2, (ulong)Severity),
            .. Body is null ? [] : Field(5, Proto(Body)),
            .. Pairs(6, Attributes),
            .. Field(9, TraceId),
        ];
        // The logs before the resource, which protobuf allows.
        byte[] scope = [.. Field(2, record), .. Field(1, Field(1, Utf8(Scope)))];
        return Field(1, [.. Field(2, scope), .. Field(1, Pairs(1, Resource))]);
    }

    public byte[] ToJson()
    {
        JsonObject record = new()
        {
            ["timeUnixNano"] = Time.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["severityNumber"] = Severity,
            ["traceId"] = Convert.ToHexStringLower(TraceId),
            ["attributes"] = Pairs(Attributes),
            ["somethingNew"] = new JsonObject { ["attributes"] = 1 },
        };
        if (Body is not null)
        {
            record["body"] = Json(Body);
        }
        JsonObject scope = new()
        {
            ["logRecords"] = new JsonArray(record),
            ["scope"] = new JsonObject { ["name"] = Scope },
        };
        JsonObject resource = new()
        {
            ["scopeLogs"] = new JsonArray(scope),
            ["resource"] = new JsonObject { ["attributes"] = Pairs(Resource) },
        };
        return Utf8(new JsonObject { ["resourceLogs"] = new JsonArray(resource) }.ToJsonString());
    }

    public static byte[] Field(int number, byte[] bytes) =>
        [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)bytes.Length), .. bytes];

    private static byte[] Varint(int number, ulong value) => [.. Varint((ulong)number << 3), .. Varint(value)];

    private static byte[] Fixed64(int number, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return [.. Varint(((ulong)number << 3) | 1), .. bytes];
    }

    private static List<byte> Varint(ulong value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }
        bytes.Add((byte)value);
        return bytes;
    }

    private static byte[] Pairs(int field, (string Key, OtlpValue Value)[] pairs) =>
        [.. pairs.SelectMany(p => Field(field, [.. Field(1, Utf8(p.Key)), .. Field(2, Proto(p.Value))]))];

    private static JsonArray Pairs((string Key, OtlpValue Value)[] pairs) =>
        [.. pairs.Select(p => (JsonNode)new JsonObject { ["value"] = Json(p.Value), ["key"] = p.Key })];

    private static byte[] Proto(OtlpValue value) =>
        value switch
        {
            OtlpValue.Text text => Field(1, Utf8(text.Value)),
            OtlpValue.Bool flag => Varint(2, flag.Value ? 1UL : 0),
            OtlpValue.Int number => Varint(3, (ulong)number.Value),
            OtlpValue.Double number => Fixed64(4, BitConverter.DoubleToUInt64Bits(number.Value)),
            OtlpValue.Array array => Field(5, [.. array.Values.SelectMany(v => Field(1, Proto(v)))]),
            OtlpValue.Map map => Field(6, Pairs(1, map.Values)),
            OtlpValue.Bytes bytes => Field(7, bytes.Value),
            _ => [],
        };

    private static JsonObject Json(OtlpValue value) =>
        value switch
        {
            OtlpValue.Text text => new JsonObject { ["stringValue"] = text.Value },
            OtlpValue.Bool flag => new JsonObject { ["boolValue"] = flag.Value },
            OtlpValue.Int number => new JsonObject
            {
                ["intValue"] = number.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
            },
            OtlpValue.Double number => new JsonObject { ["doubleValue"] = number.Value },
            OtlpValue.Array array => new JsonObject
            {
                ["arrayValue"] = new JsonObject { ["values"] = new JsonArray([.. array.Values.Select(Json)]) },
            },
            OtlpValue.Map map => new JsonObject { ["kvlistValue"] = new JsonObject { ["values"] = Pairs(map.Values) } },
            OtlpValue.Bytes bytes => new JsonObject { ["bytesValue"] = Convert.ToBase64String(bytes.Value) },
            _ => [],
        };

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
