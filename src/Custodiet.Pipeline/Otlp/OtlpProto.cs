using System.Buffers.Text;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Pipeline.Otlp;

/// <summary>Reads ExportLogsServiceRequest in protobuf; field numbers are those of opentelemetry-proto 1.x, logs.proto and common.proto.</summary>
internal static class OtlpProto
{
    /// <summary>Reads a request. False: it is broken.</summary>
    public static bool Read(ReadOnlySpan<byte> request, OtlpWriter writer)
    {
        ProtoReader fields = new(request);
        while (writer.Exceeded is null && fields.Next())
        {
            if (fields.Field == 1 && !ReadResourceLogs(fields.Bytes, writer))
            {
                return false;
            }
        }
        return !fields.IsBroken;
    }

    private static bool ReadResourceLogs(ReadOnlySpan<byte> message, OtlpWriter writer)
    {
        OtlpWriter.Clear(writer.Resource);
        OtlpFault fault = OtlpFault.None;
        ProtoReader fields = new(message);
        // The resource may stand behind its logs, so it is looked for first.
        while (fields.Next())
        {
            if (fields.Field == 1)
            {
                fault = Worse(fault, ReadAttributes(fields.Bytes, 1, writer.Resource, writer.EventBytes));
            }
        }
        if (fields.IsBroken || fault == OtlpFault.Broken)
        {
            return false;
        }
        fields = new ProtoReader(message);
        while (writer.Exceeded is null && fields.Next())
        {
            if (fields.Field == 2 && !ReadScopeLogs(fields.Bytes, writer, fault))
            {
                return false;
            }
        }
        return true;
    }

    private static bool ReadScopeLogs(ReadOnlySpan<byte> message, OtlpWriter writer, OtlpFault resourceFault)
    {
        OtlpWriter.Clear(writer.Scope);
        OtlpFault fault = resourceFault;
        ProtoReader fields = new(message);
        while (fields.Next())
        {
            if (fields.Field == 1)
            {
                fault = Worse(fault, ReadScope(fields.Bytes, writer));
            }
        }
        if (fields.IsBroken || fault == OtlpFault.Broken)
        {
            return false;
        }
        fields = new ProtoReader(message);
        while (writer.Exceeded is null && fields.Next())
        {
            if (fields.Field != 2)
            {
                continue;
            }
            OtlpFault record = Worse(fault, ReadRecord(fields.Bytes, writer));
            if (record == OtlpFault.Broken)
            {
                return false;
            }
            writer.End(record);
        }
        return true;
    }

