using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary>Holds, deletion by budget and the erasure of a person, by command on the published product.</summary>
public sealed class RetentionJourneyTests : IDisposable
{
    private const string Person = "erika.mustermann";
    private readonly string data = Directory.CreateTempSubdirectory("custodiet-retention-e2e-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(data, recursive: true);

    [Fact]
    public async Task APersonLeavesEveryFileOfTheDataFolderAndTheLedgerStillVerifies()
    {
        await using (ProductProcess product = await ProductProcess.StartAsync(TestPaths.Root, data, [], Cancellation))
        {
            using HttpClient client = await product.ClientAsync(TestPaths.Root, "engineer", Cancellation);
            await SendAsync(client, Person, "otto");
            await EventuallyAsync(client, "SELECT finding_count FROM alerts", rows => rows.GetArrayLength() == 2);
            await EventuallyAsync(client, "SELECT count(*) FROM events", rows => rows[0][0].GetInt64() == 2);

            (_, string preview, string remark) = await CliAsync("erase", Person, "--json");
            Assert.Equal(1, JsonDocument.Parse(preview).RootElement.GetProperty("events").GetInt64());
            Assert.Contains(Person, await FilesTextAsync(), StringComparison.OrdinalIgnoreCase);
            (int code, string done, string error) = await CliAsync("erase", Person, "--erase", "--json");
            Assert.True(code == 0, done + error + product.Log);
            JsonElement answer = JsonDocument.Parse(done).RootElement;
            Assert.Equal(1, answer.GetProperty("events").GetInt64());
            Assert.Equal(1, answer.GetProperty("findings").GetInt32());
            Assert.NotEqual("", answer.GetProperty("erasure").GetString());

            JsonElement alerts = await ProductProcess.QueryAsync(
                client,
                "SELECT entity_name FROM alerts ORDER BY number",
                Cancellation
            );
            Assert.Equal(2, alerts.GetArrayLength());
            JsonElement left = await ProductProcess.QueryAsync(
                client,
                "SELECT (SELECT count(*) FROM events), (SELECT sum(events) FROM deletions), (SELECT count(*) FROM erasures)",
                Cancellation
            );
            Assert.Equal("[1,1,1]", left[0].GetRawText());
            await GoneAsync();
            Assert.Equal(0, await product.StopAsync(Cancellation));
        }
        Assert.DoesNotContain(Person, await FilesTextAsync(), StringComparison.OrdinalIgnoreCase);
        (int verified, string report, string problem) = await CliAsync(
            "ledger",
            "verify",
            Path.Combine(data, "ledger"),
            "--json"
        );
        Assert.True(verified == 0, report + problem);
        // The same without a server, on the folder itself: nothing is found any more.
        (int again, string nothing, string said) = await CliAsync("erase", Person, "--json");
        Assert.True(again == 0, said);
        Assert.Equal(0, JsonDocument.Parse(nothing).RootElement.GetProperty("events").GetInt64());
    }

    [Fact]
    public async Task ABudgetDeletesTheOldestButWhatIsHeldAndSaysSo()
    {
        Dictionary<string, string> small = new() { ["CUSTODIET_ARCHIVE_BYTES_MAX"] = "1" };
        await using ProductProcess product = await ProductProcess.StartAsync(
            TestPaths.Root,
            data,
            [],
            Cancellation,
            small
        );
        using HttpClient client = await product.ClientAsync(TestPaths.Root, "engineer", Cancellation);
        await SendAsync(client, "anna", "otto");
        await EventuallyAsync(client, "SELECT count(*) FROM events", rows => rows[0][0].GetInt64() == 2);
        (int placed, _, string error) = await CliAsync(
            "hold",
            "place",
            "matter 7",
            "--reason",
            "litigation",
            "--sensor",
            "ws-anna"
        );
        Assert.True(placed == 0, error);
        (int ran, string outcome, error) = await CliAsync("retention", "run", "--json");
        Assert.True(ran == 0, error + product.Log);
        JsonElement run = JsonDocument.Parse(outcome).RootElement;
        Assert.Equal((1, 1), (run.GetProperty("events").GetInt64(), run.GetProperty("eventsHeld").GetInt64()));
        Assert.True(run.GetProperty("overBudget").GetInt64() > 0);
        JsonElement sensors = await ProductProcess.QueryAsync(client, "SELECT sensor FROM events", Cancellation);
        Assert.Equal("""[["WS-anna"]]""", sensors.GetRawText());
        await EventuallyAsync(
            client,
            "SELECT cause, rule, events FROM deletions",
            rows => rows.GetRawText() == """[["budget","archive.bytes_max",1]]"""
        );
        JsonElement hold = await ProductProcess.QueryAsync(
            client,
            "SELECT name, reason, sensor, lifted_at FROM holds",
            Cancellation
        );
        Assert.Equal("""[["matter 7","litigation","ws-anna",null]]""", hold.GetRawText());
        // An engineer reads holds and the policy, but neither lifts nor erases.
        Assert.Equal(200, await StatusAsync(client.GetAsync(new Uri("/api/v1/holds", UriKind.Relative), Cancellation)));
        Assert.Equal(403, await StatusAsync(client.PostAsJsonAsync("/api/v1/holds/x/lift", new { }, Cancellation)));
        Assert.Equal(
            403,
            await StatusAsync(
                client.PostAsJsonAsync(
                    "/api/v1/erasures",
                    new { identifiers = new[] { "anna" }, reason = "request" },
                    Cancellation
                )
            )
        );

        (int lifted, _, error) = await CliAsync("hold", "lift", "matter 7");
        Assert.True(lifted == 0, error);
        (_, outcome, _) = await CliAsync("retention", "run", "--json");
        Assert.Equal(1, JsonDocument.Parse(outcome).RootElement.GetProperty("events").GetInt64());
        (int show, string status, _) = await CliAsync("retention", "show");
        Assert.Equal(0, show);
        Assert.Contains("archive.keep_days", status, StringComparison.Ordinal);
        Assert.Contains("365 days", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADeclarationOfSourcesThatCannotBeReadStopsTheStartBeforeAnythingIsDeleted()
    {
        string content = Path.Combine(data, "content");
        Directory.CreateDirectory(Path.Combine(content, "sources"));
        await File.WriteAllTextAsync(
            Path.Combine(content, "sources", "ours.yml"),
            "sources:\n  - name: firewalls\n    technology: fortigate\n    keep: 90 months\n",
            Cancellation
        );
        (int code, string output, _) = await CliAsync("content", "check", content);
        Assert.Equal(1, code);
        Assert.Contains("ours.yml:4:11", output, StringComparison.Ordinal);
        (int query, _, string error) = await ProductProcess.RunAsync(
            TestPaths.Root,
            ["up", "--data", Path.Combine(data, "new"), "--urls", "http://127.0.0.1:0", "--content", content],
            Cancellation
        );
        Assert.NotEqual(0, query);
        Assert.Contains("90 months", error, StringComparison.Ordinal);
    }

    private static async Task SendAsync(HttpClient client, params string[] users)
    {
        StringBuilder lines = new();
        foreach (string user in users)
        {
            lines.Append(
                CultureInfo.InvariantCulture,
                $$"""{"@timestamp":"2026-03-02T08:00:00Z","host":"{{(user == Person ? "WS-1" : "WS-" + user)}}","product":"windows","category":"process_creation","Image":"C:\\Windows\\System32\\reg.exe","CommandLine":"reg.exe save HKLM\\SAM C:\\Users\\{{user}}\\s.hiv","User":"CORP\\{{user}}"}"""
            );
            lines.Append('\n');
        }
        using ByteArrayContent body = new(Encoding.UTF8.GetBytes(lines.ToString()));
        using HttpResponseMessage response = await client.PostAsync(
            new Uri("/api/v1/events", UriKind.Relative),
            body,
            Cancellation
        );
        response.EnsureSuccessStatusCode();
    }

    private static async Task EventuallyAsync(HttpClient client, string sql, Func<JsonElement, bool> holds)
    {
        for (int attempt = 0; ; attempt++)
        {
            JsonElement rows = await ProductProcess.QueryAsync(client, sql, Cancellation);
            if (holds(rows))
            {
                return;
            }
            Assert.True(attempt < 300, rows.GetRawText());
            await Task.Delay(200, Cancellation);
        }
    }

    private static async Task<int> StatusAsync(Task<HttpResponseMessage> request)
    {
        using HttpResponseMessage response = await request;
        return (int)response.StatusCode;
    }

    /// <summary>Waits until no file but the record store's, which is emptied when it closes, names the person.</summary>
    private async Task GoneAsync()
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            if (!(await FilesTextAsync()).Contains(Person, StringComparison.OrdinalIgnoreCase))
            {
                return;
            }
            await Task.Delay(100, Cancellation);
        }
    }

    /// <summary>Every byte of every file, and every Parquet file's text: its columns are compressed.</summary>
    private async Task<string> FilesTextAsync()
    {
        StringBuilder all = new();
        foreach (string file in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
        {
            try
            {
                await using FileStream stream = new(
                    file,
                    FileMode.Open,
                    FileAccess.Read,
                    FileShare.ReadWrite | FileShare.Delete
                );
                using StreamReader reader = new(stream, Encoding.Latin1);
                string text = await reader.ReadToEndAsync(Cancellation);
                int at = text.IndexOf(Person, StringComparison.OrdinalIgnoreCase);
                all.Append(at < 0 ? "" : $"{file} at {at}: {text.AsSpan(at, Person.Length)}\n");
            }
            catch (IOException)
            {
                // A file that its owner keeps to itself is looked at after the stop.
            }
        }
        return all.ToString();
    }

    private Task<(int Code, string Output, string Error)> CliAsync(params string[] arguments) =>
        ProductProcess.RunAsync(TestPaths.Root, [.. arguments, "--data", data], Cancellation);
}
