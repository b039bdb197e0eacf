using System.Buffers.Text;
using System.Text.Json;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Pipeline.Otlp;

/// <summary>
/// Reads ExportLogsServiceRequest in JSON (OTLP specification, «JSON Protobuf Encoding»): names in lowerCamelCase, 64-bit numbers as
/// text or number, ids in hexadecimal; unknown names are passed over.
/// </summary>
internal static class OtlpJson
{
    /// <summary>Reads a request. False: it is broken.</summary>
    public static bool Read(ReadOnlySpan<byte> request, OtlpWriter writer)
    {
        try
        {
            Utf8JsonReader reader = new(request, new JsonReaderOptions { MaxDepth = CarriedEvent.DepthMax });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }
            while (NextMember(ref reader))
            {
                if (!Enters(ref reader, "resourceLogs"u8, JsonTokenType.StartArray))
                {
                    continue;
                }
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (!ReadResourceLogs(ref reader, writer))
                    {
                        return false;
                    }
                    if (writer.Exceeded is not null)
                    {
                        return true;
                    }
                }
            }
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool ReadResourceLogs(ref Utf8JsonReader reader, OtlpWriter writer)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }
        OtlpWriter.Clear(writer.Resource);
        OtlpFault fault = OtlpFault.None;
        // The resource may stand behind its logs, so it is looked for first.
        Utf8JsonReader ahead = reader;
        while (NextMember(ref ahead))
        {
            if (Enters(ref ahead, "resource"u8, JsonTokenType.StartObject))
            {
                while (NextMember(ref ahead))
                {
                    fault = ReadAttributes(ref ahead, fault, writer.Resource, writer.EventBytes);
                }
            }
        }
        while (NextMember(ref reader))
        {
            if (!Enters(ref reader, "scopeLogs"u8, JsonTokenType.StartArray))
            {
                continue;
            }
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (!ReadScopeLogs(ref reader, writer, fault))
                {
                    return false;
                }
                if (writer.Exceeded is not null)
                {
                    return true;
                }
            }
        }
        return fault != OtlpFault.Broken;
    }

    private static bool ReadScopeLogs(ref Utf8JsonReader reader, OtlpWriter writer, OtlpFault resourceFault)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }
        OtlpWriter.Clear(writer.Scope);
        OtlpFault fault = resourceFault;
        Utf8JsonReader ahead = reader;
        while (NextMember(ref ahead))
        {
            if (Enters(ref ahead, "scope"u8, JsonTokenType.StartObject))
            {
                fault = ReadScope(ref ahead, fault, writer);
            }
        }
        while (NextMember(ref reader))
        {
            if (!Enters(ref reader, "logRecords"u8, JsonTokenType.StartArray))
            {
                continue;
            }
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    return false;
                }
                OtlpFault record = ReadRecord(ref reader, fault, writer);
                if (record == OtlpFault.Broken)
                {
                    return false;
                }
                writer.End(record);
                if (writer.Exceeded is not null)
                {
                    return true;
                }
            }
        }
        return fault != OtlpFault.Broken;
    }

    private static OtlpFault ReadScope(ref Utf8JsonReader reader, OtlpFault fault, OtlpWriter writer)
    {
        using EventBuffer attributes = new();
        while (NextMember(ref reader))
        {
            if (reader.NameIs("name"u8))
            {
                Copy(ref reader, writer.Scope, "name"u8);
            }
            else if (reader.NameIs("version"u8))
            {
                Copy(ref reader, writer.Scope, "version"u8);
            }
            else
            {
                fault = ReadAttributes(ref reader, fault, attributes, writer.EventBytes);
            }
        }
        if (attributes.OpenBytes > 0)
        {
            OtlpWriter.Name(writer.Scope, "attributes"u8);
            writer.Scope.Write("{"u8);
            writer.Scope.Write(attributes.Open);
            writer.Scope.Write("}"u8);
        }
        return fault;
    }

    private static OtlpFault ReadRecord(ref Utf8JsonReader reader, OtlpFault fault, OtlpWriter writer)
    {
        EventBuffer record = writer.Record;
        while (NextMember(ref reader))
        {
            if (reader.NameIs("timeUnixNano"u8))
            {
                fault = ReadTime(ref reader, fault, record, "time"u8);
            }
            else if (reader.NameIs("observedTimeUnixNano"u8))
            {
                fault = ReadTime(ref reader, fault, record, "observed_time"u8);
            }
            else if (reader.NameIs("severityNumber"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int severity) && severity != 0)
                {
                    OtlpWriter.Name(record, "severity_number"u8);
                    OtlpWriter.Number(record, severity);
                }
                reader.Skip();
            }
            else if (reader.NameIs("severityText"u8))
            {
                Copy(ref reader, record, "severity_text"u8);
            }
            else if (reader.NameIs("eventName"u8))
            {
                Copy(ref reader, record, "event_name"u8);
            }
            else if (reader.NameIs("traceId"u8))
            {
                Copy(ref reader, record, "trace_id"u8);
            }
            else if (reader.NameIs("spanId"u8))
            {
                Copy(ref reader, record, "span_id"u8);
            }
            else if (reader.NameIs("body"u8))
            {
                reader.Read();
                writer.Body.Discard();
                fault = ReadValue(ref reader, fault, writer.Body, writer.EventBytes, 1);
            }
            else
            {
                fault = ReadAttributes(ref reader, fault, writer.Attributes, writer.EventBytes);
            }
        }
        return fault;
    }

    private static OtlpFault ReadTime(
        ref Utf8JsonReader reader,
        OtlpFault fault,
        EventBuffer members,
        ReadOnlySpan<byte> name
    )
    {
        reader.Read();
        if (
            reader.TokenType is JsonTokenType.String or JsonTokenType.Number
            && Utf8Parser.TryParse(reader.ValueSpan, out ulong time, out int read)
            && read == reader.ValueSpan.Length
        )
        {
            OtlpWriter.Time(members, name, time);
            return fault;
        }
        bool absent = reader.TokenType == JsonTokenType.Null || reader.ValueSpan.IsEmpty;
        reader.Skip();
        return absent ? fault : OtlpFault.Broken;
    }

    /// <summary>Standing on a name: writes its pairs as members when it is «attributes», passes over its value otherwise.</summary>
    private static OtlpFault ReadAttributes(
        ref Utf8JsonReader reader,
        OtlpFault fault,
        EventBuffer members,
        int bytesMax
    ) =>
        Enters(ref reader, "attributes"u8, JsonTokenType.StartArray)
            ? ReadPairs(ref reader, fault, members, bytesMax, 0)
            : fault;

    /// <summary>Standing on the start of an array of pairs: writes them as members; ends on the array's end.</summary>
    private static OtlpFault ReadPairs(
        ref Utf8JsonReader reader,
        OtlpFault fault,
        EventBuffer members,
        int bytesMax,
        int depth
    )
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                fault = OtlpFault.Broken;
                continue;
            }
            Utf8JsonReader value = default;
            bool hasValue = false;
            ReadOnlySpan<byte> key = "\"\""u8;
            EventBuffer literal = new();
            while (NextMember(ref reader))
            {
                if (reader.NameIs("key"u8))
                {
                    reader.Read();
                    literal.Discard();
                    if (reader.TokenType == JsonTokenType.String)
                    {
                        WriteLiteral(ref reader, literal);
                    }
                    else if (reader.TokenType != JsonTokenType.Null)
                    {
                        fault = OtlpFault.Broken;
                    }
                    reader.Skip();
                }
                else if (reader.NameIs("value"u8))
                {
                    reader.Read();
                    value = reader;
                    hasValue = true;
                    reader.Skip();
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }
            if (fault == OtlpFault.None && members.OpenBytes > bytesMax)
            {
                fault = OtlpFault.TooLarge;
            }
            if (fault == OtlpFault.None)
            {
                OtlpWriter.Separate(members);
                members.Write(literal.OpenBytes > 0 ? literal.Open : key);
                members.Write(":"u8);
                if (hasValue)
                {
                    fault = ReadValue(ref value, fault, members, bytesMax, depth + 1);
                }
                else
                {
                    members.Write("null"u8);
                }
            }
            literal.Dispose();
        }
        return fault;
    }

    /// <summary>Standing on a value: writes it and ends on its last token. With a fault it is only passed over.</summary>
    private static OtlpFault ReadValue(
        ref Utf8JsonReader reader,
        OtlpFault fault,
        EventBuffer target,
        int bytesMax,
        int depth
    )
    {
        if (fault == OtlpFault.None)
        {
            fault =
                depth > OtlpWriter.DepthMax ? OtlpFault.TooDeep
                : target.OpenBytes > bytesMax ? OtlpFault.TooLarge
                : reader.TokenType is JsonTokenType.StartObject or JsonTokenType.Null ? OtlpFault.None
                : OtlpFault.Broken;
        }
        if (fault != OtlpFault.None || reader.TokenType == JsonTokenType.Null)
        {
            reader.Skip();
            target.Write("null"u8);
            return fault;
        }
        int before = target.OpenBytes;
        while (NextMember(ref reader))
        {
            // A oneof: the last of its members counts.
            target.Shorten(target.OpenBytes - before);
            fault = ReadOne(ref reader, fault, target, bytesMax, depth);
        }
        if (target.OpenBytes == before)
        {
            target.Write("null"u8);
        }
        return fault;
    }

    private static OtlpFault ReadOne(
        ref Utf8JsonReader reader,
        OtlpFault fault,
        EventBuffer target,
        int bytesMax,
        int depth
    )
    {
        bool isNumber = reader.NameIs("intValue"u8);
        bool isDouble = reader.NameIs("doubleValue"u8);
        bool isPlain =
            isDouble || reader.NameIs("stringValue"u8) || reader.NameIs("boolValue"u8) || reader.NameIs("bytesValue"u8);
        bool isArray = reader.NameIs("arrayValue"u8);
        bool isList = reader.NameIs("kvlistValue"u8);
        reader.Read();
        if (isNumber)
        {
            if (
                reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number)
                || !Utf8Parser.TryParse(reader.ValueSpan, out long number, out int read)
                || read != reader.ValueSpan.Length
            )
            {
                reader.Skip();
                return OtlpFault.Broken;
            }
            OtlpWriter.Number(target, number);
            return fault;
        }
        if (isPlain && reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            if (reader.ValueSpan.Length > bytesMax)
            {
                return OtlpFault.TooLarge;
            }
            WriteLiteral(ref reader, target);
            return fault;
        }
        if ((isArray || isList) && reader.TokenType == JsonTokenType.StartObject)
        {
            target.Write(isArray ? "["u8 : "{"u8);
            while (NextMember(ref reader))
            {
                if (!Enters(ref reader, "values"u8, JsonTokenType.StartArray))
                {
                    continue;
                }
                if (isList)
                {
                    fault = ReadPairs(ref reader, fault, target, bytesMax, depth);
                    continue;
                }
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    OtlpWriter.Separate(target);
                    fault = ReadValue(ref reader, fault, target, bytesMax, depth + 1);
                }
            }
            target.Write(isArray ? "]"u8 : "}"u8);
            return fault;
        }
        reader.Skip();
        return fault;
    }

    /// <summary>Standing on a name: copies its text under a name of ours, unless it is empty or no text.</summary>
    private static void Copy(ref Utf8JsonReader reader, EventBuffer members, ReadOnlySpan<byte> name)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && !reader.ValueSpan.IsEmpty)
        {
            OtlpWriter.Name(members, name);
            WriteLiteral(ref reader, members);
        }
        reader.Skip();
    }

    // As it was written, which is valid JSON: escapes and all.
    private static void WriteLiteral(ref Utf8JsonReader reader, EventBuffer target)
    {
        bool quoted = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName;
        target.Write(quoted ? "\""u8 : ""u8);
        target.Write(
            reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject ? "null"u8 : reader.ValueSpan
        );
        target.Write(quoted ? "\""u8 : ""u8);
    }

    /// <summary>Goes to the next name of an object; false at its end.</summary>
    private static bool NextMember(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>
    /// Standing on a name: goes into its value when name and kind are these; passes over the value otherwise.
    /// </summary>
    private static bool Enters(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, JsonTokenType kind)
    {
        bool wanted = reader.NameIs(name);
        reader.Read();
        if (wanted && reader.TokenType == kind)
        {
            return true;
        }
        reader.Skip();
        return false;
    }
}
