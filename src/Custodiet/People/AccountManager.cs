using System.Security.Claims;
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
    KnownDevices devices,
    IHttpContextAccessor accessor,
    TimeProvider time
) : UserManager<AccountUser>(store, options, hasher, [], [], normalizer, errors, services, logger)
{
    /// <summary>The name of the browser that asks, when it is known for the account.</summary>
    public string? DeviceOf(Account account) => accessor.HttpContext is { } http ? devices.Of(http, account.Id) : null;

    /// <summary>Whether the account rests for whoever asks: it never does for a browser that its person has signed in with before.</summary>
    public bool Rests(Account account) => account.LockedUntil > time.GetUtcNow() && DeviceOf(account) is null;

    /// <inheritdoc/>
    public override Task<bool> IsLockedOutAsync(AccountUser user) => Task.FromResult(Rests(user.Account));

    /// <inheritdoc/>
    public override Task<IdentityResult> AccessFailedAsync(AccountUser user)
    {
        if (DeviceOf(user.Account) is { } device)
        {
            devices.Failed(device);
            return Task.FromResult(IdentityResult.Success);
        }
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
    /// <param name="account">As it is now.</param>
    /// <param name="session">The session; what began it decides about strong roles.</param>
    /// <param name="strongRoles">Roles that hold only after a passkey or the provider.</param>
    public static ClaimsPrincipal Of(Account account, Session session, IReadOnlyList<Role> strongRoles)
    {
        bool strong = session.Method is SignInMethod.Passkey or SignInMethod.Provider or SignInMethod.BreakGlass;
        Role[] withheld = strong ? [] : [.. account.Roles.Intersect(strongRoles)];
        return PeopleClaims.Principal(
            Schemes.Session,
            account.Id,
            account.Name,
            account.Roles.Except(withheld),
            [
                new(PeopleClaims.TimeZone, account.TimeZone),
                new(PeopleClaims.Session, session.Id.Value),
                new(PeopleClaims.Method, session.Method.ToString()),
                new(PeopleClaims.TwoFactor, strong || account.TwoFactorEnabled ? "yes" : "no"),
                .. withheld.Select(role => new Claim(PeopleClaims.Withheld, role.Word())),
            ]
        );
    }

    /// <inheritdoc/>
    public Task<ClaimsPrincipal> CreateAsync(AccountUser user) =>
        throw new NotSupportedException("A principal belongs to a session: SessionSignInManager makes both.");
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
