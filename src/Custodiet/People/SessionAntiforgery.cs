using Microsoft.AspNetCore.Antiforgery;

namespace Custodiet.People;

/// <summary>
/// A browser sends a session's cookie also with requests that another site made it send. So whatever changes something
/// for a session must carry the page's token, on pages and in the API alike. Tokens and the socket have no such problem.
/// </summary>
internal sealed class SessionAntiforgery(RequestDelegate next, IAntiforgery antiforgery)
{
    /// <summary>Answers, or refuses with 400.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        if (
            Changes(http.Request.Method)
            && http.User.Identity?.AuthenticationType == Schemes.Session
            && !CheckedAlready(http)
        )
        {
            try
            {
                await antiforgery.ValidateRequestAsync(http).ConfigureAwait(false);
            }
            catch (AntiforgeryValidationException)
            {
                await Refusals.ForgedAsync(http).ConfigureAwait(false);
                return;
            }
        }
        await next(http).ConfigureAwait(false);
    }

    private static bool Changes(string method) =>
        !HttpMethods.IsGet(method)
        && !HttpMethods.IsHead(method)
        && !HttpMethods.IsOptions(method)
        && !HttpMethods.IsTrace(method);

    // Pages and form endpoints are checked by the framework's own middleware, which only notes a failure: the endpoint answers 400.
    private static bool CheckedAlready(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<IAntiforgeryMetadata>()?.RequiresValidation == true;
}
