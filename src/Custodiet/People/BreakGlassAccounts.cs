using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>
/// Break-glass accounts: sealed credentials for the day when nothing else works. The code is shown once, when it is made; its hash
/// is kept. The pseudonym begins with <c>b-</c>, so that the envelope of every record made with it says so. Needs no server.
/// </summary>
internal sealed class BreakGlassAccounts(Accounts accounts, TimeProvider time)
{
    /// <summary>What it may do when nothing else is said: everything but auditing itself.</summary>
    public static readonly IReadOnlyList<Role> UsualRoles = [Role.Analyst, Role.Engineer, Role.Lead, Role.Admin];

    /// <summary>Makes one. The outcome carries the code to seal.</summary>
    public async Task<AccountOutcome> AddAsync(
        string name,
        IReadOnlyList<Role> roles,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        name = PasswordRules.NormalizeName(name);
        Role[] given = [.. (roles.Count == 0 ? UsualRoles : roles).Distinct().Order()];
        FieldProblem[] problems = [.. PasswordRules.NameProblems(name), .. Accounts.RoleProblems(given)];
        if (problems.Length > 0)
        {
            return new AccountOutcome.Invalid(problems);
        }
        string code = Secrets.NewCode();
        Account account = new()
        {
            Id = new ActorId(Secrets.NewPseudonym("b")),
            Kind = AccountKind.BreakGlass,
            Name = name,
            Roles = given,
            SecurityStamp = Secrets.NewStamp(),
            PasswordHash = accounts.Passwords.Hash(Secrets.NormalizeCode(code)),
            SealedAt = time.GetUtcNow(),
        };
        return await accounts.MakeAsync(account, [], actor, code, cancellation).ConfigureAwait(false);
    }

    /// <summary>Makes a new code to seal; the old one and all sessions end.</summary>
    public async Task<AccountOutcome> SealAsync(ActorId id, ActorId actor, CancellationToken cancellation)
    {
        if (await accounts.FindAsync(id, cancellation).ConfigureAwait(false) is not { Kind: AccountKind.BreakGlass })
        {
            return new AccountOutcome.Invalid("name", "Only a break-glass account has a code to seal.");
        }
        string code = Secrets.NewCode();
        string hash = accounts.Passwords.Hash(Secrets.NormalizeCode(code));
        AccountOutcome outcome = await accounts
            .ChangeAsync(
                id,
                "sealed",
                account =>
                    account with
                    {
                        PasswordHash = hash,
                        SealedAt = time.GetUtcNow(),
                        SecurityStamp = Secrets.NewStamp(),
                    },
                actor,
                cancellation
            )
            .ConfigureAwait(false);
        return outcome is AccountOutcome.Done done ? done with { OneTimeCode = code } : outcome;
    }

    /// <summary>Whether an account's code has been used since it was sealed: then somebody has seen it.</summary>
    public static bool IsOpened(Account account, IEnumerable<Session> sessions) =>
        sessions.Any(session => session.Account == account.Id && session.BeganAt >= account.SealedAt);
}
