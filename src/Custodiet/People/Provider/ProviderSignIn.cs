using Custodiet.Records;
using Custodiet.Records.People;
using Custodiet.Web.SignIn;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Custodiet.People.Provider;

/// <summary>The way back from the identity provider: checked claims become a session, everything else a page that says why not.</summary>
internal sealed partial class ProviderSignIn(
    ProviderAccounts accounts,
    SessionSignInManager manager,
    SignInRecords records,
    ProviderLinks links,
    PeopleOptions options,
    ILogger<ProviderSignIn> logger
)
{
    private ProviderOptions Provider =>
        options.Provider ?? throw new InvalidOperationException("There is no identity provider.");

    /// <summary>Sends the browser to the provider.</summary>
    public async Task GoAsync(HttpContext http, AuthenticationProperties properties)
    {
        try
        {
            await http.ChallengeAsync(Schemes.Provider, properties).ConfigureAwait(false);
        }
        catch (Exception failure) when (IsUnreachable(failure))
        {
            await TellUnreachableAsync(http, failure).ConfigureAwait(false);
        }
    }

    /// <summary>Sends the browser to the provider to sign out there; to our own page when it cannot be reached.</summary>
    public async Task LeaveAsync(HttpContext http, string idToken)
    {
        AuthenticationProperties properties = new() { RedirectUri = "/sign-in" };
        properties.SetParameter(ProviderScheme.IdToken, idToken);
        try
        {
            await http.SignOutAsync(Schemes.Provider, properties).ConfigureAwait(false);
        }
        catch (Exception failure) when (IsUnreachable(failure))
        {
            LogUnreachable(failure.Message);
            http.Response.Redirect("/sign-in");
        }
    }

    /// <summary>The provider's answer holds.</summary>
    public async Task ReceiveAsync(TicketReceivedContext context)
    {
        context.HandleResponse();
        HttpContext http = context.HttpContext;
        AuthenticationProperties properties = context.Properties ?? new AuthenticationProperties();
        string issuer = properties.Items[ProviderScheme.Issuer] ?? "";
        ProviderClaims claims = ProviderClaims.Read(context.Principal!, issuer, Provider);
        if (ProviderLinks.IsLink(properties))
        {
            await LinkAsync(http, properties, claims).ConfigureAwait(false);
            return;
        }
        ProviderOutcome outcome = await accounts.SignInAsync(claims, http.RequestAborted).ConfigureAwait(false);
        switch (outcome)
        {
            case ProviderOutcome.Welcome welcome:
                AuthenticationProperties kept = new();
                kept.StoreTokens(properties.GetTokens());
                await manager
                    .BeginAsync(
                        welcome.Account,
                        SessionStart.Of(http, SignInMethod.Provider) with
                        {
                            Issuer = claims.Issuer,
                            ProviderSession = claims.Session,
                        },
                        kept
                    )
                    .ConfigureAwait(false);
                http.Response.Redirect(LocalUrl.OrHome(context.ReturnUri));
                break;
            case ProviderOutcome.Refused refused:
                records.Failed(refused.Account?.Id, refused.Reason, Callers.Address(http));
                await TellAsync(http, Why(refused, claims)).ConfigureAwait(false);
                break;
            case ProviderOutcome.Unavailable unavailable:
                await TellAsync(http, new ProviderRefusal(503, "Not now", unavailable.Reason)).ConfigureAwait(false);
                break;
        }
    }

    /// <summary>The provider's answer does not hold, or the provider does not answer.</summary>
    public async Task FailAsync(RemoteFailureContext context)
    {
        context.HandleResponse();
        Exception failure = context.Failure ?? new AuthenticationFailureException("No reason was given.");
        if (IsUnreachable(failure))
        {
            await TellUnreachableAsync(context.HttpContext, failure).ConfigureAwait(false);
            return;
        }
        LogAnswerRefused(failure.Message);
        records.Failed(null, SignInFailure.ProviderAnswerInvalid, Callers.Address(context.HttpContext));
        ProviderRefusal refusal = failure is SecurityTokenException or OpenIdConnectProtocolException
            ? new(
                400,
                "The provider's answer does not hold",
                $"What {Provider.Title} sent is not signed by it, not meant for this service, or out of date. Try again; if it happens again, whoever runs this service finds the reason in its log."
            )
            : new(
                400,
                "This sign-in is over",
                "It took too long, was used already, or was begun in another browser. Begin anew."
            );
        await TellAsync(context.HttpContext, refusal).ConfigureAwait(false);
    }

    /// <summary>The provider, or the person there, said no.</summary>
    public async Task DenyAsync(AccessDeniedContext context)
    {
        context.HandleResponse();
        records.Failed(null, SignInFailure.ProviderDenied, Callers.Address(context.HttpContext));
        await TellAsync(
                context.HttpContext,
                new ProviderRefusal(
                    403,
                    "The provider did not let you in",
                    $"{Provider.Title} refused, or you turned back there. Whoever assigns people to this service at the provider can change that."
                )
            )
            .ConfigureAwait(false);
    }

    // The discovery document or the keys cannot be fetched, the token endpoint does not answer, or refuses the client.
    private static bool IsUnreachable(Exception failure) =>
        failure is HttpRequestException or IOException or TaskCanceledException or TimeoutException
        || failure.Message.StartsWith("IDX20803", StringComparison.Ordinal)
        || failure.Message.StartsWith("IDX20804", StringComparison.Ordinal)
        || (
            failure is OpenIdConnectProtocolException
            && failure.Data["error"]
                is "invalid_client"
                    or "unauthorized_client"
                    or "server_error"
                    or "temporarily_unavailable"
        )
        || (failure.InnerException is { } inner && IsUnreachable(inner));

    private static async Task TellAsync(HttpContext http, ProviderRefusal refusal) =>
        await new RazorComponentResult<ProviderRefusalPage>(
            new Dictionary<string, object?> { [nameof(ProviderRefusalPage.Refusal)] = refusal }
        )
        {
            StatusCode = refusal.Status,
        }
            .ExecuteAsync(http)
            .ConfigureAwait(false);

    private Task TellUnreachableAsync(HttpContext http, Exception failure)
    {
        LogUnreachable($"{failure.Message} {failure.InnerException?.Message}".TrimEnd());
        return TellAsync(
            http,
            new ProviderRefusal(
                503,
                "The identity provider does not answer",
                $"{Provider.Title} cannot be reached, or does not know this service at present. Accounts with a password or passkey here work as always; try again in some minutes otherwise."
            )
        );
    }

    private async Task LinkAsync(HttpContext http, AuthenticationProperties properties, ProviderClaims claims)
    {
        AuthenticateResult present = await http.AuthenticateAsync(Schemes.Session).ConfigureAwait(false);
        if (present.Principal is not { } person || !links.Belongs(properties, person))
        {
            await TellAsync(
                    http,
                    new ProviderRefusal(
                        400,
                        "This link is over",
                        "It was begun in another session, or too long ago. Begin anew on the account page."
                    )
                )
                .ConfigureAwait(false);
            return;
        }
        AccountOutcome outcome = await accounts
            .LinkAsync(person.Actor(), claims, http.RequestAborted)
            .ConfigureAwait(false);
        if (outcome is AccountOutcome.Refused refused)
        {
            await TellAsync(http, new ProviderRefusal(409, "Not linked", refused.Reason)).ConfigureAwait(false);
            return;
        }
        http.Response.Redirect("/account");
    }

    private ProviderRefusal Why(ProviderOutcome.Refused refused, ProviderClaims claims)
    {
        List<(string, string)> who = [];
        if (claims.Name is { } name)
        {
            who.Add(("Name at the provider", name));
        }
        who.Add(("Subject", claims.Subject));
        who.Add(("Issuer", claims.Issuer));
        return refused.Reason switch
        {
            SignInFailure.NoRole => new ProviderRefusal(
                403,
                "No role here",
                claims.RoleValues == 0
                    ? $"{Provider.Title} knows you, but sent no claim «{Provider.RolesClaim}», from which roles follow. Ask whoever assigns people to this service there to give you one of its groups or roles."
                    : $"{Provider.Title} knows you, but your claim «{Provider.RolesClaim}» ({Counted.Of(claims.RoleValues, "value")}) leads to no role here. Ask whoever assigns people to this service there, or whoever runs it: the setting oidc.roles says which value leads to which role.",
                who,
                claims.Seen
            ),
            SignInFailure.NoName => new ProviderRefusal(
                403,
                "No name",
                $"{Provider.Title} sent no claim «{Provider.NameClaim}», which names people here. Whoever runs this service can ask for it with oidc.scopes, or name another one with oidc.name_claim.",
                who,
                claims.Seen
            ),
            _ => new ProviderRefusal(
                403,
                "Sign-in is refused",
                "Your account here is disabled. Who has the role admin can allow sign-in again.",
                who,
                []
            ),
        };
    }
}
