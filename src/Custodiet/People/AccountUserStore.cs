using System.Buffers.Text;
using Custodiet.Records.People;
using Microsoft.AspNetCore.Identity;

namespace Custodiet.People;

/// <summary>
/// Accounts as ASP.NET Core Identity wants to see them during sign-in. Identity's setters note edits; <see cref="UpdateAsync"/>
/// makes them durable. Administration does not go this way but through <see cref="Accounts"/>, which makes the records.
/// </summary>
internal sealed class AccountUserStore(Accounts accounts)
    : IUserPasswordStore<AccountUser>,
        IUserSecurityStampStore<AccountUser>,
        IUserLockoutStore<AccountUser>,
        IUserTwoFactorStore<AccountUser>,
        IUserAuthenticatorKeyStore<AccountUser>,
        IUserTwoFactorRecoveryCodeStore<AccountUser>,
        IUserPasskeyStore<AccountUser>
{
    /// <inheritdoc/>
    public async Task<AccountUser?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        await accounts.FindAsync(new ActorId(userId), cancellationToken).ConfigureAwait(false) is { } account
            ? new(account)
            : null;

    /// <inheritdoc/>
    public async Task<AccountUser?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        await accounts.FindAsync(normalizedUserName, cancellationToken).ConfigureAwait(false) is { } account
            ? new(account)
            : null;

    /// <inheritdoc/>
    public async Task<IdentityResult> UpdateAsync(AccountUser user, CancellationToken cancellationToken)
    {
        AccountOutcome outcome = await accounts
            .NoteSignInAsync(user.Account.Id, user.Rebase, cancellationToken)
            .ConfigureAwait(false);
        switch (outcome)
        {
            case AccountOutcome.Done done:
                user.Saved(done.Account);
                return IdentityResult.Success;
            case AccountOutcome.Refused refused:
                return IdentityResult.Failed(new IdentityError { Code = "refused", Description = refused.Reason });
            default:
                throw new InvalidOperationException("Sign-in made an invalid change to an account.");
        }
    }

    /// <inheritdoc/>
    public Task<IdentityResult> CreateAsync(AccountUser user, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Accounts are made by Accounts.AddAsync, which makes the record.");

    /// <inheritdoc/>
    public Task<IdentityResult> DeleteAsync(AccountUser user, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Accounts are disabled, never deleted: records name them.");

    /// <inheritdoc/>
    public Task<string> GetUserIdAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.Id.Value);

    /// <inheritdoc/>
    public Task<string?> GetUserNameAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(user.Account.Name);

    /// <inheritdoc/>
    public Task SetUserNameAsync(AccountUser user, string? userName, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A name does not change.");

    /// <inheritdoc/>
    public Task<string?> GetNormalizedUserNameAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(user.Account.Name);

    /// <inheritdoc/>
    public Task SetNormalizedUserNameAsync(
        AccountUser user,
        string? normalizedName,
        CancellationToken cancellationToken
    ) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<string?> GetPasswordHashAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.PasswordHash);

    /// <inheritdoc/>
    public Task<bool> HasPasswordAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.PasswordHash is not null);

    /// <inheritdoc/>
    public Task SetPasswordHashAsync(AccountUser user, string? passwordHash, CancellationToken cancellationToken) =>
        Note(user, account => account with { PasswordHash = passwordHash });

    /// <inheritdoc/>
    public Task<string?> GetSecurityStampAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(user.Account.SecurityStamp);

    /// <inheritdoc/>
    public Task SetSecurityStampAsync(AccountUser user, string stamp, CancellationToken cancellationToken) =>
        Note(user, account => account with { SecurityStamp = stamp });

    /// <inheritdoc/>
    public Task<DateTimeOffset?> GetLockoutEndDateAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.LockedUntil);

    /// <inheritdoc/>
    public Task SetLockoutEndDateAsync(
        AccountUser user,
        DateTimeOffset? lockoutEnd,
        CancellationToken cancellationToken
    ) => Note(user, account => account with { LockedUntil = lockoutEnd });

    /// <inheritdoc/>
    public Task<int> GetAccessFailedCountAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.FailedSignIns);

    /// <inheritdoc/>
    public async Task<int> IncrementAccessFailedCountAsync(AccountUser user, CancellationToken cancellationToken)
    {
        await Note(user, account => account with { FailedSignIns = account.FailedSignIns + 1 }).ConfigureAwait(false);
        return user.Account.FailedSignIns;
    }

    /// <inheritdoc/>
    public Task ResetAccessFailedCountAsync(AccountUser user, CancellationToken cancellationToken) =>
        Note(user, account => account with { FailedSignIns = 0 });

    /// <inheritdoc/>
    public Task<bool> GetLockoutEnabledAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    /// <inheritdoc/>
    public Task SetLockoutEnabledAsync(AccountUser user, bool enabled, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    /// <inheritdoc/>
    public Task<bool> GetTwoFactorEnabledAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.TwoFactorEnabled);

    /// <inheritdoc/>
    public Task SetTwoFactorEnabledAsync(AccountUser user, bool enabled, CancellationToken cancellationToken) =>
        Note(user, account => account with { TwoFactorEnabled = enabled });

    /// <inheritdoc/>
    public Task<string?> GetAuthenticatorKeyAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.AuthenticatorKey);

    /// <inheritdoc/>
    public Task SetAuthenticatorKeyAsync(AccountUser user, string key, CancellationToken cancellationToken) =>
        Note(user, account => account with { AuthenticatorKey = key });

    /// <inheritdoc/>
    public Task<int> CountCodesAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.RecoveryCodeHashes.Count);

    /// <inheritdoc/>
    public Task ReplaceCodesAsync(
        AccountUser user,
        IEnumerable<string> recoveryCodes,
        CancellationToken cancellationToken
    )
    {
        string[] hashes = [.. recoveryCodes.Select(code => Secrets.Sha256(Secrets.NormalizeCode(code)))];
        return Note(user, account => account with { RecoveryCodeHashes = hashes });
    }

    /// <summary>Uses up a recovery code. Durable at once and alone, so that two requests cannot use the same one.</summary>
    public async Task<bool> RedeemCodeAsync(AccountUser user, string code, CancellationToken cancellationToken)
    {
        string hash = Secrets.Sha256(Secrets.NormalizeCode(code));
        bool found = false;
        AccountOutcome outcome = await accounts
            .ChangeAsync(
                user.Account.Id,
                "recovery-codes",
                account =>
                {
                    found = account.RecoveryCodeHashes.Contains(hash);
                    if (!found)
                    {
                        return account;
                    }
                    return account with
                    {
                        RecoveryCodeHashes = [.. account.RecoveryCodeHashes.Where(kept => kept != hash)],
                    };
                },
                user.Account.Id,
                cancellationToken
            )
            .ConfigureAwait(false);
        return found && outcome is AccountOutcome.Done;
    }

    /// <inheritdoc/>
    public Task AddOrUpdatePasskeyAsync(
        AccountUser user,
        UserPasskeyInfo passkey,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException("Passkeys are changed by Passkeys, which makes the record.");

    /// <inheritdoc/>
    public Task RemovePasskeyAsync(AccountUser user, byte[] credentialId, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Passkeys are removed by Passkeys, which makes the record.");

    /// <inheritdoc/>
    public Task<IList<UserPasskeyInfo>> GetPasskeysAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult<IList<UserPasskeyInfo>>([.. user.Account.Passkeys.Select(Passkeys.ToInfo)]);

    /// <inheritdoc/>
    public async Task<AccountUser?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken)
    {
        string id = Base64Url.EncodeToString(credentialId);
        IReadOnlyList<Account> all = await accounts.ListAsync(cancellationToken).ConfigureAwait(false);
        return all.FirstOrDefault(account => account.Passkeys.Any(known => known.Id == id)) is { } found
            ? new AccountUser(found)
            : null;
    }

    /// <inheritdoc/>
    public Task<UserPasskeyInfo?> FindPasskeyAsync(
        AccountUser user,
        byte[] credentialId,
        CancellationToken cancellationToken
    )
    {
        string id = Base64Url.EncodeToString(credentialId);
        return Task.FromResult(
            user.Account.Passkeys.FirstOrDefault(known => known.Id == id) is { } found ? Passkeys.ToInfo(found) : null
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held: the store belongs to the composition.
    }

    private static Task Note(AccountUser user, Func<Account, Account> edit)
    {
        user.Edit(edit);
        return Task.CompletedTask;
    }
}
