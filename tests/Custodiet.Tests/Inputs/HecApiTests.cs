using System.Text;
using Custodiet.Inputs;

namespace Custodiet.Tests.Inputs;

/// <summary>Codes and texts are those of Splunk's documentation of the HTTP Event Collector («Possible error codes»).</summary>
public class HecApiTests(SharedInputHost shared) : IClassFixture<SharedInputHost>
{
    private const string Path = "/services/collector/event";

    [Fact]
    public async Task ObjectsOneAfterAnotherBecomeEventsWithTheirMetadataBeside()
    {
        InputHost host = shared.Begin();
        string body = """
            {"time": 1772439360.123, "host":"ws-1","source":"app","sourcetype":"_json","index":"main","fields":{"zone":"a"},
             "event":{"user":"mia", "n": 1}}{"event":"plain text"}
            {"event":"{\"eventName\":\"PutObject\"}","time":"1772439361"}
            {"event":[1,2]}
            """;
        (int status, string text, _) = await host.PostAsync(Path, Encoding.UTF8.GetBytes(body), "Splunk " + host.Token);
        Assert.Equal((200, """{"text":"Success","code":0}"""), (status, text));
        Assert.Equal(
            [
                """{"_hec":{"time":1772439360.123,"host":"ws-1","source":"app","sourcetype":"_json","index":"main","fields":{"zone":"a"}},"user":"mia", "n": 1}""",
                """{"_hec":{},"message":"plain text"}""",
                """{"_hec":{"time":"1772439361"},"eventName":"PutObject"}""",
                """{"_hec":{},"event":[1,2]}""",
            ],
            await host.TextsAsync()
        );
        Assert.All(await host.EventsAsync(), e => Assert.Equal("hec", e.Input));
        InputStatus counted = host.Status("hec");
        Assert.Equal((4L, 4L), (counted.Received, counted.Accepted));
    }

    [Fact]
    public async Task RawLinesCarryWhatTheQuerySays()
    {
        InputHost host = shared.Begin();
        (int status, _, _) = await host.PostAsync(
            "/services/collector/raw?host=fw-1&sourcetype=cisco%3Aasa&channel=0aeeac95-ac74-4aa9-b30d-6c4c0ac581ba",
            "first line\r\n\r\n{\"a\":1}\nlast \"line\""u8.ToArray(),
            "Splunk " + host.Token,
            gzip: true
        );
        Assert.Equal(200, status);
        Assert.Equal(
            [
                """{"_hec":{"host":"fw-1","sourcetype":"cisco:asa"},"message":"first line"}""",
                """{"_hec":{"host":"fw-1","sourcetype":"cisco:asa"},"a":1}""",
                """{"_hec":{"host":"fw-1","sourcetype":"cisco:asa"},"message":"last \"line\""}""",
            ],
            await host.TextsAsync()
        );
    }

    [Theory]
    [InlineData("", 400, 5, null)]
    [InlineData("  \n", 400, 5, null)]
    [InlineData("not json", 400, 6, 0)]
    [InlineData("{\"event\":1}[]", 400, 6, 1)]
    [InlineData("{\"event\":1}{\"event\":", 400, 6, 1)]
    [InlineData("{\"event\":1}{\"host\":\"a\"}", 400, 12, 1)]
    [InlineData("{\"event\":null}", 400, 12, 0)]
    [InlineData("{\"event\":\"\"}", 400, 13, 0)]
    public async Task ABodyThatIsNotInOrderIsRefusedWholeWithItsCode(string body, int status, int code, int? number)
    {
        InputHost host = shared.Begin();
        (int actual, string text, _) = await host.PostAsync(Path, Encoding.UTF8.GetBytes(body), "Splunk " + host.Token);
        Assert.Equal(status, actual);
        Assert.Contains($"\"code\":{code}", text, StringComparison.Ordinal);
        Assert.Equal(
            number is not null,
            text.Contains($"\"invalid-event-number\":{number}", StringComparison.Ordinal) && number is not null
        );
        Assert.Empty(await host.EventsAsync());
        InputStatus counted = host.Status("hec");
        Assert.Equal((1L, 0L, 0L), (counted.Received, counted.Accepted, counted.InFlight));
    }

