using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd.Senders;

/// <summary>A client from npm: a script of <c>tests/clients</c> that sends to the product and reports one JSON line.</summary>
internal static class NodeSender
{
    private static string Folder => Path.Combine(TestPaths.Root, "tests", "clients");

    /// <summary>Runs a script to its end.</summary>
    public static async Task<JsonElement> RunAsync(
        SenderStage stage,
        string script,
        params (string Name, string Value)[] environment
    )
    {
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(Folder, "node_modules", "@elastic")),
            "clients from npm are absent: ./test installs them into tests/clients, for which it needs node and npm"
        );
        ProcessStartInfo start = new("node", [Path.Combine(Folder, script)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CUSTODIET_URL"] = string.Create(
            CultureInfo.InvariantCulture,
            $"http://127.0.0.1:{stage.HttpPort}/"
        );
        start.Environment["CUSTODIET_TOKEN"] = stage.Token;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }
        using System.Diagnostics.Process process =
            System.Diagnostics.Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
        Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.WaitForExitAsync(cancellation).WaitAsync(TimeSpan.FromMinutes(3), cancellation);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
        string last = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        Assert.True(
            process.ExitCode == 0 && last.StartsWith('{'),
            $"{script}: {process.ExitCode}\n{last}\n{await error}"
        );
        return JsonDocument.Parse(last).RootElement.Clone();
    }
}
