using System.Text;
using System.Text.Json;
using Custodiet.Inputs;

namespace Custodiet.Tests.Inputs;

/// <summary>Modes are those of the CloudEvents HTTP protocol binding 1.0.2, section 3.</summary>
public class CloudEventsApiTests(SharedInputHost shared) : IClassFixture<SharedInputHost>
{
    private const string Path = "/api/v1/cloudevents";
    private const string Attributes =
        "\"specversion\":\"1.0\",\"id\":\"a-1\",\"source\":\"/shop\",\"type\":\"order.made\"";

    [Fact]
    public async Task AStructuredEventGivesItsDataAndItsAttributes()
    {
        InputHost host = shared.Begin();
        (int status, string text, _) = await SendAsync(
            host,
            $$$"""{{{{Attributes}}},"time":"2026-03-02T08:16:00Z","tenant":"a","data":{"amount": 5}}"""
        );
        Assert.Equal(200, status);
        Assert.Equal(1, JsonDocument.Parse(text).RootElement.GetProperty("accepted").GetInt32());
        Assert.Equal(
            [$$$"""{"_cloudevent":{{{{Attributes}}},"time":"2026-03-02T08:16:00Z","tenant":"a"},"amount": 5}"""],
            await host.TextsAsync()
        );
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(",\"data\":null", "")]
    [InlineData(",\"data\":\"text\"", ",\"message\":\"text\"")]
    [InlineData(",\"data\":[1]", ",\"event\":[1]")]
    [InlineData(",\"data_base64\":\"dGV4dA==\"", ",\"message\":\"text\"")]
    [InlineData(",\"data_base64\":\"\\/\\/8=\"", ",\"data_base64\":\"//8=\"")]
    public async Task DataOfEveryKindIsKept(string member, string expected)
    {
        InputHost host = shared.Begin();
        Assert.Equal(200, (await SendAsync(host, $"{{{Attributes}{member}}}")).Status);
        Assert.Equal([$"{{\"_cloudevent\":{{{Attributes}}}{expected}}}"], await host.TextsAsync());
    }

    [Fact]
    public async Task ABatchIsTakenWholeOrNotAtAll()
    {
        InputHost host = shared.Begin();
        string good = $"[{{{Attributes},\"data\":{{\"n\":1}}}},{{{Attributes},\"data\":{{\"n\":2}}}}]";
        string bad = $"[{{{Attributes}}},{{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"s\"}}]";
        Assert.Equal(200, (await SendAsync(host, good, "application/cloudevents-batch+json")).Status);
        (int status, string text, _) = await SendAsync(host, bad, "application/cloudevents-batch+json");
        Assert.Equal(400, status);
        Assert.Contains("Event 1 lacks the attribute «type»", text, StringComparison.Ordinal);
        Assert.Equal(200, (await SendAsync(host, "[]", "application/cloudevents-batch+json")).Status);
        Assert.Equal(2, (await host.EventsAsync()).Count);
        InputStatus counted = host.Status("cloudevents");
        Assert.Equal((3L, 2L, 1L), (counted.Received, counted.Accepted, counted.Dropped["refused body: broken"]));
    }

    [Fact]
    public async Task ABinaryEventHasItsAttributesInHeaders()
    {
        InputHost host = shared.Begin();
        (int status, _, _) = await host.PostAsync(
            Path,
            "{\"n\":1}"u8.ToArray(),
            "Bearer " + host.Token,
            "application/json",
            gzip: true,
            headers:
            [
                ("ce-specversion", "1.0"),
                ("ce-id", "a-1"),
                ("ce-source", "/shop"),
                ("ce-type", "order.made"),
                // Section 3.1.3.2: the euro sign and a space are percent-encoded.
                ("ce-subject", "Euro%20%E2%82%AC"),
            ]
        );
        Assert.Equal(200, status);
        JsonElement item = JsonDocument.Parse(Assert.Single(await host.TextsAsync())).RootElement;
        Assert.Equal(1, item.GetProperty("n").GetInt32());
        JsonElement attributes = item.GetProperty("_cloudevent");
        Assert.Equal("Euro €", attributes.GetProperty("subject").GetString());
        Assert.Equal("application/json", attributes.GetProperty("datacontenttype").GetString());
    }

    [Theory]
    [InlineData("{}", "application/cloudevents+json", 400)]
    [InlineData("", "application/cloudevents+json", 400)]
    [InlineData("[]", "application/cloudevents+json", 400)]
    [InlineData("{}", "application/cloudevents-batch+json", 400)]
    [InlineData(
        "{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\"}",
        "application/cloudevents+json",
        400
    )]
    [InlineData(
        "{\"specversion\":\"1.0\",\"id\":1,\"source\":\"s\",\"type\":\"t\"}",
        "application/cloudevents+json",
        400
    )]
    [InlineData(
        "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data_base64\":\"%\"}",
        "application/cloudevents+json",
        400
    )]
    [InlineData(
        "{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"s\",\"type\":\"t\",\"data_base64\":\"\\ud800\"}",
        "application/cloudevents+json",
        400
    )]
    [InlineData("{}", "application/json", 415)]
    public async Task WhatIsNoCloudEventIsRefused(string body, string contentType, int expected)
    {
        InputHost host = shared.Begin();
        Assert.Equal(expected, (await SendAsync(host, body, contentType)).Status);
        Assert.Empty(await host.EventsAsync());
    }

    private static async Task<(int Status, string Text, HttpResponseMessage Response)> SendAsync(
        InputHost host,
        string body,
        string contentType = "application/cloudevents+json; charset=utf-8"
    ) => await host.PostAsync(Path, Encoding.UTF8.GetBytes(body), "Bearer " + host.Token, contentType);
}
