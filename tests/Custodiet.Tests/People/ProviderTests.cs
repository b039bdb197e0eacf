using System.Net;
using System.Security.Cryptography;
using Custodiet.People;
using Custodiet.People.Provider;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Microsoft.IdentityModel.Tokens;

namespace Custodiet.Tests.People;

/// <summary>Signing in at a real OpenID Connect server: who gets in with which roles, and what happens when something does not hold.</summary>
public sealed class ProviderTests : IAsyncLifetime
{
    private PeopleHost host = null!;
    private TestProvider provider = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => StartAsync();

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await provider.DisposeAsync();
    }

    [Fact]
    public async Task TheFirstSignInMakesAnAccountWithTheRolesOfTheClaimsAndTheNextFindsIt()
    {
        using Browser browser = host.NewBrowser();
        Assert.Contains("Sign in with Test Provider", await browser.PageAsync("/sign-in"));
        using HttpResponseMessage back = await SignInAsync(browser, "/policy/read?x=1");
        Assert.Equal("/policy/read?x=1", back.Headers.Location?.OriginalString);
        Account ann = Assert.Single(await host.Accounts.ListAsync(Cancellation));
        Assert.Equal($"{ann.Id} Analyst", await browser.PageAsync("/policy/read"));
        Assert.Equal(("ann", true), (ann.Name, ann.MadeByProvider));
        Assert.Equal([new ProviderIdentity(provider.Issuer, "person-1", host.Time.GetUtcNow())], ann.Identities);
        Assert.Equal(["account.added/2", "identity.linked/1"], host.Store.DraftTypes);
        Session session = Assert.Single(host.SessionStore.Kept);
        Assert.Equal((SignInMethod.Provider, provider.Issuer), (session.Method, session.Issuer));

        // Another name at the provider, the same person.
        provider.Person["preferred_username"] = "ann.married";
        using Browser again = host.NewBrowser();
        using HttpResponseMessage second = await SignInAsync(again);
        Assert.Equal(ann.Id, Assert.Single(await host.Accounts.ListAsync(Cancellation)).Id);
        Assert.Equal(2, host.SessionStore.Kept.Count);
    }

    [Fact]
    public async Task ANameThatSomebodyHasAlreadyIsNeverTakenForTheSamePerson()
    {
        Account local = await host.AccountAsync("ann", Role.Admin);
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage back = await SignInAsync(browser);
        Account made = (await host.Accounts.ListAsync(Cancellation)).Single(account => account.Id != local.Id);
        Assert.Equal(("ann+2", Role.Analyst), (made.Name, Assert.Single(made.Roles)));
        Assert.StartsWith(made.Id.Value, await browser.PageAsync("/policy/read"));
        Assert.Empty((await host.Accounts.FindAsync(local.Id, Cancellation))!.Identities);

        // Nor is another subject with the same name.
        provider.Person["sub"] = "person-2";
        using Browser other = host.NewBrowser();
        using HttpResponseMessage third = await SignInAsync(other);
        Assert.Contains(await host.Accounts.ListAsync(Cancellation), account => account.Name == "ann+3");
    }

    [Fact]
    public async Task RolesAreReadAnewAtEachSignInAndAChangeIsARecordThatEndsOlderSessions()
    {
        using Browser first = host.NewBrowser();
        using HttpResponseMessage one = await SignInAsync(first);
        provider.Person["roles"] = (string[])["soc-leads", "something else"];
        using Browser second = host.NewBrowser();
        using HttpResponseMessage two = await SignInAsync(second);
        Account ann = Assert.Single(await host.Accounts.ListAsync(Cancellation));
        Assert.Equal([Role.Analyst, Role.Lead], ann.Roles);
        RecordDraft change = Assert.Single(host.Store.Drafts, d => d.Body is AccountChanged);
        Assert.Equal(("provider-roles", ActorId.Service), (((AccountChanged)change.Body).Change, change.Actor));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(first, "/policy/read"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(second, "/policy/lead"));
    }

    [Fact]
    public async Task WithoutAMatchingClaimNobodyGetsInAndThePageNamesClaimsAndNoValues()
    {
        provider.Person["roles"] = (string[])["accounting-secret-group"];
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage refused = await SignInAsync(browser);
        string page = await refused.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("No role here", page);
        Assert.Contains("preferred_username", page);
        Assert.Contains("person-1", page);
        Assert.Contains("ann", page);
        Assert.DoesNotContain("accounting-secret-group", page);
        Assert.Empty(await host.Accounts.ListAsync(Cancellation));

        provider.Person.Remove("roles");
        using HttpResponseMessage missing = await SignInAsync(browser);
        Assert.Contains(
            "sent no claim «roles»",
            WebUtility.HtmlDecode(await missing.Content.ReadAsStringAsync(Cancellation))
        );
        provider.Person["roles"] = (string[])["soc-analysts"];
        provider.Person.Remove("preferred_username");
        using HttpResponseMessage nameless = await SignInAsync(browser);
        Assert.Contains(
            "sent no claim «preferred_username»",
            WebUtility.HtmlDecode(await nameless.Content.ReadAsStringAsync(Cancellation))
        );
        await host.SignIns.FlushAsync();
        Assert.Equal(
            [
                new SignInFailures(SignInFailure.NoRole, "127.0.0.1", 2),
                new SignInFailures(SignInFailure.NoName, "127.0.0.1", 1),
            ],
            Assert.Single(host.Bodies.OfType<SignInFailed>()).Failures
        );
    }

    [Fact]
    public async Task WhoLosesEveryRoleAtTheProviderLosesWhatIsStillOpen()
    {
        using Browser open = host.NewBrowser();
        using HttpResponseMessage welcome = await SignInAsync(open);
        provider.Person["roles"] = (string[])["gone"];
        using Browser later = host.NewBrowser();
        using HttpResponseMessage refused = await SignInAsync(later);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(open, "/policy/read"));
        Assert.Equal(SessionEnd.Provider, Assert.Single(host.Bodies.OfType<SessionEnded>()).End);
    }

    [Fact]
    public async Task ADisabledAccountStaysOutWhateverTheProviderSays()
    {
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage welcome = await SignInAsync(browser);
        Account ann = Assert.Single(await host.Accounts.ListAsync(Cancellation));
        await host.Accounts.DisableAsync(ann.Id, ActorId.Console, Cancellation);
        using HttpResponseMessage refused = await SignInAsync(browser);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("disabled", await refused.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser, "/policy/read"));
    }

    [Theory]
    [InlineData("nonce")]
    [InlineData("issuer")]
    [InlineData("audience")]
    [InlineData("expired")]
    [InlineData("not yet")]
    [InlineData("signature")]
    public async Task ATokenThatDoesNotHoldLetsNobodyIn(string lie)
    {
        using RSA stranger = RSA.Create(2048);
        provider.Lie = token =>
        {
            switch (lie)
            {
                case "nonce":
                    token.Claims["nonce"] = "somebody else's";
                    token.Subject?.TryRemoveClaim(token.Subject.FindFirst("nonce"));
                    break;
                case "issuer":
                    token.Issuer = "https://evil.example/";
                    break;
                case "audience":
                    token.Audiences.Clear();
                    token.Audience = "another client";
                    break;
                case "expired":
                    token.IssuedAt = token.NotBefore = host.Time.GetUtcNow().AddHours(-2).UtcDateTime;
                    token.Expires = host.Time.GetUtcNow().AddMinutes(-3).UtcDateTime;
                    break;
                case "not yet":
                    token.NotBefore = host.Time.GetUtcNow().AddMinutes(3).UtcDateTime;
                    token.Expires = host.Time.GetUtcNow().AddHours(1).UtcDateTime;
                    break;
                default:
                    token.SigningCredentials = new SigningCredentials(
                        new RsaSecurityKey(stranger) { KeyId = "test" },
                        SecurityAlgorithms.RsaSha256
                    );
                    break;
            }
        };
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage refused = await SignInAsync(browser);
        string page = await refused.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("does not hold", page);
        Assert.Empty(await host.Accounts.ListAsync(Cancellation));
        Assert.Empty(host.SessionStore.Kept);
        await host.SignIns.FlushAsync();
        Assert.Equal(
            SignInFailure.ProviderAnswerInvalid,
            Assert.Single(Assert.Single(host.Bodies.OfType<SignInFailed>()).Failures).Reason
        );
    }

    [Fact]
    public async Task ATokenWithinTheClocksDifferenceHolds()
    {
        provider.Lie = token =>
        {
            token.IssuedAt = token.NotBefore = host.Time.GetUtcNow().AddSeconds(90).UtcDateTime;
            token.Expires = host.Time.GetUtcNow().AddMinutes(5).UtcDateTime;
        };
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage back = await SignInAsync(browser);
        Assert.Equal(HttpStatusCode.Redirect, back.StatusCode);
    }

    [Fact]
    public async Task AnAnswerOfAnotherBrowserOrUsedTwiceIsOver()
    {
        using Browser begun = host.NewBrowser();
        string callback = await CallbackAsync(begun);
        using Browser other = host.NewBrowser();
        using HttpResponseMessage stolen = await other.GetAsync(callback);
        Assert.Equal(HttpStatusCode.BadRequest, stolen.StatusCode);
        Assert.Contains("another browser", await stolen.Content.ReadAsStringAsync(Cancellation));
        using HttpResponseMessage right = await begun.GetAsync(callback);
        Assert.Equal(HttpStatusCode.Redirect, right.StatusCode);
        using HttpResponseMessage twice = await begun.GetAsync(callback);
        Assert.Equal(HttpStatusCode.BadRequest, twice.StatusCode);
        using HttpResponseMessage madeUp = await other.GetAsync("/sign-in/provider/callback?code=x&state=y");
        Assert.Equal(HttpStatusCode.BadRequest, madeUp.StatusCode);
    }

    [Fact]
    public async Task WhoTurnsBackAtTheProviderIsToldSo()
    {
        provider.Denies = true;
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage refused = await SignInAsync(browser);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("did not let you in", await refused.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task AProviderThatIsDownIsAPageAndLocalAccountsGoOn()
    {
        await host.AccountAsync("local", Role.Admin);
        using Browser half = host.NewBrowser();
        string callback = await CallbackAsync(half);
        await provider.StopAsync();
        // The keys are known, the code cannot be redeemed.
        using HttpResponseMessage late = await half.GetAsync(callback);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        Assert.Contains("does not answer", await late.Content.ReadAsStringAsync(Cancellation));

        // Nothing is known.
        await using PeopleHost fresh = await PeopleHost.StartAsync(Options(), host.Time.GetUtcNow());
        await fresh.AccountAsync("local", Role.Admin);
        using Browser browser = fresh.NewBrowser();
        using HttpResponseMessage down = await browser.GetAsync("/sign-in/provider");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, down.StatusCode);
        Assert.Contains("Test Provider cannot be reached", await down.Content.ReadAsStringAsync(Cancellation));
        using HttpResponseMessage local = await browser.SignInAsync("local", PeopleHost.Password);
        Assert.Equal(HttpStatusCode.Redirect, local.StatusCode);
    }

    [Fact]
    public async Task AWrongClientSecretIsTheServicesFaultAndNotThePersons()
    {
        await using PeopleHost wrong = await PeopleHost.StartAsync(
            Options() with
            {
                Provider = Options().Provider! with { ClientSecret = () => "another" },
            },
            host.Time.GetUtcNow()
        );
        using Browser browser = wrong.NewBrowser();
        using HttpResponseMessage refused = await SignInAsync(browser);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
    }

    [Fact]
    public async Task RolesMayLieInAnObjectOrComeFromTheUserInfoEndpoint()
    {
        provider.Person.Remove("roles");
        provider.Person["realm_access"] = """{"roles":["offline_access","soc-leads"]}""";
        await using PeopleHost nested = await PeopleHost.StartAsync(
            Options() with
            {
                Provider = Options().Provider! with { RolesClaim = "realm_access.roles" },
            },
            host.Time.GetUtcNow()
        );
        using Browser one = nested.NewBrowser();
        using HttpResponseMessage first = await SignInAsync(one);
        Assert.Equal([Role.Analyst, Role.Lead], Assert.Single(await nested.Accounts.ListAsync(Cancellation)).Roles);

        provider.Person.Remove("realm_access");
        provider.OnlyUserInfo["groups"] = (string[])["soc-analysts"];
        await using PeopleHost info = await PeopleHost.StartAsync(
            Options() with
            {
                Provider = Options().Provider! with { RolesClaim = "groups", UserInfo = true },
            },
            host.Time.GetUtcNow()
        );
        using Browser two = info.NewBrowser();
        using HttpResponseMessage second = await SignInAsync(two);
        Assert.Equal([Role.Analyst], Assert.Single(await info.Accounts.ListAsync(Cancellation)).Roles);
    }

    [Fact]
    public async Task SigningOutHereSignsOutAtTheProviderTooWithoutAFormThatLeadsElsewhere()
    {
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage welcome = await SignInAsync(browser);
        using HttpResponseMessage @out = await browser.PostAsync(
            "/sign-out",
            [.. Browser.Hidden(await browser.PageAsync("/account"), "zone")]
        );
        Assert.Equal("/sign-out/leaving", @out.Headers.Location?.OriginalString);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser, "/policy/read"));
        Assert.Contains("href=\"/sign-out/provider\"", await browser.PageAsync("/sign-out/leaving"));
        using HttpResponseMessage leave = await browser.GetAsync("/sign-out/provider");
        Assert.StartsWith(provider.Address + "connect/logout", leave.Headers.Location?.OriginalString);
        using HttpResponseMessage left = await browser.GetAsync(leave.Headers.Location!.OriginalString);
        Assert.StartsWith("eyJ", Assert.Single(provider.SignedOut));
        Assert.StartsWith(host.Address + "sign-out/provider/callback", left.Headers.Location?.OriginalString);
        using HttpResponseMessage home = await browser.GetAsync(left.Headers.Location!.OriginalString);
        Assert.Equal("/sign-in", home.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task TheProviderEndsSessionsByASignedTokenAndBynothingElse()
    {
        provider.Person["sid"] = "at-provider-1";
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage welcome = await SignInAsync(browser);
        provider.Person["sid"] = "at-provider-2";
        using Browser other = host.NewBrowser();
        using HttpResponseMessage welcomeToo = await SignInAsync(other);

        Dictionary<string, object> claims = Logout("1");
        using RSA stranger = RSA.Create(2048);
        Dictionary<string, object> wrongAudience = new(claims) { ["aud"] = "another" };
        Dictionary<string, object> withNonce = new(claims) { ["nonce"] = "n" };
        Dictionary<string, object> noEvent = new(claims);
        noEvent.Remove("events");
        DateTimeOffset now = host.Time.GetUtcNow();
        foreach (
            string wrong in (string[])
                [
                    "",
                    "no token",
                    provider.Sign(claims, now, stranger),
                    provider.Sign(wrongAudience, now),
                    provider.Sign(withNonce, now),
                    provider.Sign(noEvent, now),
                    provider.Sign(claims, now.AddHours(-1)),
                ]
        )
        {
            Assert.Equal(HttpStatusCode.BadRequest, await EndAsync(wrong));
        }
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser, "/policy/read"));

        string right = provider.Sign(claims, now);
        Assert.Equal(HttpStatusCode.OK, await EndAsync(right));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser, "/policy/read"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(other, "/policy/read"));
        Assert.Equal(HttpStatusCode.BadRequest, await EndAsync(right));

        Dictionary<string, object> everywhere = Logout("2");
        everywhere.Remove("sid");
        Assert.Equal(HttpStatusCode.OK, await EndAsync(provider.Sign(everywhere, now)));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(other, "/policy/read"));

        Dictionary<string, object> Logout(string id) =>
            new()
            {
                ["iss"] = provider.Issuer,
                ["aud"] = TestProvider.ClientId,
                ["jti"] = id,
                ["sub"] = "person-1",
                ["sid"] = "at-provider-1",
                ["events"] = new Dictionary<string, object>
                {
                    ["http://schemas.openid.net/event/backchannel-logout"] = new Dictionary<string, object>(),
                },
            };

        async Task<HttpStatusCode> EndAsync(string token)
        {
            using HttpClient program = host.Program();
            using FormUrlEncodedContent form = new([KeyValuePair.Create("logout_token", token)]);
            using HttpResponseMessage answer = await program.PostAsync(
                "/sign-out/provider/back-channel",
                form,
                Cancellation
            );
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task APersonLinksTheirOwnAccountByAFormOfTheirOwnSessionAlone()
    {
        Account local = await host.AccountAsync("local", Role.Analyst);
        using Browser browser = await host.SignedInAsync("local");
        using HttpResponseMessage asked = await browser.SubmitAsync("/account", "link");
        string page = WebUtility.HtmlDecode(await asked.Content.ReadAsStringAsync(Cancellation));
        string address = page.Split("href=\"/account/provider?")[1].Split('"')[0];
        string callback = await FollowAsync(browser, "/account/provider?" + address);

        // The link does not serve another session.
        using Browser eve = host.NewBrowser();
        await host.AccountAsync("eve", Role.Analyst);
        using HttpResponseMessage evesSession = await eve.SignInAsync("eve", PeopleHost.Password);
        string evesCallback = await FollowAsync(eve, "/account/provider?" + address);
        using HttpResponseMessage stolen = await eve.GetAsync(evesCallback);
        Assert.Contains("This link is over", await stolen.Content.ReadAsStringAsync(Cancellation));

        using HttpResponseMessage linked = await browser.GetAsync(callback);
        Assert.Equal("/account", linked.Headers.Location?.OriginalString);
        Assert.Equal(
            "person-1",
            Assert.Single((await host.Accounts.FindAsync(local.Id, Cancellation))!.Identities).Subject
        );
        using Browser there = host.NewBrowser();
        using HttpResponseMessage welcome = await SignInAsync(there);
        Assert.StartsWith(local.Id.Value, await there.PageAsync("/policy/read"));

        // Somebody else cannot take the same identity.
        using HttpResponseMessage asks = await eve.SubmitAsync("/account", "link");
        string again = WebUtility
            .HtmlDecode(await asks.Content.ReadAsStringAsync(Cancellation))
            .Split("href=\"/account/provider?")[1]
            .Split('"')[0];
        using HttpResponseMessage taken = await eve.GetAsync(await FollowAsync(eve, "/account/provider?" + again));
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);

        using HttpResponseMessage unlinked = await browser.SubmitAsync("/account", "unlink");
        Assert.Equal(HttpStatusCode.OK, unlinked.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(there, "/policy/read"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser, "/policy/read"));
        Assert.Equal(
            ["identity.linked/1", "identity.unlinked/1"],
            host.Store.DraftTypes.Where(type => type.StartsWith("identity", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task BehindAProxyTheProviderGetsThePublicAddress()
    {
        await using PeopleHost behind = await PeopleHost.StartAsync(
            Options() with
            {
                PublicUrl = new Uri("https://soc.example.com"),
            },
            host.Time.GetUtcNow()
        );
        using Browser browser = behind.NewBrowser();
        using HttpResponseMessage go = await browser.GetAsync("/sign-in/provider");
        Assert.Contains(
            "redirect_uri=https%3A%2F%2Fsoc.example.com%2Fsign-in%2Fprovider%2Fcallback",
            go.Headers.Location!.OriginalString
        );
        Assert.Contains("code_challenge_method=S256", go.Headers.Location.OriginalString);
        Assert.All(go.Headers.GetValues("Set-Cookie"), cookie => Assert.Contains("; secure", cookie));
    }

    private PeopleOptions Options() =>
        new()
        {
            KeysFolder = "",
            Provider = new ProviderOptions
            {
                Authority = provider.Address,
                ClientId = TestProvider.ClientId,
                ClientSecret = () => TestProvider.ClientSecret,
                Title = "Test Provider",
                Roles = new Dictionary<string, IReadOnlyList<Role>>
                {
                    ["soc-analysts"] = [Role.Analyst],
                    ["soc-leads"] = [Role.Analyst, Role.Lead],
                },
            },
        };

    private async ValueTask StartAsync()
    {
        // Cookies of the round trip have an end that the client's own clock decides about.
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Microsoft.Extensions.Time.Testing.FakeTimeProvider time = new(now);
        provider = await TestProvider.StartAsync(time);
        host = await PeopleHost.StartAsync(Options(), now);
    }

    private static async Task<HttpStatusCode> StatusAsync(Browser browser, string path)
    {
        using HttpResponseMessage answer = await browser.GetAsync(path);
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> SignInAsync(Browser browser, string returnUrl = "/") =>
        await browser.GetAsync(await CallbackAsync(browser, returnUrl));

    private static Task<string> CallbackAsync(Browser browser, string returnUrl = "/") =>
        FollowAsync(browser, $"/sign-in/provider?returnUrl={Uri.EscapeDataString(returnUrl)}");

    // To the provider and back to the door.
    private static async Task<string> FollowAsync(Browser browser, string start)
    {
        using HttpResponseMessage go = await browser.GetAsync(start);
        Assert.Equal(HttpStatusCode.Redirect, go.StatusCode);
        using HttpResponseMessage there = await browser.GetAsync(go.Headers.Location!.OriginalString);
        Assert.True(there.StatusCode == HttpStatusCode.Redirect, await there.Content.ReadAsStringAsync(Cancellation));
        return there.Headers.Location!.OriginalString;
    }
}
