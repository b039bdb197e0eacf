using System.Text.Json;

namespace Custodiet.Tests.EndToEnd.Senders;

/// <summary>Clients that others wrote, from npm, against the published product.</summary>
public class ClientTests
{
    [Fact]
    public async Task TheClientOfElasticsearchLosesNothingAcknowledgedThroughKills()
    {
        await using SenderStage stage = await SenderStage.StartAsync();
        Task<JsonElement> sending = NodeSender.RunAsync(
            stage,
            "elasticsearch.mjs",
            ("COUNT", "60000"),
            ("BATCH", "250")
        );
        for (int kill = 0; kill < 2 && !sending.IsCompleted; kill++)
        {
            await Task.Delay(1_500, TestContext.Current.CancellationToken);
            await stage.KillAsync();
            await stage.StartAsync();
        }
        JsonElement report = await sending;
        Assert.Equal("9.0.0", report.GetProperty("version").GetString());
        Assert.Equal((100, 0), (report.GetProperty("helped").GetInt32(), report.GetProperty("dropped").GetInt32()));
        Assert.Equal(60_000, report.GetProperty("acknowledged").GetInt32());
        (HashSet<int> numbers, long events) = await stage.CountAsync(60_000);
        Assert.Equal(60_000, numbers.Count);
        // A request that was stored and not answered is sent again: at least once.
        Assert.InRange(events, 60_000, 60_000 + (250 * 2 * 3));
        JsonElement helper = await stage.QueryAsync(
            "SELECT count(DISTINCT fields['helper']), any_value(fields['_bulk.index']) FROM events WHERE raw LIKE '%logs-helper%'"
        );
        Assert.Equal((100, "logs-helper"), (helper[0][0].GetInt32(), helper[0][1].GetString()));
    }

    [Fact]
    public async Task PinoSendsThroughItsElasticsearchTransport()
    {
        await using SenderStage stage = await SenderStage.StartAsync();
        JsonElement report = await NodeSender.RunAsync(stage, "pino.mjs", ("COUNT", "500"));
        Assert.True(report.GetProperty("errors").GetArrayLength() == 0, report.ToString());
        (HashSet<int> numbers, long events) = await stage.CountAsync(500);
        Assert.Equal((500, 500L), (numbers.Count, events));
    }

    [Fact]
    public async Task WinstonSendsThroughItsHttpTransport()
    {
        await using SenderStage stage = await SenderStage.StartAsync();
        JsonElement report = await NodeSender.RunAsync(stage, "winston.mjs", ("COUNT", "500"));
        Assert.True(report.GetProperty("warnings").GetArrayLength() == 0, report.ToString());
        (HashSet<int> numbers, long events) = await stage.CountAsync(500);
        Assert.Equal((500, 500L), (numbers.Count, events));
    }

    [Fact]
    public async Task SplunksLibrarySendsToTheCollector()
    {
        await using SenderStage stage = await SenderStage.StartAsync();
        JsonElement report = await NodeSender.RunAsync(stage, "splunk.mjs", ("COUNT", "500"));
        Assert.Equal("""{"codes":{"0":10},"errors":[]}""", report.ToString());
        (HashSet<int> numbers, long events) = await stage.CountAsync(500);
        Assert.Equal((500, 500L), (numbers.Count, events));
        JsonElement rows = await stage.QueryAsync(
            "SELECT DISTINCT fields['_hec.host'], fields['_hec.sourcetype'], fields['_hec.index'] FROM events"
        );
        Assert.Equal("[[\"ws-1\",\"_json\",\"main\"]]", rows.ToString());
    }

    [Theory]
    [InlineData("proto", "gzip")]
    [InlineData("json", "none")]
    public async Task TheOpenTelemetrySdkExportsItsLogs(string encoding, string compression)
    {
        await using SenderStage stage = await SenderStage.StartAsync();
        JsonElement report = await NodeSender.RunAsync(
            stage,
            "opentelemetry.mjs",
            ("COUNT", "1000"),
            ("ENCODING", encoding),
            ("COMPRESSION", compression)
        );
        Assert.True(report.GetProperty("exported").GetInt32() == 1_000, report.ToString());
        (HashSet<int> numbers, long events) = await stage.CountAsync(1_000);
        Assert.Equal((1_000, 1_000L), (numbers.Count, events));
        JsonElement rows = await stage.QueryAsync(
            "SELECT DISTINCT fields['_otlp.resource.service.name'], fields['_otlp.scope.name'], fields['_otlp.severity_text'], "
                + "fields['_otlp.attributes.user.name'], sensor FROM events"
        );
        Assert.Equal("[[\"shop\",\"my.library\",\"WARN\",\"mia\",\"app-1\"]]", rows.ToString());
        JsonElement unparsed = await stage.QueryAsync("SELECT count(*) FROM events WHERE unparsed IS NOT NULL");
        Assert.Equal(0, unparsed[0][0].GetInt32());
    }

    [Fact]
    public async Task TheCloudEventsSdkSendsInItsModes()
    {
        await using SenderStage stage = await SenderStage.StartAsync();
        JsonElement report = await NodeSender.RunAsync(stage, "cloudevents.mjs", ("COUNT", "100"));
        Assert.Equal("{\"200\":100}", report.GetProperty("statuses").ToString());
        (HashSet<int> numbers, long events) = await stage.CountAsync(101);
        Assert.Equal((101, 101L), (numbers.Count, events));
        JsonElement rows = await stage.QueryAsync(
            "SELECT DISTINCT fields['_cloudevent.type'], fields['_cloudevent.subject'], strftime(event_at, '%Y-%m-%d %H:%M') FROM events"
        );
        Assert.Equal("[[\"order.made\",\"größe\",\"2026-03-02 08:16\"]]", rows.ToString());
    }
}
