using Microsoft.AspNetCore.Authorization;

namespace Custodiet.People;

/// <summary>Whether every route says who may use it. The fallback closes one that says nothing, but a person should have decided.</summary>
internal static class RoutePolicies
{
    // Sign-in itself and what a probe or a browser needs before it.
    private static readonly HashSet<string> open = new(StringComparer.Ordinal)
    {
        "/sign-in",
        "/sign-in/code",
        "/sign-in/recovery",
        "/sign-in/passkey",
        "/sign-in/provider",
        "/sign-out/provider",
        "/sign-out/leaving",
        // The provider's own servers; what they send is signed.
        "/sign-out/provider/back-channel",
        "/break-glass",
        "/setup",
        "/recover",
        "/health/live",
        "/health/ready",
        // Liveness as Splunk's clients ask for it.
        "/services/collector/health",
        "/services/collector/health/1.0",
    };

    // The framework's own route for files it does not know, in build output only: the fallback policy closes it.
    private const string unknownFile = "/{**path:file}";

    /// <summary>
    /// The routes that state no known policy and are not on the list of open ones, each with its reason. Static files are
    /// open; the framework's own routes below <c>/_</c> and the page for unknown addresses fall under the fallback policy.
    /// </summary>
    public static IReadOnlyList<string> Problems(IEnumerable<Endpoint> endpoints) =>
        [
            .. endpoints
                .OfType<RouteEndpoint>()
                .Select(Problem)
                .OfType<string>()
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    private static string? Problem(RouteEndpoint endpoint)
    {
        string route = "/" + (endpoint.RoutePattern.RawText ?? "").TrimStart('/');
        bool anonymous = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
        bool isFile =
            endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.StaticAssets.StaticAssetDescriptor>() is not null;
        if (anonymous)
        {
            return isFile || open.Contains(route)
                ? null
                : $"{route}: open to everybody, but not on the list of open routes.";
        }
        string? policy = endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy;
        return policy is not null && Policies.All.Any(known => known.Name == policy) ? null
            : isFile || route == unknownFile || route.StartsWith("/_", StringComparison.Ordinal) ? null
            : $"{route}: states no policy.";
    }
}
