using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary>The published product over HTTP and by its command line, as a user meets it.</summary>
public class ProductTests
{
    private const string Suspicious =
        """{"@timestamp":"2026-03-02T08:00:00Z","host":"WS-017","product":"windows","category":"process_creation","Image":"C:\\Windows\\System32\\reg.exe","CommandLine":"reg.exe save HKLM\\SAM C:\\Temp\\s.hiv","User":"CORP\\ada"}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnEventIsAnsweredWhenDurableFoundAlertedQueryableAndProven()
    {
        await using Running running = await Running.StartAsync();
        HttpResponseMessage response = await running.SendAsync(Suspicious + "\nnobody's line\n{\"broken\":\n");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonElement answer = await JsonAsync(response);
        Assert.Equal(3, answer.GetProperty("accepted").GetInt32());
        Assert.Equal(0, answer.GetProperty("rejectedCount").GetInt32());

        JsonElement alert = await running.EventuallyAsync(
            "SELECT number, rule_title, rule_author, finding_count, state FROM alerts",
            rows => rows.GetArrayLength() == 1
        );
        Assert.Equal("Registry Hive Saved to a File", alert[0][1].GetString());
        Assert.Equal("Custodiet", alert[0][2].GetString());
        JsonElement events = await running.EventuallyAsync(
            "SELECT unparsed, count(*) FROM events GROUP BY ALL ORDER BY ALL",
            rows => rows.GetArrayLength() == 3
        );
        Assert.Equal(
            ["not-json", "not-recognised", null],
            events.EnumerateArray().Select(row => row[0].GetString()).OrderBy(reason => reason is null)
        );

        (int verified, string report, string error) = await running.CliAsync(
            "ledger",
            "verify",
            running.Product.Address.ToString(),
            "--json"
        );
        Assert.True(verified == 0, report + error);
        JsonElement record = await running.QueryAsync("SELECT record_id FROM records WHERE type = 'alert.raised/1'");
        (int proven, string proof, _) = await running.CliAsync("ledger", "prove", record[0][0].GetString()!);
        Assert.Equal(0, proven);
        Assert.StartsWith("c2sp.org/tlog-proof@v1", proof, StringComparison.Ordinal);
        Assert.Equal(0, await running.Product.StopAsync(Cancellation));
    }

    [Fact]
    public async Task ABatchRepeatedUnderItsKeyAddsNothing()
    {
        await using Running running = await Running.StartAsync();
        JsonElement first = await JsonAsync(await running.SendAsync(Suspicious, key: "batch-1"));
        JsonElement again = await JsonAsync(await running.SendAsync(Suspicious, key: "batch-1"));
        Assert.False(first.GetProperty("repeated").GetBoolean());
        Assert.True(again.GetProperty("repeated").GetBoolean());
        Assert.Equal(first.GetProperty("firstOffset").GetInt64(), again.GetProperty("firstOffset").GetInt64());
        await running.EventuallyAsync("SELECT count(*) FROM events", rows => rows[0][0].GetInt64() == 1);
    }

    [Fact]
    public async Task LinesOverSyslogHaveTheirHostOrElseTheirPeerAsSensorAndTheConfiguredZone()
    {
        int port;
        using (UdpClient free = new(new IPEndPoint(IPAddress.Loopback, 0)))
        {
            port = ((IPEndPoint)free.Client.LocalEndPoint!).Port;
        }
        await using Running running = await Running.StartAsync(
            new Dictionary<string, string>
            {
                ["CUSTODIET_SYSLOG_UDP"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"),
                ["CUSTODIET_PARSERS_TIME_ZONE"] = "+01:00",
            }
        );
        using UdpClient sender = new("127.0.0.1", port);
        await sender.SendAsync(
            "<86>Jan  2 08:16:00 web-1 sshd[7]: Accepted password for mia from 192.0.2.10 port 50022 ssh2\n"u8.ToArray(),
            Cancellation
        );
        await sender.SendAsync("<30>Jan  2 08:16:01 worker: hello"u8.ToArray(), Cancellation);
        await running.EventuallyAsync("SELECT count(*) FROM events", rows => rows[0][0].GetInt64() == 2);
        JsonElement rows = await running.QueryAsync(
            "SELECT technology, sensor, hour(event_at) FROM events ORDER BY technology"
        );
        Assert.Equal("""[["linux-sshd","web-1",7],["syslog","127.0.0.1",7]]""", rows.GetRawText());
    }

    [Fact]
    public async Task HostileBodiesGetAClearAnswerAndNothingAcknowledgedIsLost()
    {
        await using Running running = await Running.StartAsync();
        string brackets = "{\"a\":" + new string('[', 100_000);
        string tenMegabytes = "{\"a\":\"" + new string('x', 10_000_000) + "\"}";
        JsonElement large = await JsonAsync(await running.SendAsync(tenMegabytes + "\n" + Suspicious + "\n"));
        Assert.Equal(1, large.GetProperty("accepted").GetInt32());
        Assert.Contains(
            "1048576",
            large.GetProperty("rejected")[0].GetProperty("reason").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(HttpStatusCode.OK, (await running.SendAsync(brackets + "\n")).StatusCode);
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await running.SendAsync("[{}," + new string('[', 100_000))).StatusCode
        );
        byte[] notUtf8 = [.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        Assert.Equal(HttpStatusCode.OK, (await running.SendAsync(notUtf8)).StatusCode);
        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await running.SendAsync([0x1f, 0x8b, 1, 2, 3], encoding: "gzip")).StatusCode
        );
        byte[] bomb = Gzip(new byte[80_000_000]);
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge,
            (await running.SendAsync(bomb, encoding: "gzip")).StatusCode
        );
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await running.SendAsync([1], encoding: "br")).StatusCode);
        JsonElement counts = await running.EventuallyAsync(
            "SELECT count(*), count(*) FILTER (WHERE unparsed IS NULL) FROM events",
            rows => rows[0][0].GetInt64() == 3
        );
        Assert.Equal(1, counts[0][1].GetInt64());
    }

    [Fact]
    public async Task WithoutATokenEveryRouteButTheFewIsClosed()
    {
        await using Running running = await Running.StartAsync();
        using HttpClient stranger = new(new HttpClientHandler { AllowAutoRedirect = false })
        {
            BaseAddress = running.Product.Address,
        };
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/health/live", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/health/ready", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/ledger/checkpoint", Cancellation)).StatusCode);
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await stranger.PostAsync("/api/v1/events", new StringContent(Suspicious), Cancellation)).StatusCode
        );
        Assert.Equal(HttpStatusCode.Redirect, (await stranger.GetAsync("/queue", Cancellation)).StatusCode);
        using HttpClient auditor = await running.Product.ClientAsync(TestPaths.Root, "auditor", Cancellation);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await auditor.PostAsync("/api/v1/events", new StringContent(Suspicious), Cancellation)).StatusCode
        );
    }

    [Fact]
    public async Task TheQueuesStreamCountsFromWhereItBeganAcrossConnections()
    {
        await using Running running = await Running.StartAsync();
        await running.SendAsync(Suspicious);
        await running.EventuallyAsync("SELECT count(*) FROM alerts", rows => rows[0][0].GetInt64() == 1);
        Assert.Equal("id: 1, 0", await FirstMessageAsync(running, ""));
        Assert.Equal("id: 0, 1", await FirstMessageAsync(running, "?since=0"));
        Assert.Equal("id: 1, 0", await FirstMessageAsync(running, "?since=9999999999999999999999"));
        await running.SendAsync(Suspicious.Replace("WS-017", "WS-018", StringComparison.Ordinal));
        await running.EventuallyAsync("SELECT count(*) FROM alerts", rows => rows[0][0].GetInt64() == 2);
        Assert.Equal("id: 1, 1", await FirstMessageAsync(running, "?since=0", lastEventId: "1"));
        Assert.Equal("id: 0, 1", await FirstMessageAsync(running, "?since=0&entity=WS-018"));
    }

    private static async Task<string> FirstMessageAsync(Running running, string query, string? lastEventId = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/queue/live" + query);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }
        using HttpResponseMessage response = await running.Client.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            Cancellation
        );
        response.EnsureSuccessStatusCode();
        await using Stream stream = await response.Content.ReadAsStreamAsync(Cancellation);
        await foreach (SseItem<string> item in SseParser.Create(stream).EnumerateAsync(Cancellation))
        {
            Assert.Equal("arrived", item.EventType);
            return $"id: {item.EventId}, {item.Data}";
        }
        throw new InvalidOperationException("The stream ended without a message.");
    }

    [Fact]
    public async Task AnAlertmanagerAlertBecomesAnAlertOnceAndLinksBack()
    {
        await using Running running = await Running.StartAsync();
        const string body =
            """{"version":"4","groupKey":"{}","status":"firing","receiver":"custodiet","alerts":[{"status":"firing","labels":{"alertname":"DiskFull","instance":"db-1","severity":"critical"},"annotations":{"summary":"Disk full"},"startsAt":"2026-03-02T08:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus.example/graph?g0","fingerprint":"a1b2c3d4e5f60718"}]}""";
        for (int attempt = 0; attempt < 2; attempt++)
        {
            HttpResponseMessage response = await running.Client.PostAsync(
                "/api/v1/findings",
                new StringContent(body, Encoding.UTF8, "application/json"),
                Cancellation
            );
            Assert.True(
                response.StatusCode == HttpStatusCode.OK,
                await response.Content.ReadAsStringAsync(Cancellation)
            );
            JsonElement answer = await JsonAsync(response);
            Assert.Equal(1, answer.GetProperty("accepted").GetInt32());
            Assert.Equal(1, answer.GetProperty("alerts")[0].GetProperty("number").GetInt64());
        }
        JsonElement rows = await running.QueryAsync("SELECT count(*), max(finding_count), max(link) FROM alerts");
        Assert.Equal(1, rows[0][0].GetInt64());
        Assert.Equal(1, rows[0][1].GetInt64());
        Assert.StartsWith("http://prometheus.example/", rows[0][2].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommandsWorkWithAndWithoutARunningServer()
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-cli-").FullName;
        try
        {
            string events = Path.Combine(folder, "events.jsonl");
            await File.WriteAllTextAsync(
                events,
                string.Concat(Enumerable.Repeat(Suspicious + "\n", 1_000)),
                Cancellation
            );
            string data = Path.Combine(folder, "data");
            (int code, string output, string error) = await ProductProcess.RunAsync(
                TestPaths.Root,
                ["ingest", events, "--json", "--data", data],
                Cancellation
            );
            Assert.True(code == 0, error);
            JsonElement result = JsonDocument.Parse(output).RootElement;
            Assert.Equal(1_000, result.GetProperty("received").GetInt64());
            Assert.Equal(1_000, result.GetProperty("parsed").GetInt64());
            Assert.Equal(1_000, result.GetProperty("archived").GetInt64());
            Assert.Equal(0, result.GetProperty("rejected").GetInt64());
            (code, output, error) = await ProductProcess.RunAsync(
                TestPaths.Root,
                ["user", "add", "ada", "--role", "analyst", "--data", data],
                Cancellation
            );
            Assert.True(code == 0 && output.Trim().Length > 10, error);
            (code, output, error) = await ProductProcess.RunAsync(
                TestPaths.Root,
                ["query", "SELECT count(*) AS n FROM findings", "--format", "json", "--data", data],
                Cancellation
            );
            Assert.True(code == 0, error);
            Assert.Equal(1_000, JsonDocument.Parse(output).RootElement[0].GetProperty("n").GetInt64());
            (code, _, error) = await ProductProcess.RunAsync(
                TestPaths.Root,
                ["ledger", "verify", Path.Combine(data, "ledger")],
                Cancellation
            );
            Assert.True(code == 0, error);
            (code, output, _) = await ProductProcess.RunAsync(
                TestPaths.Root,
                ["config", "show", "--json", "--data", data],
                Cancellation
            );
            Assert.Equal(0, code);
            Assert.Contains("queue.bytes_max", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task TheMixedStreamBalancesToTheEvent()
    {
        string file = TestPaths.Shared("data/sigma/events/mixed-stream.jsonl.gz");
        await using Running running = await Running.StartAsync();
        long received = 0;
        long rejected = 0;
        await using GZipStream text = new(File.OpenRead(file), CompressionMode.Decompress);
        using StreamReader reader = new(text);
        StringBuilder batch = new();
        while (true)
        {
            string? line = await reader.ReadLineAsync(Cancellation);
            if (line is not null)
            {
                int at = line.IndexOf("\"event\":", StringComparison.Ordinal);
                batch.Append(line.AsSpan(at + 8, line.Length - at - 9).Trim()).Append('\n');
            }
            if (batch.Length > 4_000_000 || (line is null && batch.Length > 0))
            {
                JsonElement answer = await JsonAsync(await running.SendAsync(batch.ToString()));
                received += answer.GetProperty("accepted").GetInt64();
                rejected += answer.GetProperty("rejectedCount").GetInt64();
                batch.Clear();
            }
            if (line is null)
            {
                break;
            }
        }
        Assert.Equal(131_954, received + rejected);
        JsonElement rows = await running.EventuallyAsync(
            "SELECT count(*), count(*) FILTER (WHERE unparsed IS NULL), count(unparsed) FROM events",
            counted => counted[0][0].GetInt64() == received
        );
        Assert.Equal(received, rows[0][1].GetInt64() + rows[0][2].GetInt64());
        JsonElement stages = await running.EventuallyAsync(
            "SELECT stage, received, emitted, in_flight FROM stages",
            counted => counted.EnumerateArray().All(r => r[3].GetInt64() == 0)
        );
        Assert.True(stages.GetArrayLength() >= 5);
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement;

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream target = new();
        using (GZipStream packed = new(target, CompressionLevel.Fastest))
        {
            packed.Write(bytes);
        }
        return target.ToArray();
    }

    /// <summary>A product on a fresh folder with an engineer's client.</summary>
    private sealed class Running : IAsyncDisposable
    {
        public required ProductProcess Product { get; init; }

        public required HttpClient Client { get; init; }

        public required string Folder { get; init; }

        public static async Task<Running> StartAsync(IReadOnlyDictionary<string, string>? environment = null)
        {
            string folder = Directory.CreateTempSubdirectory("custodiet-e2e-").FullName;
            ProductProcess product = await ProductProcess.StartAsync(
                TestPaths.Root,
                folder,
                [],
                Cancellation,
                environment
            );
            return new Running
            {
                Folder = folder,
                Product = product,
                Client = await product.ClientAsync(TestPaths.Root, "engineer", Cancellation),
            };
        }

        public Task<HttpResponseMessage> SendAsync(string text, string? key = null) =>
            SendAsync(Encoding.UTF8.GetBytes(text), key);

        public async Task<HttpResponseMessage> SendAsync(byte[] body, string? key = null, string? encoding = null)
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events")
            {
                Content = new ByteArrayContent(body),
            };
            if (key is not null)
            {
                request.Headers.Add("Idempotency-Key", key);
            }
            if (encoding is not null)
            {
                request.Content.Headers.ContentEncoding.Add(encoding);
            }
            return await Client.SendAsync(request, Cancellation);
        }

        public Task<JsonElement> QueryAsync(string sql) => ProductProcess.QueryAsync(Client, sql, Cancellation);

        public async Task<JsonElement> EventuallyAsync(string sql, Func<JsonElement, bool> holds)
        {
            JsonElement rows = default;
            for (int attempt = 0; attempt < 300; attempt++)
            {
                rows = await QueryAsync(sql);
                if (holds(rows))
                {
                    return rows;
                }
                await Task.Delay(200, Cancellation);
            }
            throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"{sql} did not come to hold: {rows}\n{Product.Log}")
            );
        }

        public Task<(int Code, string Output, string Error)> CliAsync(params string[] arguments) =>
            ProductProcess.RunAsync(TestPaths.Root, [.. arguments, "--data", Folder], Cancellation);

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Product.DisposeAsync();
            Directory.Delete(Folder, recursive: true);
        }
    }
}
