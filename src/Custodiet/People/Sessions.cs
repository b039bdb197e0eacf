using Custodiet.Records.People;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace Custodiet.People;

/// <summary>A person's session: a cookie that is worth something only as long as the account says so.</summary>
internal static class Sessions
{
    /// <summary>The cookie and what happens with it.</summary>
    public static void Configure(CookieAuthenticationOptions cookie, PeopleOptions options)
    {
        cookie.Cookie.Name = "custodiet.session";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.SlidingExpiration = true;
        cookie.ExpireTimeSpan = options.SessionTime;
        cookie.LoginPath = "/sign-in";
        cookie.Events = new CookieAuthenticationEvents
        {
            OnValidatePrincipal = ValidateAsync,
            OnRedirectToLogin = ToSignInAsync,
            OnRedirectToAccessDenied = context => Refusals.ForbiddenAsync(context.HttpContext),
        };
    }

    // On every request: one read by key, and a disabled account or a new password ends all sessions at once.
    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        Accounts accounts = context.HttpContext.RequestServices.GetRequiredService<Accounts>();
        string? subject = context.Principal?.FindFirst(PeopleClaims.Subject)?.Value;
        string? stamp = context.Principal?.FindFirst(PeopleClaims.Stamp)?.Value;
        Account? account = subject is null
            ? null
            : await accounts.FindAsync(new ActorId(subject), context.HttpContext.RequestAborted).ConfigureAwait(false);
        if (account is null || account.Disabled || stamp is null || !Secrets.SameText(account.SecurityStamp, stamp))
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Schemes.Session).ConfigureAwait(false);
            return;
        }
        context.ReplacePrincipal(AccountPrincipals.Of(account));
    }

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
        if (request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
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
