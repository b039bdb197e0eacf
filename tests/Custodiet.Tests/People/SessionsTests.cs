using System.Net;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.People;

/// <summary>Sessions are known to the server: seen, ended from elsewhere, ended by time, and kept over a restart.</summary>
public sealed class SessionsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task APersonSeesTheirSessionsAndEndsOneOrAllOthers()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser here = await host.SignedInAsync("ann");
        using Browser phone = await host.SignedInAsync("ann");
        using Browser library = await host.SignedInAsync("ann");
        IReadOnlyList<Session> all = host.Sessions.Of(ann.Id);
        Assert.Equal(3, all.Count);
        string page = await here.PageAsync("/account");
        Assert.Contains("this one", page);
        Assert.Contains("3 open sessions", page);
        Assert.Contains("127.0.0.1", page);

        Session phones = all.Single(s => s.BeganAt == host.Time.GetUtcNow() && s.Id == host.SessionOf(phone));
        using HttpResponseMessage one = await here.SubmitAsync("/account", $"end-{phones.Id}");
        Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(phone));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(library));

        using HttpResponseMessage others = await here.SubmitAsync("/account", "end-others");
        Assert.Equal(HttpStatusCode.OK, others.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(library));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(here));
        SessionEnded[] ended = [.. host.Bodies.OfType<SessionEnded>()];
        Assert.All(ended, e => Assert.Equal((ann.Id, SessionEnd.Revoked), (e.Account, e.End)));
        Assert.Equal(2, ended.Length);
    }

    [Fact]
    public async Task AnotherPersonsSessionCannotBeEndedFromTheAccountPageButByAnAdmin()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        Account boss = await host.AccountAsync("boss", Role.Admin);
        await host.AccountAsync("eve", Role.Analyst);
        using Browser anns = await host.SignedInAsync("ann");
        using Browser eves = await host.SignedInAsync("eve");
        using Browser admins = await host.SignedInAsync("boss");
        SessionId target = host.SessionOf(anns);
        (string, string)[] form =
        [
            .. Browser
                .Hidden(await eves.PageAsync("/account"), "zone")
                .Select(field => field.Name == "_handler" ? ("_handler", $"end-{target}") : field),
        ];
        using HttpResponseMessage madeUp = await eves.PostAsync("/account", form);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(anns));

        using HttpResponseMessage ended = await admins.SubmitAsync($"/people/{ann.Id}", $"end-{target}");
        Assert.Equal(HttpStatusCode.OK, ended.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(anns));
        StoredRecord record = (await host.Records.ReadStreamAsync($"account/{ann.Id}", 10, Cancellation))[^1];
        Assert.Equal(("session.ended/2", boss.Id), (record.Sealed.Type, record.Sealed.Actor));
    }

    [Fact]
    public async Task ASessionEndsAfterTwentyFourHoursHoweverMuchItIsUsed()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");
        for (int hour = 0; hour < 23; hour++)
        {
            host.Time.Advance(TimeSpan.FromHours(1));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser));
        }
        host.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser));
        Assert.Equal(SessionEnd.Expired, Assert.Single(host.Sessions.Of(ann.Id)).End);
        // It ended by itself: no record.
        Assert.Empty(host.Bodies.OfType<SessionEnded>());
    }

    [Fact]
    public async Task APageLeftOpenDoesNotKeepASessionFromGoingIdle()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");
        for (int i = 0; i < 7; i++)
        {
            host.Time.Advance(TimeSpan.FromHours(1));
            using HttpRequestMessage stream = new(HttpMethod.Get, "/policy/read");
            stream.Headers.Accept.ParseAdd("text/event-stream");
            using HttpResponseMessage answer = await browser.Client.SendAsync(stream, Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        host.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser));
    }

    [Theory]
    [InlineData("revoked")]
    [InlineData("disabled")]
    [InlineData("roles")]
    public async Task AStreamEndsWithItsSession(string how)
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");
        using HttpResponseMessage stream = await browser.Client.GetAsync(
            "/stream",
            HttpCompletionOption.ResponseHeadersRead,
            Cancellation
        );
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        using StreamReader lines = new(await stream.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal("data: begun", await lines.ReadLineAsync(Cancellation));
        Task<string> rest = lines.ReadToEndAsync(Cancellation);
        switch (how)
        {
            case "revoked":
                await host.Sessions.EndAsync([host.SessionOf(browser)], SessionEnd.Revoked, ActorId.Console);
                break;
            case "disabled":
                await host.Accounts.DisableAsync(ann.Id, ActorId.Console, Cancellation);
                break;
            default:
                await host.Accounts.SetRolesAsync(ann.Id, [Role.Auditor], ActorId.Console, Cancellation);
                break;
        }
        Assert.DoesNotContain("data", await rest.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser));
    }

    [Fact]
    public async Task SessionsOutliveARestartAndSoDoTheirEnds()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser kept = await host.SignedInAsync("ann");
        using Browser ended = await host.SignedInAsync("ann");
        await host.Sessions.EndAsync([host.SessionOf(ended)], SessionEnd.Revoked, ann.Id);
        host.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(kept));
        await host.Sessions.TidyAsync(Cancellation);

        // Another process on the same folder: it knows what the store knows.
        PeopleOptions options = new() { KeysFolder = "" };
        using Sessions after = new(host.SessionStore, host.Accounts, options, host.Time, NullLogger<Sessions>.Instance);
        await after.StartAsync(Cancellation);
        Assert.Equal(
            [(host.SessionOf(kept), (SessionEnd?)null), (host.SessionOf(ended), SessionEnd.Revoked)],
            after.Of(ann.Id).Select(s => (s.Id, s.End))
        );
        Assert.Equal(host.Time.GetUtcNow(), after.Of(ann.Id)[0].LastSeenAt);
        await after.StopAsync(Cancellation);
    }

    [Fact]
    public async Task AKeyThatIsWrongOrAnotherAccountsOpensNothing()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        Account bob = await host.AccountAsync("bob", Role.Admin);
        (Session session, string key) = await host.Sessions.BeginAsync(
            ann,
            new SessionStart(SignInMethod.Password, null, "")
        );
        Assert.NotNull(host.Sessions.Open(session.Id, key, ann, counts: true));
        Assert.Null(host.Sessions.Open(session.Id, key + "x", ann, counts: true));
        Assert.Null(host.Sessions.Open(session.Id, key, bob, counts: true));
        Assert.Null(host.Sessions.Open(new SessionId("ses-000000000000"), key, ann, counts: true));
        // The store keeps a digest, so that a copy of it opens nothing.
        Assert.DoesNotContain(key, string.Join(' ', host.SessionStore.Kept));
    }

    [Fact]
    public async Task TheFiftyFirstSessionEndsTheOneLongestUnusedAndOldEndsAreForgotten()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        for (int i = 0; i <= Sessions.OpenPerAccountMax; i++)
        {
            await host.Sessions.BeginAsync(ann, new SessionStart(SignInMethod.Password, null, $"number {i}"));
            host.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Session gone = Assert.Single(host.Sessions.Of(ann.Id), s => s.EndedAt is not null);
        Assert.Equal(("number 0", SessionEnd.TooMany), (gone.Browser, gone.End));

        host.Time.Advance(Sessions.KeptTime + TimeSpan.FromDays(1));
        await host.Sessions.TidyAsync(Cancellation);
        host.Time.Advance(Sessions.KeptTime + TimeSpan.FromDays(1));
        await host.Sessions.TidyAsync(Cancellation);
        Assert.Empty(host.SessionStore.Kept);
    }

    [Fact]
    public async Task SomebodyElsesGuessesLockStrangersOutButNotThePersonsOwnBrowser()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser own = await host.SignedInAsync("ann");
        using HttpResponseMessage @out = await own.PostAsync(
            "/sign-out",
            [.. Browser.Hidden(await own.PageAsync("/account"), "zone")]
        );
        for (int i = 0; i < 12; i++)
        {
            using Browser stranger = host.NewBrowser();
            using HttpResponseMessage guess = await stranger.SignInAsync("ann", "not the password");
        }
        using Browser elsewhere = host.NewBrowser();
        using HttpResponseMessage refused = await elsewhere.SignInAsync("ann", PeopleHost.Password);
        Assert.NotEqual(HttpStatusCode.Redirect, refused.StatusCode);
        using HttpResponseMessage back = await own.SignInAsync("ann", PeopleHost.Password);
        Assert.Equal(HttpStatusCode.Redirect, back.StatusCode);
        // Strangers stay locked out.
        Assert.NotNull((await host.Accounts.FindAsync(ann.Id, Cancellation))!.LockedUntil);
    }

    [Fact]
    public async Task AKnownBrowserThatGuessesBecomesAStranger()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser stolen = await host.SignedInAsync("ann");
        using HttpResponseMessage @out = await stolen.PostAsync(
            "/sign-out",
            [.. Browser.Hidden(await stolen.PageAsync("/account"), "zone")]
        );
        for (int i = 0; i < 10; i++)
        {
            using HttpResponseMessage guess = await stolen.SignInAsync("ann", "not the password");
            Assert.Equal(HttpStatusCode.BadRequest, guess.StatusCode);
        }
        // Five as the known browser, five as a stranger: the account rests.
        Assert.NotNull((await host.Accounts.FindAsync(ann.Id, Cancellation))!.LockedUntil);
        host.Time.Advance(TimeSpan.FromMinutes(2));
        using HttpResponseMessage right = await stolen.SignInAsync("ann", PeopleHost.Password);
        Assert.Equal(HttpStatusCode.BadRequest, right.StatusCode);
    }

    private static async Task<HttpStatusCode> StatusAsync(Browser browser)
    {
        using HttpResponseMessage answer = await browser.GetAsync("/policy/read");
        return answer.StatusCode;
    }
}
