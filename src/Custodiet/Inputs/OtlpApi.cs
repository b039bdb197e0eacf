using System.Text;
using System.Text.Json;
using Custodiet.Api;
using Custodiet.People;
using Custodiet.Pipeline.Framing;
using Custodiet.Pipeline.Otlp;
using Custodiet.Records.Stores;

namespace Custodiet.Inputs;

/// <summary>
/// Logs of the OpenTelemetry protocol over HTTP (OTLP specification, «OTLP/HTTP»): <c>POST /v1/logs</c> in protobuf or JSON, plain or gzip.
/// 200 says that every record is on disk but those that the partial success counts as rejected; 429 and 503 that nothing is.
/// </summary>
internal static class OtlpApi
{
    /// <summary>The input.</summary>
    public const string Name = "otlp";
    private const string Proto = "application/x-protobuf";
    private const string Json = "application/json";

    private static readonly ProtocolRoute protocol = new(TokenForms.Basic, RefuseAsync);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/v1/logs", PostAsync)
            .RequireAuthorization(Policies.EventsWrite)
            .WithMetadata(protocol)
            .ExcludeFromDescription();

    private static async Task PostAsync(HttpContext http, EventIntake intake, CancellationToken cancellation)
    {
        InputCounters counters = intake.CountersOf(Name);
        string type = MediaType(http);
        if (type is not (Proto or Json))
        {
            ProtocolRequest.Refuse(counters, "content type");
            await ErrorAsync(http, 415, $"Content-Type is «{type}»; {Proto} and {Json} are taken.");
            return;
        }
        using BodyRead body = await ProtocolRequest.ReadAsync(http, intake, counters, cancellation);
        if (body.Problem is { } unreadable)
        {
            await ErrorAsync(http, unreadable.Status, unreadable.Reason);
            return;
        }
        using EventBuffer events = new();
        FramingLimits limits = ProtocolRequest.Limits(intake);
        OtlpRequest request =
            type == Proto
                ? OtlpDecoder.DecodeProto(body.Bytes.Span, limits, events)
                : OtlpDecoder.DecodeJson(body.Bytes.Span, limits, events);
        if (request.Problem is { } problem)
        {
            ProtocolRequest.Refuse(counters, request.IsSize ? "too large" : "broken");
            await ErrorAsync(http, request.IsSize ? 413 : 400, problem);
            return;
        }
        if (events.Count > 0)
        {
            QueueAppend outcome = await ProtocolRequest.AppendAsync(http, intake, counters, events, cancellation);
            if (outcome is not QueueAppend.Accepted)
            {
                (int status, string reason) = outcome switch
                {
                    QueueAppend.Pushback full => (429, full.Reason),
                    QueueAppend.Failed failed => (503, failed.Reason),
                    _ => throw new InvalidOperationException("The queue gave an outcome that is not known here."),
                };
                await ErrorAsync(http, status, reason);
                return;
            }
        }
        counters.Receive(request.Rejected);
        counters.Drop("event too large", request.TooLarge);
        counters.Drop("too deep", request.TooDeep);
        await AnswerAsync(http, type, request, limits);
    }

    private static Task AnswerAsync(HttpContext http, string type, OtlpRequest request, FramingLimits limits)
    {
        string message =
            request.Rejected == 0
                ? ""
                : $"{request.TooLarge} records are larger than {limits.EventBytes} bytes with their resource and scope, {request.TooDeep} have values nested too deep.";
        // ExportLogsServiceResponse: partial_success = 1 { rejected_log_records = 1, error_message = 2 }.
        byte[] answer =
            type == Json
                ? request.Rejected == 0
                    ? "{}"u8.ToArray()
                    : JsonSerializer.SerializeToUtf8Bytes(
                        new
                        {
                            partialSuccess = new
                            {
                                rejectedLogRecords = request.Rejected.ToString(
                                    System.Globalization.CultureInfo.InvariantCulture
                                ),
                                errorMessage = message,
                            },
                        }
                    )
                : request.Rejected == 0
                    ? []
                    : Field(
                        1,
                        [
                            .. Varint(1 << 3),
                            .. Varint((ulong)request.Rejected),
                            .. Field(2, Encoding.UTF8.GetBytes(message)),
                        ]
                    );
        return WriteAsync(http, 200, type, answer);
    }

    private static Task RefuseAsync(HttpContext http, int status)
    {
        if (status == StatusCodes.Status401Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
        }
        return ErrorAsync(
            http,
            status,
            "Send a token with the scope events:write in the header Authorization: Bearer cst_…"
        );
    }

    // google.rpc.Status: code = 1, message = 2. OTLP leaves the code to servers and tells clients not to rely on it.
    private static Task ErrorAsync(HttpContext http, int status, string reason) =>
        MediaType(http) == Proto
            ? WriteAsync(http, status, Proto, Field(2, Encoding.UTF8.GetBytes(reason)))
            : WriteAsync(http, status, Json, JsonSerializer.SerializeToUtf8Bytes(new { message = reason }));

    private static Task WriteAsync(HttpContext http, int status, string type, byte[] answer)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = answer.Length;
        return http.Response.Body.WriteAsync(answer, http.RequestAborted).AsTask();
    }

    private static string MediaType(HttpContext http) =>
        (http.Request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();

    private static byte[] Field(int number, byte[] bytes) =>
        [.. Varint((ulong)((number << 3) | 2)), .. Varint((ulong)bytes.Length), .. bytes];

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
}
