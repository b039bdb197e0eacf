using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.People;

/// <summary>Administration as the command line does it: without a server.</summary>
public sealed class AccountsTests : IDisposable
{
    private const string password = "a long enough passphrase";

    private readonly MemoryAccounts store = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
    private readonly Accounts accounts;

    public AccountsTests() => accounts = new Accounts(store, time, passwordIterations: 1_000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => accounts.Dispose();

    [Fact]
    public async Task AnAccountWithoutAPasswordComesWithACodeThatSetsOneOnce()
    {
        AccountOutcome.Done made = Done(
            await accounts.AddAsync("ann", [Role.Analyst], null, ActorId.Console, Cancellation)
        );
        Assert.NotNull(made.OneTimeCode);
        Assert.DoesNotContain(made.OneTimeCode, made.Account.ToString());
        Assert.DoesNotContain(Secrets.NormalizeCode(made.OneTimeCode), made.Account.ToString());

        AccountOutcome.Done set = Done(await accounts.RecoverAsync("ANN", made.OneTimeCode, password, Cancellation));
        Assert.True(accounts.Passwords.Match(set.Account, password));
        Assert.IsType<AccountOutcome.Invalid>(
            await accounts.RecoverAsync("ann", made.OneTimeCode, password, Cancellation)
        );
        Assert.Equal(["account.added/2", "account.changed/1"], store.DraftTypes);
        Assert.Equal($"account/{made.Account.Id}", store.Drafts[1].Stream);
        Assert.Equal(made.Account.Id, store.Drafts[1].Actor);
    }

    [Fact]
    public async Task ACodeEndsAfterAnHourWithTheNextCodeAndWithTheAccount()
    {
        AccountOutcome.Done made = Done(
            await accounts.AddAsync("ann", [Role.Analyst], null, ActorId.Console, Cancellation)
        );
        ActorId id = made.Account.Id;
        AccountOutcome.Done second = Done(await accounts.ResetPasswordAsync(id, ActorId.Console, Cancellation));
        Assert.IsType<AccountOutcome.Invalid>(
            await accounts.RecoverAsync("ann", made.OneTimeCode!, password, Cancellation)
        );

        time.Advance(Accounts.RecoveryTime);
        Assert.IsType<AccountOutcome.Invalid>(
            await accounts.RecoverAsync("ann", second.OneTimeCode!, password, Cancellation)
        );

        AccountOutcome.Done third = Done(await accounts.ResetPasswordAsync(id, ActorId.Console, Cancellation));
        await accounts.DisableAsync(id, ActorId.Console, Cancellation);
        await accounts.EnableAsync(id, ActorId.Console, Cancellation);
        Assert.IsType<AccountOutcome.Invalid>(
            await accounts.RecoverAsync("ann", third.OneTimeCode!, password, Cancellation)
        );
    }

    [Fact]
    public async Task ARecoveredAccountForgetsPasswordAuthenticatorAndLock()
    {
        Account ann = Done(
            await accounts.AddAsync("ann", [Role.Analyst], password, ActorId.Console, Cancellation)
        ).Account;
        string secret = Totp.NewSecret();
        string code = Totp.Code(Totp.FromBase32(secret)!, Totp.StepOf(time.GetUtcNow()));
        await accounts.EnableAuthenticatorAsync(ann.Id, secret, code, Cancellation);
        Account after = Done(await accounts.ResetPasswordAsync(ann.Id, ActorId.Console, Cancellation)).Account;
        Assert.False(after.TwoFactorEnabled);
        Assert.Null(after.AuthenticatorKey);
        Assert.Empty(after.RecoveryCodeHashes);
        Assert.False(accounts.Passwords.Match(after, password));
        Assert.NotEqual(ann.SecurityStamp, after.SecurityStamp);
        Assert.IsType<AccountChanged>(store.Drafts[^1].Body);
        Assert.Equal("recovered", ((AccountChanged)store.Drafts[^1].Body).Change);
    }

    [Fact]
    public async Task AllProblemsOfANewAccountAreToldAtOnce()
    {
        AccountOutcome.Invalid invalid = Assert.IsType<AccountOutcome.Invalid>(
            await accounts.AddAsync(" bad name ", [], "short", ActorId.Console, Cancellation)
        );
        Assert.Equal(["name", "roles", "password"], invalid.Problems.Select(problem => problem.Field));
        Assert.Empty(store.Drafts);
    }

    [Fact]
    public async Task TwoAccountsCannotShareANameWhateverItsCase()
    {
        Done(await accounts.AddAsync("ann", [Role.Analyst], password, ActorId.Console, Cancellation));
        Assert.IsType<AccountOutcome.Invalid>(
            await accounts.AddAsync("Ann", [Role.Analyst], password, ActorId.Console, Cancellation)
        );
    }

    [Fact]
    public async Task TheLastAdminCanNeitherBeDisabledNorLoseTheRole()
    {
        Account ann = Done(
            await accounts.AddAsync("ann", [Role.Admin], password, ActorId.Console, Cancellation)
        ).Account;
        Assert.IsType<AccountOutcome.Refused>(await accounts.DisableAsync(ann.Id, ann.Id, Cancellation));
        Assert.IsType<AccountOutcome.Refused>(await accounts.SetRolesAsync(ann.Id, [Role.Lead], ann.Id, Cancellation));
        Done(await accounts.AddAsync("bob", [Role.Admin], password, ActorId.Console, Cancellation));
        Done(await accounts.DisableAsync(ann.Id, ann.Id, Cancellation));
    }

    [Fact]
    public async Task WhenTheLedgerRefusesNothingChangesAndTheReasonIsTold()
    {
        Account ann = Done(
            await accounts.AddAsync("ann", [Role.Lead], password, ActorId.Console, Cancellation)
        ).Account;
        store.RefuseReason = "The ledger is shorter than its last checkpoint.";
        AccountOutcome.Refused refused = Assert.IsType<AccountOutcome.Refused>(
            await accounts.DisableAsync(ann.Id, ActorId.Console, Cancellation)
        );
        Assert.Equal(store.RefuseReason, refused.Reason);
        Assert.False((await accounts.FindAsync(ann.Id, Cancellation))!.Disabled);
    }

    [Fact]
    public async Task ChangesOfOneAccountAtTheSameTimeAreAllKept()
    {
        Account ann = Done(
            await accounts.AddAsync("ann", [Role.Lead], password, ActorId.Console, Cancellation)
        ).Account;
        // A sign-in that read the account before it was disabled must not enable it again.
        var user = new AccountUser(ann);
        user.Edit(account => account with { FailedSignIns = account.FailedSignIns + 1 });
        await accounts.DisableAsync(ann.Id, ActorId.Console, Cancellation);
        using var users = new AccountUserStore(accounts);
        await users.UpdateAsync(user, Cancellation);
        Account after = (await accounts.FindAsync(ann.Id, Cancellation))!;
        Assert.True(after.Disabled);
        Assert.Equal(1, after.FailedSignIns);
    }

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("UTC", true)]
    [InlineData("Mars/Olympus", false)]
    [InlineData("../../etc/passwd", false)]
    public async Task ATimeZoneIsOneThatTheMachineKnows(string zone, bool known)
    {
        Account ann = Done(
            await accounts.AddAsync("ann", [Role.Lead], password, ActorId.Console, Cancellation)
        ).Account;
        AccountOutcome outcome = await accounts.SetTimeZoneAsync(ann.Id, zone, Cancellation);
        Assert.Equal(known, outcome is AccountOutcome.Done);
    }

