using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.People.Provider;

/// <summary>What became of somebody whom the provider let in.</summary>
internal abstract record ProviderOutcome
{
    private ProviderOutcome() { }

    /// <summary>May begin a session.</summary>
    public sealed record Welcome(Account Account) : ProviderOutcome;

    /// <summary>May not.</summary>
    /// <param name="Reason">As it is recorded.</param>
    /// <param name="Account">Whose, when there is one.</param>
    public sealed record Refused(SignInFailure Reason, Account? Account) : ProviderOutcome;

    /// <summary>The store refused, and says what to do.</summary>
    public sealed record Unavailable(string Reason) : ProviderOutcome;
}

/// <summary>
/// Accounts of people whom the identity provider knows. Issuer and subject alone say whose an account is: names and addresses
/// can be given to somebody else. The first sign-in makes the account; at each one its roles become what the claims say.
/// </summary>
internal sealed class ProviderAccounts(Accounts accounts, Sessions sessions, TimeProvider time) : IDisposable
{
    /// <summary>How many names with a number are tried when somebody has the name already.</summary>
    private const int NamesTried = 99;

    // Whoever signs in twice at the same moment must not get two accounts.
    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    /// <summary>The account of somebody with these claims, made or brought up to date.</summary>
    public async Task<ProviderOutcome> SignInAsync(ProviderClaims claims, CancellationToken cancellation)
    {
        await oneAtATime.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Account? account = await OfAsync(claims, cancellation).ConfigureAwait(false);
            if (account is { Disabled: true })
            {
                return new ProviderOutcome.Refused(SignInFailure.Disabled, account);
            }
            if (claims.Roles.Count == 0)
            {
                if (account is not null)
                {
                    // The provider has just said that this person has no business here: what is still open ends, too.
                    await EndProvidersAsync(account.Id, SessionEnd.Provider, ActorId.Service).ConfigureAwait(false);
                }
                return new ProviderOutcome.Refused(SignInFailure.NoRole, account);
            }
            return account is null
                ? await MakeAsync(claims, cancellation).ConfigureAwait(false)
                : Answer(await SetRolesAsync(account, claims.Roles, cancellation).ConfigureAwait(false));
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>Ties an account to whoever has these claims, by that person's own act in a session.</summary>
    public async Task<AccountOutcome> LinkAsync(ActorId id, ProviderClaims claims, CancellationToken cancellation)
    {
        await oneAtATime.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (await OfAsync(claims, cancellation).ConfigureAwait(false) is { } taken)
            {
                return taken.Id == id
                    ? new AccountOutcome.Done(taken)
                    : new AccountOutcome.Refused(
                        $"Whoever you are at the provider has an account here already: {taken.Name}."
                    );
            }
            ProviderIdentity identity = new(claims.Issuer, claims.Subject, time.GetUtcNow());
            return await accounts
                .EditAsync(
                    id,
                    account => account with { Identities = [.. account.Identities, identity] },
                    (_, _) => [new IdentityLinked(id, claims.Issuer, claims.Subject)],
                    id,
                    cancellation
                )
                .ConfigureAwait(false);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>Takes an account's identities at the provider away; its sessions that the provider began end.</summary>
    public async Task<AccountOutcome> UnlinkAsync(ActorId id, ActorId actor, CancellationToken cancellation)
    {
        AccountOutcome outcome = await accounts
            .EditAsync(
                id,
                account => account.Identities.Count == 0 ? account : account with { Identities = [] },
                (before, _) =>
                    [.. before.Identities.Select(known => new IdentityUnlinked(id, known.Issuer, known.Subject))],
                actor,
                cancellation
            )
            .ConfigureAwait(false);
        if (outcome is AccountOutcome.Done)
        {
            await EndProvidersAsync(id, SessionEnd.Revoked, actor).ConfigureAwait(false);
        }
        return outcome;
    }

    /// <summary>Whose account it is that a provider calls so, or null.</summary>
    public async Task<Account?> OfAsync(string issuer, string subject, CancellationToken cancellation) =>
        (await accounts.ListAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(account =>
            account.Identities.Any(known => known.Issuer == issuer && known.Subject == subject)
        );

    /// <inheritdoc/>
    public void Dispose() => oneAtATime.Dispose();

    private static ProviderOutcome Answer(AccountOutcome outcome) =>
        outcome switch
        {
            AccountOutcome.Done done => new ProviderOutcome.Welcome(done.Account),
            AccountOutcome.Refused refused => new ProviderOutcome.Unavailable(refused.Reason),
            AccountOutcome.Invalid invalid => new ProviderOutcome.Unavailable(
                string.Join(' ', invalid.Problems.Select(problem => problem.Message))
            ),
            _ => throw new InvalidOperationException("The outcome is not known here."),
        };

    private Task<int> EndProvidersAsync(ActorId account, SessionEnd end, ActorId actor) =>
        sessions.EndAsync(
            sessions.Of(account).Where(session => session.Method == SignInMethod.Provider).Select(s => s.Id),
            end,
            actor
        );

    private Task<Account?> OfAsync(ProviderClaims claims, CancellationToken cancellation) =>
        OfAsync(claims.Issuer, claims.Subject, cancellation);

    private Task<AccountOutcome> SetRolesAsync(
        Account account,
        IReadOnlyList<Role> roles,
        CancellationToken cancellation
    ) =>
        accounts.EditAsync(
            account.Id,
            now =>
                now.Roles.SequenceEqual(roles) ? now : now with { Roles = roles, SecurityStamp = Secrets.NewStamp() },
            (_, after) => [Accounts.Change(after, "provider-roles")],
            ActorId.Service,
            cancellation,
            // The provider is the authority; the console and break-glass accounts remain.
            mayTakeLastAdmin: true
        );

    private async Task<ProviderOutcome> MakeAsync(ProviderClaims claims, CancellationToken cancellation)
    {
        if (claims.Name is not { } told)
        {
            return new ProviderOutcome.Refused(SignInFailure.NoName, null);
        }
        string name = Fit(told);
        Account account = new()
        {
            Id = new ActorId(Secrets.NewPseudonym("p")),
            Name = name,
            Roles = claims.Roles,
            SecurityStamp = Secrets.NewStamp(),
            MadeByProvider = true,
            Identities = [new ProviderIdentity(claims.Issuer, claims.Subject, time.GetUtcNow())],
        };
        IdentityLinked linked = new(account.Id, claims.Issuer, claims.Subject);
        for (int i = 1; ; i++)
        {
            Account named = i == 1 ? account : account with { Name = Numbered(name, i) };
            AccountOutcome outcome = await accounts
                .MakeAsync(named, [linked], ActorId.Service, code: null, cancellation)
                .ConfigureAwait(false);
            // Somebody else has the name: never the same person, however alike they look.
            if (outcome is not AccountOutcome.Invalid || i == NamesTried)
            {
                return Answer(outcome);
            }
        }
    }

    private static string Numbered(string name, int number) =>
        $"{name[..Math.Min(name.Length, PasswordRules.NameLengthMax - 3)]}+{number}";

    // What may not stand in a name becomes a dash; providers allow spaces and more.
    private static string Fit(string told)
    {
        string name = PasswordRules.NormalizeName(
            told.Length > PasswordRules.NameLengthMax ? told[..PasswordRules.NameLengthMax] : told
        );
        string fit = string.Concat(
            name.Select(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-' or '@' or '+' ? c : '-')
        );
        return char.IsLetterOrDigit(fit[0])
            ? fit
            : ("x" + fit)[..Math.Min(fit.Length + 1, PasswordRules.NameLengthMax)];
    }
}
