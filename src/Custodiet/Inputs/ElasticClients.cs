using Microsoft.AspNetCore.Routing.Matching;

namespace Custodiet.Inputs;

/// <summary>Marks a route that only Elasticsearch's clients are led to: they ask for <c>/</c>, which is our start page.</summary>
internal sealed class ElasticClientsOnly;

/// <summary>Leads requests for a marked route there when they come from a client of Elasticsearch, and past it otherwise.</summary>
internal sealed class ElasticClientMatcher : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <inheritdoc/>
    public override int Order => 0;

    /// <inheritdoc/>
    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(IsMarked);

    /// <inheritdoc/>
    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        bool client = IsClient(httpContext.Request);
        for (int index = 0; index < candidates.Count; index++)
        {
            if (!client && candidates.IsValidCandidate(index) && IsMarked(candidates[index].Endpoint))
            {
                candidates.SetValidity(index, false);
            }
        }
        return Task.CompletedTask;
    }

    private static bool IsMarked(Endpoint endpoint) => endpoint.Metadata.GetMetadata<ElasticClientsOnly>() is not null;

    // Browsers send neither: our pages ask for no Basic authentication.
    private static bool IsClient(HttpRequest request)
    {
        string authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)
            || authorization.StartsWith("ApiKey ", StringComparison.OrdinalIgnoreCase)
            || request.Headers.Accept.ToString().Contains("elasticsearch", StringComparison.OrdinalIgnoreCase)
            || request.Headers.UserAgent.ToString().StartsWith("elastic", StringComparison.OrdinalIgnoreCase);
    }
}
