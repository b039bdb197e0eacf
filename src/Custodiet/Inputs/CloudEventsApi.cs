using Custodiet.Api;
using Custodiet.Cli;
using Custodiet.People;
using Custodiet.Pipeline.CloudEvents;
using Custodiet.Pipeline.Framing;
using Custodiet.Records.Stores;

namespace Custodiet.Inputs;

/// <summary><c>POST /api/v1/cloudevents</c>: CloudEvents 1.0 over HTTP, binary, structured or batched. A request is atomic.</summary>
internal static class CloudEventsApi
{
    /// <summary>The input.</summary>
    public const string Name = "cloudevents";
    private const string Prefix = "ce-";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/cloudevents", PostAsync)
            .RequireAuthorization(Policies.EventsWrite)
            .WithSummary("Send CloudEvents 1.0: binary, structured or batched, plain or gzip. A request is atomic.")
            .Produces<IngestAnswer>()
            .ProducesProblem(400)
            .ProducesProblem(413)
            .ProducesProblem(415)
            .ProducesProblem(429)
            .ProducesProblem(503);

    private static async Task<IResult> PostAsync(HttpContext http, EventIntake intake, CancellationToken cancellation)
    {
        InputCounters counters = intake.CountersOf(Name);
        string contentType = http.Request.ContentType ?? "";
        string media = contentType.Split(';')[0].Trim().ToLowerInvariant();
        bool structured = media == "application/cloudevents+json";
        bool batched = media == "application/cloudevents-batch+json";
        if (!structured && !batched && !http.Request.Headers.ContainsKey(Prefix + "specversion"))
        {
            ProtocolRequest.Refuse(counters, "content type");
            return Results.Problem(
                "Content-Type is neither application/cloudevents+json nor application/cloudevents-batch+json, and no header ce-specversion is there.",
                statusCode: StatusCodes.Status415UnsupportedMediaType
            );
        }
        using BodyRead body = await ProtocolRequest.ReadAsync(http, intake, counters, cancellation);
        if (body.Problem is { } unreadable)
        {
            return Results.Problem(unreadable.Reason, statusCode: unreadable.Status);
        }
        using EventBuffer events = new();
        FramingLimits limits = ProtocolRequest.Limits(intake);
        CloudEventProblem? problem =
            structured || batched
                ? CloudEventDecoder.DecodeStructured(body.Bytes.Span, batched, limits, events)
                : CloudEventDecoder.DecodeBinary(
                    Attributes(http.Request),
                    contentType,
                    body.Bytes.Span,
                    limits,
                    events
                );
        if (problem is not null)
        {
            ProtocolRequest.Refuse(counters, problem.IsSize ? "too large" : "broken");
            return Results.Problem(problem.Reason, statusCode: problem.IsSize ? 413 : 400);
        }
        if (events.Count == 0)
        {
            return Results.Ok(new IngestAnswer(0, 0, false, [], 0));
        }
        return await ProtocolRequest.AppendAsync(http, intake, counters, events, cancellation) switch
        {
            QueueAppend.Accepted taken => Results.Ok(new IngestAnswer(taken.Count, taken.FirstOffset, false, [], 0)),
            QueueAppend.Pushback full => Results.Problem(full.Reason, statusCode: 429),
            QueueAppend.Failed failed => Results.Problem(failed.Reason, statusCode: 503),
            _ => throw new InvalidOperationException("The queue gave an outcome that is not known here."),
        };
    }

    // HTTP protocol binding section 3.1.3: attributes are headers with a prefix, their values percent-encoded.
    private static Dictionary<string, string> Attributes(HttpRequest request) =>
        request
            .Headers.Where(h =>
                h.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && h.Key.Length > Prefix.Length
            )
            .ToDictionary(
                h => h.Key[Prefix.Length..].ToLowerInvariant(),
                h => Uri.UnescapeDataString(h.Value.ToString().Trim('"'))
            );
}
