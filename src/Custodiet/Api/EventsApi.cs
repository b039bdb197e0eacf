using System.Globalization;
using Custodiet.Inputs;
using Custodiet.People;
using Microsoft.AspNetCore.Http.Features;

namespace Custodiet.Api;

/// <summary><c>POST /api/v1/events</c>: newline-delimited JSON or a JSON array, plain or gzip; a batch is atomic.</summary>
internal static class EventsApi
{
    /// <summary>The input.</summary>
    public const string Input = "http";

    /// <summary>Bytes that an idempotency key may have.</summary>
    private const int KeyBytesMax = 200;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/events", PostAsync)
            .RequireAuthorization(Policies.EventsWrite)
            .WithSummary(
                "Send events: NDJSON or a JSON array, plain or gzip. The batch is atomic under its Idempotency-Key."
            )
            .Produces<Cli.IngestAnswer>()
            .ProducesProblem(400)
            .ProducesProblem(413)
            .ProducesProblem(429)
            .ProducesProblem(503);

    private static async Task<IResult> PostAsync(
        HttpContext http,
        EventIntake intake,
        RequestBodies bodies,
        CancellationToken cancellation
    )
    {
        string? key = http.Request.Headers["Idempotency-Key"].ToString();
        if (System.Text.Encoding.UTF8.GetByteCount(key) > KeyBytesMax)
        {
            return Results.Problem($"Idempotency-Key has more than {KeyBytesMax} bytes.", statusCode: 400);
        }
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bound)
        {
            bound.MaxRequestBodySize = intake.Limits.BatchBytesMax;
        }
        InputCounters counters = intake.CountersOf(Input);
        if (ProtocolRequest.OverQuota(http, intake, counters) is { } over)
        {
            return Results.Problem(over, statusCode: 429, title: "Over quota");
        }
        using BodyRead body = await bodies.ReadAsync(http.Request, intake.Limits.BatchBytesMax, cancellation);
        if (body.Problem is { } problem)
        {
            return Results.Problem(problem.Reason, statusCode: problem.Status);
        }
        IntakeOutcome outcome = await intake.TakeAsync(Input, body.Bytes, key.Length == 0 ? null : key, cancellation);
        switch (outcome)
        {
            case IntakeOutcome.Taken taken:
                if (!taken.Answer.Repeated)
                {
                    ProtocolRequest.Charge(http, intake, counters, taken.Answer.Accepted, body.Bytes.Length);
                }
                return Results.Ok(taken.Answer);
            case IntakeOutcome.Unreadable unreadable:
                return Results.Problem(unreadable.Reason, statusCode: unreadable.Status);
            case IntakeOutcome.Full full:
                http.Response.Headers.RetryAfter = Seconds(full.RetryAfter);
                return Results.Problem(
                    full.Reason,
                    statusCode: 429,
                    title: "The event queue is full; nothing was taken"
                );
            case IntakeOutcome.Failed failed:
                http.Response.Headers.RetryAfter = "5";
                return Results.Problem(failed.Reason, statusCode: 503, title: "The disk failed; nothing was taken");
            default:
                throw new InvalidOperationException("The intake gave an outcome that is not known here.");
        }
    }

    private static string Seconds(TimeSpan wait) =>
        Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
