using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Custodiet.People.Provider;

/// <summary>
/// OpenID Connect as the framework speaks it: authorization code with PKCE, state, nonce; the ID token's signature, issuer, audience
/// and time are checked by it. What follows from the checked claims is <see cref="ProviderSignIn"/>'s.
/// </summary>
internal static class ProviderScheme
{
    /// <summary>Where the provider sends people back to; to be registered there, behind the public address.</summary>
    public const string CallbackPath = "/sign-in/provider/callback";

    /// <summary>Where the provider sends people back to after signing out; to be registered there, too.</summary>
    public const string SignedOutPath = "/sign-out/provider/callback";

    /// <summary>The issuer of the checked token, in the ticket's properties.</summary>
    public const string Issuer = "custodiet.issuer";

    /// <summary>What the ID token is kept under for signing out at the provider.</summary>
    public const string IdToken = "id_token";

    /// <summary>Adds the scheme.</summary>
    public static void Add(AuthenticationBuilder schemes, PeopleOptions people, ProviderOptions provider)
    {
        schemes.AddOpenIdConnect(
            Schemes.Provider,
            oidc =>
            {
                oidc.Authority = provider.Authority.ToString();
                // Http is accepted for loopback alone, where the settings are read.
                oidc.RequireHttpsMetadata = provider.Authority.Scheme == Uri.UriSchemeHttps;
                oidc.ClientId = provider.ClientId;
                oidc.ResponseType = OpenIdConnectResponseType.Code;
                // A redirect, so that the browser sends the cookies of the round trip although they are for this site alone.
                oidc.ResponseMode = OpenIdConnectResponseMode.Query;
                oidc.UsePkce = true;
                oidc.SignInScheme = Schemes.Session;
                oidc.CallbackPath = CallbackPath;
                oidc.SignedOutCallbackPath = SignedOutPath;
                oidc.SignedOutRedirectUri = "/sign-in";
                // The framework's front-channel sign-out would end a session by a mere picture on another site.
                oidc.RemoteSignOutPath = PathString.Empty;
                oidc.MapInboundClaims = false;
                oidc.ClaimActions.Clear();
                oidc.GetClaimsFromUserInfoEndpoint = provider.UserInfo;
                if (provider.UserInfo)
                {
                    oidc.ClaimActions.MapAll();
                }
                oidc.DisableTelemetry = true;
                oidc.BackchannelTimeout = provider.Timeout;
                oidc.Scope.Clear();
                foreach (string scope in provider.Scopes)
                {
                    oidc.Scope.Add(scope);
                }
                foreach (CookieBuilder cookie in (CookieBuilder[])[oidc.NonceCookie, oidc.CorrelationCookie])
                {
                    cookie.SameSite = SameSiteMode.Lax;
                    cookie.SecurePolicy = SessionCookie.Secure(people);
                }
                oidc.Events = new OpenIdConnectEvents
                {
                    OnRedirectToIdentityProvider = context => GoAsync(context, people),
                    OnRedirectToIdentityProviderForSignOut = context => LeaveAsync(context, people),
                    OnAuthorizationCodeReceived = context => AddSecretAsync(context, provider),
                    OnTokenValidated = KeepAsync,
                    OnTicketReceived = context => SignInOf(context.HttpContext).ReceiveAsync(context),
                    OnRemoteFailure = context => SignInOf(context.HttpContext).FailAsync(context),
                    OnAccessDenied = context => SignInOf(context.HttpContext).DenyAsync(context),
                };
            }
        );
        schemes
            .Services.AddOptions<OpenIdConnectOptions>(Schemes.Provider)
            .Configure<TimeProvider>(
                (oidc, time) =>
                {
                    oidc.TokenValidationParameters.ClockSkew = provider.ClockSkew;
                    oidc.TokenValidationParameters.LifetimeValidator = (from, to, _, parameters) =>
                        Holds(from, to, parameters.ClockSkew, time.GetUtcNow().UtcDateTime);
                }
            );
    }

    /// <summary>Whether a token holds now, give or take the clocks' difference; one that never ends never holds.</summary>
    public static bool Holds(DateTime? from, DateTime? to, TimeSpan skew, DateTime now) =>
        to is { } end && now < end + skew && (from is not { } begin || begin - skew <= now);

    private static ProviderSignIn SignInOf(HttpContext http) =>
        http.RequestServices.GetRequiredService<ProviderSignIn>();

    private static Task GoAsync(RedirectContext context, PeopleOptions people)
    {
        if (people.PublicUrl is { } url)
        {
            context.ProtocolMessage.RedirectUri = new Uri(url, CallbackPath).ToString();
        }
        return Task.CompletedTask;
    }

    private static Task LeaveAsync(RedirectContext context, PeopleOptions people)
    {
        if (people.PublicUrl is { } url)
        {
            context.ProtocolMessage.PostLogoutRedirectUri = new Uri(url, SignedOutPath).ToString();
        }
        context.ProtocolMessage.IdTokenHint = context.Properties.GetParameter<string>(IdToken);
        return Task.CompletedTask;
    }

    private static Task AddSecretAsync(AuthorizationCodeReceivedContext context, ProviderOptions provider)
    {
        context.TokenEndpointRequest!.ClientSecret = provider.ClientSecret();
        return Task.CompletedTask;
    }

    [SuppressMessage("Design", "CA1062", Justification = "The framework calls it.")]
    private static Task KeepAsync(TokenValidatedContext context)
    {
        AuthenticationProperties properties =
            context.Properties ?? throw new SecurityTokenException("The answer has no properties.");
        properties.Items[Issuer] = context.SecurityToken.Issuer;
        // Nothing else is kept: we make no requests in the person's name.
        properties.StoreTokens([
            new AuthenticationToken { Name = IdToken, Value = context.TokenEndpointResponse?.IdToken ?? "" },
        ]);
        return Task.CompletedTask;
    }
}
