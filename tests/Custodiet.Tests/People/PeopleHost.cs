using System.Net;
using System.Net.Sockets;
using Custodiet.Api;
using Custodiet.Cli;
using Custodiet.People;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Custodiet.Tests.Process;
using Custodiet.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.People;

/// <summary>Sign-in behind a real Kestrel on a free port, with a route for every policy.</summary>
internal sealed class PeopleHost : IAsyncDisposable
{
    public const string Password = "a long enough passphrase";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-people-");
    private readonly Dictionary<Browser, SessionId> sessionOf = [];
    private readonly WebApplication app;

    private PeopleHost(PeopleOptions? options, DateTimeOffset? now)
    {
        Time = new FakeTimeProvider(now ?? new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
        Records = new MemoryRecords(Time);
        SessionStore = new MemorySessions(Records);
        options ??= new PeopleOptions { KeysFolder = "" };
        options = options with { KeysFolder = Path.Combine(folder.FullName, "keys"), PasswordIterations = 1_000 };
        WebApplicationBuilder builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = folder.FullName, EnvironmentName = "Production" }
        );
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.ListenUnixSocket(SocketPath, listen => listen.UseConsolePeer());
        });
        builder.Services.AddSingleton<IAccountStore>(Store);
        builder.Services.AddSingleton<ISessionStore>(SessionStore);
        builder.Services.AddSingleton<IRecordStore>(Records);
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddScoped<Visit>();
        builder.Services.AddSingleton<Names>();
        builder.Services.AddRazorComponents();
        builder.Services.AddCustodietPeople(options);
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            foreach (System.Text.Json.Serialization.JsonConverter converter in Output.Json.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }
        });
        app = builder.Build();
        app.UseCustodietPeople();
        app.MapCustodietPeople();
        AccountsApi.Map(app);
        app.MapRazorComponents<BareApp>().AddAdditionalAssemblies(typeof(Accounts).Assembly);
        foreach (Policy policy in Policies.All)
        {
            app.MapGet("/policy/" + policy.Name, (HttpContext http) => Who(http)).RequireAuthorization(policy.Name);
            app.MapPost("/api/policy/" + policy.Name, (HttpContext http) => Who(http))
                .RequireAuthorization(policy.Name);
        }
        app.MapGet("/stream", StreamAsync).RequireAuthorization(Policies.Read);
        app.MapGet("/session", (HttpContext http) => http.User.SessionId()?.Value).RequireAuthorization(Policies.Read);
        // A session of any kind, for what only a browser or a provider can begin.
        app.MapGet(
                "/begin/{id}/{method}",
                async (HttpContext http, string id, SignInMethod method, SessionSignInManager manager) =>
                {
                    Account account = (await Accounts.FindAsync(new ActorId(id), CancellationToken.None))!;
                    await manager.BeginAsync(account, SessionStart.Of(http, method));
                }
            )
            .AllowAnonymous();
        app.MapGet("/forgotten", () => "a route without a policy");
        app.MapGet("/left-open", () => "a route open to everybody").AllowAnonymous();
    }

    public MemoryAccounts Store { get; } = new();

    public FakeTimeProvider Time { get; }

    /// <summary>Records that come without a change to an account.</summary>
    public MemoryRecords Records { get; }

    public MemorySessions SessionStore { get; }

    public Sessions Sessions => app.Services.GetRequiredService<Sessions>();

    public TokenUses Uses => app.Services.GetRequiredService<TokenUses>();

    /// <summary>The policies of sign-in as they were recorded.</summary>
    public IReadOnlyList<SignInPolicySet> PolicyRecords => [.. Records.Bodies.OfType<SignInPolicySet>()];

    /// <summary>What else was recorded beside changes of accounts and tokens.</summary>
    public IEnumerable<RecordBody> Bodies => Records.Bodies.Where(body => body is not SignInPolicySet);

    public SignInRecords SignIns => app.Services.GetRequiredService<SignInRecords>();

    public string KeysFolder => Path.Combine(folder.FullName, "keys");

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public Accounts Accounts => app.Services.GetRequiredService<Accounts>();

    public ApiTokens Tokens => app.Services.GetRequiredService<ApiTokens>();

    public SetupCode SetupCode => app.Services.GetRequiredService<SetupCode>();

    public IEnumerable<Endpoint> Endpoints =>
        ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints);

    private string SocketPath => Path.Combine(folder.FullName, "s");

    public static async Task<PeopleHost> StartAsync(PeopleOptions? options = null, DateTimeOffset? now = null)
    {
        var host = new PeopleHost(options, now);
        await host.app.StartAsync(TestContext.Current.CancellationToken);
        IServer server = host.app.Services.GetRequiredService<IServer>();
        string address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First(a => a.Contains("127.0.0.1"));
        host.Address = new Uri(address);
        return host;
    }

    /// <summary>An account with <see cref="Password"/>.</summary>
    public async Task<Account> AccountAsync(string name, params Role[] roles)
    {
        AccountOutcome outcome = await Accounts.AddAsync(
            name,
            roles,
            Password,
            ActorId.Console,
            TestContext.Current.CancellationToken
        );
        return Assert.IsType<AccountOutcome.Done>(outcome).Account;
    }

    public Browser NewBrowser() => new(Address, TestContext.Current.CancellationToken);

    /// <summary>A browser in which this account is signed in, without a second factor.</summary>
    public async Task<Browser> SignedInAsync(string name)
    {
        Browser browser = NewBrowser();
        using HttpResponseMessage response = await browser.SignInAsync(name, Password);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        sessionOf[browser] = new SessionId(await browser.PageAsync("/session"));
        return browser;
    }

    /// <summary>The session that a browser's cookie opens.</summary>
    public SessionId SessionOf(Browser browser) =>
        sessionOf.TryGetValue(browser, out SessionId known)
            ? known
            : throw new InvalidOperationException("This browser was not signed in by SignedInAsync.");

    /// <summary>A program with a token's text, or without any.</summary>
    public HttpClient Program(string? token = null)
    {
        var client = new HttpClient { BaseAddress = Address };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }
        return client;
    }

    /// <summary>A program on the service's own socket.</summary>
    public HttpClient ConsoleProgram()
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri("http://custodiet") };
    }

    /// <summary>Stops as the product does.</summary>
    public Task StopAsync() => app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        folder.Delete(recursive: true);
    }

    // A stream that says one line and then nothing until its caller is gone.
    private static async Task StreamAsync(HttpContext http, CancellationToken cancellation)
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync("data: begun\n\n", cancellation);
        await http.Response.Body.FlushAsync(cancellation);
        await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static string Who(HttpContext http) =>
        http.User.Identity?.IsAuthenticated == true
            ? $"{http.User.Actor()} {string.Join(',', http.User.ToViewer().Roles.Order())}"
            : "a neighbour on this machine";

    /// <summary>The pages of sign-in without the frame, whose figures need all the other stores.</summary>
    private sealed class BareApp : ComponentBase
    {
        protected override void BuildRenderTree(RenderTreeBuilder builder)
        {
            builder.OpenComponent<Router>(0);
            builder.AddComponentParameter(1, nameof(Router.AppAssembly), typeof(Accounts).Assembly);
            builder.AddComponentParameter(
                2,
                nameof(Router.Found),
                (RenderFragment<Microsoft.AspNetCore.Components.RouteData>)(
                    found =>
                        inner =>
                        {
                            inner.OpenComponent<RouteView>(0);
                            inner.AddComponentParameter(1, nameof(RouteView.RouteData), found);
                            inner.CloseComponent();
                        }
                )
            );
            builder.CloseComponent();
        }
    }
}
