using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Custodiet.Tests.Telemetry;

/// <summary>A span as it came over the wire.</summary>
internal sealed record ReceivedSpan(
    string Name,
    string Trace,
    string Id,
    string Parent,
    IReadOnlyList<string> Attributes,
    IReadOnlyList<string> LinkedTraces
);

/// <summary>
/// Receives traces over OTLP/HTTP in protobuf and reads what the tests ask about. Field numbers from opentelemetry-proto 1.9:
/// trace/v1/trace.proto and collector/trace/v1/trace_service.proto.
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<ReceivedSpan> spans = new();
    private readonly ConcurrentQueue<string> headers = new();

    private OtlpReceiver(WebApplication app) => this.app = app;

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public IReadOnlyList<ReceivedSpan> Spans => [.. spans];

    /// <summary>What requests had in the header Authorization.</summary>
    public IReadOnlyList<string> Authorizations => [.. headers];

    public static async Task<OtlpReceiver> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        OtlpReceiver receiver = new(app);
        app.MapPost(
            "/v1/traces",
            async (HttpRequest request) =>
            {
                using MemoryStream body = new();
                await request.Body.CopyToAsync(body);
                receiver.headers.Enqueue(request.Headers.Authorization.ToString());
                receiver.Read(body.ToArray());
                return Results.Bytes([], "application/x-protobuf");
            }
        );
        await app.StartAsync(TestContext.Current.CancellationToken);
        receiver.Address = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
        );
        return receiver;
    }

    /// <summary>Waits until a span of each name is there.</summary>
    public async Task<IReadOnlyList<ReceivedSpan>> UntilAsync(Func<IReadOnlyList<ReceivedSpan>, bool> condition)
    {
        for (int attempt = 0; attempt < 150 && !condition(Spans); attempt++)
        {
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
        Assert.True(condition(Spans), string.Join('\n', Spans));
        return Spans;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private void Read(ReadOnlyMemory<byte> request)
    {
        foreach (ReadOnlyMemory<byte> resource in Messages(request, 1))
        {
            foreach (ReadOnlyMemory<byte> scope in Messages(resource, 2))
            {
                foreach (ReadOnlyMemory<byte> span in Messages(scope, 2))
                {
                    spans.Enqueue(
                        new ReceivedSpan(
                            Text(span, 5),
                            Hex(span, 1),
                            Hex(span, 2),
                            Hex(span, 4),
                            [.. Messages(span, 9).Select(attribute => $"{Text(attribute, 1)}={ValueOf(attribute)}")],
                            [.. Messages(span, 13).Select(link => Hex(link, 1))]
                        )
                    );
                }
            }
        }
    }

    private static string ValueOf(ReadOnlyMemory<byte> attribute) =>
        Messages(attribute, 2).Select(value => Text(value, 1)).FirstOrDefault("");

    private static string Hex(ReadOnlyMemory<byte> message, int field) =>
        Messages(message, field).Select(bytes => Convert.ToHexStringLower(bytes.Span)).FirstOrDefault("");

    private static string Text(ReadOnlyMemory<byte> message, int field) =>
        Messages(message, field).Select(bytes => Encoding.UTF8.GetString(bytes.Span)).FirstOrDefault("");

    /// <summary>The length-delimited values of a field.</summary>
    private static List<ReadOnlyMemory<byte>> Messages(ReadOnlyMemory<byte> message, int field)
    {
        List<ReadOnlyMemory<byte>> found = [];
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = Varint(message.Span, ref at);
            switch (tag & 7)
            {
                case 0:
                    Varint(message.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(message.Span, ref at);
                    if ((int)(tag >> 3) == field)
                    {
                        found.Add(message.Slice(at, length));
                    }
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7}.");
            }
        }
        return found;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
