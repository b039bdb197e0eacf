using System.Net;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Tests.People;

/// <summary>The day when nothing else works: sealed credentials, a reason, a short session, and somebody who takes note.</summary>
public sealed class BreakGlassTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheSealedCodeOpensAShortSessionWithAReasonAndEveryActIsMarked()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account boss = await host.AccountAsync("boss", Role.Admin);
        (Account glass, string code) = await GlassAsync(host);
        Assert.Matches("^b-[0-9a-f]{12}$", glass.Id.Value);
        Assert.Equal([Role.Analyst, Role.Engineer, Role.Lead, Role.Admin], glass.Roles);
        Assert.DoesNotContain(code, glass.ToString());

        using Browser browser = host.NewBrowser();
        using HttpResponseMessage begun = await BreakAsync(browser, code.ToLowerInvariant().Replace("-", " "));
        Assert.Equal("/", begun.Headers.Location?.OriginalString);
        SessionBegan began = Assert.Single(host.Bodies.OfType<SessionBegan>());
        Assert.Equal((SignInMethod.BreakGlass, BreakGlassReason.ProviderDown), (began.Method, began.Reason));
        using HttpResponseMessage act = await browser.SubmitAsync($"/people/{boss.Id}", "recover");
        Assert.Equal(HttpStatusCode.OK, act.StatusCode);
        Assert.Equal(glass.Id, host.Store.Drafts[^1].Actor);

        host.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser, "/policy/administer"));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser, "/policy/administer"));
    }

    [Fact]
    public async Task WithoutAReasonOrWithAnotherCodeOrAtTheUsualDoorNothingOpens()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("boss", Role.Admin);
        (Account glass, string code) = await GlassAsync(host);
        foreach (
            (string typed, string reason) in new[]
            {
                (code, ""),
                (code, "0"),
                (code, "BecauseIWant"),
                ("AAAAA-AAAAA-AAAAA-AAAAA", "Drill"),
                ("", "Drill"),
            }
        )
        {
            using Browser browser = host.NewBrowser();
            using HttpResponseMessage refused = await BreakAsync(browser, typed, reason);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
        using Browser usual = host.NewBrowser();
        using HttpResponseMessage password = await usual.SignInAsync("glass", code);
        Assert.Equal(HttpStatusCode.BadRequest, password.StatusCode);
        Assert.Contains("Name or password is wrong", await password.Content.ReadAsStringAsync(Cancellation));
        using HttpResponseMessage other = await BreakAsync(usual, code, "Drill", "boss");
        Assert.Equal(HttpStatusCode.BadRequest, other.StatusCode);
        Assert.Empty(host.SessionStore.Kept);

        // Wrong codes lock nobody out: the one who needs it comes on the day of the attack.
        for (int i = 0; i < 12; i++)
        {
            using HttpResponseMessage wrong = await BreakAsync(usual, "WRONG-WRONG-WRONG-WRONG", "Drill");
        }
        using Browser late = host.NewBrowser();
        using HttpResponseMessage open = await BreakAsync(late, code);
        Assert.Equal(HttpStatusCode.Redirect, open.StatusCode);
        await host.SignIns.FlushAsync();
        Assert.Contains(
            host.Bodies.OfType<SignInFailed>().Single(f => f.Account == glass.Id).Failures,
            f => f.Reason == SignInFailure.WrongBreakGlassCode
        );
    }

    [Fact]
    public async Task AUseStaysOpenUntilAnotherPersonAcknowledgesItWithAWordFromTheList()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account lead = await host.AccountAsync("lea", Role.Lead);
        await host.AccountAsync("ann", Role.Analyst);
        (Account glass, string code) = await GlassAsync(host);
        using Browser used = host.NewBrowser();
        using HttpResponseMessage begun = await BreakAsync(used, code, "Drill");
        Session use = Assert.Single(host.Sessions.Unacknowledged);

        using Browser analyst = await host.SignedInAsync("ann");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(analyst, "/break-glass/uses"));
        string own = await used.PageAsync("/break-glass/uses");
        Assert.Contains("Another person acknowledges it", own);
        // Even with a form that is made up.
        using HttpResponseMessage self = await used.PostAsync(
            "/break-glass/uses",
            [
                .. Browser
                    .Hidden(await used.PageAsync("/account"), "zone")
                    .Select(f => f.Name == "_handler" ? ("_handler", $"acknowledge-{use.Id}") : f),
                ("Judgement", "Justified"),
            ]
        );
        Assert.Single(host.Sessions.Unacknowledged);

        using Browser leads = await host.SignedInAsync("lea");
        string page = WebUtility.HtmlDecode(await leads.PageAsync("/break-glass/uses"));
        Assert.Contains("A drill: the sealed code is tested", page);
        Assert.Contains($"actor = '{glass.Id}'", Uri.UnescapeDataString(page));
        using HttpResponseMessage silent = await leads.SubmitAsync("/break-glass/uses", $"acknowledge-{use.Id}");
        Assert.Equal(HttpStatusCode.BadRequest, silent.StatusCode);
        Assert.Single(host.Sessions.Unacknowledged);
        using HttpResponseMessage done = await leads.SubmitAsync(
            "/break-glass/uses",
            $"acknowledge-{use.Id}",
            ("Judgement", "Drill")
        );
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        Assert.Empty(host.Sessions.Unacknowledged);
        BreakGlassAcknowledged record = Assert.Single(host.Bodies.OfType<BreakGlassAcknowledged>());
        Assert.Equal((glass.Id, use.Id, BreakGlassJudgement.Drill), (record.Account, record.Session, record.Judgement));
        Assert.Equal(lead.Id, host.SessionStore.Kept.Single(s => s.Id == use.Id).AcknowledgedBy);
        // The session itself goes on.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(used, "/policy/read"));
    }

    [Fact]
    public async Task AUseThatNobodyAcknowledgedIsNotForgottenAndOutlivesARestart()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        (_, string code) = await GlassAsync(host);
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage begun = await BreakAsync(browser, code);
        for (int i = 0; i < 3; i++)
        {
            host.Time.Advance(Sessions.KeptTime + TimeSpan.FromDays(1));
            await host.Sessions.TidyAsync(Cancellation);
        }
        Assert.Single(host.Sessions.Unacknowledged);
        Assert.Single(host.SessionStore.Kept);
    }

    [Fact]
    public async Task ANewSealEndsTheOldCodeAndItsSessionsAndShowsThatNothingWasOpened()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account boss = await host.AccountAsync("boss", Role.Admin);
        (Account glass, string old) = await GlassAsync(host);
        using Browser used = host.NewBrowser();
        using HttpResponseMessage begun = await BreakAsync(used, old);
        using Browser admin = await host.SignedInAsync("boss");
        Assert.Contains("used since it was sealed", await admin.PageAsync("/people"));
        host.Time.Advance(TimeSpan.FromMinutes(1));
        using HttpResponseMessage made = await admin.SubmitAsync($"/people/{glass.Id}", "seal");
        string page = await made.Content.ReadAsStringAsync(Cancellation);
        string code = page.Split("<pre id=\"one-time\">")[1].Split('<')[0];
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(used, "/policy/read"));
        using HttpResponseMessage ended = await BreakAsync(used, old);
        Assert.Equal(HttpStatusCode.BadRequest, ended.StatusCode);
        Assert.DoesNotContain("used since it was sealed", await admin.PageAsync("/people"));
        using HttpResponseMessage opened = await BreakAsync(used, code);
        Assert.Equal(HttpStatusCode.Redirect, opened.StatusCode);
        Assert.Contains(host.Store.Drafts, d => d.Body is AccountChanged { Change: "sealed" } && d.Actor == boss.Id);
        // No other credential for it.
        Assert.IsType<AccountOutcome.Invalid>(
            await host.Accounts.ResetPasswordAsync(glass.Id, ActorId.Console, Cancellation)
        );
    }

    [Fact]
    public async Task ABreakGlassAccountIsNoFirstPersonAndNoLastAdmin()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await GlassAsync(host);
        Assert.True(await host.Accounts.NoneYetAsync(Cancellation));
        Account boss = await host.AccountAsync("boss", Role.Admin);
        Assert.IsType<AccountOutcome.Refused>(await host.Accounts.DisableAsync(boss.Id, ActorId.Console, Cancellation));
    }

    private static async Task<(Account Account, string Code)> GlassAsync(PeopleHost host)
    {
        BreakGlassAccounts accounts = new(host.Accounts, host.Time);
        AccountOutcome.Done made = Assert.IsType<AccountOutcome.Done>(
            await accounts.AddAsync("glass", [], ActorId.Console, Cancellation)
        );
        return (made.Account, made.OneTimeCode!);
    }

    private static Task<HttpResponseMessage> BreakAsync(
        Browser browser,
        string code,
        string reason = "ProviderDown",
        string name = "glass"
    ) => browser.SubmitAsync("/break-glass", "break-glass", ("Name", name), ("Code", code), ("Reason", reason));

    private static async Task<HttpStatusCode> StatusAsync(Browser browser, string path)
    {
        using HttpResponseMessage answer = await browser.GetAsync(path);
        return answer.StatusCode;
    }
}
