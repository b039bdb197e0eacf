namespace Custodiet.Api;

/// <summary><c>/health/live</c> and <c>/health/ready</c>: no role, no detail.</summary>
internal static class HealthApi
{
    public static void Map(IEndpointRouteBuilder routes, Func<bool> ready)
    {
        routes.MapGet("/health/live", () => Results.Text("live")).AllowAnonymous();
        routes
            .MapGet("/health/ready", () => ready() ? Results.Text("ready") : Results.Text("not ready", statusCode: 503))
            .AllowAnonymous();
    }
}