    [Theory]
    [InlineData("tr0ub4dor & 3 horses", true)]
    [InlineData("correct horse battery staple", false)]
    [InlineData("Password123!", false)]
    [InlineData("P@$$w0rd1234", false)]
    [InlineData("aaaaaaaaaaaaaaaa", false)]
    [InlineData("1234567890123456", false)]
    [InlineData("elevenchars", false)]
    [InlineData("my name is Magdalena", false)]
    [InlineData("日本語のパスフレーズは長い", true)]
    public void APasswordIsLongAndNotTheObvious(string candidate, bool good) =>
        Assert.Equal(good, !PasswordRules.PasswordProblems(candidate, "magdalena").Any());

    [Fact]
    public async Task AScopeThatTheRoleCannotUseIsRefused()
    {
        var tokens = new ApiTokens(store, time);
        TokenOutcome.Invalid invalid = Assert.IsType<TokenOutcome.Invalid>(
            await tokens.AddAsync(
                new TokenWish(Role.Analyst, "", ["events:write", "everything"], time.GetUtcNow()),
                ActorId.Console,
                Cancellation
            )
        );
        Assert.Equal(["name", "scopes", "scopes", "expires"], invalid.Problems.Select(problem => problem.Field));
    }

    [Fact]
    public async Task NobodyMakesATokenWithMoreThanTheirOwnRoles()
    {
        var tokens = new ApiTokens(store, time);
        Account eng = Done(
            await accounts.AddAsync("eng", [Role.Engineer], password, ActorId.Console, Cancellation)
        ).Account;
        TokenOutcome.Done own = Assert.IsType<TokenOutcome.Done>(
            await tokens.AddAsync(new TokenWish(Role.Engineer, "own", [], null), eng.Id, Cancellation)
        );
        foreach (ActorId actor in new[] { eng.Id, own.Token.Id, new ActorId("p-nobody") })
        {
            TokenOutcome climbed = await tokens.AddAsync(
                new TokenWish(Role.Admin, "climb", [], null),
                actor,
                Cancellation
            );
            Assert.IsType<TokenOutcome.Invalid>(climbed);
        }
        Assert.True(ApiTokens.MayIssue(new HashSet<Role> { Role.Admin }, Role.Lead));
        Assert.True(ApiTokens.MayIssue(new HashSet<Role> { Role.Engineer }, Role.Engineer));
        Assert.False(ApiTokens.MayIssue(new HashSet<Role> { Role.Engineer }, Role.Admin));
    }

    [Fact]
    public void ATokenIsThePrefixAnd43CharactersAndNoTwoAreAlike()
    {
        string[] tokens = [.. Enumerable.Range(0, 100).Select(_ => Secrets.NewToken())];
        Assert.All(tokens, token => Assert.Matches("^cst_[0-9A-Za-z]{43}$", token));
        Assert.Equal(100, tokens.Distinct().Count());
    }

    private static AccountOutcome.Done Done(AccountOutcome outcome) => Assert.IsType<AccountOutcome.Done>(outcome);
}
