using System.Text.Json;

namespace Custodiet.Tests.EndToEnd.Senders;

/// <summary>The product on fixed ports, stopped and started again while a real sender sends; then its events are counted.</summary>
internal sealed class SenderStage : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-sender-");
    private readonly Dictionary<string, string> environment;
    private ProductProcess product = null!;

    private SenderStage(Dictionary<string, string> environment) => this.environment = environment;

    /// <summary>The port of the product's HTTP listener.</summary>
    public int HttpPort { get; } = DebianSender.FreePort();

    /// <summary>A folder for the sender's queue and configuration.</summary>
    public string SenderFolder => Directory.CreateDirectory(Path.Combine(folder.FullName, "sender")).FullName;

    /// <summary>A token with the scope <c>events:write</c> alone.</summary>
    public string Token { get; private set; } = "";

    /// <summary>What the running product has printed.</summary>
    public string Log => product.Log;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts the product with these settings.</summary>
    public static async Task<SenderStage> StartAsync(params (string Setting, string Value)[] settings)
    {
        DebianSender.Need();
        SenderStage stage = new(
            settings.ToDictionary(s => Custodiet.Configuration.Settings.EnvironmentName(s.Setting), s => s.Value)
        );
        await stage.StartAsync();
        (int code, string output, string error) = await ProductProcess.RunAsync(
            TestPaths.Root,
            [
                "token",
                "add",
                "--role",
                "engineer",
                "--scope",
                "events:write",
                "--name",
                "sender",
                "--data",
                stage.product.DataFolder,
            ],
            Cancellation
        );
        Assert.True(code == 0, error);
        stage.Token = output.Trim();
        return stage;
    }

    /// <summary>Changes a setting for the next start.</summary>
    public void Set(string setting, string value) =>
        environment[Custodiet.Configuration.Settings.EnvironmentName(setting)] = value;

    /// <summary>Starts the product again, or for the first time.</summary>
    public async Task StartAsync() =>
        product = await ProductProcess.StartAsync(
            TestPaths.Root,
            Path.Combine(folder.FullName, "data"),
            [],
            Cancellation,
            environment,
            HttpPort
        );

    /// <summary>Stops it in order.</summary>
    public async Task StopAsync()
    {
        Assert.Equal(0, await product.StopAsync(Cancellation));
        await product.DisposeAsync();
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        await product.KillAsync();
        await product.DisposeAsync();
    }

    /// <summary>Waits until the archive holds so many different numbers, or no more come, and answers the numbers and how many events there are.</summary>
    public async Task<(HashSet<int> Numbers, long Events)> CountAsync(int expected, string number = "number=(\\d+)")
    {
        using HttpClient client = await product.ClientAsync(TestPaths.Root, "engineer", Cancellation);
        string sql =
            $"SELECT count(*), count(DISTINCT regexp_extract(raw, '{number}', 1)) FROM events WHERE regexp_matches(raw, '{number}')";
        long last = -1;
        int quiet = 0;
        while (quiet < 20)
        {
            JsonElement row = (await ProductProcess.QueryAsync(client, sql, Cancellation))[0];
            if (row[1].GetInt64() >= expected)
            {
                break;
            }
            quiet = row[0].GetInt64() == last ? quiet + 1 : 0;
            last = row[0].GetInt64();
            await Task.Delay(500, Cancellation);
        }
        HashSet<int> numbers = [];
        long events = (await ProductProcess.QueryAsync(client, sql, Cancellation))[0][0].GetInt64();
        // An answer has a bound on its rows, so the numbers are asked for in pieces.
        while (true)
        {
            JsonElement rows = await ProductProcess.QueryAsync(
                client,
                $"SELECT DISTINCT regexp_extract(raw, '{number}', 1)::INTEGER AS n FROM events WHERE regexp_matches(raw, '{number}') ORDER BY n LIMIT 5000 OFFSET {numbers.Count}",
                Cancellation
            );
            if (rows.GetArrayLength() == 0)
            {
                return (numbers, events);
            }
            numbers.UnionWith(rows.EnumerateArray().Select(r => r[0].GetInt32()));
        }
    }

    /// <summary>The rows of a query.</summary>
    public async Task<JsonElement> QueryAsync(string sql)
    {
        using HttpClient client = await product.ClientAsync(TestPaths.Root, "engineer", Cancellation);
        return await ProductProcess.QueryAsync(client, sql, Cancellation);
    }

    /// <summary>The figures of an input since the product's start.</summary>
    public async Task<JsonElement> InputAsync(string input)
    {
        using HttpClient client = await product.ClientAsync(TestPaths.Root, "engineer", Cancellation);
        using JsonDocument status = JsonDocument.Parse(await client.GetStringAsync("/api/v1/status", Cancellation));
        return
            status
                .RootElement.GetProperty("inputs")
                .EnumerateArray()
                .SingleOrDefault(i => i.GetProperty("input").GetString() == input)
                is { ValueKind: JsonValueKind.Object } found
            ? found.Clone()
            : default;
    }

    public async ValueTask DisposeAsync()
    {
        await product.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
