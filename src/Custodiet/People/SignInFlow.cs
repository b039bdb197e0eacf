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
    TimeProvider time,
    ILogger<SignInFlow> logger
)
{
    /// <summary>First step: name and password.</summary>
    public async Task<SignInStep> WithPasswordAsync(string? name, string? password, CancellationToken cancellation)
    {
        name ??= "";
        if (limits.Refuses(name) is { } wait)
        {
            return new SignInStep(SignInResultKind.Wait, wait);
        }
        Account? account = await accounts.FindAsync(name, cancellation).ConfigureAwait(false);
        bool worthTrying =
            account is { Disabled: false, PasswordHash: not null }
            && !(account.LockedUntil > time.GetUtcNow())
            && password is { Length: > 0 and <= PasswordRules.LengthMax };
        if (account is null || !worthTrying)
        {
            // The same work as for a wrong password, so that the time tells nobody whether the name exists.
            accounts.Passwords.MatchNothing(password);
            return new SignInStep(SignInResultKind.Wrong);
        }
        var user = new AccountUser(account);
        SignInResult result = await manager
            .PasswordSignInAsync(user, password!, isPersistent: false, lockoutOnFailure: true)
            .ConfigureAwait(false);
        return Step(result, account.Id);
    }

    /// <summary>Second step: the code of the authenticator app.</summary>
    public async Task<SignInStep> WithCodeAsync(string? code)
    {
        AccountUser? user = await manager.GetTwoFactorAuthenticationUserAsync().ConfigureAwait(false);
        if (user is null || user.Account.Disabled)
        {
            return new SignInStep(SignInResultKind.StartAgain);
        }
        if (limits.Refuses(user.Account.Name) is { } wait)
        {
            return new SignInStep(SignInResultKind.Wait, wait);
        }
        SignInResult result = await manager
            .TwoFactorAuthenticatorSignInAsync(code ?? "", isPersistent: false, rememberClient: false)
            .ConfigureAwait(false);
        return Step(result, user.Account.Id);
    }

    /// <summary>Second step without the device: a recovery code, which ends with it.</summary>
    public async Task<SignInStep> WithRecoveryCodeAsync(string? code)
    {
        AccountUser? user = await manager.GetTwoFactorAuthenticationUserAsync().ConfigureAwait(false);
        if (user is null || user.Account.Disabled)
        {
            return new SignInStep(SignInResultKind.StartAgain);
        }
        if (limits.Refuses(user.Account.Name) is { } wait)
        {
            return new SignInStep(SignInResultKind.Wait, wait);
        }
        if (await manager.UserManager.IsLockedOutAsync(user).ConfigureAwait(false))
        {
            return new SignInStep(SignInResultKind.Wrong);
        }
        SignInResult result = await manager.TwoFactorRecoveryCodeSignInAsync(code ?? "").ConfigureAwait(false);
        if (!result.Succeeded)
        {
            // Identity does not count these; without counting, 50 bits could be tried as fast as the network goes.
            await manager.UserManager.AccessFailedAsync(user).ConfigureAwait(false);
        }
        return Step(result, user.Account.Id);
    }

    /// <summary>Begins or renews the session of somebody who has just proved who they are.</summary>
    public Task BeginSessionAsync(Account account) =>
        manager.SignInAsync(new AccountUser(account), isPersistent: false);

    private SignInStep Step(SignInResult result, ActorId account)
    {
        if (result.IsLockedOut)
        {
            LogLocked(account);
        }
        return new SignInStep(
            result.Succeeded ? SignInResultKind.Done
            : result.RequiresTwoFactor ? SignInResultKind.CodeNeeded
            : SignInResultKind.Wrong
        );
    }
}
