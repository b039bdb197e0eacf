using Custodiet.Pipeline.Framing;

namespace Custodiet.Pipeline.Otlp;

/// <summary>What a request held.</summary>
/// <param name="Problem">Why nothing of it is taken, or null.</param>
/// <param name="IsSize">Whether the problem is a limit.</param>
/// <param name="TooLarge">Records rejected because they are larger than an event may be.</param>
/// <param name="TooDeep">Records rejected because a value is nested too deep.</param>
public sealed record OtlpRequest(string? Problem, bool IsSize, int TooLarge, int TooDeep)
{
    /// <summary>Records rejected.</summary>
    public int Rejected => TooLarge + TooDeep;
}

/// <summary>
/// Reads logs of the OpenTelemetry protocol. Each log record becomes one event: its body's members as they came (or <c>message</c>, when
/// the body is text), and under <c>_otlp</c> the record's <c>time</c>, <c>observed_time</c>, <c>severity_number</c>,
/// <c>severity_text</c>, <c>event_name</c>, <c>trace_id</c>, <c>span_id</c>, <c>attributes</c>, and the <c>resource</c> and <c>scope</c>
/// that it belongs to. Never throws for what a request holds.
/// </summary>
public static class OtlpDecoder
{
    /// <summary>Reads a request in protobuf.</summary>
    public static OtlpRequest DecodeProto(ReadOnlySpan<byte> request, FramingLimits limits, EventBuffer target)
    {
        using OtlpWriter writer = new(limits, target);
        return Outcome(OtlpProto.Read(request, writer), writer, "The body is no ExportLogsServiceRequest in protobuf.");
    }

    /// <summary>Reads a request in JSON.</summary>
    public static OtlpRequest DecodeJson(ReadOnlySpan<byte> request, FramingLimits limits, EventBuffer target)
    {
        using OtlpWriter writer = new(limits, target);
        return Outcome(OtlpJson.Read(request, writer), writer, "The body is no ExportLogsServiceRequest in JSON.");
    }

    private static OtlpRequest Outcome(bool read, OtlpWriter writer, string broken) =>
        new(
            read ? writer.Exceeded : broken,
            read && writer.Exceeded is not null,
            writer.Rejected.GetValueOrDefault(OtlpFault.TooLarge),
            writer.Rejected.GetValueOrDefault(OtlpFault.TooDeep)
        );
}
