using Custodiet.People;

namespace Custodiet.Telemetry;

/// <summary><c>GET /metrics</c>: the Prometheus text format, or OpenMetrics where the request asks for it.</summary>
internal static class MetricsApi
{
    /// <summary>Its address.</summary>
    public const string Path = "/metrics";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPrometheusScrapingEndpoint(
                Path,
                meterProvider: null,
                configureBranchedPipeline: branch =>
                    branch.Use(
                        async (http, next) =>
                        {
                            await http
                                .RequestServices.GetRequiredService<FlowMetrics>()
                                .RefreshAsync(http.RequestAborted);
                            await next(http);
                        }
                    ),
                optionsName: null
            )
            .RequireAuthorization(Policies.Metrics);
}
