using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Custodiet.Tests.Telemetry;

namespace Custodiet.Tests.EndToEnd;

/// <summary>The product watched from outside: by a scraper with a token, by a real Prometheus, and by its own series after a kill.</summary>
public sealed class ObserveTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-observe-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(folder.FullName, "data");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task AServiceAccountsTokenWithTheScopeScrapesFromElsewhere()
    {
        SkipUnlessPublished();
        await using ProductProcess product = await ProductProcess.StartAsync(
            TestPaths.Root,
            Data,
            ["--set", "trusted_proxies=127.0.0.1"],
            Cancellation
        );
        Assert.Equal(HttpStatusCode.Unauthorized, (await ScrapeAsync(product, null)).Status);
        string other = await TokenAsync("events:write");
        Assert.Equal(HttpStatusCode.Forbidden, (await ScrapeAsync(product, other)).Status);
        string right = await TokenAsync("metrics:read");
        (HttpStatusCode status, string text) = await ScrapeAsync(product, right);
        Assert.Equal(HttpStatusCode.OK, status);
        Scrape scrape = Scrape.Parse(text);
        Assert.Equal(0, scrape["custodiet_input_events_accepted_total{input=\"http\"}"]);
        Assert.Equal("counter", scrape.Types["custodiet_input_events_accepted_total"]);
        // The token opens nothing else.
        using HttpClient client = Client(product, right);
        using HttpResponseMessage status2 = await client.GetAsync("/api/v1/status", Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, status2.StatusCode);
    }

    [Fact]
    public async Task AfterKillTheSeriesHoldsWhatWasAcknowledgedAndSaysThatItWasInterrupted()
    {
        SkipUnlessPublished();
        await using (ProductProcess first = await ProductProcess.StartAsync(TestPaths.Root, Data, [], Cancellation))
        {
            using HttpClient sender = await first.ClientAsync(TestPaths.Root, "engineer", Cancellation);
            for (int batch = 0; batch < 5; batch++)
            {
                using StringContent body = new($$"""{"n":{{batch}}}""", Encoding.UTF8, "application/x-ndjson");
                using HttpResponseMessage sent = await sender.PostAsync("/api/v1/events", body, Cancellation);
                Assert.Equal(HttpStatusCode.OK, sent.StatusCode);
            }
            await first.KillAsync();
        }
        await using ProductProcess second = await ProductProcess.StartAsync(TestPaths.Root, Data, [], Cancellation);
        using HttpClient client = await second.ClientAsync(TestPaths.Root, "engineer", Cancellation);
        JsonElement rows = await ProductProcess.QueryAsync(
            client,
            "SELECT CAST(sum(queued) AS BIGINT), CAST(sum(received) AS BIGINT), CAST(sum(interrupted) AS BIGINT), CAST(sum(abs(difference_input) + abs(difference_analysis) + abs(difference_rules) + abs(difference_archive)) AS BIGINT) FROM balance WHERE resolution = 'minute'",
            Cancellation
        );
        Assert.Equal([5L, 5, 1, 0], rows[0].EnumerateArray().Select(value => value.GetInt64()));
    }

    [Fact]
    public async Task TheLogIsJsonWhereASettingSaysSoAndHoldsNoContentAndNoSecret()
    {
        SkipUnlessPublished();
        string token;
        string log;
        await using (
            ProductProcess product = await ProductProcess.StartAsync(
                TestPaths.Root,
                Data,
                ["--set", "log.format=json", "--set", "log.level=debug"],
                Cancellation
            )
        )
        {
            token = await TokenAsync("events:write");
            using HttpClient client = Client(product, token);
            using StringContent body = new("""{"password":"needle-7f3a"}""", Encoding.UTF8, "application/x-ndjson");
            using HttpResponseMessage sent = await client.PostAsync("/api/v1/events", body, Cancellation);
            Assert.Equal(HttpStatusCode.OK, sent.StatusCode);
            using StringContent wrong = new("[needle-7f3a", Encoding.UTF8, "application/json");
            using HttpResponseMessage refused = await client.PostAsync("/api/v1/events", wrong, Cancellation);
            using HttpResponseMessage asked = await client.GetAsync("/data?sql=needle-7f3a", Cancellation);
            await product.StopAsync(Cancellation);
            log = product.Log;
            Assert.DoesNotContain(
                product.SetupCode!,
                JsonLines(log).Select(line => line.GetRawText()).Aggregate("", string.Concat),
                StringComparison.Ordinal
            );
        }
        JsonElement[] lines = [.. JsonLines(log)];
        Assert.Contains(
            lines,
            line =>
                line.GetProperty("EventId").GetInt32() == 8001
                && line.GetProperty("LogLevel").GetString() == "Information"
        );
        Assert.Contains(lines, line => line.GetProperty("EventId").GetInt32() == 8002);
        Assert.All(
            lines,
            line => Assert.True(line.GetProperty("Timestamp").GetDateTimeOffset().Offset == TimeSpan.Zero)
        );
        Assert.DoesNotContain("needle-7f3a", log, StringComparison.Ordinal);
        Assert.DoesNotContain(token, log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARealPrometheusScrapesItAndTakesTheRulesOfTheDocument()
    {
        SkipUnlessPublished();
        string start = TestPaths.Shared("services/prometheus-start");
        string prometheus = Path.Combine(folder.FullName, "prometheus");
        await using ProductProcess product = await ProductProcess.StartAsync(TestPaths.Root, Data, [], Cancellation);
        Directory.CreateDirectory(Path.Combine(prometheus, "rules"));
        await File.WriteAllTextAsync(
            Path.Combine(prometheus, "rules", "custodiet.yml"),
            RulesOfTheDocument(),
            Cancellation
        );
        int port = FreePort();
        (int code, string output) = await RunAsync(start, prometheus, $"{port}", product.Address.Authority);
        Assert.SkipWhen(code == 69, $"the package prometheus is not installed: {output}");
        Assert.True(code == 0, output);
        try
        {
            using HttpClient client = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            Assert.Equal("1", await AskAsync(client, "up{job=\"soc\"}", "1"));
            Assert.Equal("1", await AskAsync(client, "custodiet_ready", "1"));
            using JsonDocument rules = JsonDocument.Parse(await client.GetStringAsync("/api/v1/rules", Cancellation));
            JsonElement[] all =
            [
                .. rules
                    .RootElement.GetProperty("data")
                    .GetProperty("groups")
                    .EnumerateArray()
                    .SelectMany(group => group.GetProperty("rules").EnumerateArray()),
            ];
            Assert.True(all.Length >= 10, $"{all.Length} rules");
            Assert.All(all, rule => Assert.NotEqual("err", rule.GetProperty("health").GetString()));
            // Every metric that a rule asks for exists: a rule about a name that nobody tells never fires.
            using JsonDocument names = JsonDocument.Parse(
                await client.GetStringAsync("/api/v1/label/__name__/values", Cancellation)
            );
            HashSet<string> known =
            [
                .. names.RootElement.GetProperty("data").EnumerateArray().Select(n => n.GetString()!),
            ];
            foreach (JsonElement rule in all)
            {
                string query = rule.GetProperty("query").GetString()!;
                foreach (
                    string name in query
                        .Split([' ', '(', ')', '{', '[', '/', ','], StringSplitOptions.RemoveEmptyEntries)
                        .Where(word => word.StartsWith("custodiet_", StringComparison.Ordinal))
                )
                {
                    Assert.True(known.Contains(name) || OnlyWhenItHappens.Contains(name), $"{name} in: {query}");
                }
            }
        }
        finally
        {
            await RunAsync(TestPaths.Shared("services/service-stop"), prometheus);
        }
    }

    private static IEnumerable<JsonElement> JsonLines(string log) =>
        log.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement);

    // Absent until the first of it: an alert, a measured rate of the archive, a message of that level.
    private static readonly string[] OnlyWhenItHappens =
    [
        "custodiet_alerts_open_age_seconds",
        "custodiet_disk_runway_seconds",
        "custodiet_input_events_rejected_total",
        "custodiet_input_events_shed_total",
        "custodiet_input_refusals_total",
        "custodiet_ledger_anchor_failed",
        "custodiet_ledger_verified_time_seconds",
        "custodiet_log_messages_total",
        "custodiet_source_last_received_time_seconds",
        "custodiet_stage_dropped_total",
    ];

    private static string RulesOfTheDocument()
    {
        string text = File.ReadAllText(Path.Combine(TestPaths.Root, "docs", "observe.md"));
        int from = text.IndexOf("```yaml\ngroups:", StringComparison.Ordinal);
        Assert.True(from >= 0, "docs/observe.md has no block of rules.");
        from += "```yaml\n".Length;
        return text[from..text.IndexOf("```", from, StringComparison.Ordinal)];
    }

    private static async Task<string> AskAsync(HttpClient client, string query, string wanted)
    {
        string value = "";
        for (int attempt = 0; attempt < 60 && value != wanted; attempt++)
        {
            await Task.Delay(500, Cancellation);
            using JsonDocument answer = JsonDocument.Parse(
                await client.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", Cancellation)
            );
            JsonElement result = answer.RootElement.GetProperty("data").GetProperty("result");
            value = result.GetArrayLength() == 0 ? "" : result[0].GetProperty("value")[1].GetString()!;
        }
        return value;
    }

    private static async Task<(int Code, string Output)> RunAsync(string command, params string[] arguments)
    {
        System.Diagnostics.ProcessStartInfo start = new(command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await process.StandardError.ReadToEndAsync(Cancellation));
    }

    private static int FreePort()
    {
        using System.Net.Sockets.TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static HttpClient Client(ProductProcess product, string? token)
    {
        HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = product.Address };
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.7");
        client.DefaultRequestHeaders.Authorization = token is null
            ? null
            : new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static async Task<(HttpStatusCode Status, string Text)> ScrapeAsync(ProductProcess product, string? token)
    {
        using HttpClient client = Client(product, token);
        using HttpResponseMessage answer = await client.GetAsync("/metrics", Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<string> TokenAsync(string scope)
    {
        (int code, string output, string error) = await ProductProcess.RunAsync(
            TestPaths.Root,
            ["token", "add", "--role", "engineer", "--name", scope, "--scope", scope, "--data", Data],
            Cancellation
        );
        Assert.True(code == 0, error);
        return output.Trim();
    }

    private static void SkipUnlessPublished() =>
        Assert.SkipUnless(
            File.Exists(ProductProcess.Executable(TestPaths.Root)),
            "the product is not published: run ./custodiet --build-only"
        );
}
