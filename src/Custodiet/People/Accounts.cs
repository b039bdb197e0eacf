using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.People;

/// <summary>
/// All changes to accounts, for pages and the command line alike; needs no server. Each change and its record become
/// durable together. Changes of one process happen one after the other, so that none overwrites another.
/// </summary>
internal sealed class Accounts(IAccountStore store, TimeProvider time, int passwordIterations = 210_000) : IDisposable
{
    /// <summary>How long a one-time code holds.</summary>
    public static readonly TimeSpan RecoveryTime = TimeSpan.FromHours(1);

    /// <summary>How many recovery codes an account gets.</summary>
    public const int RecoveryCodeCount = 10;

    private readonly SemaphoreSlim oneAtATime = new(1, 1);

    /// <summary>Raised after each change of an account, with the account as it is now; handlers must return at once.</summary>
    public event Action<Account>? Changed;

    /// <summary>How passwords are kept and checked.</summary>
    public Passwords Passwords { get; } = new(passwordIterations);

    /// <summary>All accounts, by name.</summary>
    public ValueTask<IReadOnlyList<Account>> ListAsync(CancellationToken cancellation) =>
        store.AccountsAsync(cancellation);

    /// <summary>Whether there is no account yet.</summary>
    public async Task<bool> NoneYetAsync(CancellationToken cancellation) =>
        (await store.AccountsAsync(cancellation).ConfigureAwait(false)).Count == 0;

    /// <summary>By pseudonym.</summary>
    public ValueTask<Account?> FindAsync(ActorId id, CancellationToken cancellation) =>
        store.AccountAsync(id, cancellation);

    /// <summary>By sign-in name, ignoring case.</summary>
    public ValueTask<Account?> FindAsync(string name, CancellationToken cancellation) =>
        store.AccountByNameAsync(PasswordRules.NormalizeName(name), cancellation);

    /// <summary>Makes an account. Without a password the outcome carries a one-time code with which its holder sets one.</summary>
    public async Task<AccountOutcome> AddAsync(
        string name,
        IReadOnlyList<Role> roles,
        string? password,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        name = PasswordRules.NormalizeName(name);
        FieldProblem[] problems =
        [
            .. PasswordRules.NameProblems(name),
            .. RoleProblems(roles),
            .. password is null ? [] : PasswordRules.PasswordProblems(password, name),
        ];
        if (problems.Length > 0)
        {
            return new AccountOutcome.Invalid(problems);
        }
        string? code = password is null ? Secrets.NewCode() : null;
        var account = new Account
        {
            Id = new ActorId(Secrets.NewPseudonym("p")),
            Name = name,
            Roles = Sorted(roles),
            SecurityStamp = Secrets.NewStamp(),
            PasswordHash = password is null ? null : Passwords.Hash(password),
            RecoverySha256 = code is null ? null : Secrets.Sha256(Secrets.NormalizeCode(code)),
            RecoveryUntil = code is null ? null : time.GetUtcNow() + RecoveryTime,
        };
        using var _ = await OneAtATimeAsync(cancellation).ConfigureAwait(false);
        if (await store.AccountByNameAsync(name, cancellation).ConfigureAwait(false) is not null)
        {
            return NameTaken(name);
        }
        var added = new AccountAdded(account.Id, account.Name, account.Roles);
        return await SaveAsync(account, added, actor, code, cancellation).ConfigureAwait(false);
    }

    /// <summary>Gives an account these roles and no others. Ends its sessions.</summary>
    public async Task<AccountOutcome> SetRolesAsync(
        ActorId id,
        IReadOnlyList<Role> roles,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        FieldProblem[] problems = [.. RoleProblems(roles)];
        return problems.Length > 0
            ? new AccountOutcome.Invalid(problems)
            : await ChangeAsync(
                    id,
                    "roles",
                    account => account with { Roles = Sorted(roles), SecurityStamp = Secrets.NewStamp() },
                    actor,
                    cancellation
                )
                .ConfigureAwait(false);
    }

