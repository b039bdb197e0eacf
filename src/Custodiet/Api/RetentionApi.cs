using Custodiet.Cli;
using Custodiet.People;
using Custodiet.Retention;

namespace Custodiet.Api;

/// <summary>What is kept how long, what is held, and the erasure of a person's data.</summary>
internal static class RetentionApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder api = routes.MapGroup("/api/v1");
        api.MapGet("/retention", (Flow flow) => Results.Json(flow.Retention.Status(), Output.Json))
            .RequireAuthorization(Policies.Read)
            .WithSummary("The policy, the archive's size, the disk and how long it lasts.")
            .Produces<RetentionStatus>();
        api.MapPost(
                "/retention/run",
                async (Flow flow, CancellationToken cancellation) =>
                    await flow.Retention.ApplyAsync(cancellation) is { } outcome
                        ? Results.Json(outcome, Output.Json)
                        : Results.Problem(flow.Retention.Status().Failure, statusCode: 503)
            )
            .RequireAuthorization(Policies.Operate)
            .WithSummary("Applies the policy now: deletes what is due.")
            .Produces<Archive.RetentionOutcome>();
        api.MapGet(
                "/holds",
                async (Flow flow, CancellationToken cancellation) =>
                    Results.Json(await flow.Holds.AllAsync(cancellation), Output.Json)
            )
            .RequireAuthorization(Policies.Audit)
            .WithSummary("All holds, newest first.")
            .Produces<IReadOnlyList<Hold>>();
        api.MapPost("/holds", PlaceAsync)
            .RequireAuthorization(Policies.Preserve)
            .WithSummary("Places a hold: these events stay, whatever the policy says.")
            .Produces<Hold>();
        api.MapPost("/holds/{hold}/lift", LiftAsync)
            .RequireAuthorization(Policies.Preserve)
            .WithSummary("Lifts a hold, by id or name.")
            .Produces<Hold>();
        api.MapPost("/erasures/preview", PreviewAsync)
            .RequireAuthorization(Policies.Preserve)
            .WithSummary("Counts what the erasure of a person would erase.")
            .Produces<ErasureAnswer>();
        api.MapPost("/erasures", EraseAsync)
            .RequireAuthorization(Policies.Preserve)
            .WithSummary("Erases a person from archive, records, findings and datasets.")
            .Produces<ErasureAnswer>();
    }

    private static async Task<IResult> PlaceAsync(
        HoldRequest request,
        Flow flow,
        HttpContext http,
        CancellationToken cancellation
    ) => Answer(await flow.Holds.PlaceAsync(request, http.User.Actor(), cancellation));

    private static async Task<IResult> LiftAsync(
        string hold,
        Flow flow,
        HttpContext http,
        CancellationToken cancellation
    ) => Answer(await flow.Holds.LiftAsync(hold, http.User.Actor(), cancellation));

    private static async Task<IResult> PreviewAsync(
        ErasureRequest request,
        Flow flow,
        CancellationToken cancellation
    ) => Answer(await flow.Erasure.PreviewAsync(request, cancellation));

    // Once begun it is not broken off because a connection ends.
    private static async Task<IResult> EraseAsync(ErasureRequest request, Flow flow, HttpContext http) =>
        Answer(await flow.Erasure.EraseAsync(request, http.User.Actor(), CancellationToken.None));

    private static IResult Answer(HoldOutcome outcome) =>
        outcome switch
        {
            HoldOutcome.Done done => Results.Json(done.Hold, Output.Json),
            HoldOutcome.Invalid invalid => Results.Problem(invalid.Problem, statusCode: 422),
            HoldOutcome.Refused refused => Results.Problem(refused.Reason, statusCode: 503),
            _ => throw new InvalidOperationException("The outcome is not known here."),
        };

    private static IResult Answer(ErasureOutcome outcome) =>
        outcome switch
        {
            ErasureOutcome.Done done => Results.Json(done.Answer, Output.Json),
            ErasureOutcome.Invalid invalid => Results.Problem(invalid.Problem, statusCode: 422),
            ErasureOutcome.Refused refused => Results.Problem(refused.Reason, statusCode: 503),
            _ => throw new InvalidOperationException("The outcome is not known here."),
        };
}
