using Custodiet.Cli;
using Custodiet.Outputs;
using Custodiet.People;

namespace Custodiet.Api;

/// <summary><c>GET /api/v1/status</c> and <c>/api/v1/routes</c>: how far the stream and the routes have come.</summary>
internal static class StatusApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapGet(
                "/api/v1/routes",
                async (Flow flow, CancellationToken cancellation) =>
                    Results.Json(await flow.Outputs.StatusAsync(cancellation), Output.Json)
            )
            .RequireAuthorization(Policies.Read)
            .WithSummary("Routes with their balance.")
            .Produces<IReadOnlyList<RouteStatus>>();
        routes
            .MapGet(
                "/api/v1/status",
                async (Flow flow, CancellationToken cancellation) =>
                    Results.Json(await flow.StatusAsync(cancellation), Output.Json)
            )
            .RequireAuthorization(Policies.Read)
            .WithSummary("Stages with their balance, queue, archive, ledger.")
            .Produces<StreamStatus>();
    }
}
