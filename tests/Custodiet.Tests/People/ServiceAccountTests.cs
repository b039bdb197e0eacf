using System.Net;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Web.Parts;
using Custodiet.Web.SignIn;

namespace Custodiet.Tests.People;

/// <summary>Accounts of programs, and whose tokens are: what they may do ends with whom they belong to.</summary>
public sealed class ServiceAccountTests : IAsyncLifetime
{
    private PeopleHost host = null!;
    private ServiceAccounts services = null!;
    private Account ann = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await PeopleHost.StartAsync();
        services = new ServiceAccounts(host.Accounts, host.Time);
        ann = await host.AccountAsync("ann", Role.Engineer, Role.Admin);
        await host.AccountAsync("boss", Role.Admin);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task AServiceAccountHasAnOwnerWhoIsAPersonAndItsTokensNoMoreThanItsRoles()
    {
        foreach (string? owner in (string?[])[null, "", "nobody"])
        {
            AccountOutcome.Invalid refused = Assert.IsType<AccountOutcome.Invalid>(
                await services.AddAsync("shipper", [Role.Engineer], owner, null, ActorId.Console, Cancellation)
            );
            Assert.Equal("owner", Assert.Single(refused.Problems).Field);
        }
        Account shipper = await AddAsync("shipper", Role.Engineer);
        Assert.Matches("^s-[0-9a-f]{12}$", shipper.Id.Value);
        Assert.Equal(
            new AccountAdded(shipper.Id, AccountKind.Service, "shipper", shipper.Roles, ann.Id, null),
            host.Store.Drafts[^1].Body
        );
        AccountOutcome nested = await services.AddAsync(
            "nested",
            [Role.Engineer],
            "shipper",
            null,
            ActorId.Console,
            Cancellation
        );
        Assert.IsType<AccountOutcome.Invalid>(nested);

        TokenOutcome.Invalid lead = Assert.IsType<TokenOutcome.Invalid>(await MakeAsync("shipper", Role.Lead));
        Assert.Equal("role", Assert.Single(lead.Problems).Field);
        TokenOutcome.Done made = Assert.IsType<TokenOutcome.Done>(await MakeAsync("shipper"));
        Assert.Equal(shipper.Id, made.Token.Owner);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(made.Text));

