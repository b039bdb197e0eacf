using Custodiet.People.Provider;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Identity;

namespace Custodiet.People;

/// <summary>Sign-in, roles and tokens, as the composition adds them.</summary>
internal static class PeopleServices
{
    /// <summary>Adds sign-in. The composition also adds <see cref="IAccountStore"/>, <see cref="ISessionStore"/>, <see cref="IRecordStore"/> and <see cref="TimeProvider"/> as singletons.</summary>
    public static IServiceCollection AddCustodietPeople(this IServiceCollection services, PeopleOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(s => new Accounts(
            s.GetRequiredService<IAccountStore>(),
            s.GetRequiredService<TimeProvider>(),
            options.PasswordIterations
        ));
        services.AddSingleton<ApiTokens>();
        services.AddSingleton<ServiceAccounts>();
        services.AddSingleton<TokenUses>();
        services.AddHostedService(s => s.GetRequiredService<TokenUses>());
        services.AddSingleton<SetupCode>();
        services.AddSingleton<SignInLimits>();
        services.AddSingleton<KnownDevices>();
        services.AddSingleton<HalfSignIns>();
        services.AddSingleton<Sessions>();
        services.AddHostedService(s => s.GetRequiredService<Sessions>());
        services.AddSingleton<SignInRecords>();
        services.AddHostedService(s => s.GetRequiredService<SignInRecords>());
        services.AddHostedService<SignInPolicy>();
        services.AddScoped<SignInFlow>();
        services.AddScoped<Passkeys>();
        services.AddScoped<BreakGlass>();
        services.AddSingleton<BreakGlassAccounts>();
        services.AddSingleton<PasskeyAnswers>();
        services.Configure<IdentityPasskeyOptions>(passkeys => PasskeyOrigin.Configure(passkeys, options));
        services.AddSingleton<ProviderAccounts>();
        services.AddSingleton<ProviderLinks>();
        services.AddScoped<ProviderSignIn>();
        services.AddSingleton<Enrolment>();
        services.AddHttpContextAccessor();
        services.AddCascadingAuthenticationState();
        AddKeys(services, options);
        AddIdentity(services);
        AddSchemes(services, options);
        AddPolicies(services);
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "custodiet.antiforgery";
            antiforgery.Cookie.SecurePolicy = SessionCookie.Secure(options);
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        services.AddRateLimiter(limits =>
        {
            limits.AddPolicy(SignInLimits.PerAddress, http => SignInLimits.Partition(http, options));
            limits.OnRejected = (context, _) =>
                new ValueTask(
                    Refusals.TooManyAsync(context.HttpContext, SignInLimits.RetryAfterSeconds(context.Lease))
                );
        });
        return services;
    }

    /// <summary>
    /// Security headers, then authentication, authorization, limits and antiforgery, in this order. Goes after the
    /// exception handler, before all endpoints, and after <c>UseRouting</c> if the composition calls that itself.
    /// </summary>
    public static IApplicationBuilder UseCustodietPeople(this IApplicationBuilder app)
    {
        PeopleOptions options = app.ApplicationServices.GetRequiredService<PeopleOptions>();
        if (options.TrustedProxies.Count > 0)
        {
            ForwardedHeadersOptions forwarded = new()
            {
                ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
                // As many as are trusted: the first address from behind that is none of them is the caller's.
                ForwardLimit = null,
            };
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (System.Net.IPNetwork network in options.TrustedProxies)
            {
                forwarded.KnownIPNetworks.Add(network);
            }
            app.UseForwardedHeaders(forwarded);
        }
        app.UseMiddleware<SecurityHeaders>();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseMiddleware<SessionEnds>();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseMiddleware<SessionAntiforgery>();
        return app;
    }

