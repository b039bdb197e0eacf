using System.Net;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Tests.People;

/// <summary>What the pages around passkeys refuse and record; the ceremonies themselves are tested in a browser.</summary>
public sealed class PasskeyPagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARemovedPasskeyIsARecordAndEndsOtherSessions()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await WithPasskeysAsync(host, "ann", "YWFh", "YmJi");
        using Browser own = await host.SignedInAsync("ann");
        using Browser other = await host.SignedInAsync("ann");
        using HttpResponseMessage removed = await own.SubmitAsync("/account", "remove-passkey-YWFh");
        string page = await removed.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("The passkey is removed", page);
        Assert.Equal("YmJi", Assert.Single((await host.Accounts.FindAsync(ann.Id, Cancellation))!.Passkeys).Id);
        Assert.Contains(host.Store.Drafts, d => d.Body is PasskeyRemoved { Passkey: "YWFh" } && d.Actor == ann.Id);
        Assert.Contains("this one", await own.PageAsync("/account"));
        using HttpResponseMessage ended = await other.GetAsync("/account");
        Assert.Equal(HttpStatusCode.Redirect, ended.StatusCode);

        Account boss = await host.AccountAsync("boss", Role.Admin);
        using Browser admin = await host.SignedInAsync("boss");
        using HttpResponseMessage byAdmin = await admin.SubmitAsync($"/people/{ann.Id}", "remove-passkey-YmJi");
        Assert.Contains(host.Store.Drafts, d => d.Body is PasskeyRemoved { Passkey: "YmJi" } && d.Actor == boss.Id);
    }

    [Fact]
    public async Task TheOnlyWayInIsNotRemovedByItsOwner()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await WithPasskeysAsync(host, "ann", "YWFh");
        await host.Accounts.ChangeAsync(
            ann.Id,
            "password",
            account => account with { PasswordHash = null },
            ActorId.Console,
            Cancellation
        );
        AccountOutcome refused = await Passkeys.RemoveAsync(host.Accounts, ann.Id, "YWFh", ann.Id, Cancellation);
        Assert.IsType<AccountOutcome.Invalid>(refused);
        AccountOutcome byAdmin = await Passkeys.RemoveAsync(
            host.Accounts,
            ann.Id,
            "YWFh",
            ActorId.Console,
            Cancellation
        );
        Assert.Empty(Assert.IsType<AccountOutcome.Done>(byAdmin).Account.Passkeys);
    }

    [Fact]
    public async Task AnAnswerThatIsNoneOpensNothingAndIsCounted()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        foreach (string answer in (string[])["", "no JSON", "{}", "[1]", new string('x', 100_000)])
        {
            using Browser browser = host.NewBrowser();
            browser.Client.DefaultRequestHeaders.Host = "localhost";
            using HttpResponseMessage refused = await browser.SubmitAsync(
                "/sign-in",
                "passkey",
                ("Credential", answer)
            );
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            // With a ceremony underway, too.
            using HttpResponseMessage begun = await browser.PostAsync(
                "/sign-in/passkey",
                [.. Browser.Hidden(await browser.PageAsync("/sign-in"), "passkey")]
            );
            Assert.Equal(HttpStatusCode.OK, begun.StatusCode);
            using HttpResponseMessage again = await browser.SubmitAsync("/sign-in", "passkey", ("Credential", answer));
            Assert.Equal(HttpStatusCode.BadRequest, again.StatusCode);
        }
        await host.SignIns.FlushAsync();
        Assert.Equal(
            [new SignInFailures(SignInFailure.WrongPasskey, "127.0.0.1", 10)],
            Assert.Single(host.Bodies.OfType<SignInFailed>()).Failures
        );
    }

    [Fact]
    public async Task WhatTheBrowserIsAskedForNamesNobodyAndDemandsVerification()
    {
        await using PeopleHost host = await PeopleHost.StartAsync(
            new PeopleOptions { KeysFolder = "", PublicUrl = new Uri("http://soc.example.com") }
        );
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = host.NewBrowser();
        browser.Client.DefaultRequestHeaders.Host = "soc.example.com";
        using HttpResponseMessage begun = await browser.PostAsync(
            "/sign-in/passkey",
            [.. Browser.Hidden(await browser.PageAsync("/sign-in"), "passkey")]
        );
        string options = await begun.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("\"rpId\":\"soc.example.com\"", options);
        Assert.Contains("\"userVerification\":\"required\"", options);
        Assert.Contains("\"allowCredentials\":[]", options);
        using HttpResponseMessage forged = await browser.PostAsync("/sign-in/passkey");
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
    }

    [Fact]
    public async Task AddingOneNeedsAFreshSignInOrThePassword()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");
        Assert.Equal(HttpStatusCode.OK, await OfferAsync());
        host.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(HttpStatusCode.BadRequest, await OfferAsync());
        Assert.Equal(HttpStatusCode.BadRequest, await OfferAsync(("Password", "wrong")));
        Assert.Equal(HttpStatusCode.OK, await OfferAsync(("Password", PeopleHost.Password)));
        // Whoever made up an answer without being offered anything adds nothing.
        using Browser other = await host.SignedInAsync("ann");
        using HttpResponseMessage madeUp = await other.PostAsync(
            "/account",
            [
                .. Browser
                    .Hidden(await other.PageAsync("/account"), "zone")
                    .Select(field => field.Name == "_handler" ? ("_handler", "passkey") : field),
                ("PasskeyName", "mine"),
                ("Credential", "{}"),
            ]
        );
        Assert.Equal(HttpStatusCode.BadRequest, madeUp.StatusCode);

        async Task<HttpStatusCode> OfferAsync(params (string, string)[] more)
        {
            using HttpResponseMessage answer = await browser.PostAsync(
                "/account/passkey",
                [.. Browser.Hidden(await browser.PageAsync("/account"), "zone"), .. more]
            );
            return answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("on", true)]
    [InlineData("until-passkey", false)]
    [InlineData("off", false)]
    public async Task APasswordWorksAsLongAsTheSettingLetsItBesideAPasskey(string setting, bool works)
    {
        PasswordUse use = setting switch
        {
            "on" => PasswordUse.On,
            "off" => PasswordUse.Off,
            _ => PasswordUse.UntilPasskey,
        };
        await using PeopleHost host = await PeopleHost.StartAsync(
            new PeopleOptions { KeysFolder = "", Passwords = use }
        );
        await WithPasskeysAsync(host, "ann", "YWFh");
        await host.AccountAsync("bob", Role.Analyst);
        using Browser browser = host.NewBrowser();
        if (use == PasswordUse.Off)
        {
            Assert.DoesNotContain("type=\"password\"", await browser.PageAsync("/sign-in"));
            return;
        }
        using HttpResponseMessage ann = await browser.SignInAsync("ann", PeopleHost.Password);
        Assert.Equal(works ? HttpStatusCode.Redirect : HttpStatusCode.BadRequest, ann.StatusCode);
        using Browser bobs = host.NewBrowser();
        using HttpResponseMessage bob = await bobs.SignInAsync("bob", PeopleHost.Password);
        Assert.Equal(HttpStatusCode.Redirect, bob.StatusCode);
    }

    [Fact]
    public async Task WherePasswordsAreOffCodesLeadToTheAccountPageToAddAPasskey()
    {
        await using PeopleHost host = await PeopleHost.StartAsync(
            new PeopleOptions { KeysFolder = "", Passwords = PasswordUse.Off }
        );
        string setup = (await host.SetupCode.PrepareAsync(Cancellation))!;
        using Browser first = host.NewBrowser();
        using HttpResponseMessage made = await first.SubmitAsync("/setup", "setup", ("Code", setup), ("Name", "ann"));
        Assert.Equal("/account", made.Headers.Location?.OriginalString);
        Account ann = (await host.Accounts.FindAsync("ann", Cancellation))!;
        Assert.Null(ann.PasswordHash);
        AccountOutcome.Done reset = Assert.IsType<AccountOutcome.Done>(
            await host.Accounts.ResetPasswordAsync(ann.Id, ActorId.Console, Cancellation)
        );
        using Browser second = host.NewBrowser();
        foreach (bool first2 in (bool[])[true, false])
        {
            using HttpResponseMessage entered = await second.SubmitAsync(
                "/recover",
                "recover",
                ("Name", "ann"),
                ("Code", reset.OneTimeCode!)
            );
            // A code works once.
            Assert.Equal(first2 ? HttpStatusCode.Redirect : HttpStatusCode.BadRequest, entered.StatusCode);
        }
        Assert.Null((await host.Accounts.FindAsync("ann", Cancellation))!.PasswordHash);
    }

    [Fact]
    public async Task ARoleThatNeedsAPasskeyIsWithheldFromASessionBegunWithAPassword()
    {
        await using PeopleHost host = await PeopleHost.StartAsync(
            new PeopleOptions { KeysFolder = "", StrongRoles = [Role.Admin] }
        );
        Account ann = await host.AccountAsync("ann", Role.Admin, Role.Analyst);
        Account only = await host.AccountAsync("only", Role.Admin);
        using Browser weak = await host.SignedInAsync("ann");
        using HttpResponseMessage refused = await weak.GetAsync("/people");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.EndsWith("Analyst", await weak.PageAsync("/policy/read"));
        Assert.Contains("admin holds only", await weak.PageAsync("/account"));

        using Browser strong = host.NewBrowser();
        using HttpResponseMessage begun = await strong.GetAsync($"/begin/{ann.Id}/Passkey");
        Assert.EndsWith("Analyst,Admin", await strong.PageAsync("/policy/administer"));

        // Who has no other role still gets to the account page, to add the passkey there.
        using Browser bare = host.NewBrowser();
        using HttpResponseMessage signedIn = await bare.SignInAsync("only", PeopleHost.Password);
        Assert.Equal("/account", signedIn.Headers.Location?.OriginalString);
        Assert.Contains("admin holds only", await bare.PageAsync("/account"));
        Assert.Equal(only.Id, (await host.Accounts.FindAsync("only", Cancellation))!.Id);
    }

    private static async Task<Account> WithPasskeysAsync(PeopleHost host, string name, params string[] ids)
    {
        Account account = await host.AccountAsync(name, Role.Analyst);
        Passkey[] passkeys =
        [
            .. ids.Select(id => new Passkey(
                id,
                $"key {id}",
                "cHVibGlj",
                0,
                [],
                false,
                false,
                host.Time.GetUtcNow(),
                null
            )),
        ];
        AccountOutcome outcome = await host.Accounts.EditAsync(
            account.Id,
            now => now with { Passkeys = passkeys },
            (_, _) => [],
            ActorId.Console,
            Cancellation
        );
        return Assert.IsType<AccountOutcome.Done>(outcome).Account;
    }
}
