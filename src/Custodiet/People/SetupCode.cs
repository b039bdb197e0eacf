using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>
/// The one-time code that makes the first account. It exists only in memory and on the terminal of whoever started the
/// service: a restart makes a new one, the first use ends it, and so do too many wrong attempts.
/// </summary>
internal sealed class SetupCode(Accounts accounts) : IDisposable
{
    /// <summary>Wrong attempts after which the code is dead and only a restart makes a new one. 100 random bits make this generous.</summary>
    public const int WrongAttemptsMax = 50;

    // In small teams the first person does everything; further accounts divide the roles. Auditor is left out: who
    // audits should not be who administers.
    private static readonly Role[] firstRoles = [Role.Analyst, Role.Engineer, Role.Lead, Role.Admin];

    private readonly SemaphoreSlim oneAtATime = new(1, 1);
    private string? code;
    private int wrongAttempts;

    /// <summary>Makes the code if there is no account yet; the caller shows it in the terminal. Null when there is an account.</summary>
    public async Task<string?> PrepareAsync(CancellationToken cancellation)
    {
        code = await accounts.NoneYetAsync(cancellation).ConfigureAwait(false) ? Secrets.NewCode() : null;
        wrongAttempts = 0;
        return code;
    }

    /// <summary>Makes the first account, with the roles analyst, engineer, lead and admin, if the code is right; without a password where none may be used.</summary>
    public async Task<AccountOutcome> UseAsync(
        string? typed,
        string name,
        string? password,
        CancellationToken cancellation
    )
    {
        await oneAtATime.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (code is null || !await accounts.NoneYetAsync(cancellation).ConfigureAwait(false))
            {
                return new AccountOutcome.Invalid(
                    "code",
                    "There is no code at present. Restart the service to get a new one."
                );
            }
            if (!Secrets.SameText(Secrets.NormalizeCode(code), Secrets.NormalizeCode(typed)))
            {
                code = ++wrongAttempts >= WrongAttemptsMax ? null : code;
                return new AccountOutcome.Invalid("code", "This is not the code that the terminal shows.");
            }
            AccountOutcome outcome = await accounts
                .AddAsync(name, firstRoles, password, ActorId.Console, cancellation)
                .ConfigureAwait(false);
            code = outcome is AccountOutcome.Done ? null : code;
            return outcome;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => oneAtATime.Dispose();
}
