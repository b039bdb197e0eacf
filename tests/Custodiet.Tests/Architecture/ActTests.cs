using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Custodiet.Api;
using Custodiet.Cli;
using Custodiet.Configuration;
using Custodiet.People;
using Custodiet.Records;
using Custodiet.Records.People;
using Custodiet.Tests.People;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Architecture;

/// <summary>
/// Every way to change something is listed here, and every administrative one is done and must leave a record: an endpoint or a
/// form that is added without a line below fails.
/// </summary>
public sealed partial class ActTests
{
    private const string ByDesks = "a judgement: the desks append its record, see Process";
    private const string ByRetention =
        "hold.placed, hold.lifted, erasure.done, events.deleted: see RetentionJourneyTests";
    private const string Reads = "changes nothing";
    private const string SignsIn =
        "signing in: session.began, see SignInRecordsTests, ProviderTests, PasskeyTests, BreakGlassTests";
    private const string Ceremony = "half of a ceremony: the other half is the form with the browser's answer";

    // What makes no administrative record here, and why.
    private static readonly Dictionary<string, string> others = new()
    {
        ["POST /api/v1/erasures"] = ByRetention,
        ["POST /api/v1/erasures/preview"] = Reads,
        ["POST /api/v1/holds"] = ByRetention,
        ["POST /api/v1/holds/{hold}/lift"] = ByRetention,
        ["POST /api/v1/retention/run"] = ByRetention,
        ["StoragePage erase"] = ByRetention,
        ["StoragePage lift-"] = ByRetention,
        ["StoragePage place"] = ByRetention,
        ["POST /api/v1/query"] = Reads,
        ["POST /cases/{number:long}/accept"] = ByDesks,
        ["POST /cases/{number:long}/alerts"] = ByDesks,
        ["POST /cases/{number:long}/answer"] = ByDesks,
        ["POST /cases/{number:long}/owner"] = ByDesks,
        ["POST /cases/{number:long}/restrict"] = ByDesks,
        ["POST /cases/{number:long}/state"] = ByDesks,
        ["POST /cases/{number:long}/verdict"] = ByDesks,
        ["POST /queue/verdict"] = ByDesks,
        ["POST /queue/take"] = ByDesks,
        ["POST /queue/escalate"] = ByDesks,
        ["POST /sign-in/passkey"] = Ceremony,
        ["POST /account/passkey"] = Ceremony,
        ["POST /sign-out/provider/back-channel"] = "the provider ends sessions: session.ended, see ProviderTests",
        ["SignInPage sign-in"] = SignsIn,
        ["SignInPage passkey"] = SignsIn,
        ["CodePage code"] = SignsIn,
        ["RecoveryCodePage recovery"] = SignsIn,
        ["BreakGlassPage break-glass"] = SignsIn,
        ["AccountPage passkey"] = "passkey.added, with a browser: see PasskeyTests",
        ["AccountPage link"] = "hands out a ticket; identity.linked follows, see ProviderTests",
        ["PasskeyTable remove-passkey-"] = "passkey.removed, see PasskeyPagesTests",
    };