    /// <summary>Refuses sign-in from now on and ends all sessions.</summary>
    public Task<AccountOutcome> DisableAsync(ActorId id, ActorId actor, CancellationToken cancellation) =>
        ChangeAsync(
            id,
            "disabled",
            account =>
                account with
                {
                    Disabled = true,
                    RecoverySha256 = null,
                    RecoveryUntil = null,
                    SecurityStamp = Secrets.NewStamp(),
                },
            actor,
            cancellation
        );

    /// <summary>Allows sign-in again.</summary>
    public Task<AccountOutcome> EnableAsync(ActorId id, ActorId actor, CancellationToken cancellation) =>
        ChangeAsync(
            id,
            "enabled",
            account => account with { Disabled = false, FailedSignIns = 0, LockedUntil = null },
            actor,
            cancellation
        );

    /// <summary>
    /// Makes a one-time code that lets the account's holder set a new password within an hour and enrol a new
    /// authenticator. The old password, authenticator and recovery codes end at once, and so do all sessions.
    /// </summary>
    public async Task<AccountOutcome> ResetPasswordAsync(ActorId id, ActorId actor, CancellationToken cancellation)
    {
        string code = Secrets.NewCode();
        string hash = Secrets.Sha256(Secrets.NormalizeCode(code));
        DateTimeOffset until = time.GetUtcNow() + RecoveryTime;
        AccountOutcome outcome = await ChangeAsync(
                id,
                "recovered",
                account =>
                    account with
                    {
                        RecoverySha256 = hash,
                        RecoveryUntil = until,
                        PasswordHash = null,
                        AuthenticatorKey = null,
                        TwoFactorEnabled = false,
                        RecoveryCodeHashes = [],
                        FailedSignIns = 0,
                        LockedUntil = null,
                        SecurityStamp = Secrets.NewStamp(),
                    },
                actor,
                cancellation
            )
            .ConfigureAwait(false);
        return outcome is AccountOutcome.Done done ? done with { OneTimeCode = code } : outcome;
    }

    /// <summary>Sets a new password for whoever shows the account's one-time code. The code ends with it.</summary>
    public async Task<AccountOutcome> RecoverAsync(
        string name,
        string code,
        string password,
        CancellationToken cancellation
    )
    {
        string hash = Secrets.Sha256(Secrets.NormalizeCode(code));
        using var _ = await OneAtATimeAsync(cancellation).ConfigureAwait(false);
        Account? account = await FindAsync(name, cancellation).ConfigureAwait(false);
        bool codeHolds =
            account is { RecoverySha256: { } kept, Disabled: false }
            && Secrets.SameText(kept, hash)
            && account.RecoveryUntil > time.GetUtcNow();
        if (account is null || !codeHolds)
        {
            return new AccountOutcome.Invalid(
                "code",
                "This name and code do not belong together, or the code has expired. Ask for a new one."
            );
        }
        FieldProblem[] problems = [.. PasswordRules.PasswordProblems(password, account.Name)];
        return problems.Length > 0
            ? new AccountOutcome.Invalid(problems)
            : await SaveAsync(
                    WithPassword(account, password),
                    Change(account, "password"),
                    account.Id,
                    null,
                    cancellation
                )
                .ConfigureAwait(false);
    }

    /// <summary>Sets a new password after the old one was shown. Ends all other sessions.</summary>
    public async Task<AccountOutcome> ChangePasswordAsync(
        ActorId id,
        string oldPassword,
        string newPassword,
        CancellationToken cancellation
    )
    {
        using var _ = await OneAtATimeAsync(cancellation).ConfigureAwait(false);
        if (await store.AccountAsync(id, cancellation).ConfigureAwait(false) is not { } account)
        {
            return NotFound;
        }
        FieldProblem[] problems =
        [
            .. Passwords.Match(account, oldPassword)
                ? Array.Empty<FieldProblem>()
                : [new FieldProblem("old-password", "This is not your password.")],
            .. PasswordRules.PasswordProblems(newPassword, account.Name),
        ];
        return problems.Length > 0
            ? new AccountOutcome.Invalid(problems)
            : await SaveAsync(WithPassword(account, newPassword), Change(account, "password"), id, null, cancellation)
                .ConfigureAwait(false);
    }