    /// <summary>The endpoints of sign-in that are not pages.</summary>
    public static void MapCustodietPeople(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/sign-out", SignOutAsync).RequireAuthorization(Policies.Self);
        PasskeyEndpoints.Map(endpoints);
        if (endpoints.ServiceProvider.GetRequiredService<PeopleOptions>().Provider is not null)
        {
            ProviderEndpoints.Map(endpoints);
        }
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, Sessions sessions, PeopleOptions options)
    {
        AuthenticateResult present = await http.AuthenticateAsync(Schemes.Session).ConfigureAwait(false);
        if (http.User.SessionId() is { } id)
        {
            await sessions.EndAsync([id], SessionEnd.SignedOut, http.User.Actor()).ConfigureAwait(false);
        }
        await http.SignOutAsync(Schemes.Session).ConfigureAwait(false);
        if (
            options.Provider is { SignOut: true }
            && present.Properties?.GetTokenValue(ProviderScheme.IdToken) is { Length: > 0 } idToken
        )
        {
            ProviderEndpoints.KeepForLeaving(http, idToken);
            return Results.LocalRedirect("/sign-out/leaving");
        }
        return Results.LocalRedirect("/sign-in");
    }

    private static void AddKeys(IServiceCollection services, PeopleOptions options)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        DirectoryInfo folder = OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(options.KeysFolder)
            : Directory.CreateDirectory(options.KeysFolder, ownerOnly);
        // It warns that keys are not encrypted. The folder's mode protects them, as it protects the ledger's key.
        services.AddLogging(logging =>
            logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error)
        );
        services.AddDataProtection().SetApplicationName("custodiet").PersistKeysToFileSystem(folder);
    }

    private static void AddIdentity(IServiceCollection services)
    {
        services.AddSingleton<IPasswordHasher<AccountUser>>(s => s.GetRequiredService<Accounts>().Passwords.Hasher);
        services.AddScoped<IUserConfirmation<AccountUser>, AccountIsEnabled>();
        services
            .AddIdentityCore<AccountUser>(identity =>
            {
                identity.SignIn.RequireConfirmedAccount = true;
                identity.ClaimsIdentity.UserIdClaimType = PeopleClaims.Subject;
                identity.ClaimsIdentity.UserNameClaimType = PeopleClaims.Name;
                identity.ClaimsIdentity.RoleClaimType = PeopleClaims.RoleName;
                identity.ClaimsIdentity.SecurityStampClaimType = PeopleClaims.Stamp;
            })
            .AddUserStore<AccountUserStore>()
            .AddUserManager<AccountManager>()
            .AddClaimsPrincipalFactory<AccountPrincipals>()
            .AddTokenProvider<AuthenticatorCodes>(TokenOptions.DefaultAuthenticatorProvider)
            .AddSignInManager<SessionSignInManager>();
        // After AddTokenProvider, which would make one per use: this one remembers which codes were used.
        services.AddSingleton<AuthenticatorCodes>();
    }

    private static void AddSchemes(IServiceCollection services, PeopleOptions options)
    {
        AuthenticationBuilder schemes = services.AddAuthentication(Schemes.Default);
        schemes.AddPolicyScheme(Schemes.Default, null, policy => policy.ForwardDefaultSelector = Schemes.Choose);
        schemes.AddScheme<AuthenticationSchemeOptions, TokenHandler>(Schemes.Token, null);
        schemes.AddScheme<AuthenticationSchemeOptions, ConsoleHandler>(Schemes.Console, null);
        schemes.AddIdentityCookies(cookies =>
        {
            cookies.ApplicationCookie!.Configure(cookie => SessionCookie.Configure(cookie, options));
            cookies.TwoFactorUserIdCookie!.Configure(cookie =>
            {
                cookie.Cookie.Name = "custodiet.code";
                cookie.Cookie.SecurePolicy = SessionCookie.Secure(options);
            });
        });
        if (options.Provider is { } provider)
        {
            ProviderScheme.Add(schemes, options, provider);
            services.AddSingleton<BackChannel>();
        }
    }

    private static void AddPolicies(IServiceCollection services)
    {
        services.AddSingleton<IAuthorizationHandler, PolicyHandler>();
        AuthorizationBuilder authorization = services.AddAuthorizationBuilder();
        foreach (Policy policy in Policies.All)
        {
            authorization.AddPolicy(policy.Name, builder => builder.AddRequirements(new PolicyRequirement(policy)));
        }
        // A route that forgot its policy is closed to strangers; a test makes sure that none forgets it.
        authorization.SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }
}