    [Fact]
    public async Task AnEventAboveTheLimitRefusesItsBody()
    {
        await using InputHost host = await InputHost.StartAsync(("input.event_bytes_max", "1024"));
        string large = $$"""{"event":"small"}{"event":"{{new string('x', 1_100)}}"}""";
        (int status, string text, _) = await host.PostAsync(
            Path,
            Encoding.UTF8.GetBytes(large),
            "Splunk " + host.Token
        );
        Assert.Equal(413, status);
        Assert.Contains("\"invalid-event-number\":1", text, StringComparison.Ordinal);
        Assert.Empty(await host.EventsAsync());
        Assert.Equal(1, host.Status("hec").Dropped["refused body: too large"]);
    }

    [Fact]
    public async Task OnlyATokenThatMaySendEventsIsLetIn()
    {
        InputHost host = shared.Begin();
        byte[] body = "{\"event\":1}"u8.ToArray();
        string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes("x:" + host.Token));
        (string? Authorization, int Status, int Code)[] cases =
        [
            (null, 401, 2),
            ("Splunk wrong", 403, 4),
            ("Digest what", 401, 3),
            ("ApiKey " + host.Token, 401, 3),
            ("Splunk " + host.OtherToken, 403, 4),
            ("Splunk " + host.Token, 200, 0),
            ("Bearer " + host.Token, 200, 0),
            ("Basic " + basic, 200, 0),
        ];
        foreach ((string? authorization, int status, int code) in cases)
        {
            (int actual, string text, _) = await host.PostAsync(Path, body, authorization);
            Assert.True(status == actual, $"{authorization}: {actual} {text}");
            Assert.Contains($"\"code\":{code}", text, StringComparison.Ordinal);
        }
        Assert.Equal(3, (await host.EventsAsync()).Count);
    }

    [Fact]
    public async Task TheOtherRoutesOfTheProductKnowBearerOnly()
    {
        InputHost host = shared.Begin();
        (int status, _, _) = await host.PostAsync("/api/v1/events", "{}"u8.ToArray(), "Splunk " + host.Token);
        Assert.Equal(401, status);
    }

    [Fact]
    public async Task HealthIsOpenAndAcknowledgementIsSaidToBeOff()
    {
        InputHost host = shared.Begin();
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(
            """{"text":"HEC is healthy","code":17}""",
            await host.Client.GetStringAsync("/services/collector/health/1.0", cancellation)
        );
        (int status, string text, _) = await host.PostAsync(
            "/services/collector/ack?channel=x",
            "{\"acks\":[0]}"u8.ToArray(),
            "Splunk " + host.Token
        );
        Assert.Equal((400, """{"text":"ACK is disabled","code":14}"""), (status, text));
    }

    [Fact]
    public async Task AFullQueueIsAnsweredAsBusyAndNothingIsTaken()
    {
        // More than any disk has free: the queue pushes back from the start.
        await using InputHost host = await InputHost.StartAsync(("queue.free_bytes_min", "1099511627776"));
        (int status, string text, HttpResponseMessage response) = await host.PostAsync(
            Path,
            "{\"event\":1}"u8.ToArray(),
            "Splunk " + host.Token
        );
        Assert.Equal((503, """{"text":"Server is busy","code":9}"""), (status, text));
        Assert.NotNull(response.Headers.RetryAfter);
        InputStatus counted = host.Status("hec");
        Assert.Equal((0L, 1L), (counted.Received, counted.Refused["queue full"]));
    }

    [Fact]
    public async Task SwitchedOffItIsNotThere()
    {
        await using InputHost host = await InputHost.StartAsync(("input.hec", "off"));
        (int status, _, _) = await host.PostAsync(Path, "{\"event\":1}"u8.ToArray(), "Bearer " + host.Token);
        // An address that the product does not know needs a role that this token has not.
        Assert.InRange(status, 400, 499);
        Assert.Empty(await host.EventsAsync());
    }
}
