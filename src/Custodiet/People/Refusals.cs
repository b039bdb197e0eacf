using Custodiet.Records;
using Custodiet.Web.SignIn;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Custodiet.People;

/// <summary>The answers to requests that may not be made, as problem details (RFC 9457) for programs, as a page for people.</summary>
internal static class Refusals
{
    /// <summary>401: nobody is signed in.</summary>
    public static Task UnauthorizedAsync(HttpContext http) =>
        WriteAsync(
            http,
            StatusCodes.Status401Unauthorized,
            "Sign in first",
            "Send a session's cookie or a token: Authorization: Bearer cst_…"
        );

    /// <summary>403: somebody is, but may not do this.</summary>
    public static Task ForbiddenAsync(HttpContext http) =>
        WriteAsync(
            http,
            StatusCodes.Status403Forbidden,
            "Not with these roles",
            "Your roles, or the scopes of your token, do not allow this. Who has the role admin can change them."
        );

    /// <summary>429: too many attempts.</summary>
    public static Task TooManyAsync(HttpContext http, int retryAfterSeconds)
    {
        http.Response.Headers.RetryAfter = retryAfterSeconds.ToString(
            System.Globalization.CultureInfo.InvariantCulture
        );
        return WriteAsync(
            http,
            StatusCodes.Status429TooManyRequests,
            "Too many attempts",
            $"Try again in {Counted.Of(retryAfterSeconds, "second")}."
        );
    }

    /// <summary>400: the proof that the form came from our own page is missing.</summary>
    public static Task ForgedAsync(HttpContext http) =>
        WriteAsync(
            http,
            StatusCodes.Status400BadRequest,
            "Antiforgery token missing",
            "A session's cookie is not enough to change something: send the page's token in the form or in the header RequestVerificationToken."
        );

    private static Task WriteAsync(HttpContext http, int status, string title, string detail)
    {
        if (!WantsPage(http.Request))
        {
            return Results.Problem(title: title, detail: detail, statusCode: status).ExecuteAsync(http);
        }
        var parameters = new Dictionary<string, object?>
        {
            [nameof(RefusalPage.Title)] = title,
            [nameof(RefusalPage.Detail)] = detail,
        };
        return new RazorComponentResult<RefusalPage>(parameters) { StatusCode = status }.ExecuteAsync(http);
    }

    // A browser that shows a page; htmx and programs read the problem itself.
    /// <summary>Whether a person reads the answer.</summary>
    public static bool WantsPage(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        && !request.Headers.ContainsKey("HX-Request")
        && !request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase);
}