    /// <summary>Asks for codes of this secret from now on, after one was shown; and makes recovery codes, which are returned once.</summary>
    public async Task<(AccountOutcome Outcome, IReadOnlyList<string> RecoveryCodes)> EnableAuthenticatorAsync(
        ActorId id,
        string secretBase32,
        string code,
        CancellationToken cancellation
    )
    {
        if (Totp.Verify(secretBase32, code, time.GetUtcNow(), lastStep: 0) is null)
        {
            return (
                new AccountOutcome.Invalid(
                    "code",
                    "The code does not fit. Check the clock of your device and type the newest code."
                ),
                []
            );
        }
        string[] codes = [.. Enumerable.Range(0, RecoveryCodeCount).Select(_ => Secrets.NewRecoveryCode())];
        AccountOutcome outcome = await ChangeAsync(
                id,
                "authenticator",
                account =>
                    account with
                    {
                        AuthenticatorKey = secretBase32,
                        TwoFactorEnabled = true,
                        RecoveryCodeHashes = Hashes(codes),
                        SecurityStamp = Secrets.NewStamp(),
                    },
                id,
                cancellation
            )
            .ConfigureAwait(false);
        return (outcome, outcome is AccountOutcome.Done ? codes : []);
    }

    /// <summary>New recovery codes; the old ones end.</summary>
    public async Task<(AccountOutcome Outcome, IReadOnlyList<string> RecoveryCodes)> NewRecoveryCodesAsync(
        ActorId id,
        CancellationToken cancellation
    )
    {
        string[] codes = [.. Enumerable.Range(0, RecoveryCodeCount).Select(_ => Secrets.NewRecoveryCode())];
        AccountOutcome outcome = await ChangeAsync(
                id,
                "recovery-codes",
                account => account with { RecoveryCodeHashes = Hashes(codes) },
                id,
                cancellation
            )
            .ConfigureAwait(false);
        return (outcome, outcome is AccountOutcome.Done ? codes : []);
    }

    /// <summary>Sets the time zone that pages use. No record: it concerns nobody else.</summary>
    public async Task<AccountOutcome> SetTimeZoneAsync(ActorId id, string zone, CancellationToken cancellation) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(zone, out TimeZoneInfo? found) && found.HasIanaId
            ? await ChangeAsync(id, null, account => account with { TimeZone = found.Id }, id, cancellation)
                .ConfigureAwait(false)
            : new AccountOutcome.Invalid(
                "time-zone",
                "This machine knows no such time zone. Use a name such as Europe/Berlin."
            );

    /// <summary>Changes an account as it is now. <paramref name="change"/> is the record's word; null makes no record. An edit that returns what it got changes nothing.</summary>
    public Task<AccountOutcome> ChangeAsync(
        ActorId id,
        string? change,
        Func<Account, Account> edit,
        ActorId actor,
        CancellationToken cancellation
    ) => EditAsync(id, edit, (_, _) => change, actor, cancellation);

    /// <summary>
    /// Notes what sign-in counts. A lock gets a record, Custodiet's own act; single failures get none. While the ledger
    /// takes no record, accounts are locked without one: guessing must not become free.
    /// </summary>
    public async Task<AccountOutcome> NoteSignInAsync(
        ActorId id,
        Func<Account, Account> edit,
        CancellationToken cancellation
    )
    {
        AccountOutcome outcome = await EditAsync(id, edit, Lock, ActorId.Service, cancellation).ConfigureAwait(false);
        return outcome is AccountOutcome.Refused
            ? await ChangeAsync(id, null, edit, ActorId.Service, cancellation).ConfigureAwait(false)
            : outcome;

        static string? Lock(Account before, Account after) =>
            after.LockedUntil is not null && after.LockedUntil != before.LockedUntil ? "locked" : null;
    }

