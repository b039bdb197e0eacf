namespace Custodiet.People;

/// <summary>The answers to requests that may not be made, as problem details (RFC 9457).</summary>
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
            $"Try again in {retryAfterSeconds} seconds."
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

    private static Task WriteAsync(HttpContext http, int status, string title, string detail) =>
        Results.Problem(title: title, detail: detail, statusCode: status).ExecuteAsync(http);
}
