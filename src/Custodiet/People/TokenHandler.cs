using System.Security.Claims;
using System.Text.Encodings.Web;
using Custodiet.Records.People;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Custodiet.People;

/// <summary>Recognises programs by <c>Authorization: Bearer cst_…</c>.</summary>
internal sealed class TokenHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    ApiTokens tokens
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string prefix = "Bearer ";

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) || header.Length > 256)
        {
            return AuthenticateResult.Fail("The header Authorization holds no bearer token.");
        }
        ApiToken? token = await tokens
            .RecogniseAsync(header[prefix.Length..].Trim(), Context.RequestAborted)
            .ConfigureAwait(false);
        if (token is null)
        {
            return AuthenticateResult.Fail("The token is unknown, revoked or expired.");
        }
        ClaimsPrincipal principal = PeopleClaims.Principal(
            Schemes.Token,
            token.Id,
            token.Name,
            [token.Role],
            token.Scopes.Select(scope => new Claim(PeopleClaims.Scope, scope))
        );
        return AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme.Name));
    }

    /// <inheritdoc/>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return Refusals.UnauthorizedAsync(Context);
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Refusals.ForbiddenAsync(Context);
}
