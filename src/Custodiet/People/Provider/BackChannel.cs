using System.Collections.Concurrent;
using Custodiet.Records.People;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Custodiet.People.Provider;

/// <summary>
/// The provider's word that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0): sessions that it began end.
/// The token is signed by the provider, so that nobody else can say so.
/// </summary>
internal sealed class BackChannel(
    IOptionsMonitor<OpenIdConnectOptions> oidc,
    ProviderAccounts accounts,
    Sessions sessions,
    TimeProvider time
)
{
    /// <summary>Bytes of a logout token at most.</summary>
    public const int TokenLengthMax = 16 << 10;

    private const string logoutEvent = "http://schemas.openid.net/event/backchannel-logout";

    // Section 2.6: a token is used once. Each holds for two minutes and comes from the provider, so that the list stays short.
    private readonly ConcurrentDictionary<string, DateTimeOffset> used = new();

    /// <summary>Ends what a logout token names.</summary>
    /// <returns>How many sessions ended, or null when the token does not hold.</returns>
    public async Task<int?> EndAsync(string? token, CancellationToken cancellation)
    {
        if (token is not { Length: > 0 and <= TokenLengthMax })
        {
            return null;
        }
        OpenIdConnectOptions options = oidc.Get(Schemes.Provider);
        OpenIdConnectConfiguration configuration = await options
            .ConfigurationManager!.GetConfigurationAsync(cancellation)
            .ConfigureAwait(false);
        TokenValidationParameters parameters = options.TokenValidationParameters.Clone();
        parameters.ValidIssuer = configuration.Issuer;
        parameters.ValidAudience = options.ClientId;
        parameters.IssuerSigningKeys = configuration.SigningKeys;
        // Section 2.4 asks for exp; a token without one is held to its age instead.
        parameters.LifetimeValidator = (from, to, read, p) =>
            ProviderScheme.Holds(
                from,
                to ?? (read as JsonWebToken)?.IssuedAt.AddMinutes(2),
                p.ClockSkew,
                time.GetUtcNow().UtcDateTime
            );
        parameters.RequireExpirationTime = false;
        TokenValidationResult result = await new JsonWebTokenHandler { MapInboundClaims = false }
            .ValidateTokenAsync(token, parameters)
            .ConfigureAwait(false);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt || !IsLogout(jwt) || !IsFirst(jwt))
        {
            return null;
        }
        string? session = jwt.TryGetPayloadValue("sid", out string? sid) ? sid : null;
        if (session is null && jwt.Subject is not { Length: > 0 })
        {
            return null;
        }
        Account? account = session is null
            ? await accounts.OfAsync(jwt.Issuer, jwt.Subject, cancellation).ConfigureAwait(false)
            : null;
        return await sessions.EndOfProviderAsync(jwt.Issuer, session, account?.Id).ConfigureAwait(false);
    }

    // Section 2.6: the event's member, and no nonce, so that an ID token cannot be used as one.
    private static bool IsLogout(JsonWebToken jwt) =>
        !jwt.TryGetPayloadValue("nonce", out string _)
        && jwt.TryGetPayloadValue("events", out System.Text.Json.JsonElement events)
        && events.ValueKind == System.Text.Json.JsonValueKind.Object
        && events.TryGetProperty(logoutEvent, out _);

    private bool IsFirst(JsonWebToken jwt)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((string id, DateTimeOffset until) in used)
        {
            if (until < now)
            {
                used.TryRemove(id, out _);
            }
        }
        return jwt.Id is { Length: > 0 } name && used.TryAdd(name, now + TimeSpan.FromMinutes(15));
    }
}
