using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Custodiet.Api;
using Custodiet.Configuration;
using Custodiet.Inputs;
using Custodiet.People;
using Custodiet.Records;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Inputs;

/// <summary>The product's server in this process, on a folder of its own, with the events that its queue holds.</summary>
internal sealed class InputHost : IAsyncDisposable
{
    private readonly DirectoryInfo folder;
    private readonly Flow flow;
    private readonly WebApplication app;
    private long firstOffset;
    private Dictionary<string, InputStatus> before = new(StringComparer.Ordinal);

    private InputHost(DirectoryInfo folder, Flow flow, WebApplication app)
    {
        this.folder = folder;
        this.flow = flow;
        this.app = app;
    }

    /// <summary>A client without a token, which follows no redirection.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>A token with the scope <c>events:write</c>.</summary>
    public string Token { get; private set; } = "";

    /// <summary>A token that may send findings and nothing else.</summary>
    public string OtherToken { get; private set; } = "";

    public Uri Address => Client.BaseAddress!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<InputHost> StartAsync(params (string Setting, string Value)[] values)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-input-");
        Dictionary<string, string?> options = new() { ["data"] = folder.FullName, ["urls"] = "http://127.0.0.1:0" };
        foreach ((string setting, string value) in values)
        {
            options[setting] = value;
        }
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(options);
        Assert.Empty(problems);
        Flow flow = await Flow.OpenAsync(settings!, TimeProvider.System, NullLoggerFactory.Instance, Cancellation);
        WebApplication app = Server.Build(flow, settings!, NullLoggerFactory.Instance);
        await app.StartAsync(Cancellation);
        InputHost host = new(folder, flow, app);
        string address = app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.First(a => a.StartsWith("http://127", StringComparison.Ordinal));
        host.Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(address),
        };
        host.Token = await host.TokenAsync(Scopes.EventsWrite);
        host.OtherToken = await host.TokenAsync(Scopes.FindingsWrite);
        return host;
    }

    /// <summary>From here on events and figures are those that come now.</summary>
    public void Begin()
    {
        firstOffset = flow.Queue.State.NextOffset;
        before = flow.Inputs.Read().ToDictionary(i => i.Input, StringComparer.Ordinal);
    }

    /// <summary>Every event that the queue has taken since <see cref="Begin"/>, with the input of its batch.</summary>
    public async Task<List<(string Input, string Text)>> EventsAsync()
    {
        List<(string, string)> events = [];
        long next = flow.Queue.State.NextOffset;
        if (next == firstOffset)
        {
            return events;
        }
        await foreach (QueuedBatch batch in flow.Queue.ReadAsync(firstOffset, Cancellation))
        {
            int at = 0;
            foreach (int length in batch.Batch.Lengths)
            {
                events.Add((batch.Batch.Input, Encoding.UTF8.GetString(batch.Batch.Bytes.Span.Slice(at, length))));
                at += length;
            }
            if (batch.NextOffset == next)
            {
                break;
            }
        }
        return events;
    }

    /// <summary>The texts of all events; each is one JSON object on one line.</summary>
    public async Task<List<string>> TextsAsync()
    {
        List<string> texts = [.. (await EventsAsync()).Select(e => e.Text)];
        Assert.All(
            texts,
            text =>
            {
                Assert.DoesNotContain('\n', text);
                using JsonDocument document = JsonDocument.Parse(text);
                Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
            }
        );
        return texts;
    }

    /// <summary>The figures of an input since <see cref="Begin"/>.</summary>
    public InputStatus Status(string input)
    {
        InputStatus now = flow.Inputs.Of(input).Read();
        return before.TryGetValue(input, out InputStatus? old)
            ? now with
            {
                Received = now.Received - old.Received,
                Accepted = now.Accepted - old.Accepted,
                InFlight = now.InFlight - old.InFlight,
                Dropped = Since(now.Dropped, old.Dropped),
                Refused = Since(now.Refused, old.Refused),
            }
            : now;
    }

    /// <summary>Posts a body and answers status, headers and text.</summary>
    public async Task<(int Status, string Text, HttpResponseMessage Response)> PostAsync(
        string path,
        byte[] body,
        string? authorization,
        string contentType = "application/json",
        bool gzip = false,
        params (string Name, string Value)[] headers
    )
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(gzip ? Gzip(body) : body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        if (gzip)
        {
            request.Content.Headers.ContentEncoding.Add("gzip");
        }
        if (authorization is not null)
        {
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        }
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
        HttpResponseMessage response = await Client.SendAsync(request, Cancellation);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation), response);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        await flow.DisposeAsync();
        folder.Delete(recursive: true);
    }

    public static byte[] Gzip(byte[] body)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest))
        {
            gzip.Write(body);
        }
        return packed.ToArray();
    }

    private static Dictionary<string, long> Since(
        IReadOnlyDictionary<string, long> now,
        IReadOnlyDictionary<string, long> old
    ) =>
        now.Select(n => KeyValuePair.Create(n.Key, n.Value - old.GetValueOrDefault(n.Key)))
            .Where(n => n.Value != 0)
            .ToDictionary(StringComparer.Ordinal);

    private async Task<string> TokenAsync(string scope)
    {
        ApiTokens tokens = new(flow.Records, TimeProvider.System);
        TokenOutcome outcome = await tokens.AddAsync(
            new TokenWish(
                Role.Engineer,
                string.Create(CultureInfo.InvariantCulture, $"for {scope}"),
                [scope],
                ExpiresAt: null
            ),
            ActorId.Console,
            Cancellation
        );
        return Assert.IsType<TokenOutcome.Done>(outcome).Text!;
    }
}

/// <summary>One product for all tests of a class that need no settings of their own; each sees only what it sent itself.</summary>
public sealed class SharedInputHost : IAsyncLifetime
{
    private InputHost host = null!;

    public async ValueTask InitializeAsync() => host = await InputHost.StartAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    internal InputHost Begin()
    {
        host.Begin();
        return host;
    }
}
