using System.Security.Claims;
using System.Text.Encodings.Web;
using Custodiet.Records.People;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Custodiet.People;

/// <summary>Recognises programs by <c>Authorization: Bearer cst_…</c>, and on the routes of other protocols by their forms of it.</summary>
internal sealed class TokenHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    ApiTokens tokens,
    TokenUses uses
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>Characters of the header; a token has about fifty, and Base64 and a name may come on top.</summary>
    private const int HeaderLengthMax = 512;

    /// <inheritdoc/>
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string header = Request.Headers.Authorization.ToString();
        TokenForms forms = ProtocolRoute.Of(Context)?.Forms ?? TokenForms.Bearer;
        if (header.Length > HeaderLengthMax || ProtocolRoute.TokenIn(header, forms) is not { } text)
        {
            return AuthenticateResult.Fail("The header Authorization holds no token in a form known here.");
        }
        ApiToken? token = await tokens.RecogniseAsync(text, Context.RequestAborted).ConfigureAwait(false);
        if (token is null)
        {
            return AuthenticateResult.Fail("The token is unknown, revoked or expired, or its owner may not have it.");
        }
        uses.Note(token.Id, Callers.Address(Context));
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
        if (ProtocolRoute.Of(Context) is { } route)
        {
            return route.RefuseAsync(Context, StatusCodes.Status401Unauthorized);
        }
        Response.Headers.WWWAuthenticate = "Bearer";
        return Refusals.UnauthorizedAsync(Context);
    }

    /// <inheritdoc/>
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ProtocolRoute.Of(Context)?.RefuseAsync(Context, StatusCodes.Status403Forbidden)
        ?? Refusals.ForbiddenAsync(Context);
}
