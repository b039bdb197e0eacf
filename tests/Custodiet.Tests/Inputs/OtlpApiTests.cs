using System.Text;
using Custodiet.Inputs;
using Custodiet.Tests.Pipeline.Otlp;

namespace Custodiet.Tests.Inputs;

public class OtlpApiTests(SharedInputHost shared) : IClassFixture<SharedInputHost>
{
    private const string Path = "/v1/logs";
    private const string Proto = "application/x-protobuf";

    private static readonly OtlpMessage one = new([], "", 0, 9, [], new OtlpValue.Text("one"), []);
    private static readonly OtlpMessage large = new([], "", 0, 9, [], new OtlpValue.Text(new string('x', 1_100)), []);

    [Fact]
    public async Task BothEncodingsAreTakenAndAnsweredInKind()
    {
        InputHost host = shared.Begin();
        (int status, string text, HttpResponseMessage response) = await host.PostAsync(
            Path,
            one.ToProto(),
            "Bearer " + host.Token,
            Proto,
            gzip: true
        );
        Assert.Equal((200, "", Proto), (status, text, response.Content.Headers.ContentType?.MediaType));
        (status, text, _) = await host.PostAsync(Path, one.ToJson(), "Bearer " + host.Token);
        Assert.Equal((200, "{}"), (status, text));
        const string expected = """{"_otlp":{"severity_number":9},"message":"one"}""";
        Assert.Equal([expected, expected], await host.TextsAsync());
        Assert.All(await host.EventsAsync(), e => Assert.Equal("otlp", e.Input));
    }

    [Fact]
    public async Task RejectedRecordsAreAPartialSuccess()
    {
        await using InputHost host = await InputHost.StartAsync(("input.event_bytes_max", "1024"));
        byte[] both = [.. one.ToProto(), .. large.ToProto()];
        (int status, _, HttpResponseMessage response) = await host.PostAsync(Path, both, "Bearer " + host.Token, Proto);
        byte[] answer = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(200, status);
        // partial_success = 1 { rejected_log_records = 1: 1, error_message = 2 … }
        Assert.Equal((0x0A, 0x08, 0x01, 0x12), (answer[0], answer[2], answer[3], answer[4]));
        Assert.Contains("1024", Encoding.UTF8.GetString(answer), StringComparison.Ordinal);
        (status, string text, _) = await host.PostAsync(Path, large.ToJson(), "Bearer " + host.Token);
        Assert.Equal(200, status);
        Assert.StartsWith("""{"partialSuccess":{"rejectedLogRecords":"1",""", text, StringComparison.Ordinal);
        InputStatus counted = host.Status("otlp");
        Assert.Equal((3L, 1L, 2L), (counted.Received, counted.Accepted, counted.Dropped["event too large"]));
    }

    [Fact]
    public async Task WhatCannotBeTakenSaysWhetherToTryAgain()
    {
        await using InputHost host = await InputHost.StartAsync(("queue.free_bytes_min", "1099511627776"));
        string token = "Bearer " + host.Token;
        Assert.Equal(400, (await host.PostAsync(Path, [1, 2, 3], token, Proto)).Status);
        Assert.Equal(400, (await host.PostAsync(Path, "[]"u8.ToArray(), token)).Status);
        Assert.Equal(415, (await host.PostAsync(Path, one.ToJson(), token, "text/plain")).Status);
        Assert.Equal(401, (await host.PostAsync(Path, one.ToJson(), null)).Status);
        Assert.Equal(401, (await host.PostAsync(Path, one.ToJson(), "Bearer wrong")).Status);
        Assert.Equal(403, (await host.PostAsync(Path, one.ToJson(), "Bearer " + host.OtherToken)).Status);
        (int status, _, HttpResponseMessage response) = await host.PostAsync(Path, one.ToJson(), token);
        Assert.Equal(429, status);
        Assert.NotNull(response.Headers.RetryAfter);
    }
}
