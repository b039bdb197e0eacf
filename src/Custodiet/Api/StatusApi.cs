using Custodiet.Cli;
using Custodiet.People;

namespace Custodiet.Api;

/// <summary><c>GET /api/v1/status</c>: how far the stream has come.</summary>
internal static class StatusApi
{
    public static void Map(IEndpointRouteBuilder routes) =>
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
