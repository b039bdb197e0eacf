using Custodiet.Records.People;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Custodiet.People;

/// <summary>Identity's user manager on our clock: the framework's own lockout reads the system's.</summary>
internal sealed class AccountManager(
    IUserStore<AccountUser> store,
    IOptions<IdentityOptions> options,
    IPasswordHasher<AccountUser> hasher,
    ILookupNormalizer normalizer,
    IdentityErrorDescriber errors,
    IServiceProvider services,
    ILogger<UserManager<AccountUser>> logger,
    PeopleOptions people,
    TimeProvider time
) : UserManager<AccountUser>(store, options, hasher, [], [], normalizer, errors, services, logger)
{
    /// <inheritdoc/>
    public override Task<bool> IsLockedOutAsync(AccountUser user) =>
        Task.FromResult(user.Account.LockedUntil > time.GetUtcNow());

    /// <inheritdoc/>
    public override Task<IdentityResult> AccessFailedAsync(AccountUser user)
    {
        DateTimeOffset until = time.GetUtcNow() + people.LockTime;
        user.Edit(account => Failed(account, until));
        return Store.UpdateAsync(user, CancellationToken);
    }

    private Account Failed(Account account, DateTimeOffset until) =>
        account.FailedSignIns + 1 >= people.FailuresBeforeLock
            ? account with
            {
                FailedSignIns = 0,
                LockedUntil = until,
            }
            : account with
            {
                FailedSignIns = account.FailedSignIns + 1,
            };
}

/// <summary>Turns an account into the principal of a session.</summary>
internal sealed class AccountPrincipals : IUserClaimsPrincipalFactory<AccountUser>
{
    /// <summary>The principal of a session of this account.</summary>
    public static System.Security.Claims.ClaimsPrincipal Of(Account account) =>
        PeopleClaims.Principal(
            Schemes.Session,
            account.Id,
            account.Name,
            account.Roles,
            [
                new(PeopleClaims.TimeZone, account.TimeZone),
                new(PeopleClaims.Stamp, account.SecurityStamp),
                new(PeopleClaims.TwoFactor, account.TwoFactorEnabled ? "yes" : "no"),
            ]
        );

    /// <inheritdoc/>
    public Task<System.Security.Claims.ClaimsPrincipal> CreateAsync(AccountUser user) =>
        Task.FromResult(Of(user.Account));
}

/// <summary>Only accounts that are not disabled may sign in.</summary>
internal sealed class AccountIsEnabled : IUserConfirmation<AccountUser>
{
    /// <inheritdoc/>
    public Task<bool> IsConfirmedAsync(UserManager<AccountUser> manager, AccountUser user) =>
        Task.FromResult(!user.Account.Disabled);
}

/// <summary>Checks authenticator codes by <see cref="Totp"/> on our clock; each works once.</summary>
internal sealed class AuthenticatorCodes(TimeProvider time) : IUserTwoFactorTokenProvider<AccountUser>
{
    private readonly Lock gate = new();
    private readonly Dictionary<ActorId, long> lastSteps = [];

    /// <inheritdoc/>
    public Task<bool> CanGenerateTwoFactorTokenAsync(UserManager<AccountUser> manager, AccountUser user) =>
        Task.FromResult(user.Account.AuthenticatorKey is { Length: > 0 });

    /// <inheritdoc/>
    public Task<string> GenerateAsync(string purpose, UserManager<AccountUser> manager, AccountUser user) =>
        throw new NotSupportedException("Codes come from the person's device.");

    /// <inheritdoc/>
    public Task<bool> ValidateAsync(string purpose, string token, UserManager<AccountUser> manager, AccountUser user)
    {
        lock (gate)
        {
            long last = lastSteps.GetValueOrDefault(user.Account.Id);
            long? step = Totp.Verify(user.Account.AuthenticatorKey, token, time.GetUtcNow(), last);
            if (step is { } used)
            {
                lastSteps[user.Account.Id] = used;
            }
            return Task.FromResult(step is not null);
        }
    }
}
