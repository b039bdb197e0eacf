using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Custodiet.Tests.Outputs;

/// <summary>A request as it came.</summary>
internal sealed record ReceivedRequest(string Key, IReadOnlyDictionary<string, string> Headers, string[] Lines);

/// <summary>An HTTP server that answers as the test says.</summary>
internal sealed class HttpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private HttpReceiver(WebApplication app) => this.app = app;

    /// <summary>What to answer; by default 200.</summary>
    public Func<ReceivedRequest, HttpResponse, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Every request, in order.</summary>
    public ConcurrentQueue<ReceivedRequest> Requests { get; } = [];

    /// <summary>Requests that were answered with 200.</summary>
    public ConcurrentQueue<ReceivedRequest> Taken { get; } = [];

    public string Url { get; private set; } = "";

    /// <summary>The numbers of the events in the requests that were taken, in the order of arrival.</summary>
    public int[] Numbers =>
        [
            .. Taken
                .SelectMany(r => r.Lines)
                .Select(line => int.Parse(NumberOf(line), System.Globalization.CultureInfo.InvariantCulture)),
        ];

    public static async Task<HttpReceiver> StartAsync(int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        WebApplication app = builder.Build();
        HttpReceiver receiver = new(app);
        app.MapFallback(receiver.TakeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        receiver.Url = app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.First();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private static string NumberOf(string line) =>
        Regex.Match(line, "\\\\?\"number\\\\?\":(\\d+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;

    private async Task TakeAsync(HttpContext http)
    {
        await using Stream body =
            http.Request.Headers.ContentEncoding == "gzip"
                ? new GZipStream(http.Request.Body, CompressionMode.Decompress)
                : http.Request.Body;
        using StreamReader reader = new(body, Encoding.UTF8);
        string text = await reader.ReadToEndAsync(http.RequestAborted);
        ReceivedRequest request = new(
            http.Request.Headers["Idempotency-Key"].ToString(),
            http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        );
        Requests.Enqueue(request);
        await Answer(request, http.Response);
        if (http.Response.StatusCode == 200)
        {
            Taken.Enqueue(request);
        }
    }
}
