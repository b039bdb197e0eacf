using Custodiet.Records.People;
using Microsoft.AspNetCore.Identity;

namespace Custodiet.People;

/// <summary>Where an attempt to sign in has led.</summary>
/// <param name="Result">What comes next.</param>
/// <param name="WaitSeconds">After too many attempts: how long to wait.</param>
internal readonly record struct SignInStep(SignInResultKind Result, int WaitSeconds = 0);

/// <summary>What comes after an attempt to sign in.</summary>
internal enum SignInResultKind
{
    /// <summary>Wrong, or locked, or disabled: deliberately the same for all.</summary>
    Wrong,

    /// <summary>Right so far; a code is asked for.</summary>
    CodeNeeded,

    /// <summary>Signed in.</summary>
    Done,

    /// <summary>Too many attempts with this name.</summary>
    Wait,

    /// <summary>The first step is missing or too long ago.</summary>
    StartAgain,
}

/// <summary>Sign-in in its steps, on top of Identity's sign-in manager; an attacker learns neither names nor states from it.</summary>
internal sealed partial class SignInFlow(
    SignInManager<AccountUser> manager,
    Accounts accounts,
    SignInLimits limits,
    SignInRecords records,
    TimeProvider time,
    ILogger<SignInFlow> logger
)
{
    /// <summary>First step: name and password.</summary>
    public async Task<SignInStep> WithPasswordAsync(string? name, string? password, CancellationToken cancellation)
    {
        Account? account = await accounts.FindAsync(name ?? "", cancellation).ConfigureAwait(false);
        if (limits.Refuses(name ?? "") is { } wait)
        {
            return Wait(account, wait);
        }
        SignInFailure? hopeless =
            account is null ? SignInFailure.UnknownName
            : account.Disabled ? SignInFailure.Disabled
            : IsLocked(account) ? SignInFailure.Locked
            : account.PasswordHash is null || password is not { Length: > 0 and <= PasswordRules.LengthMax }
                ? SignInFailure.WrongPassword
            : null;
        if (account is null || hopeless is not null)
        {
            // The same work as for a wrong password, so that the time tells nobody whether the name exists.
            accounts.Passwords.MatchNothing(password);
            return Wrong(account, hopeless ?? SignInFailure.UnknownName);
        }
        SignInResult result = await manager
            .PasswordSignInAsync(new AccountUser(account), password!, isPersistent: false, lockoutOnFailure: true)
            .ConfigureAwait(false);
        return await StepAsync(result, account, SignInMethod.Password, SignInFailure.WrongPassword)
            .ConfigureAwait(false);
    }

    /// <summary>Second step: the code of the authenticator app.</summary>
    public Task<SignInStep> WithCodeAsync(string? code) =>
        SecondStepAsync(
            SignInMethod.Authenticator,
            SignInFailure.WrongCode,
            _ => manager.TwoFactorAuthenticatorSignInAsync(code ?? "", isPersistent: false, rememberClient: false)
        );

    /// <summary>Second step without the device: a recovery code, which ends with it.</summary>
    public Task<SignInStep> WithRecoveryCodeAsync(string? code) =>
        SecondStepAsync(
            SignInMethod.RecoveryCode,
            SignInFailure.WrongRecoveryCode,
            async user =>
            {
                SignInResult result = await manager.TwoFactorRecoveryCodeSignInAsync(code ?? "").ConfigureAwait(false);
                if (!result.Succeeded)
                {
                    // Identity does not count these; without counting, 50 bits could be tried as fast as the network goes.
                    await manager.UserManager.AccessFailedAsync(user).ConfigureAwait(false);
                }
                return result;
            }
        );

    /// <summary>Sets a new password for whoever shows the account's one-time code. The session is begun apart.</summary>
    public async Task<AccountOutcome> WithOneTimeCodeAsync(
        string name,
        string code,
        string newPassword,
        CancellationToken cancellation
    )
    {
        AccountOutcome outcome = await accounts
            .RecoverAsync(name, code, newPassword, cancellation)
            .ConfigureAwait(false);
        if (outcome is AccountOutcome.Invalid invalid && invalid.Problems.Any(problem => problem.Field == "code"))
        {
            Account? account = await accounts.FindAsync(name, cancellation).ConfigureAwait(false);
            records.Failed(account?.Id, account is null ? SignInFailure.UnknownName : SignInFailure.WrongOneTimeCode);
        }
        return outcome;
    }

    /// <summary>Begins the session of somebody who has just proved who they are with a code.</summary>
    public async Task BeginSessionAsync(Account account, SignInMethod method)
    {
        await records.BeganAsync(account.Id, method).ConfigureAwait(false);
        await RenewSessionAsync(account).ConfigureAwait(false);
    }

    /// <summary>Goes on with the session of somebody whose credentials have changed; the change has its record.</summary>
    public Task RenewSessionAsync(Account account) =>
        manager.SignInAsync(new AccountUser(account), isPersistent: false);

    private bool IsLocked(Account account) => account.LockedUntil > time.GetUtcNow();

    private async Task<SignInStep> SecondStepAsync(
        SignInMethod method,
        SignInFailure failure,
        Func<AccountUser, Task<SignInResult>> tryCode
    )
    {
        AccountUser? user = await manager.GetTwoFactorAuthenticationUserAsync().ConfigureAwait(false);
        if (user is null || user.Account.Disabled)
        {
            return new SignInStep(SignInResultKind.StartAgain);
        }
        if (limits.Refuses(user.Account.Name) is { } wait)
        {
            return Wait(user.Account, wait);
        }
        if (IsLocked(user.Account))
        {
            return Wrong(user.Account, SignInFailure.Locked);
        }
        return await StepAsync(await tryCode(user).ConfigureAwait(false), user.Account, method, failure)
            .ConfigureAwait(false);
    }

    private async Task<SignInStep> StepAsync(
        SignInResult result,
        Account account,
        SignInMethod method,
        SignInFailure failure
    )
    {
        if (result.RequiresTwoFactor)
        {
            return new SignInStep(SignInResultKind.CodeNeeded);
        }
        if (result.Succeeded)
        {
            // The cookie is in the answer, and the answer leaves after this.
            await records.BeganAsync(account.Id, method).ConfigureAwait(false);
            return new SignInStep(SignInResultKind.Done);
        }
        if (result.IsLockedOut)
        {
            LogLocked(account.Id);
        }
        return Wrong(account, failure);
    }

    private SignInStep Wrong(Account? account, SignInFailure reason)
    {
        records.Failed(account?.Id, reason);
        return new SignInStep(SignInResultKind.Wrong);
    }

    private SignInStep Wait(Account? account, int seconds)
    {
        records.Failed(account?.Id, account is null ? SignInFailure.UnknownName : SignInFailure.TooMany);
        return new SignInStep(SignInResultKind.Wait, seconds);
    }
}
