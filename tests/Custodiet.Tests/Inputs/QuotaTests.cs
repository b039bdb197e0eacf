using System.Text;
using Custodiet.Inputs;

namespace Custodiet.Tests.Inputs;

/// <summary>A sender over its quota is told to wait by every input over HTTP, in a form that its clients understand, and nothing of it is taken or lost.</summary>
public sealed class QuotaTests
{
    [Theory]
    [InlineData("/api/v1/events", "http", "Bearer ", "application/x-ndjson", "{\"a\":1}\n")]
    [InlineData("/services/collector/event", "hec", "Splunk ", "application/json", "{\"event\":\"a\"}")]
    [InlineData("/_bulk", "elasticsearch", "ApiKey ", "application/x-ndjson", "{\"index\":{}}\n{\"a\":1}\n")]
    [InlineData(
        "/api/v1/cloudevents",
        "cloudevents",
        "Bearer ",
        "application/cloudevents+json",
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/a\",\"type\":\"t\",\"data\":{}}"
    )]
    [InlineData(
        "/v1/logs",
        "otlp",
        "Bearer ",
        "application/json",
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":{\"stringValue\":\"a\"}}]}]}]}"
    )]
    public async Task WhoHasUsedUpTheQuotaWaitsAndLosesNothing(
        string path,
        string input,
        string scheme,
        string contentType,
        string body
    )
    {
        await using InputHost host = await InputHost.StartAsync();
        host.Declare($"senders: [{{name: here, from: 127.0.0.1, inputs: [{input}], events_per_second_max: 1}}]");
        int taken = 0;
        while (true)
        {
            (int status, string text, HttpResponseMessage response) = await host.PostAsync(
                path,
                Encoding.UTF8.GetBytes(body),
                scheme + host.Token,
                contentType,
                headers: ("User-Agent", "shipper/1.0")
            );
            // Splunk's way to say it is 503 with code 9.
            if (status is 429 or 503)
            {
                Assert.True(status == 429 || text.Contains("\"code\":9", StringComparison.Ordinal), text);
                Assert.True(response.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
                break;
            }
            Assert.True(status is 200 or 201 or 202 or 204, $"{status} {text}");
            Assert.True(++taken < 50, "The quota never ended.");
        }
        // Five seconds' worth at once, and whatever fell due meanwhile.
        Assert.True(taken >= 5, $"{taken} were taken.");
        InputStatus counted = host.Status(input);
        Assert.Equal((taken, taken, 1L), (counted.Received, counted.Accepted, counted.Refused["over quota"]));
        Assert.Equal(taken, (await host.EventsAsync()).Count);
    }
}
