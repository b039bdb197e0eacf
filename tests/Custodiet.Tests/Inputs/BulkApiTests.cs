using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Custodiet.Inputs;

namespace Custodiet.Tests.Inputs;

/// <summary>Shapes are those of Elasticsearch's reference of the bulk API.</summary>
public class BulkApiTests(SharedInputHost shared) : IClassFixture<SharedInputHost>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DocumentsBecomeEventsAndEveryItemIsAnswered()
    {
        await using InputHost host = await InputHost.StartAsync();
        string body = """
            {"index":{"_index":"logs-app","_id":"7"}}
            {"@timestamp":"2026-03-02T08:16:00Z","message":"one"}
            {"create":{"_index":"logs-app"}}
            { }
            {"delete":{"_index":"logs-app","_id":"6"}}
            {"update":{"_id":"5"}}
            {"doc":{"a":1}}
            {"create":{}}
            not an object
            {"create":{}}
            {"broken": [

            """;
        (int status, string text, HttpResponseMessage response) = await BulkAsync(host, "/default-index/_bulk", body);
        Assert.Equal(200, status);
        Assert.Equal("Elasticsearch", response.Headers.GetValues("X-Elastic-Product").Single());
        JsonElement answer = JsonDocument.Parse(text).RootElement;
        Assert.True(answer.GetProperty("errors").GetBoolean());
        Assert.Equal(
            [
                "index logs-app 7 201",
                "create logs-app 1 201",
                "delete logs-app 6 400",
                "update default-index 5 400",
                "create default-index  400",
                "create default-index 2 201",
            ],
            answer.GetProperty("items").EnumerateArray().Select(Summary)
        );
        Assert.Equal(
            [
                """{"_bulk":{"index":"logs-app","id":"7"},"@timestamp":"2026-03-02T08:16:00Z","message":"one"}""",
                """{"_bulk":{"index":"logs-app"}}""",
                """{"_bulk":{"index":"default-index"},"broken": [""",
            ],
            (await host.EventsAsync()).Select(e => e.Text)
        );
        InputStatus counted = host.Status("elasticsearch");
        Assert.Equal((6L, 3L, 0L), (counted.Received, counted.Accepted, counted.InFlight));
        Assert.Equal((2L, 1L), (counted.Dropped["update or delete"], counted.Dropped["not an object"]));
    }

    [Theory]
    [InlineData("", "no action")]
    [InlineData("\n\n", "no action")]
    [InlineData("{\"index\":{}}\n", "line [1]")]
    [InlineData("{\"index\":{}}\n{}\n{\"a\":1}\n", "line [3]")]
    [InlineData("{\"upsert\":{}}\n{}\n", "line [1]")]
    [InlineData("{\"index\":7}\n{}\n", "line [1]")]
    [InlineData("{\"index\":{}} {}\n{}\n", "line [1]")]
    [InlineData("{\"index\":{},\"create\":{}}\n{}\n", "line [1]")]
    [InlineData("[1]\n{}\n", "line [1]")]
    public async Task ARequestThatCannotBeCutIntoActionsIsRefusedWhole(string body, string reason)
    {
        InputHost host = shared.Begin();
        (int status, string text, _) = await BulkAsync(host, "/_bulk", body);
        Assert.Equal(400, status);
        Assert.Contains(reason, text, StringComparison.Ordinal);
        Assert.Equal(400, JsonDocument.Parse(text).RootElement.GetProperty("status").GetInt32());
        Assert.Empty(await host.EventsAsync());
    }

    [Fact]
    public async Task ADocumentAboveTheLimitIsAnsweredForItselfAlone()
    {
        await using InputHost host = await InputHost.StartAsync(("input.event_bytes_max", "1024"));
        string body = $"{{\"index\":{{}}}}\n{{\"a\":\"{new string('x', 1_100)}\"}}\n{{\"index\":{{}}}}\n{{\"a\":1}}\n";
        (int status, string text, _) = await BulkAsync(host, "/_bulk", body);
        Assert.Equal(200, status);
        Assert.Equal(
            ["index   413", "index  0 201"],
            JsonDocument.Parse(text).RootElement.GetProperty("items").EnumerateArray().Select(Summary)
        );
        Assert.Equal(["""{"_bulk":{},"a":1}"""], await host.TextsAsync());
    }

    [Fact]
    public async Task AFullQueueIsAnsweredItemByItemAsElasticsearchDoesUnderLoad()
    {
        await using InputHost host = await InputHost.StartAsync(("queue.free_bytes_min", "1099511627776"));
        (int status, string text, HttpResponseMessage response) = await BulkAsync(
            host,
            "/_bulk",
            "{\"index\":{}}\n{}\n{\"delete\":{}}\n{\"index\":{}}\n{}\n"
        );
        Assert.Equal(200, status);
        Assert.NotNull(response.Headers.RetryAfter);
        JsonElement answer = JsonDocument.Parse(text).RootElement;
        Assert.True(answer.GetProperty("errors").GetBoolean());
        Assert.Equal(
            [429, 400, 429],
            answer
                .GetProperty("items")
                .EnumerateArray()
                .Select(i => i.EnumerateObject().Single().Value.GetProperty("status").GetInt32())
        );
        Assert.Contains("es_rejected_execution_exception", text, StringComparison.Ordinal);
        InputStatus counted = host.Status("elasticsearch");
        Assert.Equal((1L, 0L, 1L), (counted.Received, counted.Accepted, counted.Refused["queue full"]));
    }

    [Fact]
    public async Task AClientWithoutANameGetsNoAnswerFromAFullQueueSinceItWouldTakeItForFinal()
    {
        await using InputHost host = await InputHost.StartAsync(("queue.free_bytes_min", "1099511627776"));
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            host.PostAsync("/_bulk", "{\"index\":{}}\n{}\n"u8.ToArray(), "ApiKey " + host.Token)
        );
        Assert.Equal(1, host.Status("elasticsearch").Refused["queue full"]);
    }

    [Theory]
    [InlineData("ApiKey {0}")]
    [InlineData("ApiKey id:{0}")]
    [InlineData("Basic elastic:{0}")]
    [InlineData("Bearer {0}")]
    public async Task ATokenMayComeInEveryFormThatClientsKnow(string form)
    {
        InputHost host = shared.Begin();
        string[] parts = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, host.Token).Split(' ');
        string value = parts[1].Contains(':', StringComparison.Ordinal)
            ? Convert.ToBase64String(Encoding.UTF8.GetBytes(parts[1]))
            : parts[1];
        (int status, _, _) = await host.PostAsync("/_bulk", "{\"index\":{}}\n{}\n"u8.ToArray(), $"{parts[0]} {value}");
        Assert.Equal(200, status);
    }

    [Fact]
    public async Task TheRootAnswersClientsOfElasticsearchAndStaysThePageForEverybodyElse()
    {
        InputHost host = shared.Begin();
        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using HttpRequestMessage request = new(method, "/");
            request.Headers.Authorization = AuthenticationHeaderValue.Parse("ApiKey " + host.Token);
            using HttpResponseMessage response = await host.Client.SendAsync(request, Cancellation);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("Elasticsearch", response.Headers.GetValues("X-Elastic-Product").Single());
            string text = await response.Content.ReadAsStringAsync(Cancellation);
            Assert.Equal(method == HttpMethod.Get, text.Contains("\"number\":\"9.0.0\"", StringComparison.Ordinal));
        }
        using HttpResponseMessage page = await host.Client.GetAsync("/", Cancellation);
        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
        Assert.StartsWith("/sign-in", page.Headers.Location!.OriginalString, StringComparison.Ordinal);
        using HttpRequestMessage stranger = new(HttpMethod.Get, "/");
        stranger.Headers.Accept.ParseAdd("application/vnd.elasticsearch+json; compatible-with=9");
        using HttpResponseMessage refused = await host.Client.SendAsync(stranger, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains(
            "security_exception",
            await refused.Content.ReadAsStringAsync(Cancellation),
            StringComparison.Ordinal
        );
        Assert.Equal("ApiKey", refused.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task AnswersAreOfTheMediaTypeThatTheClientAsksFor()
    {
        InputHost host = shared.Begin();
        (_, _, HttpResponseMessage response) = await host.PostAsync(
            "/_bulk",
            "{\"index\":{}}\n{}\n"u8.ToArray(),
            "ApiKey " + host.Token,
            "application/vnd.elasticsearch+x-ndjson; compatible-with=8",
            headers: ("Accept", "application/vnd.elasticsearch+json; compatible-with=8")
        );
        Assert.Equal(
            "application/vnd.elasticsearch+json; compatible-with=8",
            response.Content.Headers.ContentType!.ToString()
        );
    }

    private static async Task<(int Status, string Text, HttpResponseMessage Response)> BulkAsync(
        InputHost host,
        string path,
        string body
    ) =>
        await host.PostAsync(
            path,
            Encoding.UTF8.GetBytes(body),
            "ApiKey " + host.Token,
            "application/x-ndjson",
            gzip: true,
            headers: ("User-Agent", "elasticsearch-test/1.0")
        );

    private static string Summary(JsonElement item)
    {
        JsonProperty action = item.EnumerateObject().Single();
        return $"{action.Name} {action.Value.GetProperty("_index")} {action.Value.GetProperty("_id")} {action.Value.GetProperty("status")}";
    }
}