    // What does, done one by one.
    private static readonly Dictionary<string, Func<World, Task>> acts = new()
    {
        ["POST /api/v1/accounts"] = w => w.PostAsync("/api/v1/accounts", new AccountRequest("new", [Role.Analyst])),
        ["POST /api/v1/accounts/{name}/{change}"] = async w =>
        {
            foreach (
                (string change, AccountRequest request) in new (string, AccountRequest)[]
                {
                    ("roles", new("ann", [Role.Auditor])),
                    ("disable", new("ann", [])),
                    ("enable", new("ann", [])),
                    ("recover", new("ann", [])),
                    ("sign-out", new("ann", [])),
                    ("seal", new("glass", [])),
                    ("owner", new("shipper", [], Owner: "boss")),
                    ("expires", new("shipper", [], ExpiresAt: w.Host.Time.GetUtcNow().AddDays(1))),
                }
            )
            {
                int before = w.Records;
                await w.PostAsync($"/api/v1/accounts/{request.Name}/{change}", request);
                Assert.True(w.Records > before, $"{change} leaves no record.");
            }
        },
        ["POST /api/v1/tokens"] = w => w.PostAsync("/api/v1/tokens", new TokenRequest("new", Role.Engineer, [], null)),
        ["POST /api/v1/tokens/{id}/{change}"] = async w =>
        {
            await w.PostAsync($"/api/v1/tokens/{w.Token}/assign", new TokenChangeRequest(Owner: "ann"));
            int before = w.Records;
            await w.PostAsync($"/api/v1/tokens/{w.Token}/rotate", new TokenChangeRequest());
            Assert.Equal(before + 2, w.Records);
        },
        ["DELETE /api/v1/tokens/{id}"] = w => w.DeleteAsync($"/api/v1/tokens/{w.Token}"),
        ["POST /sign-out"] = async w =>
            await w.Ann.PostAsync("/sign-out", [.. Browser.Hidden(await w.Ann.PageAsync("/account"), "zone")]),
        ["SetupPage setup"] = async w =>
        {
            await using PeopleHost fresh = await PeopleHost.StartAsync();
            string code = (await fresh.SetupCode.PrepareAsync(Cancellation))!;
            using Browser browser = fresh.NewBrowser();
            using HttpResponseMessage made = await SignInTests.SetUpAsync(browser, code);
            Assert.Contains("account.added/2", fresh.Store.DraftTypes);
            await w.PostAsync("/api/v1/accounts", new AccountRequest("new", [Role.Analyst]));
        },
        ["RecoverPage recover"] = async w =>
        {
            AccountOutcome reset = await w.Host.Accounts.ResetPasswordAsync(w.AnnId, ActorId.Console, Cancellation);
            int before = w.Host.Store.Drafts.Count;
            using Browser browser = w.Host.NewBrowser();
            using HttpResponseMessage set = await browser.SubmitAsync(
                "/recover",
                "recover",
                ("Name", "ann"),
                ("Code", Assert.IsType<AccountOutcome.Done>(reset).OneTimeCode!),
                ("Password", PeopleHost.Password),
                ("Again", PeopleHost.Password)
            );
            Assert.Equal(before + 1, w.Host.Store.Drafts.Count);
        },
        ["AccountPage zone"] = w => World.SubmitAsync(w.Ann, "/account", "zone", ("Zone", "Europe/Berlin")),
        ["AccountPage password"] = w =>
            World.SubmitAsync(
                w.Ann,
                "/account",
                "password",
                ("Old", PeopleHost.Password),
                ("New", "another long passphrase"),
                ("Again", "another long passphrase")
            ),
        ["AccountPage codes"] = async w =>
        {
            string secret = await EnrolAsync(w);
            Assert.NotEmpty(secret);
            await World.SubmitAsync(w.Ann, "/account", "codes", ("CodesPassword", PeopleHost.Password));
        },
        ["AuthenticatorPage enrol"] = async w => Assert.NotEmpty(await EnrolAsync(w)),
        ["AccountPage end-others"] = async w =>
        {
            using Browser other = await w.Host.SignedInAsync("ann");
            int before = w.Records;
            await World.SubmitAsync(w.Ann, "/account", "end-others");
            Assert.Equal(before + 1, w.Records);
        },
        ["AccountPage unlink"] = async w =>
        {
            await using PeopleHost linked = await PeopleHost.StartAsync(w.WithProvider);
            Account ann = await linked.AccountAsync("ann", Role.Analyst);
            await linked.Accounts.EditAsync(
                ann.Id,
                account => account with { Identities = [new ProviderIdentity("i", "s", default)] },
                (_, _) => [],
                ActorId.Console,
                Cancellation
            );
            using Browser browser = await linked.SignedInAsync("ann");
            using HttpResponseMessage done = await browser.SubmitAsync("/account", "unlink");
            Assert.Contains("identity.unlinked/1", linked.Store.DraftTypes);
            await World.SubmitAsync(w.Boss, $"/people/{w.AnnId}", "unlink");
        },
        ["SessionTable end-"] = async w =>
        {
            using Browser other = await w.Host.SignedInAsync("ann");
            int before = w.Records;
            await World.SubmitAsync(w.Ann, "/account", $"end-{w.Host.SessionOf(other)}");
            Assert.Equal(before + 1, w.Records);
        },
        ["TokenTable revoke-"] = w => World.SubmitAsync(w.Boss, "/tokens", $"revoke-{w.Token}"),
        ["TokenTable rotate-"] = w => World.SubmitAsync(w.Boss, "/tokens", $"rotate-{w.Token}"),
        ["TokensPage add"] = w =>
            World.SubmitAsync(w.Boss, "/tokens", "add", ("Name", "x"), ("RoleWord", "admin"), ("Days", "1")),
        ["PeoplePage add"] = w => World.SubmitAsync(w.Boss, "/people", "add", ("Name", "x"), ("Roles", "analyst")),
        ["PeoplePage add-service"] = w =>
            World.SubmitAsync(
                w.Boss,
                "/people",
                "add-service",
                ("ServiceName", "x"),
                ("Owner", "ann"),
                ("ServiceRoles", "engineer")
            ),
        ["PeoplePage add-break-glass"] = w =>
            World.SubmitAsync(w.Boss, "/people", "add-break-glass", ("GlassName", "x")),
        ["PersonPage roles"] = w => World.SubmitAsync(w.Boss, $"/people/{w.AnnId}", "roles", ("Roles", "auditor")),
        ["PersonPage recover"] = w => World.SubmitAsync(w.Boss, $"/people/{w.AnnId}", "recover"),
        ["PersonPage disable"] = w => World.SubmitAsync(w.Boss, $"/people/{w.AnnId}", "disable"),
        ["PersonPage enable"] = async w =>
        {
            await w.Host.Accounts.DisableAsync(w.AnnId, ActorId.Console, Cancellation);
            int before = w.Records;
            await World.SubmitAsync(w.Boss, $"/people/{w.AnnId}", "enable");
            Assert.Equal(before + 1, w.Records);
        },
        ["PersonPage end-all"] = w => World.SubmitAsync(w.Boss, $"/people/{w.AnnId}", "end-all"),
        ["PersonPage unlink"] = w => World.SubmitAsync(w.Boss, $"/people/{w.AnnId}", "unlink"),
        ["PersonPage seal"] = w => World.SubmitAsync(w.Boss, $"/people/{w.GlassId}", "seal"),
        ["PersonPage owner"] = w => World.SubmitAsync(w.Boss, $"/people/{w.ServiceId}", "owner", ("OwnerName", "boss")),
        ["PersonPage expires"] = w => World.SubmitAsync(w.Boss, $"/people/{w.ServiceId}", "expires", ("Days", "9")),
        ["BreakGlassUsesPage acknowledge-"] = async w =>
        {
            using Browser used = w.Host.NewBrowser();
            using HttpResponseMessage begun = await used.SubmitAsync(
                "/break-glass",
                "break-glass",
                ("Name", "glass"),
                ("Code", w.GlassCode),
                ("Reason", "Drill")
            );
            int before = w.Records;
            Session use = Assert.Single(w.Host.Sessions.Unacknowledged);
            await World.SubmitAsync(w.Boss, "/break-glass/uses", $"acknowledge-{use.Id}", ("Judgement", "Drill"));
            Assert.Equal(before + 1, w.Records);
        },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The acts that are done here, by name.</summary>
    public static TheoryData<string> Names => [.. acts.Keys];

    [Fact]
    public async Task EveryEndpointThatChangesSomethingAndEveryFormIsListed()
    {
        HashSet<string> found = [.. await EndpointsAsync(), .. Forms()];
        HashSet<string> listed = [.. others.Keys, .. acts.Keys];
        Assert.True(
            found.SetEquals(listed),
            "Every administrative act is a record. Add what is new here, with what it does: "
                + $"not listed: {string.Join("; ", found.Except(listed).Order())}. "
                + $"Listed and gone: {string.Join("; ", listed.Except(found).Order())}."
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task AnAdministrativeActLeavesARecord(string act)
    {
        await using World world = await World.StartAsync();
        int before = world.Records;
        await acts[act](world);
        Assert.True(world.Records > before, $"«{act}» leaves no record.");
    }

    [Fact]
    public async Task ThePolicyOfSignInIsRecordedWhenItDiffersFromTheLastOne()
    {
        PeopleOptions first = new() { KeysFolder = "" };
        await using PeopleHost host = await PeopleHost.StartAsync(first);
        Assert.Equal(SignInPolicy.ToRecord(first), Assert.Single(host.PolicyRecords), Same);
        await StartAgainAsync(first);
        Assert.Single(host.PolicyRecords);
        PeopleOptions second = first with { StrongRoles = [Role.Admin], Provider = World.Provider };
        await StartAgainAsync(second);
        await StartAgainAsync(second);
        await StartAgainAsync(first);
        Assert.Equal(3, host.PolicyRecords.Count);
        Assert.Equal(["soc"], host.PolicyRecords[1].Provider!.Roles.Select(entry => entry.Value));
        Assert.DoesNotContain("hush", System.Text.Json.JsonSerializer.Serialize(host.PolicyRecords[1]));

        Task StartAgainAsync(PeopleOptions options) =>
            new SignInPolicy(host.Records, options, host.Time, NullLogger<SignInPolicy>.Instance).StartAsync(
                Cancellation
            );
    }

    private static bool Same(
        Custodiet.Records.Ledger.SignInPolicySet one,
        Custodiet.Records.Ledger.SignInPolicySet other
    ) =>
        Custodiet
            .Records.Ledger.RecordBodyJson.Serialize(one)
            .SequenceEqual(Custodiet.Records.Ledger.RecordBodyJson.Serialize(other));

    private static async Task<string> EnrolAsync(World w)
    {
        string page = await w.Ann.PageAsync("/account/authenticator");
        string secret = page.Split("<pre id=\"secret\">")[1].Split('<')[0].Replace(" ", "");
        using HttpResponseMessage done = await w.Ann.PostAsync(
            "/account/authenticator",
            [
                .. Browser.Hidden(page, "enrol"),
                ("Code", Totp.Code(Totp.FromBase32(secret)!, Totp.StepOf(w.Host.Time.GetUtcNow()))),
                ("Password", PeopleHost.Password),
            ]
        );
        return secret;
    }

    private static async Task<IReadOnlyList<string>> EndpointsAsync()
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-acts-").FullName;
        try
        {
            (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(
                new Dictionary<string, string?>
                {
                    ["data"] = folder,
                    ["urls"] = "http://127.0.0.1:0",
                    ["oidc.authority"] = "https://id.example",
                    ["oidc.client_id"] = "custodiet",
                    ["oidc.roles"] = "soc=analyst",
                }
            );
            Assert.Empty(problems);
            await using Flow flow = await Flow.OpenAsync(
                settings!,
                TimeProvider.System,
                NullLoggerFactory.Instance,
                Cancellation
            );
            await flow.LoadAsync(Cancellation);
            await using WebApplication app = Server.Build(flow, settings!, NullLoggerFactory.Instance);
            return
            [
                .. ((IEndpointRouteBuilder)app)
                    .DataSources.SelectMany(source => source.Endpoints)
                    .OfType<RouteEndpoint>()
                    // Pages take forms, which are listed by their names.
                    .Where(endpoint =>
                        endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Components.Endpoints.ComponentTypeMetadata>()
                            is null
                    )
                    // Events and findings are counted by their stages; sending them administers nothing.
                    .Where(endpoint =>
                        endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy
                            is not (Policies.EventsWrite or Policies.FindingsWrite)
                    )
                    .SelectMany(endpoint =>
                        (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
                            .Where(method => method is not ("GET" or "HEAD" or "OPTIONS"))
                            .Select(method => $"{method} /{endpoint.RoutePattern.RawText?.Trim('/')}")
                    ),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Forms() =>
        Directory
            .EnumerateFiles(
                Path.Combine(TestPaths.Root, "src", "Custodiet", "Web"),
                "*.razor",
                SearchOption.AllDirectories
            )
            .SelectMany(file =>
                FormName()
                    .Matches(File.ReadAllText(file))
                    .Select(match => $"{Path.GetFileNameWithoutExtension(file)} {match.Groups[1].Value}")
            );

    // The name, or its beginning where a form stands in a list.
    [GeneratedRegex("""@formname="(?:@\(\$")?([a-z-]+)""")]
    private static partial Regex FormName();

    /// <summary>An installation with somebody and something of every kind.</summary>
    private sealed class World(PeopleHost host) : IAsyncDisposable
    {
        public static readonly Custodiet.People.Provider.ProviderOptions Provider = new()
        {
            Authority = new Uri("https://id.example"),
            ClientId = "custodiet",
            ClientSecret = () => "hush",
            Roles = new Dictionary<string, IReadOnlyList<Role>> { ["soc"] = [Role.Analyst] },
        };

        public PeopleHost Host => host;

        public PeopleOptions WithProvider { get; } = new() { KeysFolder = "", Provider = Provider };

        public int Records => host.Store.Drafts.Count + (int)host.Records.Count;

        public ActorId AnnId { get; private set; }

        public ActorId GlassId { get; private set; }

        public ActorId ServiceId { get; private set; }

        public string GlassCode { get; private set; } = "";

        public ActorId Token { get; private set; }

        public Browser Ann { get; private set; } = null!;

        public Browser Boss { get; private set; } = null!;

        public static async Task<World> StartAsync()
        {
            World world = new(await PeopleHost.StartAsync());
            PeopleHost host = world.Host;
            await host.AccountAsync("boss", Role.Admin, Role.Engineer, Role.Lead);
            Account ann = await host.AccountAsync("ann", Role.Engineer, Role.Analyst);
            await host.Accounts.EditAsync(
                ann.Id,
                account => account with { Identities = [new ProviderIdentity("i", "s", default)] },
                (_, _) => [],
                ActorId.Console,
                Cancellation
            );
            AccountOutcome glass = await new BreakGlassAccounts(host.Accounts, host.Time).AddAsync(
                "glass",
                [],
                ActorId.Console,
                Cancellation
            );
            AccountOutcome service = await new ServiceAccounts(host.Accounts, host.Time).AddAsync(
                "shipper",
                [Role.Engineer],
                "ann",
                null,
                ActorId.Console,
                Cancellation
            );
            TokenOutcome token = await host.Tokens.AddAsync(
                new TokenWish(Role.Engineer, "t", [], null),
                ActorId.Console,
                Cancellation
            );
            world.AnnId = ann.Id;
            world.GlassId = Assert.IsType<AccountOutcome.Done>(glass).Account.Id;
            world.GlassCode = ((AccountOutcome.Done)glass).OneTimeCode!;
            world.ServiceId = Assert.IsType<AccountOutcome.Done>(service).Account.Id;
            world.Token = Assert.IsType<TokenOutcome.Done>(token).Token.Id;
            world.Ann = await host.SignedInAsync("ann");
            world.Boss = await host.SignedInAsync("boss");
            return world;
        }

        public static async Task SubmitAsync(
            Browser browser,
            string path,
            string form,
            params (string, string)[] fields
        )
        {
            using HttpResponseMessage answer = await browser.SubmitAsync(path, form, fields);
            Assert.True(
                answer.IsSuccessStatusCode || (int)answer.StatusCode == 302,
                $"{path} {form}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancellation)}"
            );
        }

        public async Task PostAsync<T>(string path, T body)
        {
            using HttpClient console = host.ConsoleProgram();
            using HttpResponseMessage answer = await console.PostAsJsonAsync(path, body, Output.Json, Cancellation);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        }

        public async Task DeleteAsync(string path)
        {
            using HttpClient console = host.ConsoleProgram();
            using HttpResponseMessage answer = await console.DeleteAsync(path, Cancellation);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        }

        public async ValueTask DisposeAsync()
        {
            Ann.Dispose();
            Boss.Dispose();
            await host.DisposeAsync();
        }
    }
}
