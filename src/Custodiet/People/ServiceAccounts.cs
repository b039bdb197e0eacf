using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>
/// Accounts of programs: no sign-in, only tokens, and a person who answers for them. The roles bound what its tokens may do; they
/// end with the account. Needs no server.
/// </summary>
internal sealed class ServiceAccounts(Accounts accounts, TimeProvider time)
{
    /// <summary>Makes one.</summary>
    /// <param name="name">Sign-in names and these share one list, so that no screen shows two of the same name.</param>
    /// <param name="roles">What its tokens may do.</param>
    /// <param name="owner">Name of the person who answers for it.</param>
    /// <param name="expiresAt">When it ends, or null.</param>
    /// <param name="actor">Who makes it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<AccountOutcome> AddAsync(
        string name,
        IReadOnlyList<Role> roles,
        string? owner,
        DateTimeOffset? expiresAt,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        name = PasswordRules.NormalizeName(name);
        Account? person = await PersonAsync(owner, cancellation).ConfigureAwait(false);
        FieldProblem[] problems =
        [
            .. PasswordRules.NameProblems(name),
            .. Accounts.RoleProblems(roles),
            .. person is null ? [NoOwner(owner)] : Array.Empty<FieldProblem>(),
            .. EndProblems(expiresAt),
        ];
        if (problems.Length > 0)
        {
            return new AccountOutcome.Invalid(problems);
        }
        Account account = new()
        {
            Id = new ActorId(Secrets.NewPseudonym("s")),
            Kind = AccountKind.Service,
            Name = name,
            Roles = [.. roles.Distinct().Order()],
            SecurityStamp = Secrets.NewStamp(),
            Owner = person!.Id,
            ExpiresAt = expiresAt?.ToUniversalTime(),
        };
        return await accounts.MakeAsync(account, [], actor, code: null, cancellation).ConfigureAwait(false);
    }

    /// <summary>Gives it to another person.</summary>
    public async Task<AccountOutcome> SetOwnerAsync(
        ActorId id,
        string? owner,
        ActorId actor,
        CancellationToken cancellation
    ) =>
        await PersonAsync(owner, cancellation).ConfigureAwait(false) is { } person
            ? await ChangeAsync(id, "owner", account => account with { Owner = person.Id }, actor, cancellation)
                .ConfigureAwait(false)
            : new AccountOutcome.Invalid([NoOwner(owner)]);

    /// <summary>Sets when it ends; null for never.</summary>
    public async Task<AccountOutcome> SetEndAsync(
        ActorId id,
        DateTimeOffset? expiresAt,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        FieldProblem[] problems = [.. EndProblems(expiresAt)];
        return problems.Length > 0
            ? new AccountOutcome.Invalid(problems)
            : await ChangeAsync(
                    id,
                    "expires",
                    account => account with { ExpiresAt = expiresAt?.ToUniversalTime() },
                    actor,
                    cancellation
                )
                .ConfigureAwait(false);
    }

    private static FieldProblem NoOwner(string? owner) =>
        new(
            "owner",
            $"A service account has an owner, a person with an account that is not disabled; «{owner}» is none."
        );

    private IEnumerable<FieldProblem> EndProblems(DateTimeOffset? expiresAt)
    {
        if (expiresAt <= time.GetUtcNow())
        {
            yield return new("expires", "The account would have ended already.");
        }
    }

    private async Task<Account?> PersonAsync(string? name, CancellationToken cancellation) =>
        await accounts.FindAsync(name ?? "", cancellation).ConfigureAwait(false)
            is { Kind: AccountKind.Person, Disabled: false } person
            ? person
            : null;

    private async Task<AccountOutcome> ChangeAsync(
        ActorId id,
        string change,
        Func<Account, Account> edit,
        ActorId actor,
        CancellationToken cancellation
    ) =>
        await accounts.FindAsync(id, cancellation).ConfigureAwait(false) is { Kind: AccountKind.Service }
            ? await accounts.ChangeAsync(id, change, edit, actor, cancellation).ConfigureAwait(false)
            : new AccountOutcome.Invalid("name", "This is no service account.");
}
