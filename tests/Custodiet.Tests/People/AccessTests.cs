using System.Net;
using Custodiet.People;
using Custodiet.Records.People;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace Custodiet.Tests.People;

public sealed class AccessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Which role may do what: written down here a second time, so that a slip in the list of policies does not pass.
    private static readonly Dictionary<Role, string[]> allowed = new()
    {
        [Role.Analyst] = ["read", "judge", "self", "query-read", "ledger-read", "metrics"],
        [Role.Engineer] =
        [
            "read",
            "operate",
            "audit",
            "manage-tokens",
            "self",
            "events-write",
            "findings-write",
            "query-read",
            "ledger-read",
            "metrics",
        ],
        [Role.Lead] =
        [
            "read",
            "judge",
            "operate",
            "lead",
            "audit",
            "preserve",
            "acknowledge",
            "self",
            "query-read",
            "ledger-read",
            "metrics",
        ],
        [Role.Auditor] = ["read", "audit", "self", "query-read", "ledger-read", "metrics"],
        [Role.Admin] =
        [
            "read",
            "audit",
            "administer",
            "manage-tokens",
            "preserve",
            "acknowledge",
            "self",
            "ledger-read",
            "metrics",
        ],
    };

    [Theory]
    [InlineData("analyst")]
    [InlineData("engineer")]
    [InlineData("lead")]
    [InlineData("auditor")]
    [InlineData("admin")]
    public async Task ARoleMayDoWhatTheListSaysAndNothingElse(string word)
    {
        Role role = PeopleClaims.ParseRole(word)!.Value;
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", role);
        using Browser browser = await host.SignedInAsync("ann");
        string token = await TokenAsync(host, role);
        using HttpClient program = host.Program(token);
        foreach (Policy policy in Policies.All)
        {
            bool may = allowed[role].Contains(policy.Name);
            using HttpResponseMessage person = await browser.GetAsync($"/policy/{policy.Name}");
            Assert.Equal(may || policy.LoopbackToo ? HttpStatusCode.OK : HttpStatusCode.Forbidden, person.StatusCode);

            using HttpResponseMessage answer = await program.GetAsync($"/policy/{policy.Name}", Cancellation);
            bool tokenMay = (may && !policy.PeopleOnly) || policy.LoopbackToo;
            Assert.Equal(tokenMay ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Fact]
    public async Task AScopeNarrowsATokenToItsRoutes()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        using HttpClient program = host.Program(await TokenAsync(host, Role.Engineer, Scopes.EventsWrite));
        foreach (Policy policy in Policies.All.Where(policy => !policy.LoopbackToo))
        {
            using HttpResponseMessage answer = await program.PostAsync(
                $"/api/policy/{policy.Name}",
                null,
                Cancellation
            );
            Assert.Equal(
                policy.Name == Policies.EventsWrite ? HttpStatusCode.OK : HttpStatusCode.Forbidden,
                answer.StatusCode
            );
        }
    }

    [Fact]
    public async Task ARevokedAnExpiredAndAnInventedTokenAreRefused()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        TokenOutcome.Done made = Assert.IsType<TokenOutcome.Done>(
            await host.Tokens.AddAsync(
                new TokenWish(Role.Engineer, "shipper", [], host.Time.GetUtcNow().AddDays(1)),
                ActorId.Console,
                Cancellation
            )
        );
        using HttpClient program = host.Program(made.Text);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(program, "/policy/read"));

        host.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(program, "/policy/read"));

        string second = await TokenAsync(host, Role.Engineer);
        using HttpClient other = host.Program(second);
        ApiToken kept = (await host.Tokens.ListAsync(Cancellation))[0];
        Assert.DoesNotContain(second, kept.ToString());
        await host.Tokens.RevokeAsync(kept.Id, ActorId.Console, Cancellation);
        using HttpResponseMessage revoked = await other.GetAsync("/policy/read", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, revoked.StatusCode);
        Assert.Equal("Bearer", revoked.Headers.WwwAuthenticate.ToString());
        Assert.Equal("application/problem+json", revoked.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["token.added/2", "token.added/2", "token.revoked/1"], host.Store.DraftTypes);

        using HttpClient invented = host.Program(Secrets.NewToken());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(invented, "/policy/read"));
        using HttpClient hostile = host.Program("cst_' OR 1=1 --" + new string('x', 5000));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(hostile, "/policy/read"));
    }

    [Fact]
    public async Task WithoutASignInNothingIsOpenButTheLedgerAndMetricsToNeighbours()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        using Browser browser = host.NewBrowser();
        foreach (Policy policy in Policies.All)
        {
            using HttpResponseMessage answer = await browser.GetAsync($"/policy/{policy.Name}");
            Assert.Equal(policy.LoopbackToo ? HttpStatusCode.OK : HttpStatusCode.Redirect, answer.StatusCode);
            using HttpResponseMessage api = await browser.PostAsync($"/api/policy/{policy.Name}");
            Assert.Equal(policy.LoopbackToo ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, api.StatusCode);
        }
        using HttpResponseMessage forgotten = await browser.GetAsync("/forgotten");
        Assert.Equal(HttpStatusCode.Redirect, forgotten.StatusCode);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("Forwarded", "for=203.0.113.9")]
    [InlineData("Host", "rebound.example")]
    public async Task AProxyOrAForeignNameIsNoNeighbour(string header, string value)
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        using HttpClient program = host.Program();
        program.DefaultRequestHeaders.Add(header, value);
        using HttpResponseMessage answer = await program.GetAsync("/policy/metrics", Cancellation);
        Assert.NotEqual("a neighbour on this machine", await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task TheSocketOfTheServiceMayDoEverythingThatIsNotAPersonsOwn()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        using HttpClient console = host.ConsoleProgram();
        foreach (Policy policy in Policies.All)
        {
            using HttpResponseMessage answer = await console.PostAsync(
                $"/api/policy/{policy.Name}",
                null,
                Cancellation
            );
            Assert.Equal(policy.PeopleOnly ? HttpStatusCode.Forbidden : HttpStatusCode.OK, answer.StatusCode);
        }
        string who = await console.GetStringAsync("/policy/read", Cancellation);
        Assert.Equal("console Analyst,Engineer,Lead,Auditor,Admin", who);
    }

    [Fact]
    public async Task ASessionThatChangesSomethingMustCarryThePagesToken()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");

        using HttpResponseMessage forged = await browser.PostAsync("/api/policy/judge");
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        using HttpResponseMessage forgedSignOut = await browser.PostAsync("/sign-out");
        Assert.Equal(HttpStatusCode.BadRequest, forgedSignOut.StatusCode);
        using HttpResponseMessage forgedPage = await browser.PostAsync(
            "/account",
            ("_handler", "zone"),
            ("Zone", "Europe/Berlin")
        );
        Assert.Equal(HttpStatusCode.BadRequest, forgedPage.StatusCode);

        (string Name, string Value)[] hidden = [.. Browser.Hidden(await browser.PageAsync("/account"), "zone")];
        (string name, string token) = hidden.Single(field => field.Name == "__RequestVerificationToken");
        using HttpResponseMessage asForm = await browser.PostAsync("/api/policy/judge", (name, token));
        Assert.Equal(HttpStatusCode.OK, asForm.StatusCode);
        browser.Client.DefaultRequestHeaders.Add("RequestVerificationToken", token);
        using HttpResponseMessage asHeader = await browser.PostAsync("/api/policy/judge");
        Assert.Equal(HttpStatusCode.OK, asHeader.StatusCode);
        using HttpResponseMessage signOut = await browser.PostAsync("/sign-out");
        Assert.Equal("/sign-in", signOut.Headers.Location?.OriginalString);
        using HttpResponseMessage after = await browser.GetAsync("/policy/read");
        Assert.Equal(HttpStatusCode.Redirect, after.StatusCode);
    }

    [Fact]
    public async Task TheTokenOfOnePersonsPageDoesNotServeAnothersSession()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        await host.AccountAsync("bob", Role.Analyst);
        using Browser ann = await host.SignedInAsync("ann");
        using Browser bob = await host.SignedInAsync("bob");
        (string Name, string Value)[] annsForm = [.. Browser.Hidden(await ann.PageAsync("/account"), "zone")];
        using HttpResponseMessage refused = await bob.PostAsync("/account", [.. annsForm, ("Zone", "Europe/Berlin")]);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task AnEndedSessionSendsThePageOfAFragmentToSignIn()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        using HttpClient program = host.Program();
        program.DefaultRequestHeaders.Add("HX-Request", "true");
        program.DefaultRequestHeaders.Add("HX-Current-URL", new Uri(host.Address, "/queue?page=2").ToString());
        using HttpResponseMessage answer = await program.GetAsync("/policy/read", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("/sign-in?returnUrl=%2Fqueue%3Fpage%3D2", answer.Headers.GetValues("HX-Redirect").Single());
    }

    [Fact]
    public async Task EveryAnswerCarriesThePoliciesAndTheCookieIsKeptFromScripts()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = host.NewBrowser();
        using HttpResponseMessage signedIn = await browser.SignInAsync("ann", PeopleHost.Password);
        string cookie = signedIn
            .Headers.GetValues("Set-Cookie")
            .Single(c => c.StartsWith("custodiet.session=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=lax", cookie);

        foreach (string path in new[] { "/account", "/policy/administer", "/nowhere", "/sign-in" })
        {
            using HttpResponseMessage answer = await browser.GetAsync(path);
            Assert.Equal(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'",
                answer.Headers.GetValues("Content-Security-Policy").Single()
            );
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("same-origin", answer.Headers.GetValues("Referrer-Policy").Single());
            Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
            Assert.True(answer.Headers.CacheControl?.NoStore);
        }
    }

    [Fact]
    public async Task APasswordChangeNewRolesAndADisabledAccountEndSessionsAtOnce()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Account ann = await host.AccountAsync("ann", Role.Analyst);
        await host.AccountAsync("boss", Role.Admin);

        using Browser first = await host.SignedInAsync("ann");
        using Browser second = await host.SignedInAsync("ann");
        using HttpResponseMessage changed = await first.SubmitAsync(
            "/account",
            "password",
            ("Old", PeopleHost.Password),
            ("New", "another long passphrase"),
            ("Again", "another long passphrase")
        );
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(first.Client, "/policy/read"));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(second.Client, "/policy/read"));

        await host.Accounts.SetRolesAsync(ann.Id, [Role.Auditor], ActorId.Console, Cancellation);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(first.Client, "/policy/read"));

        using Browser third = host.NewBrowser();
        using HttpResponseMessage back = await third.SignInAsync("ann", "another long passphrase");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(third.Client, "/policy/read"));
        await host.Accounts.DisableAsync(ann.Id, ActorId.Console, Cancellation);
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(third.Client, "/policy/read"));
    }

    [Fact]
    public async Task ASessionEndsAfterEightHoursWithoutUse()
    {
        await using PeopleHost host = await PeopleHost.StartAsync(
            new PeopleOptions { KeysFolder = "", SessionTime = TimeSpan.FromDays(30) }
        );
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");
        for (int i = 0; i < 3; i++)
        {
            host.Time.Advance(TimeSpan.FromHours(6));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser.Client, "/policy/read"));
        }
        host.Time.Advance(TimeSpan.FromHours(9));
        Assert.Equal(HttpStatusCode.Redirect, await StatusAsync(browser.Client, "/policy/read"));
    }

    [Fact]
    public async Task TheKeysOfCookiesAreForTheServiceAlone()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Assert.Equal(ownerOnly, File.GetUnixFileMode(host.KeysFolder));
        }
        Assert.NotEmpty(Directory.GetFiles(host.KeysFolder, "key-*.xml"));
    }

    [Fact]
    public async Task EveryPageOfSignInStatesItsPolicyAndEveryFormItsAntiforgery()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        string[] open =
        [
            "/sign-in",
            "/sign-in/code",
            "/sign-in/passkey",
            "/sign-in/recovery",
            "/sign-out/leaving",
            "/setup",
            "/recover",
        ];
        RouteEndpoint[] pages =
        [
            .. host.Endpoints.OfType<RouteEndpoint>().Where(endpoint => IsOurs(endpoint.RoutePattern.RawText)),
        ];
        Assert.True(pages.Length >= 13, $"Only {pages.Length} pages were found.");
        foreach (RouteEndpoint page in pages)
        {
            string route = page.RoutePattern.RawText!;
            string? policy = page.Metadata.GetMetadata<IAuthorizeData>()?.Policy;
            Assert.True(open.Contains(route) ? policy is null : Policies.All.Any(p => p.Name == policy), route);
            Assert.Equal(open.Contains(route), page.Metadata.GetMetadata<IAllowAnonymous>() is not null);
            Assert.True(
                route == "/sign-out" || page.Metadata.GetMetadata<IAntiforgeryMetadata>()?.RequiresValidation == true,
                route
            );
        }
    }

    [Fact]
    public async Task ARouteWithoutAPolicyIsFound()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        Assert.Equal(
            ["/forgotten: states no policy.", "/left-open: open to everybody, but not on the list of open routes."],
            RoutePolicies
                .Problems(host.Endpoints)
                .Where(problem => !problem.Contains("not-found") && !problem.Contains("/begin/"))
        );
    }

    [Fact]
    public async Task APersonWithoutTheRoleGetsAPageAndAProgramAProblem()
    {
        await using PeopleHost host = await PeopleHost.StartAsync();
        await host.AccountAsync("ann", Role.Analyst);
        using Browser browser = await host.SignedInAsync("ann");
        browser.Client.DefaultRequestHeaders.Add("Accept", "text/html");
        using HttpResponseMessage page = await browser.GetAsync("/people");
        Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
        Assert.Contains("<h1>Not with these roles</h1>", await page.Content.ReadAsStringAsync(Cancellation));
        using HttpResponseMessage api = await browser.PostAsync("/api/policy/administer");
        Assert.Equal("application/problem+json", api.Content.Headers.ContentType?.MediaType);
    }

    private static bool IsOurs(string? route) =>
        route is "/setup" or "/recover" or "/sign-out" or "/tokens"
        || route?.StartsWith("/sign-in", StringComparison.Ordinal) == true
        || route?.StartsWith("/account", StringComparison.Ordinal) == true
        || route?.StartsWith("/people", StringComparison.Ordinal) == true;

    private static async Task<string> TokenAsync(PeopleHost host, Role role, params string[] scopes) =>
        Assert
            .IsType<TokenOutcome.Done>(
                await host.Tokens.AddAsync(new TokenWish(role, "test", scopes, null), ActorId.Console, Cancellation)
            )
            .Text!;

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using HttpResponseMessage answer = await client.GetAsync(path, Cancellation);
        return answer.StatusCode;
    }
}
