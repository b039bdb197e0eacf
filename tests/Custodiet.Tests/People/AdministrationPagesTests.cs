using System.Net;
using System.Text.RegularExpressions;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Tests.People;

public sealed partial class AdministrationPagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnAdminAddsSomebodyWhoSetsAPasswordWithTheCodeAndStaysSignedIn()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account boss = await host.AccountAsync("boss", Role.Admin);
        using Browser admin = await host.SignedInAsync("boss");
        using HttpResponseMessage added = await admin.SubmitAsync(
            "/people",
            "add",
            ("Name", "new.comer"),
            ("Roles", "analyst"),
            ("Roles", "lead")
        );
        string code = await OneTimeAsync(added);
        Account account = (await host.Accounts.FindAsync("new.comer", Cancellation))!;
        Assert.Equal([Role.Analyst, Role.Lead], account.Roles);
        Assert.Equal(boss.Id, host.Store.Drafts[^1].Actor);

        using Browser person = host.NewBrowser();
        using HttpResponseMessage set = await person.SubmitAsync(
            "/recover?name=new.comer",
            "recover",
            ("Name", "new.comer"),
            ("Code", code),
            ("Password", PeopleHost.Password),
            ("Again", PeopleHost.Password)
        );
        Assert.Equal("/account/authenticator?first=true", set.Headers.Location?.OriginalString);
        Assert.EndsWith("Analyst,Lead", await person.PageAsync("/policy/read"));
    }

    [Fact]
    public async Task AnAdminSetsRolesRefusesSignInAndMakesANewCode()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("boss", Role.Admin);
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser admin = await host.SignedInAsync("boss");
        string page = $"/people/{ann.Id}";

        using HttpResponseMessage roles = await admin.SubmitAsync(page, "roles", ("Roles", "auditor"));
        using HttpResponseMessage off = await admin.SubmitAsync(page, "disable");
        using HttpResponseMessage on = await admin.SubmitAsync(page, "enable");
        using HttpResponseMessage recovered = await admin.SubmitAsync(page, "recover");
        Assert.Matches("^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}$", await OneTimeAsync(recovered));
        Assert.Equal(
            ["roles", "disabled", "enabled", "recovered"],
            host.Store.Drafts.Select(draft => draft.Body).OfType<AccountChanged>().Select(body => body.Change)
        );
        using HttpResponseMessage nobody = await admin.GetAsync("/people/p-000000000000");
        Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
    }

    [Fact]
    public async Task AnEngineerMakesAndRevokesATokenButNoneWithARoleTheyLack()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("eng", Role.Engineer);
        using Browser engineer = await host.SignedInAsync("eng");
        using HttpResponseMessage made = await engineer.SubmitAsync(
            "/tokens",
            "add",
            ("Name", "log shipper"),
            ("RoleWord", "engineer"),
            ("ScopeNames", "events:write"),
            ("Days", "30")
        );
        using HttpClient program = host.Program(await OneTimeAsync(made));
        using HttpResponseMessage sent = await program.PostAsync("/api/policy/events-write", null, Cancellation);
        Assert.Equal(HttpStatusCode.OK, sent.StatusCode);

        using HttpResponseMessage more = await engineer.SubmitAsync(
            "/tokens",
            "add",
            ("Name", "climb"),
            ("RoleWord", "admin"),
            ("Days", "")
        );
        Assert.Equal(HttpStatusCode.Forbidden, more.StatusCode);
        ApiToken token = Assert.Single(await host.Tokens.ListAsync(Cancellation));
        Assert.Equal(host.Time.GetUtcNow().AddDays(30), token.ExpiresAt);

        using HttpResponseMessage revoked = await engineer.SubmitAsync("/tokens", $"revoke-{token.Id}");
        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        using HttpResponseMessage refused = await program.PostAsync("/api/policy/events-write", null, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using HttpResponseMessage people = await engineer.GetAsync("/people");
        Assert.Equal(HttpStatusCode.Forbidden, people.StatusCode);
    }

    [Fact]
    public async Task ANameThatIsMarkupIsRefusedAndATokensNameIsShownAsText()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("boss", Role.Admin);
        using Browser admin = await host.SignedInAsync("boss");
        const string markup = "<script>alert(1)</script>";
        using HttpResponseMessage refused = await admin.SubmitAsync(
            "/people",
            "add",
            ("Name", markup),
            ("Roles", "analyst")
        );
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.DoesNotContain(markup, await refused.Content.ReadAsStringAsync(Cancellation));
        using HttpResponseMessage made = await admin.SubmitAsync(
            "/tokens",
            "add",
            ("Name", markup),
            ("RoleWord", "lead")
        );
        Assert.DoesNotContain(markup, await made.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task TheTimeZoneOfTheAccountHoldsFromTheNextPageOn()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");
        using HttpResponseMessage set = await browser.SubmitAsync("/account", "zone", ("Zone", "America/New_York"));
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Account now = (await host.Accounts.FindAsync(ann.Id, Cancellation))!;
        Session session = Assert.Single(host.Sessions.Of(ann.Id));
        Assert.Equal("America/New_York", AccountPrincipals.Of(now, session, []).TimeZoneOf().Id);
        using HttpResponseMessage wrong = await browser.SubmitAsync("/account", "zone", ("Zone", "Nowhere/Land"));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task AnAuthenticatorIsNotReplacedWithoutThePasswordNorWithAnothersSecret()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        await host.AccountAsync("eve", Role.Analyst);
        using Browser annsBrowser = await host.SignedInAsync("ann");
        using Browser evesBrowser = await host.SignedInAsync("eve");
        using HttpResponseMessage noPassword = await annsBrowser.SubmitAsync(
            "/account/authenticator",
            "enrol",
            ("Code", "000000"),
            ("Password", "wrong")
        );
        Assert.Equal(HttpStatusCode.BadRequest, noPassword.StatusCode);

        string evesOffer = Browser
            .Hidden(await evesBrowser.PageAsync("/account/authenticator"), "enrol")
            .Single(field => field.Name == "Sealed")
            .Value;
        (string Name, string Value)[] annsForm =
        [
            .. Browser
                .Hidden(await annsBrowser.PageAsync("/account/authenticator"), "enrol")
                .Where(field => field.Name != "Sealed"),
        ];
        using HttpResponseMessage foreign = await annsBrowser.PostAsync(
            "/account/authenticator",
            [.. annsForm, ("Sealed", evesOffer), ("Code", "000000"), ("Password", PeopleHost.Password)]
        );
        Assert.Equal(HttpStatusCode.BadRequest, foreign.StatusCode);
        Assert.Contains("expired", await foreign.Content.ReadAsStringAsync(Cancellation));
        Assert.False((await host.Accounts.FindAsync(ann.Id, Cancellation))!.TwoFactorEnabled);
    }

    private static async Task<string> OneTimeAsync(HttpResponseMessage response)
    {
        string page = await response.Content.ReadAsStringAsync(Cancellation);
        Match shown = Shown().Match(page);
        Assert.True(shown.Success, page);
        return shown.Groups[1].Value;
    }

    [GeneratedRegex("<pre id=\"one-time\">([^<]*)</pre>")]
    private static partial Regex Shown();
}
