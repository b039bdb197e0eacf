using System.Text.Json.Serialization;
using Custodiet.Api;
using Custodiet.People;
using Custodiet.Pipeline.Framing;
using Custodiet.Pipeline.Hec;
using Custodiet.Records.Stores;

namespace Custodiet.Inputs;

/// <summary>The answer of an HTTP Event Collector.</summary>
/// <param name="Text">In words.</param>
/// <param name="Code">Splunk's code; 0 is success.</param>
/// <param name="InvalidEventNumber">The first event that is not in order, from 0.</param>
internal sealed record HecAnswer(
    string Text,
    int Code,
    [property: JsonPropertyName("invalid-event-number")] int? InvalidEventNumber = null
);

/// <summary>
/// Splunk's HTTP Event Collector at its own paths. A request is atomic: 200 says that all its events are on disk; any other status that
/// nothing was taken. Indexer acknowledgement (channels) is not offered, as the answer itself acknowledges.
/// </summary>
internal static class HecApi
{
    /// <summary>The input.</summary>
    public const string Name = "hec";

    private static readonly ProtocolRoute protocol = new(TokenForms.Splunk | TokenForms.Basic, RefuseAsync);

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (
            string path in (string[])
                ["/services/collector", "/services/collector/event", "/services/collector/event/1.0"]
        )
        {
            Post(routes, path, EventsAsync);
        }
        Post(routes, "/services/collector/raw", RawAsync);
        Post(routes, "/services/collector/raw/1.0", RawAsync);
        Post(routes, "/services/collector/ack", NoAck);
        foreach (string path in (string[])["/services/collector/health", "/services/collector/health/1.0"])
        {
            routes.MapGet(path, Health).AllowAnonymous().ExcludeFromDescription();
        }
    }

    private static void Post(IEndpointRouteBuilder routes, string path, Delegate handler) =>
        routes
            .MapPost(path, handler)
            .RequireAuthorization(Policies.EventsWrite)
            .WithMetadata(protocol)
            .ExcludeFromDescription();

    private static Task<IResult> EventsAsync(HttpContext http, EventIntake intake, CancellationToken cancellation) =>
        TakeAsync(
            http,
            intake,
            (body, events) => HecDecoder.DecodeEvents(body.Span, ProtocolRequest.Limits(intake), events),
            cancellation
        );

    private static Task<IResult> RawAsync(
        HttpContext http,
        EventIntake intake,
        string? time,
        string? host,
        string? source,
        string? sourcetype,
        string? index,
        CancellationToken cancellation
    )
    {
        HecDefaults defaults = new(time, host, source, sourcetype, index);
        return TakeAsync(
            http,
            intake,
            (body, events) => HecDecoder.DecodeRaw(body.Span, defaults, ProtocolRequest.Limits(intake), events),
            cancellation
        );
    }

    private static async Task<IResult> TakeAsync(
        HttpContext http,
        EventIntake intake,
        Func<Memory<byte>, EventBuffer, HecProblem?> decode,
        CancellationToken cancellation
    )
    {
        InputCounters counters = intake.CountersOf(Name);
        using BodyRead body = await ProtocolRequest.ReadAsync(http, intake, counters, cancellation);
        if (body.Problem is { } unreadable)
        {
            return unreadable.Status == StatusCodes.Status429TooManyRequests
                ? Answer(StatusCodes.Status503ServiceUnavailable, "Server is busy", 9)
                : Answer(unreadable.Status, unreadable.Reason, (int)HecFault.InvalidData);
        }
        using EventBuffer events = new();
        if (decode(body.Bytes, events) is { } problem)
        {
            ProtocolRequest.Refuse(counters, Words(problem));
            return Answer(
                problem.IsSize ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest,
                $"{Text(problem.Fault)}: {problem.Reason}",
                (int)problem.Fault,
                problem.Fault == HecFault.NoData ? null : problem.EventNumber
            );
        }
        return await ProtocolRequest.AppendAsync(http, intake, counters, events, cancellation) switch
        {
            QueueAppend.Accepted => Answer(StatusCodes.Status200OK, "Success", 0),
            QueueAppend.Pushback => Answer(StatusCodes.Status503ServiceUnavailable, "Server is busy", 9),
            _ => Answer(StatusCodes.Status503ServiceUnavailable, "Internal server error", 8),
        };
    }

    private static IResult NoAck() => Answer(StatusCodes.Status400BadRequest, "ACK is disabled", 14);

    private static IResult Health(EventIntake intake) =>
        intake.Failure is null
            ? Answer(StatusCodes.Status200OK, "HEC is healthy", 17)
            : Answer(StatusCodes.Status503ServiceUnavailable, "HEC is unhealthy, queues are full", 18);

    private static Task RefuseAsync(HttpContext http, int status)
    {
        bool given = http.Request.Headers.Authorization.Count > 0;
        IResult answer =
            status == StatusCodes.Status401Unauthorized && !given ? Answer(status, "Token is required", 2)
            : status == StatusCodes.Status401Unauthorized
            && ProtocolRoute.TokenIn(http.Request.Headers.Authorization.ToString(), protocol.Forms) is null
                ? Answer(status, "Invalid authorization", 3)
            : Answer(StatusCodes.Status403Forbidden, "Invalid token", 4);
        return answer.ExecuteAsync(http);
    }

    private static string Text(HecFault fault) =>
        fault switch
        {
            HecFault.NoData => "No data",
            HecFault.EventRequired => "Event field is required",
            HecFault.EventBlank => "Event field cannot be blank",
            _ => "Invalid data format",
        };

    private static string Words(HecProblem problem) =>
        problem.IsSize ? "too large" : Text(problem.Fault).ToLowerInvariant();

    private static IResult Answer(int status, string text, int code, int? number = null) =>
        Results.Json(new HecAnswer(text, code, number), HecJson.Default.HecAnswer, statusCode: status);
}

/// <summary>How the answers are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(HecAnswer))]
internal sealed partial class HecJson : JsonSerializerContext;
