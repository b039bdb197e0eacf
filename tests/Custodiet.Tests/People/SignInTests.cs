using System.Net;
using Custodiet.People;
using Custodiet.Records.People;

namespace Custodiet.Tests.People;

public sealed class SignInTests
{
    private static CancellationToken cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TheCodeOfTheTerminalMakesTheFirstAccountAndSignsItIn()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        string code = (await host.SetupCode.PrepareAsync(cancellation))!;
        using Browser browser = host.NewBrowser();

        using HttpResponseMessage toSetup = await browser.GetAsync("/sign-in");
        Assert.Equal("/setup", toSetup.Headers.Location?.OriginalString);

        using HttpResponseMessage made = await SetUpAsync(browser, code.ToLowerInvariant());
        Assert.Equal("/account/authenticator?first=true", made.Headers.Location?.OriginalString);

        string who = await browser.PageAsync("/policy/administer");
        Assert.EndsWith("Analyst,Engineer,Lead,Admin", who);
        Assert.Equal(["account.added/2"], host.Store.DraftTypes);
        Assert.Equal(ActorId.Console, host.Store.Drafts[0].Actor);
        Assert.Contains("<svg", await browser.PageAsync("/account/authenticator?first=true"));
    }

    [Fact]
    public async Task AWrongSetupCodeMakesNothingAndTooManyEndTheCode()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        string code = (await host.SetupCode.PrepareAsync(cancellation))!;
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage wrong = await SetUpAsync(browser, "00000-00000-00000-00000");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        for (int i = 1; i < SetupCode.WrongAttemptsMax; i++)
        {
            await host.SetupCode.UseAsync("no", "eve", PeopleHost.Password, cancellation);
        }
        Assert.IsType<AccountOutcome.Invalid>(
            await host.SetupCode.UseAsync(code, "eve", PeopleHost.Password, cancellation)
        );
        Assert.True(await host.Accounts.NoneYetAsync(cancellation));
    }

    [Fact]
    public async Task TheSetupCodeWorksOnceAlsoWhenTwoUseItAtTheSameTime()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        string code = (await host.SetupCode.PrepareAsync(cancellation))!;
        AccountOutcome[] both = await Task.WhenAll(
            host.SetupCode.UseAsync(code, "ann", PeopleHost.Password, cancellation),
            host.SetupCode.UseAsync(code, "bob", PeopleHost.Password, cancellation)
        );
        Assert.Single(both.OfType<AccountOutcome.Done>());
        Assert.Null(await host.SetupCode.PrepareAsync(cancellation));
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage page = await browser.GetAsync("/setup");
        Assert.Equal("/sign-in", page.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task APasswordSignsInAndTheReturnAddressIsFollowedOnThisSiteOnly()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = host.NewBrowser();

        using HttpResponseMessage closed = await browser.GetAsync("/policy/read?x=1");
        Assert.Equal("/sign-in?returnUrl=%2Fpolicy%2Fread%3Fx%3D1", closed.Headers.Location?.OriginalString);

        using HttpResponseMessage back = await browser.SignInAsync(
            "ANN",
            PeopleHost.Password,
            closed.Headers.Location!.OriginalString
        );
        Assert.Equal("/policy/read?x=1", back.Headers.Location?.OriginalString);
        Assert.Contains("Analyst", await browser.PageAsync("/policy/read"));

        foreach (
            string elsewhere in new[]
            {
                "https://evil.example/",
                "//evil.example",
                "/\\evil.example",
                "javascript:alert(1)",
                "/\t/evil.example",
            }
        )
        {
            using Browser other = host.NewBrowser();
            using HttpResponseMessage home = await other.SignInAsync(
                "ann",
                PeopleHost.Password,
                $"/sign-in?returnUrl={Uri.EscapeDataString(elsewhere)}"
            );
            Assert.Equal("/", home.Headers.Location?.OriginalString);
        }
    }

    [Fact]
    public async Task AnUnknownNameAWrongPasswordADisabledAndALockedAccountGetTheSameAnswer()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("root-of-all", Role.Admin);
        await host.AccountAsync("ann", Role.Analyst);
        Account off = await host.AccountAsync("off", Role.Analyst);
        await host.Accounts.DisableAsync(off.Id, ActorId.Console, cancellation);
        await LockAsync(host, "root-of-all");

        var answers = new HashSet<(HttpStatusCode, string)>();
        foreach (
            (string name, string password) in new[]
            {
                ("nobody", PeopleHost.Password),
                ("ann", "wrong"),
                ("off", PeopleHost.Password),
                ("root-of-all", PeopleHost.Password),
            }
        )
        {
            using Browser browser = host.NewBrowser();
            using HttpResponseMessage response = await browser.SignInAsync(name, password);
            string body = await response.Content.ReadAsStringAsync(cancellation);
            answers.Add((response.StatusCode, body.Contains("Name or password is wrong") ? "same" : body));
        }
        Assert.Equal([(HttpStatusCode.BadRequest, "same")], answers);
    }

    [Fact]
    public async Task FiveWrongPasswordsLockTheAccountForFifteenMinutes()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        await LockAsync(host, "ann");
        Assert.Equal(
            host.Time.GetUtcNow().AddMinutes(15),
            (await host.Accounts.FindAsync(ann.Id, cancellation))!.LockedUntil
        );

        using Browser browser = host.NewBrowser();
        using HttpResponseMessage locked = await browser.SignInAsync("ann", PeopleHost.Password);
        Assert.Equal(HttpStatusCode.BadRequest, locked.StatusCode);

        host.Time.Advance(TimeSpan.FromMinutes(15));
        using HttpResponseMessage again = await browser.SignInAsync("ann", PeopleHost.Password);
        Assert.Equal(HttpStatusCode.Redirect, again.StatusCode);
    }

    [Fact]
    public async Task TheAuthenticatorIsAskedForAndEachOfItsCodesWorksOnce()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        string secret = await EnrolAsync(host, "ann");
        Assert.Contains(
            host.Store.Drafts,
            draft => draft.Body is Custodiet.Records.Ledger.AccountChanged { Change: "authenticator" }
        );

        string code = CodeNow(host, secret);
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage half = await browser.SignInAsync("ann", PeopleHost.Password);
        Assert.StartsWith("/sign-in/code", half.Headers.Location?.OriginalString);
        using HttpResponseMessage notYet = await browser.GetAsync("/policy/read");
        Assert.Equal(HttpStatusCode.Redirect, notYet.StatusCode);

        using HttpResponseMessage wrong = await browser.SubmitAsync(
            "/sign-in/code",
            "code",
            ("Code", code == "000000" ? "000001" : "000000")
        );
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        using HttpResponseMessage right = await browser.SubmitAsync("/sign-in/code", "code", ("Code", code));
        Assert.Equal("/", right.Headers.Location?.OriginalString);
        Assert.StartsWith(ann.Id.Value, await browser.PageAsync("/policy/read"));

        // RFC 6238 section 5.2: a code is accepted once.
        using Browser thief = host.NewBrowser();
        using HttpResponseMessage first = await thief.SignInAsync("ann", PeopleHost.Password);
        using HttpResponseMessage replay = await thief.SubmitAsync("/sign-in/code", "code", ("Code", code));
        Assert.Equal(HttpStatusCode.BadRequest, replay.StatusCode);
    }

    [Fact]
    public async Task ACookieThatSaysThePasswordWasGivenIsNotBelievedByItself()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        string secret = await EnrolAsync(host, "ann");
        host.Time.Advance(TimeSpan.FromMinutes(1));
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage half = await browser.SignInAsync("ann", PeopleHost.Password);
        Assert.StartsWith("/sign-in/code", half.Headers.Location?.OriginalString);
        // As whoever has the keys of cookies could make it: all but what is known in memory alone.
        string kept = browser.Cookies.GetAllCookies().Single(cookie => cookie.Name == "custodiet.code").Value;
        using Browser forged = host.NewBrowser();
        forged.Cookies.Add(new Cookie("custodiet.code", kept, "/", "127.0.0.1"));
        using HttpResponseMessage refused = await forged.SubmitAsync(
            "/sign-in/code",
            "code",
            ("Code", CodeNow(host, secret))
        );
        Assert.Equal("/sign-in", refused.Headers.Location?.OriginalString);
        using HttpResponseMessage right = await browser.SubmitAsync(
            "/sign-in/code",
            "code",
            ("Code", CodeNow(host, secret))
        );
        Assert.Equal("/", right.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task WrongCodesLockTheAccountToo()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        string secret = await EnrolAsync(host, "ann");
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage half = await browser.SignInAsync("ann", PeopleHost.Password);
        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage wrong = await browser.SubmitAsync("/sign-in/code", "code", ("Code", "12345"));
            Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        }
        using HttpResponseMessage right = await browser.SubmitAsync(
            "/sign-in/code",
            "code",
            ("Code", CodeNow(host, secret))
        );
        Assert.Equal(HttpStatusCode.BadRequest, right.StatusCode);
    }

    [Fact]
    public async Task ARecoveryCodeWorksOnceAndItsUseIsRecorded()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        string secret = Totp.NewSecret();
        (_, IReadOnlyList<string> codes) = await host.Accounts.EnableAuthenticatorAsync(
            ann.Id,
            secret,
            CodeNow(host, secret),
            cancellation
        );
        Assert.Equal(10, codes.Distinct().Count());
        Assert.DoesNotContain(
            codes[0],
            string.Join(' ', (await host.Accounts.FindAsync(ann.Id, cancellation))!.RecoveryCodeHashes)
        );

        using Browser browser = host.NewBrowser();
        using HttpResponseMessage half = await browser.SignInAsync("ann", PeopleHost.Password);
        using HttpResponseMessage used = await browser.SubmitAsync(
            "/sign-in/recovery",
            "recovery",
            ("Code", codes[3].ToLowerInvariant())
        );
        Assert.Equal("/account", used.Headers.Location?.OriginalString);
        Assert.Contains(
            host.Store.Drafts,
            draft => draft.Body is Custodiet.Records.Ledger.AccountChanged { Change: "recovery-codes" }
        );

        using Browser second = host.NewBrowser();
        using HttpResponseMessage halfAgain = await second.SignInAsync("ann", PeopleHost.Password);
        int drafts = host.Store.Drafts.Count;
        using HttpResponseMessage again = await second.SubmitAsync("/sign-in/recovery", "recovery", ("Code", codes[3]));
        Assert.Equal(HttpStatusCode.BadRequest, again.StatusCode);
        Assert.Equal(drafts, host.Store.Drafts.Count);
    }

    [Fact]
    public async Task TooManyAttemptsFromOneAddressGet429()
    {
        await using PeopleHost host = await PeopleHost.StartAsync(
            new PeopleOptions { KeysFolder = "", AttemptsPerMinuteAndAddress = 3 }
        );
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = host.NewBrowser();
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage wrong = await browser.SignInAsync($"n{i}", "wrong");
            Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        }
        using HttpResponseMessage tooMany = await browser.SignInAsync("ann", PeopleHost.Password);
        Assert.Equal(HttpStatusCode.TooManyRequests, tooMany.StatusCode);
        Assert.InRange(tooMany.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task TooManyAttemptsWithOneNameGet429WhetherItExistsOrNot()
    {
        await using PeopleHost host = await PeopleHost.StartAsync(
            new PeopleOptions { KeysFolder = "", AttemptsPerMinuteAndName = 2 }
        );
        await host.AccountAsync("ann", Role.Analyst);
        foreach (string name in new[] { "ann", "nobody" })
        {
            for (int i = 0; i < 2; i++)
            {
                using Browser one = host.NewBrowser();
                using HttpResponseMessage wrong = await one.SignInAsync(name, "wrong");
                Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
            }
            using Browser other = host.NewBrowser();
            using HttpResponseMessage tooMany = await other.SignInAsync(name.ToUpperInvariant(), PeopleHost.Password);
            Assert.Equal(HttpStatusCode.TooManyRequests, tooMany.StatusCode);
            Assert.NotNull(tooMany.Headers.RetryAfter);
        }
    }

    internal static Task<HttpResponseMessage> SetUpAsync(Browser browser, string code) =>
        browser.SubmitAsync(
            "/setup",
            "setup",
            ("Code", code),
            ("Name", "ann"),
            ("Password", PeopleHost.Password),
            ("Again", PeopleHost.Password)
        );

    private static async Task LockAsync(PeopleHost host, string name)
    {
        using Browser browser = host.NewBrowser();
        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage wrong = await browser.SignInAsync(name, "not the password");
            Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        }
    }

    private static string CodeNow(PeopleHost host, string secret) =>
        Totp.Code(Totp.FromBase32(secret)!, Totp.StepOf(host.Time.GetUtcNow()));

    // As a person does it: read the secret from the page, type the code.
    private static async Task<string> EnrolAsync(PeopleHost host, string name)
    {
        using Browser browser = await host.SignedInAsync(name);
        string page = await browser.PageAsync("/account/authenticator");
        string secret = page.Split("<pre id=\"secret\">")[1].Split('<')[0].Replace(" ", "");
        using HttpResponseMessage done = await browser.PostAsync(
            "/account/authenticator",
            [.. Browser.Hidden(page, "enrol"), ("Code", CodeNow(host, secret)), ("Password", PeopleHost.Password)]
        );
        string answer = await done.Content.ReadAsStringAsync(cancellation);
        Assert.Contains("recovery codes", answer);
        // The session that enrolled goes on.
        Assert.Contains("Analyst", await browser.PageAsync("/policy/read"));
        return secret;
    }
}
