using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;

namespace Custodiet.People.Provider;

/// <summary>The addresses of the way to the identity provider and back; the way back itself is the framework's.</summary>
internal static class ProviderEndpoints
{
    private const string leaving = "custodiet.leaving";

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        // A link and no form: the content policy forbids forms to lead to other sites, also by way of ours.
        routes
            .MapGet(
                "/sign-in/provider",
                (HttpContext http, ProviderSignIn signIn, string? returnUrl) =>
                    signIn.GoAsync(http, new AuthenticationProperties { RedirectUri = LocalUrl.OrHome(returnUrl) })
            )
            .AllowAnonymous();
        routes
            .MapGet(
                "/account/provider",
                (HttpContext http, ProviderSignIn signIn, string ticket) =>
                    signIn.GoAsync(http, ProviderLinks.Begin(ticket))
            )
            .RequireAuthorization(Policies.Self);
        routes.MapGet("/sign-out/provider", LeaveAsync).AllowAnonymous();
        routes
            .MapPost("/sign-out/provider/back-channel", EndAsync)
            .AllowAnonymous()
            .DisableAntiforgery()
            .RequireRateLimiting(SignInLimits.PerAddress);
    }

    /// <summary>Keeps the ID token for the moment between our sign-out and the provider's.</summary>
    public static void KeepForLeaving(HttpContext http, string idToken) =>
        http.Response.Cookies.Append(
            leaving,
            Protector(http).Protect(idToken),
            new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = http.RequestServices.GetRequiredService<PeopleOptions>().SecureCookies || http.Request.IsHttps,
                MaxAge = TimeSpan.FromMinutes(2),
                Path = "/sign-out",
                IsEssential = true,
            }
        );

    private static Task LeaveAsync(HttpContext http, ProviderSignIn signIn)
    {
        string? kept = http.Request.Cookies[leaving];
        http.Response.Cookies.Delete(leaving, new CookieOptions { Path = "/sign-out" });
        try
        {
            return signIn.LeaveAsync(http, Protector(http).Unprotect(kept ?? ""));
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            http.Response.Redirect("/sign-in");
            return Task.CompletedTask;
        }
    }

    // The answers are those of OpenID Connect Back-Channel Logout 1.0, section 2.8.
    private static async Task<IResult> EndAsync(HttpContext http, BackChannel channel, CancellationToken cancellation)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (!http.Request.HasFormContentType || http.Request.ContentLength is not <= BackChannel.TokenLengthMax + 1_024)
        {
            return Results.BadRequest(new { error = "invalid_request" });
        }
        IFormCollection form = await http.Request.ReadFormAsync(cancellation).ConfigureAwait(false);
        return await channel.EndAsync(form["logout_token"], cancellation).ConfigureAwait(false) is null
            ? Results.BadRequest(new { error = "invalid_request" })
            : Results.Ok();
    }

    private static IDataProtector Protector(HttpContext http) =>
        http.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector("custodiet.leaving");
}
