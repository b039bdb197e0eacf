using Custodiet.Records.People;
using Custodiet.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Custodiet.People;

/// <summary>The cookie of a person's session. It names the session and carries its key; whether it is worth something is for <see cref="Sessions"/> to say.</summary>
internal static class SessionCookie
{
    /// <summary>The cookie and what happens with it.</summary>
    public static void Configure(CookieAuthenticationOptions cookie, PeopleOptions options)
    {
        // Browsers take a cookie of this name only from this very host, over HTTPS.
        cookie.Cookie.Name = options.SecureCookies ? "__Host-custodiet.session" : "custodiet.session";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = Secure(options);
        // The server ends sessions; the cookie itself only has to last as long.
        cookie.SlidingExpiration = false;
        cookie.ExpireTimeSpan = options.SessionTime;
        cookie.LoginPath = "/sign-in";
        cookie.Events = new CookieAuthenticationEvents
        {
            OnValidatePrincipal = ValidateAsync,
            OnRedirectToLogin = ToSignInAsync,
            OnRedirectToAccessDenied = context => Refusals.ForbiddenAsync(context.HttpContext),
        };
    }

    /// <summary>Whether a cookie is sent over HTTPS alone.</summary>
    public static CookieSecurePolicy Secure(PeopleOptions options) =>
        options.SecureCookies ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;

    // On every request: one read by key, and what has changed in the account or the session holds at once.
    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        IServiceProvider services = context.HttpContext.RequestServices;
        Accounts accounts = services.GetRequiredService<Accounts>();
        Sessions sessions = services.GetRequiredService<Sessions>();
        PeopleOptions options = services.GetRequiredService<PeopleOptions>();
        string? subject = context.Principal?.FindFirst(PeopleClaims.Subject)?.Value;
        string? id = context.Principal?.FindFirst(PeopleClaims.Session)?.Value;
        string? key = context.Principal?.FindFirst(PeopleClaims.SessionKey)?.Value;
        if (
            subject is not null
            && id is not null
            && key is not null
            && await accounts.FindAsync(new ActorId(subject), context.HttpContext.RequestAborted).ConfigureAwait(false)
                is { } account
            && sessions.Open(new SessionId(id), key, account, IsAnAct(context.HttpContext.Request)) is { } session
        )
        {
            context.ReplacePrincipal(AccountPrincipals.Of(account, session, options.StrongRoles));
            return;
        }
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(Schemes.Session).ConfigureAwait(false);
    }

    // A page left open connects its streams again and again; that is nobody's act.
    private static bool IsAnAct(HttpRequest request) =>
        !request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private static Task ToSignInAsync(RedirectContext<CookieAuthenticationOptions> context)
    {
        HttpRequest request = context.Request;
        if (request.Headers.ContainsKey("HX-Request"))
        {
            // fetch follows a redirect and would put the sign-in page into a list; this header makes the whole page go there.
            string? page = Uri.TryCreate(request.Headers["HX-Current-URL"], UriKind.Absolute, out Uri? current)
                ? current.PathAndQuery
                : null;
            context.Response.Headers["HX-Redirect"] = SignInAddress(page);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }
        // A scraper is a program; whoever opens the metrics in a browser may still sign in.
        if (
            request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            || (request.Path == MetricsApi.Path && !Refusals.WantsPage(request))
        )
        {
            return Refusals.UnauthorizedAsync(context.HttpContext);
        }
        context.Response.Redirect(
            SignInAddress(HttpMethods.IsGet(request.Method) ? request.Path + request.QueryString : null)
        );
        return Task.CompletedTask;
    }

    private static string SignInAddress(string? returnUrl) =>
        returnUrl is null or "/" || !LocalUrl.IsLocal(returnUrl)
            ? "/sign-in"
            : $"/sign-in?returnUrl={Uri.EscapeDataString(returnUrl)}";
}

/// <summary>Ends the answer to a session's request when the session ends, so that a revocation also ends streams.</summary>
internal sealed class SessionEnds(RequestDelegate next, Sessions sessions)
{
    /// <summary>Answers until the session is over.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        // What changes something is not broken off in the middle.
        if (!HttpMethods.IsGet(http.Request.Method) || http.User.SessionId() is not { } id)
        {
            await next(http).ConfigureAwait(false);
            return;
        }
        CancellationToken gone = http.RequestAborted;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(gone, sessions.Over(id));
        http.RequestAborted = over.Token;
        try
        {
            await next(http).ConfigureAwait(false);
        }
        finally
        {
            http.RequestAborted = gone;
        }
    }
}
