using Custodiet.Api;
using Custodiet.Configuration;
using Custodiet.People;
using Custodiet.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Api;

/// <summary>Security is decided route by route; this looks at all of them as the product composes them.</summary>
public class RouteTests
{
    [Fact]
    public async Task EveryRouteStatesWhoMayUseIt()
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-routes-").FullName;
        try
        {
            (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(
                new Dictionary<string, string?> { ["data"] = folder, ["urls"] = "http://127.0.0.1:0" }
            );
            Assert.Empty(problems);
            await using Flow flow = await Flow.OpenAsync(
                settings!,
                TimeProvider.System,
                NullLoggerFactory.Instance,
                TestContext.Current.CancellationToken
            );
            await flow.LoadAsync(TestContext.Current.CancellationToken);
            await using WebApplication app = Server.Build(flow, settings!, NullLoggerFactory.Instance);
            RouteEndpoint[] routes =
            [
                .. ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>(),
            ];
            Assert.True(routes.Length > 40, $"Only {routes.Length} routes were found.");
            Assert.Empty(RoutePolicies.Problems(routes));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
