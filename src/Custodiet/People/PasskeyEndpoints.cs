using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>What the script on the sign-in and account pages asks for before it talks to the browser. The answers come back with the pages' own forms.</summary>
internal static class PasskeyEndpoints
{
    /// <summary>How long after its sign-in a session needs no further proof to add a passkey.</summary>
    public static readonly TimeSpan FreshTime = TimeSpan.FromMinutes(10);

    /// <summary>Maps them. Both read a form, so that the framework checks its antiforgery token.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapPost(
                "/sign-in/passkey",
                async (IFormCollection _, Passkeys passkeys) =>
                    Results.Text(await passkeys.RequestOptionsAsync().ConfigureAwait(false), "application/json")
            )
            .AllowAnonymous()
            .RequireRateLimiting(SignInLimits.PerAddress);
        routes
            .MapPost("/account/passkey", OfferAsync)
            .RequireAuthorization(Policies.Self)
            .RequireRateLimiting(SignInLimits.PerAddress);
    }

    /// <summary>Why this request may not add a passkey, or null when it may: whoever finds an open session must not be able to stay in.</summary>
    public static string? Refuses(
        Account account,
        string? password,
        Session? session,
        Accounts accounts,
        SignInLimits limits,
        DateTimeOffset now
    )
    {
        if (account is { PasswordHash: null, Passkeys.Count: 0, Identities.Count: > 0 })
        {
            return "You sign in at the identity provider; passkeys belong there, too.";
        }
        if (session is not null && now - session.BeganAt < FreshTime)
        {
            return null;
        }
        if (account.PasswordHash is null)
        {
            return "Sign out and in again first: this needs a sign-in less than ten minutes old.";
        }
        if (limits.Refuses(account.Name, session?.Id.Value) is { } wait)
        {
            return $"Too many attempts. Try again in {wait} seconds.";
        }
        return accounts.Passwords.Match(account, password) ? null : "This is not your password.";
    }

    private static async Task<IResult> OfferAsync(
        IFormCollection form,
        HttpContext http,
        Accounts accounts,
        Sessions sessions,
        SignInLimits limits,
        Passkeys passkeys,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        Account? account = await accounts.FindAsync(http.User.Actor(), cancellation).ConfigureAwait(false);
        Session? session = http.User.SessionId() is { } id ? sessions.Find(id) : null;
        if (
            account is null
            || Refuses(account, form["Password"], session, accounts, limits, time.GetUtcNow()) is not { } reason
        )
        {
            return account is null
                ? Results.NotFound()
                : Results.Text(await passkeys.CreationOptionsAsync(account).ConfigureAwait(false), "application/json");
        }
        return Results.Problem(reason, statusCode: StatusCodes.Status400BadRequest);
    }
}
