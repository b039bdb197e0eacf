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
    SessionSignInManager manager,
    AccountManager users,
    Accounts accounts,
    SignInLimits limits,
    SignInRecords records,
    KnownDevices devices,
    HalfSignIns halves,
    IHttpContextAccessor accessor,
    PeopleOptions options,
    ILogger<SignInFlow> logger
)
{
    private HttpContext Http =>
        accessor.HttpContext ?? throw new InvalidOperationException("Sign-in happens within a request.");

    /// <summary>First step: name and password.</summary>
    public async Task<SignInStep> WithPasswordAsync(string? name, string? password, CancellationToken cancellation)
    {
        Account? account = await accounts.FindAsync(name ?? "", cancellation).ConfigureAwait(false);
        if (limits.Refuses(name ?? "", account is null ? null : users.DeviceOf(account)) is { } wait)
        {
            return Wait(account, wait);
        }
        SignInFailure? hopeless =
            account is null ? SignInFailure.UnknownName
            : account.Disabled ? SignInFailure.Disabled
            : users.Rests(account) ? SignInFailure.Locked
            : !MayUsePassword(account) ? SignInFailure.PasswordNotAllowed
            : account.PasswordHash is null || password is not { Length: > 0 and <= PasswordRules.LengthMax }
                ? SignInFailure.WrongPassword
            : null;
        if (account is null || hopeless is not null)
        {
            // The same work as for a wrong password, so that the time tells nobody whether the name exists.
            accounts.Passwords.MatchNothing(password);
            return Wrong(account, hopeless ?? SignInFailure.UnknownName);
        }
        manager.Method = SignInMethod.Password;
        SignInResult result = await manager
            .PasswordSignInAsync(new AccountUser(account), password!, isPersistent: false, lockoutOnFailure: true)
            .ConfigureAwait(false);
        return Step(result, account, SignInFailure.WrongPassword);
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

    /// <summary>Lets in whoever shows the account's one-time code, with a new password where one is given. The session is begun apart.</summary>
    public async Task<AccountOutcome> WithOneTimeCodeAsync(
        string name,
        string code,
        string? newPassword,
        CancellationToken cancellation
    )
    {
        AccountOutcome outcome = await accounts
            .RecoverAsync(name, code, newPassword, cancellation)
            .ConfigureAwait(false);
        if (outcome is AccountOutcome.Invalid invalid && invalid.Problems.Any(problem => problem.Field == "code"))
        {
            Account? account = await accounts.FindAsync(name, cancellation).ConfigureAwait(false);
            Note(account, account is null ? SignInFailure.UnknownName : SignInFailure.WrongOneTimeCode);
        }
        return outcome;
    }

    /// <summary>Begins the session of somebody who has just proved who they are with a code.</summary>
    public async Task BeginSessionAsync(Account account, SignInMethod method)
    {
        await manager.BeginAsync(account, SessionStart.Of(Http, method)).ConfigureAwait(false);
        devices.Remember(Http, account.Id);
    }

    /// <summary>Goes on with the session of somebody whose credentials have changed; the change has its record.</summary>
    public Task RenewSessionAsync(Account account) => manager.RenewAsync(account);

    private bool MayUsePassword(Account account) =>
        account.Kind == AccountKind.Person
        && options.Passwords switch
        {
            PasswordUse.Off => false,
            PasswordUse.UntilPasskey => account.Passkeys.Count == 0,
            _ => true,
        };

    private async Task<SignInStep> SecondStepAsync(
        SignInMethod method,
        SignInFailure failure,
        Func<AccountUser, Task<SignInResult>> tryCode
    )
    {
        AccountUser? user = await manager.GetTwoFactorAuthenticationUserAsync().ConfigureAwait(false);
        if (
            user is null
            || user.Account.Disabled
            || !MayUsePassword(user.Account)
            || !halves.Knows(Http, user.Account.Id)
        )
        {
            return new SignInStep(SignInResultKind.StartAgain);
        }
        if (limits.Refuses(user.Account.Name, users.DeviceOf(user.Account)) is { } wait)
        {
            return Wait(user.Account, wait);
        }
        if (users.Rests(user.Account))
        {
            return Wrong(user.Account, SignInFailure.Locked);
        }
        manager.Method = method;
        return Step(await tryCode(user).ConfigureAwait(false), user.Account, failure);
    }

    private SignInStep Step(SignInResult result, Account account, SignInFailure failure)
    {
        if (result.RequiresTwoFactor)
        {
            halves.Begin(Http, account.Id);
            return new SignInStep(SignInResultKind.CodeNeeded);
        }
        if (result.Succeeded)
        {
            halves.End(Http);
            devices.Remember(Http, account.Id);
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
        Note(account, reason);
        return new SignInStep(SignInResultKind.Wrong);
    }

    private SignInStep Wait(Account? account, int seconds)
    {
        Note(account, account is null ? SignInFailure.UnknownName : SignInFailure.TooMany);
        return new SignInStep(SignInResultKind.Wait, seconds);
    }

    private void Note(Account? account, SignInFailure reason) =>
        records.Failed(account?.Id, reason, Callers.Address(Http));
}