        // It cannot sign in.
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage door = await browser.SignInAsync("shipper", PeopleHost.Password);
        Assert.Equal(HttpStatusCode.BadRequest, door.StatusCode);
        Assert.IsType<AccountOutcome.Invalid>(
            await host.Accounts.ResetPasswordAsync(shipper.Id, ActorId.Console, Cancellation)
        );
    }

    [Fact]
    public async Task ATokenIsRefusedWhenItsOwnerIsDisabledHasEndedOrLostTheRole()
    {
        Account shipper = await AddAsync("shipper", Role.Engineer, Role.Analyst);
        string text = Assert.IsType<TokenOutcome.Done>(await MakeAsync("shipper")).Text!;
        await host.Accounts.DisableAsync(shipper.Id, ActorId.Console, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(text));
        await host.Accounts.EnableAsync(shipper.Id, ActorId.Console, Cancellation);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(text));
        await host.Accounts.SetRolesAsync(shipper.Id, [Role.Analyst], ActorId.Console, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(text));
        await host.Accounts.SetRolesAsync(shipper.Id, [Role.Engineer], ActorId.Console, Cancellation);
        await services.SetEndAsync(shipper.Id, host.Time.GetUtcNow().AddDays(1), ActorId.Console, Cancellation);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(text));
        host.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(text));

        // A person's token alike.
        TokenOutcome own = await host.Tokens.AddAsync(
            new TokenWish(Role.Engineer, "mine", [], null),
            ann.Id,
            Cancellation
        );
        string anns = Assert.IsType<TokenOutcome.Done>(own).Text!;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(anns));
        await host.Accounts.DisableAsync(ann.Id, ActorId.Console, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(anns));
    }

    [Fact]
    public async Task ARotatedTokenAndItsSuccessorHoldTogetherForTheOverlapAndAThirdIsRefused()
    {
        await AddAsync("shipper", Role.Engineer);
        TokenOutcome.Done first = Assert.IsType<TokenOutcome.Done>(
            await MakeAsync("shipper", expiresAt: host.Time.GetUtcNow().AddDays(100))
        );
        host.Time.Advance(TimeSpan.FromDays(80));
        TokenOutcome.Done second = Assert.IsType<TokenOutcome.Done>(
            await host.Tokens.RotateAsync(first.Token.Id, ApiTokens.OverlapUsual, ActorId.Console, Cancellation)
        );
        Assert.Equal((first.Token.Id, first.Token.Owner), (second.Token.Replaces!.Value, second.Token.Owner));
        Assert.Equal(host.Time.GetUtcNow().AddDays(100), second.Token.ExpiresAt);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(first.Text));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(second.Text));
        Assert.IsType<TokenOutcome.Refused>(
            await host.Tokens.RotateAsync(first.Token.Id, ApiTokens.OverlapUsual, ActorId.Console, Cancellation)
        );
        Assert.IsType<TokenOutcome.Invalid>(await MakeAsync("shipper"));
        Assert.IsType<TokenOutcome.Invalid>(
            await host.Tokens.RotateAsync(second.Token.Id, TimeSpan.FromDays(91), ActorId.Console, Cancellation)
        );

        host.Time.Advance(TimeSpan.FromDays(7));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(first.Text));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(second.Text));
        Assert.Equal(
            ["token.added/2", "token.added/2", "token.changed/1"],
            host.Store.DraftTypes.Where(type => type.StartsWith("token", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task TokensOfOthersAreMadeByAnAdminOrByWhomTheServiceAccountBelongsTo()
    {
        Account eng = await host.AccountAsync("eng", Role.Engineer);
        await AddAsync("shipper", Role.Engineer);
        TokenWish wish = new(Role.Engineer, "t", [], null, "shipper");
        TokenOutcome.Invalid stranger = Assert.IsType<TokenOutcome.Invalid>(
            await host.Tokens.AddAsync(wish, eng.Id, Cancellation)
        );
        Assert.Equal("owner", Assert.Single(stranger.Problems).Field);
        Account shipper = (await host.Accounts.FindAsync("shipper", Cancellation))!;
        await services.SetOwnerAsync(shipper.Id, "eng", ActorId.Console, Cancellation);
        Assert.IsType<TokenOutcome.Done>(await host.Tokens.AddAsync(wish, eng.Id, Cancellation));

        // A token's maker is whoever that token belongs to.
        TokenOutcome.Done own = Assert.IsType<TokenOutcome.Done>(
            await host.Tokens.AddAsync(new TokenWish(Role.Engineer, "own", [], null), eng.Id, Cancellation)
        );
        TokenOutcome.Done child = Assert.IsType<TokenOutcome.Done>(
            await host.Tokens.AddAsync(new TokenWish(Role.Engineer, "child", [], null), own.Token.Id, Cancellation)
        );
        Assert.Equal(eng.Id, child.Token.Owner);

        // A break-glass account leaves no token of its own behind.
        BreakGlassAccounts glass = new(host.Accounts, host.Time);
        AccountOutcome.Done made = Assert.IsType<AccountOutcome.Done>(
            await glass.AddAsync("glass", [], ActorId.Console, Cancellation)
        );
        Assert.IsType<TokenOutcome.Invalid>(
            await host.Tokens.AddAsync(wish with { Owner = null }, made.Account.Id, Cancellation)
        );
    }

    [Fact]
    public async Task ATokenMadeAtTheConsoleBelongsToNobodyUntilItIsGivenToSomebody()
    {
        TokenOutcome.Done made = Assert.IsType<TokenOutcome.Done>(
            await host.Tokens.AddAsync(new TokenWish(Role.Engineer, "old", [], null), ActorId.Console, Cancellation)
        );
        Assert.Null(made.Token.Owner);
        Assert.Equal(
            (Standing.Warning, "belongs to nobody"),
            Of(TokenStanding.Of(made.Token, null, null, host.Time.GetUtcNow()))
        );
        await AddAsync("shipper", Role.Engineer);
        TokenOutcome given = await host.Tokens.AssignAsync(made.Token.Id, "shipper", ActorId.Console, Cancellation);
        Assert.NotNull(Assert.IsType<TokenOutcome.Done>(given).Token.Owner);
        Assert.IsType<TokenChanged>(host.Store.Drafts[^1].Body);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(made.Text));
        Assert.IsType<TokenOutcome.Invalid>(
            await host.Tokens.AssignAsync(made.Token.Id, "nobody", ActorId.Console, Cancellation)
        );
    }

    [Fact]
    public async Task TheLastUseOfATokenIsSeenAtOnceAndStoredWithinAMinute()
    {
        TokenOutcome.Done made = Assert.IsType<TokenOutcome.Done>(
            await host.Tokens.AddAsync(new TokenWish(Role.Engineer, "t", [], null), ann.Id, Cancellation)
        );
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(made.Text));
        TokenUse use = (await host.Uses.ReadAsync(Cancellation))[made.Token.Id];
        Assert.Equal((host.Time.GetUtcNow(), "127.0.0.1"), (use.UsedAt, use.Address));
        Assert.Empty(await host.Store.TokenUsesAsync(Cancellation));
        await host.Uses.FlushAsync(Cancellation);
        Assert.Equal([use], await host.Store.TokenUsesAsync(Cancellation));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("cst_wrong"));
        Assert.Single(await host.Uses.ReadAsync(Cancellation));
    }

    [Fact]
    public async Task TokensThatEndSoonOrLieUnusedAreShown()
    {
        DateTimeOffset now = host.Time.GetUtcNow();
        ApiToken token = new(new("t-1"), "t", Role.Engineer, [], "", now, now.AddDays(365), null) { Owner = ann.Id };
        Assert.Equal((Standing.Good, "holds"), At(now));
        Assert.Equal((Standing.Warning, "unused for 91 days"), At(now.AddDays(91)));
        Assert.Equal((Standing.Good, "holds"), At(now.AddDays(91), now.AddDays(90)));
        Assert.Equal((Standing.Warning, "ends in 13 days"), At(now.AddDays(352), now.AddDays(351)));
        Assert.Equal((Standing.Unknown, "ended"), At(now.AddDays(365)));
        Assert.Equal(Standing.Bad, TokenStanding.Of(token, null, ann with { Disabled = true }, now).Is);

        using Browser admin = await host.SignedInAsync("boss");
        Account shipper = await AddAsync("shipper", Role.Engineer);
        await MakeAsync("shipper", expiresAt: now.AddDays(3));
        Assert.Contains("1 to look at", await admin.PageAsync("/tokens"));
        Assert.Contains("ends in 3 days", await admin.PageAsync($"/people/{shipper.Id}"));

        (Standing, string) At(DateTimeOffset when, DateTimeOffset? used = null) =>
            Of(TokenStanding.Of(token, used, ann, when));
    }

    [Fact]
    public async Task AnAdminAddsRotatesAndRevokesOnThePagesAndAPersonTheirOwn()
    {
        using Browser admin = await host.SignedInAsync("boss");
        using HttpResponseMessage added = await admin.SubmitAsync(
            "/people",
            "add-service",
            ("ServiceName", "shipper"),
            ("Owner", "ann"),
            ("ServiceRoles", "engineer"),
            ("ServiceDays", "30")
        );
        Account shipper = (await host.Accounts.FindAsync("shipper", Cancellation))!;
        Assert.Equal(host.Time.GetUtcNow().AddDays(30), shipper.ExpiresAt);
        Assert.Equal(ann.Id, shipper.Owner);

        using Browser anns = await host.SignedInAsync("ann");
        using HttpResponseMessage made = await anns.SubmitAsync(
            "/tokens",
            "add",
            ("Name", "for the shipper"),
            ("OwnerName", "shipper"),
            ("RoleWord", "engineer"),
            ("Days", "10")
        );
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        ApiToken token = Assert.Single(await host.Tokens.ListAsync(Cancellation));
        using HttpResponseMessage rotated = await admin.SubmitAsync($"/people/{shipper.Id}", $"rotate-{token.Id}");
        Assert.Contains("one-time", await rotated.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(2, (await host.Tokens.ListAsync(Cancellation)).Count);

        using HttpResponseMessage own = await anns.SubmitAsync(
            "/tokens",
            "add",
            ("Name", "mine"),
            ("OwnerName", ""),
            ("RoleWord", "engineer"),
            ("Days", "")
        );
        ApiToken mine = (await host.Tokens.ListAsync(Cancellation)).Single(t => t.Name == "mine");
        using HttpResponseMessage revoked = await anns.SubmitAsync("/account", $"revoke-{mine.Id}");
        Assert.NotNull((await host.Tokens.ListAsync(Cancellation)).Single(t => t.Name == "mine").RevokedAt);
    }

    private static (Standing, string) Of(TokenStanding standing) => (standing.Is, standing.Text);

    private async Task<Account> AddAsync(string name, params Role[] roles) =>
        Assert
            .IsType<AccountOutcome.Done>(
                await services.AddAsync(name, roles, "ann", null, ActorId.Console, Cancellation)
            )
            .Account;

    private Task<TokenOutcome> MakeAsync(string owner, Role role = Role.Engineer, DateTimeOffset? expiresAt = null) =>
        host.Tokens.AddAsync(new TokenWish(role, "t", [], expiresAt, owner), ActorId.Console, Cancellation);

    private async Task<HttpStatusCode> StatusAsync(string? text)
    {
        using HttpClient program = host.Program(text);
        using HttpResponseMessage answer = await program.GetAsync("/policy/read", Cancellation);
        return answer.StatusCode;
    }
}
