using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary>Copies of checkpoints outside, and the way back after a restore to an older state, by command on the published product.</summary>
public sealed class LedgerJourneyTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("custodiet-ledger-e2e-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(root, "data");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task CheckpointsAreCopiedToAFileAWebHookAndAGitFolder()
    {
        string file = Path.Combine(root, "outside.txt");
        string git = Path.Combine(root, "audit");
        await ShellAsync("git", ["init", "-q", git]);
        using TcpListener receiver = new(IPAddress.Loopback, 0);
        receiver.Start();
        Task<string> posted = ReceiveAsync(receiver);
        await RunAsync(
            new Dictionary<string, string>
            {
                ["CUSTODIET_LEDGER_ANCHOR_FILE"] = file,
                ["CUSTODIET_LEDGER_ANCHOR_WEBHOOK"] = $"http://{receiver.LocalEndpoint}/checkpoints",
                ["CUSTODIET_LEDGER_ANCHOR_GIT"] = git,
                ["GIT_AUTHOR_NAME"] = "audit",
                ["GIT_AUTHOR_EMAIL"] = "audit@example.org",
                ["GIT_COMMITTER_NAME"] = "audit",
                ["GIT_COMMITTER_EMAIL"] = "audit@example.org",
            },
            async () =>
            {
                string request = await posted.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
                Assert.StartsWith("POST /checkpoints", request, StringComparison.Ordinal);
                Assert.Contains("\n— ", request, StringComparison.Ordinal);
                while (!File.Exists(file) || (await ShellAsync("git", ["-C", git, "log", "--oneline"])).Code != 0)
                {
                    await Task.Delay(200, Cancellation);
                }
            }
        );
        (int code, string report, _) = await CliAsync("ledger", "verify", Path.Combine(Data, "ledger"), "--json");
        Assert.Equal(0, code);
        string checkpoint = await File.ReadAllTextAsync(Path.Combine(Data, "ledger", "checkpoint"), Cancellation);
        Assert.Contains(checkpoint.Trim(), await File.ReadAllTextAsync(file, Cancellation), StringComparison.Ordinal);
        Assert.NotEqual(0, JsonDocument.Parse(report).RootElement.GetProperty("schemaVersion").GetInt32());
        (_, string files) = await ShellAsync("git", ["-C", git, "ls-files"]);
        Assert.NotEmpty(files.Trim());
    }

    [Fact]
    public async Task AnOlderStateRefusesUntilItIsSaidThatTheRecordsAreLost()
    {
        Dictionary<string, string> outside = new()
        {
            ["CUSTODIET_LEDGER_ANCHOR_FILE"] = Path.Combine(root, "outside.txt"),
        };
        await RunAsync(outside, () => Task.CompletedTask);
        string backup = Path.Combine(root, "backup");
        Copy(Data, backup);
        await RunAsync(outside, AddTokenAsync);
        Directory.Delete(Data, recursive: true);
        Copy(backup, Data);

        string refusal = await FailedStartAsync(outside);
        Assert.Contains("custodiet ledger continue", refusal, StringComparison.Ordinal);

        (int usage, _, _) = await CliAsync("ledger", "continue");
        Assert.Equal(2, usage);
        (int code, string said, string error) = await CliAsync("ledger", "continue", "--records-are-lost");
        Assert.True(code == 0, said + error);
        await RunAsync(outside, AddTokenAsync);
        (int verified, string report, string problem) = await CliAsync(
            "ledger",
            "verify",
            Path.Combine(Data, "ledger"),
            "--json"
        );
        Assert.True(verified == 0, report + problem);
    }

    private async Task AddTokenAsync()
    {
        (int code, string output, string error) = await CliAsync("token", "add", "--role", "auditor", "--name", "t");
        Assert.True(code == 0, output + error);
    }

    private async Task RunAsync(Dictionary<string, string> environment, Func<Task> meanwhile)
    {
        await using ProductProcess product = await ProductProcess.StartAsync(
            TestPaths.Root,
            Data,
            [],
            Cancellation,
            environment
        );
        await meanwhile();
        Assert.Equal(0, await product.StopAsync(Cancellation));
    }

    /// <summary>What the product says when it is started on a ledger that refuses: at its start, or at the first act.</summary>
    private async Task<string> FailedStartAsync(Dictionary<string, string> environment)
    {
        await using ProductProcess product = await ProductProcess.StartAsync(
            TestPaths.Root,
            Data,
            [],
            Cancellation,
            environment
        );
        (int code, string output, string error) = await CliAsync("token", "add", "--role", "auditor", "--name", "x");
        Assert.NotEqual(0, code);
        await product.StopAsync(Cancellation);
        return product.Log + output + error;
    }

    private Task<(int Code, string Output, string Error)> CliAsync(params string[] arguments) =>
        ProductProcess.RunAsync(TestPaths.Root, [.. arguments, "--data", Data], Cancellation);

    private static async Task<string> ReceiveAsync(TcpListener receiver)
    {
        using TcpClient client = await receiver.AcceptTcpClientAsync(Cancellation);
        await using NetworkStream stream = client.GetStream();
        StringBuilder text = new();
        byte[] buffer = new byte[8_192];
        while (!text.ToString().Contains("\n— ", StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer, Cancellation);
            if (read == 0)
            {
                break;
            }
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        await stream.WriteAsync("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancellation);
        return text.ToString();
    }

    private static async Task<(int Code, string Output)> ShellAsync(string program, string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        string output = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, output);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            File.Copy(file, target);
            File.SetUnixFileMode(target, File.GetUnixFileMode(file));
        }
    }
}
