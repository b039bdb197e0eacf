using System.Security.Claims;
using Custodiet.Records.People;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Custodiet.People;

/// <summary>Identity's sign-in manager, whose last step begins one of our sessions.</summary>
internal sealed class SessionSignInManager(
    UserManager<AccountUser> users,
    IHttpContextAccessor accessor,
    IUserClaimsPrincipalFactory<AccountUser> principals,
    IOptions<IdentityOptions> identity,
    ILogger<SignInManager<AccountUser>> logger,
    IAuthenticationSchemeProvider schemes,
    IUserConfirmation<AccountUser> confirmation,
    Sessions sessions,
    PeopleOptions options
) : SignInManager<AccountUser>(users, accessor, principals, identity, logger, schemes, confirmation)
{
    /// <summary>What the person shows; set by whoever begins a step that may succeed.</summary>
    public SignInMethod Method { get; set; }

    /// <inheritdoc/>
    public override Task SignInWithClaimsAsync(
        AccountUser user,
        AuthenticationProperties? authenticationProperties,
        IEnumerable<Claim> additionalClaims
    ) => BeginAsync(user.Account, SessionStart.Of(Context, Method), authenticationProperties);

    /// <summary>Begins a session and gives the browser its key.</summary>
    public async Task<Session> BeginAsync(
        Account account,
        SessionStart start,
        AuthenticationProperties? properties = null
    )
    {
        (Session session, string key) = await sessions.BeginAsync(account, start).ConfigureAwait(false);
        await HandOutAsync(account, session, key, properties).ConfigureAwait(false);
        return session;
    }

    /// <summary>Goes on with this request's session after its person changed the account's credentials.</summary>
    public async Task RenewAsync(Account account)
    {
        AuthenticateResult present = await Context.AuthenticateAsync(Schemes.Session).ConfigureAwait(false);
        if (
            Context.User.SessionId() is { } id
            && await sessions.RenewAsync(id, account).ConfigureAwait(false) is var (session, key)
        )
        {
            await HandOutAsync(account, session, key, present.Properties).ConfigureAwait(false);
        }
    }

    private async Task HandOutAsync(Account account, Session session, string key, AuthenticationProperties? properties)
    {
        ClaimsPrincipal principal = AccountPrincipals.Of(account, session, options.StrongRoles);
        AuthenticationProperties kept = properties?.Clone() ?? new AuthenticationProperties();
        kept.IssuedUtc = null;
        kept.ExpiresUtc = session.EndsAt;
        kept.IsPersistent = false;
        ClaimsPrincipal withKey = principal.Clone();
        ((ClaimsIdentity)withKey.Identity!).AddClaim(new Claim(PeopleClaims.SessionKey, key));
        await Context.SignInAsync(Schemes.Session, withKey, kept).ConfigureAwait(false);
        // Whatever is still rendered in this request belongs to the new session, its antiforgery token too.
        Context.User = principal;
    }
}
