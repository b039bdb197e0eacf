using Custodiet.Web.Home;
using Custodiet.Web.Queue;
using Microsoft.AspNetCore.Components;

namespace Custodiet.Web;

/// <summary>The pages: what they need, how they are reached, and the policy that the browser enforces for them.</summary>
internal static class WebPages
{
    /// <summary>
    /// No inline script or style, nothing from elsewhere. <c>data:</c> is for the arrows and check marks inside Tabler's style sheet.
    /// </summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        + "connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    /// <summary>Registers what the pages need beside the contracts of <c>Custodiet.Records</c>.</summary>
    public static IServiceCollection AddCustodietWeb(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery();
        services.AddHttpContextAccessor();
        services.AddScoped<Visit>();
        services.AddSingleton<Names>();
        services.AddSingleton<HomeReader>();
        services.AddSingleton<ArrivalFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<ArrivalFeed>());
        services.AddSingleton<IngestRate>();
        services.AddHostedService(provider => provider.GetRequiredService<IngestRate>());
        return services;
    }

    /// <summary>Puts the policies on every answer. Comes first in the pipeline, so that error answers carry them too.</summary>
    public static IApplicationBuilder UseCustodietHeaders(this IApplicationBuilder app) =>
        app.Use(
            (context, next) =>
            {
                IHeaderDictionary headers = context.Response.Headers;
                headers.ContentSecurityPolicy = ContentSecurityPolicy;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "same-origin";
                headers["Cross-Origin-Opener-Policy"] = "same-origin";
                headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
                return next(context);
            }
        );

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
        return routes;
    }
}
