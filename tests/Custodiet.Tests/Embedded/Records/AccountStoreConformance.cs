using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>What every account store must do. Expected values are the doc comments of <see cref="IAccountStore"/>.</summary>
public abstract class AccountStoreConformance : IAsyncLifetime
{
    private OpenedStore? opened;

    private OpenedStore Store => opened!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract ValueTask<OpenedStore> OpenAsync(Sealer seal, TimeProvider time);

    public async ValueTask InitializeAsync() => opened = await OpenAsync(Scene.Sealer(), TimeProvider.System);

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task AnAccountComesBackWholeAndByNameInAnyCase()
    {
        Account ann = Account("p-ann", "Änn") with
        {
            PasswordHash = "hash",
            AuthenticatorKey = "KEY",
            TwoFactorEnabled = true,
            RecoveryCodeHashes = ["a", "b"],
            FailedSignIns = 3,
            LockedUntil = Scene.Start,
            TimeZone = "Europe/Berlin",
            Disabled = true,
            Kind = AccountKind.Service,
            Owner = new ActorId("p-bob"),
            ExpiresAt = Scene.Start.AddDays(9),
            SealedAt = Scene.Start,
            MadeByProvider = true,
            Identities = [new ProviderIdentity("https://id.example", "42", Scene.Start)],
            Passkeys =
            [
                new Passkey("aWQ", "laptop", "a2V5", 7, ["internal"], true, false, Scene.Start, Scene.Start.AddDays(1)),
            ],
        };
        await SaveAsync(ann);
        await SaveAsync(Account("p-bob", "bob"));
        Assert.Equivalent(ann, await Store.Accounts.AccountAsync(ann.Id, Stop), strict: true);
        Assert.Equal(ann.Id, (await Store.Accounts.AccountByNameAsync("äNN", Stop))!.Id);
        Assert.Null(await Store.Accounts.AccountByNameAsync("ann' OR '1'='1", Stop));
        Assert.Equal(["bob", "Änn"], (await Store.Accounts.AccountsAsync(Stop)).Select(account => account.Name));
    }

    [Fact]
    public async Task ANameThatAnotherAccountHasInAnyCaseIsAConflictAndNothingIsRecorded()
    {
        await SaveAsync(Account("p-ann", "ann"));
        AppendOutcome outcome = await Store.Accounts.SaveAsync(
            Account("p-eve", "ANN"),
            [Scene.Draft(new AccountAdded(new ActorId("p-eve"), AccountKind.Person, "ANN", []), "account/p-eve")],
            Stop
        );
        Assert.Equal(new AppendOutcome.Conflict("account-name/ANN", null), outcome);
        Assert.Equal(0, Store.Records.Count);
        Assert.Single(await Store.Accounts.AccountsAsync(Stop));
    }

    [Fact]
    public async Task AChangeAndItsRecordBecomeDurableTogether()
    {
        Account ann = Account("p-ann", "ann");
        RecordDraft added = Scene.Draft(
            new AccountAdded(ann.Id, AccountKind.Person, "ann", ann.Roles),
            "account/p-ann"
        );
        AppendOutcome outcome = await Store.Accounts.SaveAsync(ann, [added], Stop);
        Assert.Equal(0, Assert.IsType<AppendOutcome.Appended>(outcome).FirstIndex);
        await SaveAsync(ann with { Name = "anna" });
        Assert.Null(await Store.Accounts.AccountByNameAsync("ann", Stop));
        Assert.Equal("anna", Assert.Single(await Store.Accounts.AccountsAsync(Stop)).Name);
        Assert.Equal(1, Store.Records.Count);
    }

    [Fact]
    public async Task TokensAreFoundByHashAndListedNewestFirst()
    {
        ApiToken old = new(new("t-1"), "old", Role.Engineer, ["events:write"], "aa", Scene.Start, null, null);
        ApiToken young = old with { Id = new("t-2"), Sha256 = "bb", CreatedAt = Scene.Start.AddDays(1) };
        await Store.Accounts.SaveAsync(young, [], Stop);
        await Store.Accounts.SaveAsync(old, [], Stop);
        await Store.Accounts.SaveAsync(old with { RevokedAt = Scene.Start.AddDays(2) }, [], Stop);
        Assert.Equal(["t-2", "t-1"], (await Store.Accounts.TokensAsync(Stop)).Select(token => token.Id.Value));
        ApiToken? found = await Store.Accounts.TokenByHashAsync("aa", Stop);
        Assert.Equal(Scene.Start.AddDays(2), found!.RevokedAt);
        Assert.Equal(["events:write"], found.Scopes);
        Assert.Null(await Store.Accounts.TokenByHashAsync("cc", Stop));
    }

