using Custodiet.Web.Cases;
using Custodiet.Web.Data;
using Custodiet.Web.Home;
using Custodiet.Web.Ledger;
using Custodiet.Web.Queue;
using Microsoft.AspNetCore.Components;

namespace Custodiet.Web;

/// <summary>The pages: what they need and how they are reached.</summary>
internal static class WebPages
{
    /// <summary>Registers what the pages need beside the contracts of <c>Custodiet.Records</c>.</summary>
    public static IServiceCollection AddCustodietWeb(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery();
        services.AddHttpContextAccessor();
        services.AddScoped<Visit>();
        services.AddScoped<QueueActs>();
        services.AddScoped<CaseActs>();
        services.AddScoped<CaseReader>();
        services.AddSingleton<Names>();
        services.AddSingleton<HomeReader>();
        services.AddSingleton<DatasetCatalog>();
        services.AddSingleton<QueueLive>();
        services.AddSingleton<IngestRate>();
        services.AddHostedService(provider => provider.GetRequiredService<IngestRate>());
        return services;
    }

    /// <summary>Maps pages, fragments and static files. Authentication, authorization and antiforgery come before it.</summary>
    public static IEndpointRouteBuilder MapCustodietWeb(this IEndpointRouteBuilder routes)
    {
        routes.MapStaticAssets().AllowAnonymous();

        // A fragment gets fingerprinted asset addresses only if its endpoint carries the pages' collection.
        ResourceAssetCollection? assets = null;
        routes
            .MapRazorComponents<App>()
            .Finally(endpoint => assets ??= endpoint.Metadata.OfType<ResourceAssetCollection>().FirstOrDefault());
        RouteGroupBuilder fragments = routes.MapGroup("");
        ((IEndpointConventionBuilder)fragments).Finally(endpoint =>
        {
            if (assets is not null)
            {
                endpoint.Metadata.Add(assets);
            }
        });
        QueueEndpoints.Map(fragments);
        CaseEndpoints.Map(fragments);
        DataEndpoints.Map(fragments);
        LedgerEndpoints.Map(fragments);
        return routes;
    }
}
