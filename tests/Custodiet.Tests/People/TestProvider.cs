using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlers.Protection;

namespace Custodiet.Tests.People;

/// <summary>A real OpenID Connect server (OpenIddict) on loopback, at which whoever comes is already signed in; and one that lies on request.</summary>
internal sealed class TestProvider : IAsyncDisposable
{
    public const string ClientId = "custodiet";
    public const string ClientSecret = "a secret of the tests";

    private readonly WebApplication app;
    private readonly RSA rsa = RSA.Create(2048);

    private TestProvider(TimeProvider time)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { EnvironmentName = "Production" }
        );
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder
            .Services.AddOpenIddict()
            .AddServer(server =>
            {
                server
                    .SetAuthorizationEndpointUris("connect/authorize")
                    .SetTokenEndpointUris("connect/token")
                    .SetUserInfoEndpointUris("connect/userinfo")
                    .SetEndSessionEndpointUris("connect/logout");
                server.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
                server.RegisterScopes("openid", "profile");
                server.AddEphemeralEncryptionKey().AddSigningKey(new RsaSecurityKey(rsa) { KeyId = "test" });
                server.EnableDegradedMode();
                server
                    .UseAspNetCore()
                    .DisableTransportSecurityRequirement()
                    .EnableAuthorizationEndpointPassthrough()
                    .EnableUserInfoEndpointPassthrough()
                    .EnableEndSessionEndpointPassthrough();
                server.Configure(options => options.TimeProvider = time);
                server.AddEventHandler<ValidateAuthorizationRequestContext>(handler =>
                    handler.UseInlineHandler(context =>
                    {
                        if (context.ClientId != ClientId)
                        {
                            context.Reject(Errors.InvalidClient);
                        }
                        return default;
                    })
                );
                server.AddEventHandler<ValidateTokenRequestContext>(handler =>
                    handler.UseInlineHandler(context =>
                    {
                        if (context.ClientId != ClientId || context.ClientSecret != ClientSecret)
                        {
                            context.Reject(Errors.InvalidClient);
                        }
                        return default;
                    })
                );
                server.AddEventHandler<ValidateEndSessionRequestContext>(handler =>
                    handler.UseInlineHandler(_ => default)
                );
                // After the token is described and before it is signed: where this server lies.
                server.AddEventHandler<GenerateTokenContext>(handler =>
                    handler
                        .UseInlineHandler(context =>
                        {
                            if (context.TokenType == TokenTypeIdentifiers.IdentityToken)
                            {
                                Lie?.Invoke(context.SecurityTokenDescriptor);
                            }
                            return default;
                        })
                        .SetOrder(GenerateIdentityModelToken.Descriptor.Order - 1)
                );
            });
        app = builder.Build();
        app.UseAuthentication();
        app.MapMethods("/connect/authorize", ["GET", "POST"], Authorize);
        app.MapMethods("/connect/userinfo", ["GET", "POST"], UserInfo);
        app.MapMethods("/connect/logout", ["GET", "POST"], SignOut);
    }

    /// <summary>Who comes: claims of the ID token beside what the protocol adds. The value is a text or an array of texts.</summary>
    public Dictionary<string, object> Person { get; } =
        new()
        {
            ["sub"] = "person-1",
            ["preferred_username"] = "ann",
            ["roles"] = (string[])["soc-analysts"],
        };

    /// <summary>Claims that only the user info endpoint tells.</summary>
    public Dictionary<string, object> OnlyUserInfo { get; } = [];

    /// <summary>Whether the person turns back.</summary>
    public bool Denies { get; set; }

    /// <summary>Changes an ID token before it is signed.</summary>
    public Action<SecurityTokenDescriptor>? Lie { get; set; }

    /// <summary>ID token hints of those who signed out here.</summary>
    public List<string> SignedOut { get; } = [];

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public string Issuer => Address.ToString();

    public static async Task<TestProvider> StartAsync(TimeProvider time)
    {
        TestProvider provider = new(time);
        await provider.app.StartAsync(TestContext.Current.CancellationToken);
        IServer server = provider.app.Services.GetRequiredService<IServer>();
        provider.Address = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return provider;
    }

    /// <summary>A token signed by this server, as for its logout tokens.</summary>
    public string Sign(Dictionary<string, object> claims, DateTimeOffset issuedAt, RSA? with = null) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Claims = claims,
                IssuedAt = issuedAt.UtcDateTime,
                Expires = issuedAt.AddMinutes(2).UtcDateTime,
                TokenType = "logout+jwt",
                SigningCredentials = new SigningCredentials(
                    new RsaSecurityKey(with ?? rsa) { KeyId = "test" },
                    SecurityAlgorithms.RsaSha256
                ),
            }
        );

    public Task StopAsync() => app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        rsa.Dispose();
    }

    private IResult Authorize()
    {
        string[] schemes = [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme];
        if (Denies)
        {
            return Results.Forbid(
                new AuthenticationProperties(
                    new Dictionary<string, string?>
                    {
                        [OpenIddictServerAspNetCoreConstants.Properties.Error] = Errors.AccessDenied,
                    }
                ),
                schemes
            );
        }
        ClaimsIdentity identity = new("test", Claims.Name, Claims.Role);
        foreach ((string name, object value) in Person)
        {
            foreach (string one in value as string[] ?? [(string)value])
            {
                bool isObject = one.StartsWith('{');
                identity.AddClaim(new Claim(name, one, isObject ? "JSON" : ClaimValueTypes.String));
            }
        }
        ClaimsPrincipal principal = new(identity);
        principal.SetScopes("openid", "profile");
        principal.SetDestinations(_ => [Destinations.IdentityToken]);
        return Results.SignIn(principal, properties: null, schemes[0]);
    }

    private IResult UserInfo() =>
        Results.Json(new Dictionary<string, object>(OnlyUserInfo) { ["sub"] = Person["sub"] });

    private IResult SignOut(HttpContext http)
    {
        SignedOut.Add(http.GetOpenIddictServerRequest()?.IdTokenHint ?? "");
        return Results.SignOut(authenticationSchemes: [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]);
    }
}
