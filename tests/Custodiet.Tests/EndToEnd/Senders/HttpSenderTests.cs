using System.Globalization;

namespace Custodiet.Tests.EndToEnd.Senders;

/// <summary>rsyslog and syslog-ng over HTTP, where every answer acknowledges: nothing may be missing, whatever happens to the product.</summary>
public class HttpSenderTests
{
    private const int Messages = 30_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RsyslogWithOmelasticsearchLosesNothingThroughKills()
    {
        await using SenderStage stage = await SenderStage.StartAsync();
        await using DebianSender sender = await DebianSender.StartRsyslogAsync(
            stage.SenderFolder,
            "module(load=\"omelasticsearch\")",
            Omelasticsearch(stage)
        );
        await SendThroughKillsAsync(stage, sender);
    }

    [Fact]
    public async Task RsyslogWithOmelasticsearchWaitsWhileTheQueueIsFull()
    {
        // More than any disk has free: the queue pushes back until the setting is another.
        await using SenderStage stage = await SenderStage.StartAsync(("queue.free_bytes_min", "1099511627776"));
        await using DebianSender sender = await DebianSender.StartRsyslogAsync(
            stage.SenderFolder,
            "module(load=\"omelasticsearch\")",
            Omelasticsearch(stage)
        );
        await sender.FeedAsync(0, 5_000, perSecond: 5_000, Cancellation);
        System.Text.Json.JsonElement input = default;
        for (int attempt = 0; attempt < 100 && input.ValueKind == default; attempt++)
        {
            await Task.Delay(200, Cancellation);
            input = await stage.InputAsync("elasticsearch");
        }
        Assert.True(input.GetProperty("refused").GetProperty("queue full").GetInt64() > 0, input.ToString());
        Assert.Equal(0, input.GetProperty("received").GetInt64());
        await stage.StopAsync();
        stage.Set("queue.free_bytes_min", "0");
        await stage.StartAsync();
        (HashSet<int> numbers, _) = await stage.CountAsync(5_000);
        Assert.True(numbers.Count == 5_000, $"{5_000 - numbers.Count} are missing\n{sender.Log}");
    }

    [Theory]
    [InlineData(
        "/services/collector/event",
        "{\"host\":\"${HOST}\",\"sourcetype\":\"syslog\",\"event\":$(format-json --scope none message=\"$MSG\")}"
    )]
    [InlineData("/services/collector/raw?sourcetype=syslog", "<$PRI>1 $ISODATE $HOST $PROGRAM $PID - - $MSG")]
    [InlineData("/api/v1/events", "$(format-json --scope none host=\"$HOST\" message=\"$MSG\" time=\"$ISODATE\")")]
    public async Task SyslogNgWithHttpAndADiskBufferLosesNothingThroughKills(string path, string body)
    {
        await using SenderStage stage = await SenderStage.StartAsync();
        string template = body.Replace("\"", "\\\"", StringComparison.Ordinal);
        string destination = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            http(url("http://127.0.0.1:{stage.HttpPort}{path}") method("POST") headers("Authorization: Bearer {stage.Token}")
              body("{template}") delimiter("\n") batch-lines(500) batch-timeout(100) workers(1) retries(1000000) time-reopen(1) timeout(10)
              response-action(429 => retry, 503 => retry)
              disk-buffer(reliable(yes) disk-buf-size(104857600) mem-buf-size(1000000) dir("{stage.SenderFolder}")));
            """
        );
        await using DebianSender sender = await DebianSender.StartSyslogNgAsync(stage.SenderFolder, destination);
        await SendThroughKillsAsync(stage, sender);
    }

    private static string Omelasticsearch(SenderStage stage) =>
        $$"""
            template(name="document" type="list" option.jsonf="on") {
              property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
              property(outname="host" name="hostname" format="jsonf")
              property(outname="message" name="msg" format="jsonf")
            }
            action(type="omelasticsearch" server="127.0.0.1" serverport="{{stage.HttpPort}}" template="document" searchIndex="syslog" searchType=""
              uid="custodiet" pwd="{{stage.Token}}" bulkmode="on" usehttps="off"
              queue.type="LinkedList" queue.filename="bulk" queue.maxDiskSpace="100m" queue.saveOnShutdown="on" queue.size="200000"
              queue.dequeueBatchSize="500" action.resumeRetryCount="-1" action.resumeInterval="1")
            """;

    private static async Task SendThroughKillsAsync(SenderStage stage, DebianSender sender)
    {
        Task feeding = sender.FeedAsync(0, Messages, perSecond: 5_000, Cancellation);
        for (int kill = 0; kill < 2; kill++)
        {
            await Task.Delay(1_500, Cancellation);
            await stage.KillAsync();
            await stage.StartAsync();
        }
        await feeding;
        (HashSet<int> numbers, long events) = await stage.CountAsync(Messages);
        Assert.True(
            numbers.Count == Messages,
            $"{Messages - numbers.Count} are missing of {Messages}\n{sender.Log}{stage.Log}"
        );
        TestContext.Current.SendDiagnosticMessage($"{events - Messages} of {Messages} messages were sent again");
    }
}
