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

    /// <summary>Whether there is no person's account yet.</summary>
    public async Task<bool> NoneYetAsync(CancellationToken cancellation) =>
        (await store.AccountsAsync(cancellation).ConfigureAwait(false)).All(a => a.Kind != AccountKind.Person);

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
        return await MakeAsync(account, [], actor, code, cancellation).ConfigureAwait(false);
    }

    /// <summary>Makes an account that has been checked, unless its name is taken; <c>account.added</c> comes first among its records.</summary>
    public async Task<AccountOutcome> MakeAsync(
        Account account,
        IReadOnlyList<RecordBody> more,
        ActorId actor,
        string? code,
        CancellationToken cancellation
    )
    {
        using var _ = await OneAtATimeAsync(cancellation).ConfigureAwait(false);
        if (await store.AccountByNameAsync(account.Name, cancellation).ConfigureAwait(false) is not null)
        {
            return NameTaken(account.Name);
        }
        AccountAdded added = new(
            account.Id,
            account.Kind,
            account.Name,
            account.Roles,
            account.Owner,
            account.ExpiresAt
        );
        return await SaveAsync(account, [added, .. more], actor, code, cancellation).ConfigureAwait(false);
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

    /// <summary>Ends all sessions of an account, also where no server runs.</summary>
    public Task<AccountOutcome> SignOutAsync(ActorId id, ActorId actor, CancellationToken cancellation) =>
        ChangeAsync(
            id,
            "signed-out",
            account => account with { SecurityStamp = Secrets.NewStamp() },
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
        if (await FindAsync(id, cancellation).ConfigureAwait(false) is { Kind: not AccountKind.Person })
        {
            return new AccountOutcome.Invalid("name", "Only a person's account has a password to recover.");
        }
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

    /// <summary>Lets in whoever shows the account's one-time code, which ends with it, and sets a new password where one is given.</summary>
    public async Task<AccountOutcome> RecoverAsync(
        string name,
        string code,
        string? password,
        CancellationToken cancellation
    )
    {
        string hash = Secrets.Sha256(Secrets.NormalizeCode(code));
        using var _ = await OneAtATimeAsync(cancellation).ConfigureAwait(false);
        Account? account = await FindAsync(name, cancellation).ConfigureAwait(false);
        bool codeHolds =
            account is { Kind: AccountKind.Person, RecoverySha256: { } kept, Disabled: false }
            && Secrets.SameText(kept, hash)
            && account.RecoveryUntil > time.GetUtcNow();
        if (account is null || !codeHolds)
        {
            return new AccountOutcome.Invalid(
                "code",
                "This name and code do not belong together, or the code has expired. Ask for a new one."
            );
        }
        FieldProblem[] problems = [.. password is null ? [] : PasswordRules.PasswordProblems(password, account.Name)];
        if (problems.Length > 0)
        {
            return new AccountOutcome.Invalid(problems);
        }
        Account entered = password is null ? WithoutCode(account) : WithPassword(account, password);
        string change = password is null ? "code-used" : "password";
        return await SaveAsync(entered, [Change(account, change)], account.Id, null, cancellation)
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
            : await SaveAsync(WithPassword(account, newPassword), [Change(account, "password")], id, null, cancellation)
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

    /// <summary>Sets the time zone that pages use.</summary>
    public async Task<AccountOutcome> SetTimeZoneAsync(ActorId id, string zone, CancellationToken cancellation) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(zone, out TimeZoneInfo? found) && found.HasIanaId
            ? await ChangeAsync(id, "time-zone", account => account with { TimeZone = found.Id }, id, cancellation)
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
    ) => EditAsync(id, edit, (_, after) => change is null ? [] : [Change(after, change)], actor, cancellation);

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

        static IReadOnlyList<RecordBody> Lock(Account before, Account after) =>
            after.LockedUntil is not null && after.LockedUntil != before.LockedUntil ? [Change(after, "locked")] : [];
    }

    /// <inheritdoc/>
    public void Dispose() => oneAtATime.Dispose();

    private static AccountOutcome NotFound => new AccountOutcome.Refused("There is no such account.");

    private static AccountOutcome.Invalid NameTaken(string name) =>
        new("name", $"There is an account named {name} already.");

    /// <summary>The record of a change, by its word.</summary>
    public static AccountChanged Change(Account account, string change) => new(account.Id, change, account.Roles);

    private static Role[] Sorted(IEnumerable<Role> roles) => [.. roles.Distinct().Order()];

    private static string[] Hashes(IEnumerable<string> codes) =>
        [.. codes.Select(code => Secrets.Sha256(Secrets.NormalizeCode(code)))];

    public static IEnumerable<FieldProblem> RoleProblems(IReadOnlyList<Role> roles)
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

    // A break-glass account is for the day when the others fail; it does not replace one.
    private static bool Manages(Account account) =>
        account is { Disabled: false, Kind: AccountKind.Person } && account.Roles.Contains(Role.Admin);

    private async Task<bool> IsOnlyAdminAsync(ActorId id, CancellationToken cancellation) =>
        !(await store.AccountsAsync(cancellation).ConfigureAwait(false)).Any(other => other.Id != id && Manages(other));

    private Account WithPassword(Account account, string password) =>
        WithoutCode(account) with
        {
            PasswordHash = Passwords.Hash(password),
        };

    private static Account WithoutCode(Account account) =>
        account with
        {
            RecoverySha256 = null,
            RecoveryUntil = null,
            FailedSignIns = 0,
            LockedUntil = null,
            SecurityStamp = Secrets.NewStamp(),
        };

    /// <summary>Changes an account as it is now, with the records that follow from how it was and how it is then.</summary>
    /// <param name="id">Which.</param>
    /// <param name="edit">The change; one that returns what it got changes nothing.</param>
    /// <param name="bodies">The records, of the account before and after.</param>
    /// <param name="actor">Who changes it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="mayTakeLastAdmin">Whether the last account that can manage accounts may lose that.</param>
    public async Task<AccountOutcome> EditAsync(
        ActorId id,
        Func<Account, Account> edit,
        Func<Account, Account, IReadOnlyList<RecordBody>> bodies,
        ActorId actor,
        CancellationToken cancellation,
        bool mayTakeLastAdmin = false
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
        if (
            !mayTakeLastAdmin
            && Manages(account)
            && !Manages(edited)
            && await IsOnlyAdminAsync(id, cancellation).ConfigureAwait(false)
        )
        {
            return new AccountOutcome.Refused(
                "This is the last account that can manage accounts. Give another one the role admin first."
            );
        }
        return await SaveAsync(edited, bodies(account, edited), actor, null, cancellation).ConfigureAwait(false);
    }

    private async Task<AccountOutcome> SaveAsync(
        Account account,
        IReadOnlyList<RecordBody> bodies,
        ActorId actor,
        string? code,
        CancellationToken cancellation
    )
    {
        DateTimeOffset now = time.GetUtcNow();
        RecordDraft[] drafts = [.. bodies.Select(body => new RecordDraft(body, $"account/{account.Id}", actor, now))];
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
