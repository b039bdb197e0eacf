using System.Net.Http.Headers;
using System.Text;
using Custodiet.Api;
using Custodiet.Configuration;
using Custodiet.People;
using Custodiet.Records;
using Custodiet.Records.People;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Telemetry;

/// <summary>The product in this process, on a folder of its own, with its stream running.</summary>
internal sealed class ObservedHost : IAsyncDisposable
{
    private readonly DirectoryInfo folder;
    private readonly WebApplication app;
    private readonly CancellationTokenSource stop = new();
    private readonly Task stream;

    private ObservedHost(DirectoryInfo folder, Flow flow, WebApplication app, bool load)
    {
        this.folder = folder;
        Flow = flow;
        this.app = app;
        stream = load ? Task.Run(RunAsync) : Task.CompletedTask;
    }

    public Flow Flow { get; }

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Follows no redirection, and has no token.</summary>
    public HttpClient Client { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ObservedHost> StartAsync(
        bool load = true,
        TimeProvider? time = null,
        ILoggerFactory? logs = null,
        params (string Setting, string Value)[] values
    )
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-observe-");
        Dictionary<string, string?> options = new() { ["data"] = folder.FullName, ["urls"] = "http://127.0.0.1:0" };
        foreach ((string setting, string value) in values)
        {
            options[setting] = value;
        }
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(options);
        Assert.Empty(problems);
        logs ??= NullLoggerFactory.Instance;
        Flow flow = await Flow.OpenAsync(settings!, time ?? TimeProvider.System, logs, Cancellation);
        WebApplication app = Server.Build(flow, settings!, logs);
        await app.StartAsync(Cancellation);
        ObservedHost host = new(folder, flow, app, load);
        host.Address = new Uri(
            app.Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!
                .Addresses.First(a => a.StartsWith("http://127", StringComparison.Ordinal))
        );
        host.Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = host.Address,
        };
        if (load)
        {
            await flow.Loaded.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        }
        return host;
    }

    /// <summary>A token with these scopes.</summary>
    public Task<string> TokenAsync(params string[] scopes) => TokenAsync(Role.Engineer, scopes);

    /// <summary>A token of a role with these scopes.</summary>
    public async Task<string> TokenAsync(Role role, params string[] scopes)
    {
        ApiTokens tokens = app.Services.GetRequiredService<ApiTokens>();
        TokenOutcome made = await tokens.AddAsync(
            new TokenWish(role, $"{role} {string.Join(' ', scopes)}", scopes, null),
            ActorId.Console,
            Cancellation
        );
        return Assert.IsType<TokenOutcome.Done>(made).Text!;
    }

    /// <summary>Sends lines to the event API with a token, and answers the response.</summary>
    public async Task<HttpResponseMessage> SendAsync(string token, params string[] lines)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events")
        {
            Content = new StringContent(string.Join('\n', lines), Encoding.UTF8, "application/x-ndjson"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await Client.SendAsync(request, Cancellation);
    }

    /// <summary>Asks for the metrics as if from another machine, with a token or without one.</summary>
    public async Task<HttpResponseMessage> ScrapeFromElsewhereAsync(string? token, string accept = "text/plain")
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.Add("X-Forwarded-For", "192.0.2.7");
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        return await Client.SendAsync(request, Cancellation);
    }

    /// <summary>Scrapes until a condition holds.</summary>
    public async Task<Scrape> ScrapeUntilAsync(Func<Scrape, bool> condition)
    {
        for (int attempt = 0; ; attempt++)
        {
            Scrape scrape = Scrape.Parse(await Client.GetStringAsync("/metrics", Cancellation));
            if (condition(scrape) || attempt > 100)
            {
                Assert.True(condition(scrape), string.Join('\n', scrape.Series.Select(s => $"{s} {scrape[s]}")));
                return scrape;
            }
            await Task.Delay(200, Cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
        await stop.CancelAsync();
        await stream.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Flow.DisposeAsync();
        stop.Dispose();
        folder.Delete(recursive: true);
    }

    private async Task RunAsync()
    {
        await Flow.LoadAsync(stop.Token);
        await Flow.RunAsync(withRoutes: false, stop.Token);
    }
}