    /// <inheritdoc/>
    public void Dispose() => oneAtATime.Dispose();

    private static AccountOutcome NotFound => new AccountOutcome.Refused("There is no such account.");

    private static AccountOutcome.Invalid NameTaken(string name) =>
        new("name", $"There is an account named {name} already.");

    private static AccountChanged Change(Account account, string change) => new(account.Id, change, account.Roles);

    private static Role[] Sorted(IEnumerable<Role> roles) => [.. roles.Distinct().Order()];

    private static string[] Hashes(IEnumerable<string> codes) =>
        [.. codes.Select(code => Secrets.Sha256(Secrets.NormalizeCode(code)))];

    private static IEnumerable<FieldProblem> RoleProblems(IReadOnlyList<Role> roles)
    {
        if (roles.Count == 0)
        {
            yield return new("roles", "An account has at least one role.");
        }
        if (!roles.All(Enum.IsDefined))
        {
            yield return new("roles", "There is no such role.");
        }
    }

    private static bool Manages(Account account) => !account.Disabled && account.Roles.Contains(Role.Admin);

    private async Task<bool> IsOnlyAdminAsync(ActorId id, CancellationToken cancellation) =>
        !(await store.AccountsAsync(cancellation).ConfigureAwait(false)).Any(other => other.Id != id && Manages(other));

    private Account WithPassword(Account account, string password) =>
        account with
        {
            PasswordHash = Passwords.Hash(password),
            RecoverySha256 = null,
            RecoveryUntil = null,
            FailedSignIns = 0,
            LockedUntil = null,
            SecurityStamp = Secrets.NewStamp(),
        };

    private async Task<AccountOutcome> EditAsync(
        ActorId id,
        Func<Account, Account> edit,
        Func<Account, Account, string?> change,
        ActorId actor,
        CancellationToken cancellation
    )
    {
        using var _ = await OneAtATimeAsync(cancellation).ConfigureAwait(false);
        if (await store.AccountAsync(id, cancellation).ConfigureAwait(false) is not { } account)
        {
            return NotFound;
        }
        Account edited = edit(account);
        if (ReferenceEquals(edited, account))
        {
            return new AccountOutcome.Done(account);
        }
        if (Manages(account) && !Manages(edited) && await IsOnlyAdminAsync(id, cancellation).ConfigureAwait(false))
        {
            return new AccountOutcome.Refused(
                "This is the last account that can manage accounts. Give another one the role admin first."
            );
        }
        RecordBody? body = change(account, edited) is { } what ? Change(edited, what) : null;
        return await SaveAsync(edited, body, actor, null, cancellation).ConfigureAwait(false);
    }

    private async Task<AccountOutcome> SaveAsync(
        Account account,
        RecordBody? body,
        ActorId actor,
        string? code,
        CancellationToken cancellation
    )
    {
        RecordDraft[] drafts = body is null
            ? []
            : [new RecordDraft(body, $"account/{account.Id}", actor, time.GetUtcNow())];
        AppendOutcome outcome = await store.SaveAsync(account, drafts, cancellation).ConfigureAwait(false);
        if (outcome is AppendOutcome.Appended)
        {
            Changed?.Invoke(account);
        }
        return outcome switch
        {
            AppendOutcome.Appended => new AccountOutcome.Done(account, code),
            AppendOutcome.Conflict => NameTaken(account.Name),
            AppendOutcome.Refused refused => new AccountOutcome.Refused(refused.Reason),
            var other => throw new InvalidOperationException(
                $"The account store answered with {other.GetType().Name}."
            ),
        };
    }

    private async Task<Turn> OneAtATimeAsync(CancellationToken cancellation)
    {
        await oneAtATime.WaitAsync(cancellation).ConfigureAwait(false);
        return new Turn(oneAtATime);
    }

    private readonly struct Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