    [Fact]
    public async Task TheOwnerOfATokenAndItsLastUseAreKept()
    {
        ApiToken token = new(new("t-1"), "a", Role.Engineer, [], "aa", Scene.Start, null, null)
        {
            Owner = new ActorId("s-1"),
            Replaces = new ActorId("t-0"),
        };
        await Store.Accounts.SaveAsync(token, [], Stop);
        Assert.Equivalent(token, await Store.Accounts.TokenByHashAsync("aa", Stop), strict: true);
        await Store.Accounts.NoteUsesAsync([new TokenUse(token.Id, Scene.Start, "10.0.0.1")], Stop);
        TokenUse last = new(token.Id, Scene.Start.AddMinutes(1), null);
        await Store.Accounts.NoteUsesAsync([last], Stop);
        Assert.Equal([last], await Store.Accounts.TokenUsesAsync(Stop));
        Assert.Equal(0, Store.Records.Count);
    }

    [Fact]
    public async Task ASessionAndItsRecordBecomeDurableTogetherAndAForgottenOneIsGone()
    {
        Session session = new()
        {
            Id = new SessionId("ses-1"),
            Account = new ActorId("p-ann"),
            KeySha256 = "aa",
            Stamp = "stamp",
            Method = SignInMethod.BreakGlass,
            Address = "10.0.0.1",
            Browser = "Firefox on Linux",
            BeganAt = Scene.Start,
            LastSeenAt = Scene.Start.AddMinutes(1),
            EndsAt = Scene.Start.AddHours(1),
            Issuer = "https://id.example",
            ProviderSession = "42",
            BreakGlass = BreakGlassReason.Drill,
            AcknowledgedBy = new ActorId("p-bob"),
            EndedAt = Scene.Start.AddMinutes(2),
            End = SessionEnd.Revoked,
        };
        SessionBegan began = new(session.Account, session.Id, session.Method, session.Address, session.BreakGlass);
        AppendOutcome outcome = await Store.Sessions.SaveAsync(
            [session],
            [],
            [Scene.Draft(began, "account/p-ann")],
            Stop
        );
        Assert.Equal(0, Assert.IsType<AppendOutcome.Appended>(outcome).FirstIndex);
        Assert.Equal([session], await Store.Sessions.SessionsAsync(Stop));

        Session other = session with { Id = new SessionId("ses-2"), EndedAt = null, End = null };
        await Store.Sessions.SaveAsync([other, session with { Browser = "curl" }], [], [], Stop);
        Assert.Equal(
            ["curl", "Firefox on Linux"],
            (await Store.Sessions.SessionsAsync(Stop)).Select(kept => kept.Browser)
        );
        await Store.Sessions.SaveAsync([], [session.Id], [], Stop);
        Assert.Equal([other], await Store.Sessions.SessionsAsync(Stop));
        Assert.Equal(1, Store.Records.Count);

        Store.Records.Refuse("The ledger is shorter than its checkpoint.");
        Assert.IsType<AppendOutcome.Refused>(
            await Store.Sessions.SaveAsync([session], [], [Scene.Draft(began, "account/p-ann")], Stop)
        );
        Assert.IsType<AppendOutcome.Appended>(await Store.Sessions.SaveAsync([session], [], [], Stop));
    }

    private static Account Account(string id, string name) =>
        new()
        {
            Id = new ActorId(id),
            Name = name,
            Roles = [Role.Analyst, Role.Lead],
            SecurityStamp = "stamp",
        };

    private async Task SaveAsync(Account account) =>
        Assert.IsType<AppendOutcome.Appended>(await Store.Accounts.SaveAsync(account, [], Stop));
}
