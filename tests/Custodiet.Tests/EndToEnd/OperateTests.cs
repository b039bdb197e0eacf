using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary>Configuration, secrets and the doctor by command on the published product.</summary>
public sealed class OperateTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("custodiet-operate-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(root, "data");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task ASecretIsSetThroughTheRunningServerAndUsedAndNowhereToBeSeen()
    {
        string key = Path.Combine(root, "key");
        Assert.Equal(0, (await CliAsync(["secret", "key", key])).Code);
        using TcpListener receiver = new(IPAddress.Loopback, 0);
        receiver.Start();
        Dictionary<string, string> environment = new() { ["CUSTODIET_SECRETS_KEY"] = "file:" + key };
        await using (ProductProcess product = await StartAsync(environment))
        {
            (int code, string output, string error) = await CliAsync(
                ["secret", "set", "hook", "--data", Data],
                "hunter2-hook\n"
            );
            Assert.True(code == 0, output + error);
            (code, output, error) = await CliAsync(["secret", "list", "--data", Data, "--json"]);
            Assert.True(code == 0, output + error);
            Assert.Contains("\"hook\"", output, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", output, StringComparison.Ordinal);
            Assert.Equal(0, await product.StopAsync(Cancellation));
        }
        environment["CUSTODIET_LEDGER_ANCHOR_WEBHOOK"] = $"http://{receiver.LocalEndpoint}/c";
        environment["CUSTODIET_LEDGER_ANCHOR_WEBHOOK_TOKEN"] = "store:hook";
        Task<string> posted = ReceiveAsync(receiver);
        await using (ProductProcess product = await StartAsync(environment))
        {
            Assert.Contains(
                "Authorization: Bearer hunter2-hook",
                await posted.WaitAsync(TimeSpan.FromSeconds(60), Cancellation),
                StringComparison.Ordinal
            );
            (int code, string shown, string error) = await CliAsync(["config", "show", "--data", Data, "--json"]);
            Assert.True(code == 0, error);
            Assert.Contains("store:hook", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", shown, StringComparison.Ordinal);
            (code, shown, error) = await CliAsync(["secret", "remove", "hook", "--data", Data]);
            Assert.True(code == 0, shown + error);
            using HttpClient client = await product.ClientAsync(TestPaths.Root, "auditor", Cancellation);
            JsonElement changes = await ProductProcess.QueryAsync(
                client,
                "SELECT count(*) FROM records WHERE type = 'secret.changed/1'",
                Cancellation
            );
            Assert.Equal(2, changes[0][0].GetInt64());
            Assert.Equal(0, await product.StopAsync(Cancellation));
            Assert.DoesNotContain("hunter2", product.Log, StringComparison.Ordinal);
        }
        byte[] needle = Encoding.UTF8.GetBytes("hunter2");
        foreach (string file in Directory.EnumerateFiles(Data, "*", SearchOption.AllDirectories))
        {
            Assert.True((await File.ReadAllBytesAsync(file, Cancellation)).AsSpan().IndexOf(needle) < 0, file);
        }
    }

    [Fact]
    public async Task ShowTellsWhatTheRunningServerUsesAndWhatTheNextStartWill()
    {
        await using ProductProcess product = await StartAsync(
            new Dictionary<string, string> { ["CUSTODIET_WORKERS"] = "1" }
        );
        await File.WriteAllTextAsync(Path.Combine(Data, "custodiet.yml"), "workers: 3\n", Cancellation);
        (int code, string output, string error) = await CliAsync(["config", "show", "--data", Data, "--json"]);
        Assert.True(code == 0, error);
        JsonElement workers = JsonDocument
            .Parse(output)
            .RootElement.GetProperty("settings")
            .EnumerateArray()
            .Single(s => s.GetProperty("name").GetString() == "workers");
        Assert.Equal("1", workers.GetProperty("value").GetString());
        Assert.Equal("environment CUSTODIET_WORKERS", workers.GetProperty("origin").GetString());
        Assert.Equal("3", workers.GetProperty("pending").GetString());
    }

    [Fact]
    public async Task TheFrameworksSwitchForForwardedHeadersOpensNothing()
    {
        await using ProductProcess product = await StartAsync(
            new Dictionary<string, string> { ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true" }
        );
        using HttpClient client = new() { BaseAddress = product.Address };
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.5");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "soc.example");
        client.DefaultRequestHeaders.Host = "soc.example";
        using HttpResponseMessage response = await client.GetAsync("/health/live", Cancellation);
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task ARefusedStartEndsWithASentenceAndItsCode()
    {
        await (await StartAsync()).DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(Data, "format"), "99\n", Cancellation);
        (int code, _, string error) = await CliAsync(["up", "--data", Data]);
        Assert.Equal(3, code);
        Assert.Contains("has format 99", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        (code, _, error) = await CliAsync(["up", "--data", Data, "--urls", "http://0.0.0.0:1"]);
        Assert.Equal(2, code);
        Assert.Contains("server.tls_certificate", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheDoctorNamesEachBadThingAndAnswersWithItsCode()
    {
        await using ProductProcess product = await StartAsync();
        (int code, string output, string error) = await CliAsync(["doctor", "--data", Data, "--json"]);
        JsonElement report = JsonDocument.Parse(output).RootElement;
        string[] checks =
        [
            .. report.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("check").GetString()!),
        ];
        foreach (
            string check in (string[])
                [
                    "configuration",
                    "server",
                    "data folder",
                    "format",
                    "disk",
                    "clock",
                    "open files",
                    "udp buffer",
                    "memory",
                    "queue",
                    "ledger",
                    "backup",
                ]
        )
        {
            Assert.Contains(check, checks);
        }
        Assert.Equal(report.GetProperty("holds").GetBoolean() ? 0 : 1, code);
        Assert.Empty(error);
        (code, output, _) = await CliAsync(["doctor", "--data", Data, "--set", "wrkers=1"]);
        Assert.Equal(1, code);
        Assert.Contains("probably meant: workers", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheServiceManagerIsToldWhenTheProductIsReadyAndWhenItStops()
    {
        string name = Path.Combine(root, "notify");
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(name));
        await using ProductProcess product = await StartAsync(
            new Dictionary<string, string> { ["NOTIFY_SOCKET"] = name }
        );
        Assert.Equal("READY=1", await HearAsync(manager));
        Assert.Equal(0, await product.StopAsync(Cancellation));
        Assert.Equal("STOPPING=1", await HearAsync(manager));
    }

    private Task<ProductProcess> StartAsync(IReadOnlyDictionary<string, string>? environment = null) =>
        ProductProcess.StartAsync(TestPaths.Root, Data, [], Cancellation, environment);

    private static Task<(int Code, string Output, string Error)> CliAsync(string[] arguments, string? input = null) =>
        ProductProcess.RunAsync(TestPaths.Root, arguments, Cancellation, input);

    private static async Task<string> HearAsync(Socket manager)
    {
        byte[] buffer = new byte[256];
        int read = await manager.ReceiveAsync(buffer, SocketFlags.None, Cancellation);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }

    private static async Task<string> ReceiveAsync(TcpListener receiver)
    {
        using TcpClient client = await receiver.AcceptTcpClientAsync(Cancellation);
        await using NetworkStream stream = client.GetStream();
        byte[] buffer = new byte[8_192];
        int read = await stream.ReadAsync(buffer, Cancellation);
        await stream.WriteAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancellation);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }
}