    private static OtlpFault ReadScope(ReadOnlySpan<byte> message, OtlpWriter writer)
    {
        using EventBuffer attributes = new();
        ProtoReader fields = new(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    OtlpWriter.Text(writer.Scope, "name"u8, Cut(fields.Bytes, writer.EventBytes));
                    break;
                case 2:
                    OtlpWriter.Text(writer.Scope, "version"u8, Cut(fields.Bytes, writer.EventBytes));
                    break;
                default:
                    break;
            }
        }
        OtlpFault fault = Worse(
            fields.IsBroken ? OtlpFault.Broken : OtlpFault.None,
            ReadAttributes(message, 3, attributes, writer.EventBytes)
        );
        if (attributes.OpenBytes > 0)
        {
            OtlpWriter.Name(writer.Scope, "attributes"u8);
            writer.Scope.Write("{"u8);
            writer.Scope.Write(attributes.Open);
            writer.Scope.Write("}"u8);
        }
        return fault;
    }

    private static OtlpFault ReadRecord(ReadOnlySpan<byte> message, OtlpWriter writer)
    {
        OtlpFault fault = OtlpFault.None;
        EventBuffer record = writer.Record;
        ProtoReader fields = new(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    OtlpWriter.Time(record, "time"u8, fields.Number);
                    break;
                case 11:
                    OtlpWriter.Time(record, "observed_time"u8, fields.Number);
                    break;
                case 2 when fields.Number != 0:
                    OtlpWriter.Name(record, "severity_number"u8);
                    OtlpWriter.Number(record, (long)fields.Number);
                    break;
                case 3:
                    OtlpWriter.Text(record, "severity_text"u8, Cut(fields.Bytes, writer.EventBytes));
                    break;
                case 12:
                    OtlpWriter.Text(record, "event_name"u8, Cut(fields.Bytes, writer.EventBytes));
                    break;
                case 9 when fields.Bytes.Length <= 16:
                    Hex(record, "trace_id"u8, fields.Bytes);
                    break;
                case 10 when fields.Bytes.Length <= 8:
                    Hex(record, "span_id"u8, fields.Bytes);
                    break;
                case 5:
                    writer.Body.Discard();
                    fault = Worse(fault, ReadValue(fields.Bytes, writer.Body, writer.EventBytes, 1));
                    break;
                default:
                    break;
            }
        }
        fault = Worse(fault, fields.IsBroken ? OtlpFault.Broken : OtlpFault.None);
        return Worse(fault, ReadAttributes(message, 6, writer.Attributes, writer.EventBytes));
    }

    /// <summary>Writes the key-value pairs that a message has under a field as members of an object.</summary>
    private static OtlpFault ReadAttributes(
        ReadOnlySpan<byte> message,
        int field,
        EventBuffer members,
        int bytesMax,
        int depth = 0
    )
    {
        ProtoReader fields = new(message);
        OtlpFault fault = OtlpFault.None;
        while (fields.Next())
        {
            if (fields.Field != field)
            {
                continue;
            }
            ReadOnlySpan<byte> key = default;
            ReadOnlySpan<byte> value = default;
            ProtoReader pair = new(fields.Bytes);
            while (pair.Next())
            {
                key = pair.Field == 1 ? pair.Bytes : key;
                value = pair.Field == 2 ? pair.Bytes : value;
            }
            if (pair.IsBroken)
            {
                return OtlpFault.Broken;
            }
            if (key.Length > bytesMax || members.OpenBytes > bytesMax)
            {
                return OtlpFault.TooLarge;
            }
            OtlpWriter.Separate(members);
            CarriedEvent.WriteString(members, key);
            members.Write(":"u8);
            fault = Worse(fault, ReadValue(value, members, bytesMax, depth + 1));
            if (fault != OtlpFault.None)
            {
                return fault;
            }
        }
        return fields.IsBroken ? OtlpFault.Broken : OtlpFault.None;
    }

    private static OtlpFault ReadValue(ReadOnlySpan<byte> message, EventBuffer target, int bytesMax, int depth)
    {
        if (depth > OtlpWriter.DepthMax)
        {
            return OtlpFault.TooDeep;
        }
        if (target.OpenBytes > bytesMax)
        {
            return OtlpFault.TooLarge;
        }
        // A oneof: the last of its fields counts.
        int field = 0;
        ulong number = 0;
        ReadOnlySpan<byte> bytes = default;
        ProtoReader fields = new(message);
        while (fields.Next())
        {
            if (fields.Field is >= 1 and <= 7)
            {
                (field, number) = (fields.Field, fields.Number);
                bytes = fields.Bytes;
            }
        }
        if (fields.IsBroken)
        {
            return OtlpFault.Broken;
        }
        if (bytes.Length > bytesMax && field is 1 or 7)
        {
            return OtlpFault.TooLarge;
        }
        switch (field)
        {
            case 1:
                CarriedEvent.WriteString(target, bytes);
                return OtlpFault.None;
            case 2:
                target.Write(number != 0 ? "true"u8 : "false"u8);
                return OtlpFault.None;
            case 3:
                OtlpWriter.Number(target, (long)number);
                return OtlpFault.None;
            case 4:
                OtlpWriter.Number(target, BitConverter.UInt64BitsToDouble(number));
                return OtlpFault.None;
            case 5:
                return ReadArray(bytes, target, bytesMax, depth);
            case 6:
                target.Write("{"u8);
                OtlpFault fault = ReadAttributes(bytes, 1, target, bytesMax, depth);
                target.Write("}"u8);
                return fault;
            case 7:
                target.Write("\""u8);
                Span<byte> room = target.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
                Base64.EncodeToUtf8(bytes, room, out _, out int length);
                target.Advance(length);
                target.Write("\""u8);
                return OtlpFault.None;
            default:
                target.Write("null"u8);
                return OtlpFault.None;
        }
    }

    private static OtlpFault ReadArray(ReadOnlySpan<byte> message, EventBuffer target, int bytesMax, int depth)
    {
        target.Write("["u8);
        ProtoReader fields = new(message);
        while (fields.Next())
        {
            if (fields.Field != 1)
            {
                continue;
            }
            OtlpWriter.Separate(target);
            if (ReadValue(fields.Bytes, target, bytesMax, depth + 1) is var fault and not OtlpFault.None)
            {
                return fault;
            }
        }
        target.Write("]"u8);
        return fields.IsBroken ? OtlpFault.Broken : OtlpFault.None;
    }

    private static void Hex(EventBuffer members, ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOfAnyExcept((byte)0) >= 0)
        {
            Span<byte> text = stackalloc byte[32];
            Convert.TryToHexStringLower(bytes, text, out int length);
            OtlpWriter.Text(members, name, text[..length]);
        }
    }

    // One byte more than the limit is enough for the record to be rejected; the rest need not be escaped for that.
    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> text, int bytesMax) =>
        text.Length > bytesMax ? text[..(bytesMax + 1)] : text;

    private static OtlpFault Worse(OtlpFault one, OtlpFault other) =>
        one == OtlpFault.Broken || other == OtlpFault.Broken ? OtlpFault.Broken
        : one == OtlpFault.None ? other
        : one;
}
