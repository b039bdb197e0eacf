using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary>A real disk that runs full under the product, and then has room again. Needs root, to mount a small one.</summary>
public class FullDiskTests
{
    [Fact]
    public async Task AFullDiskRefusesClearlyLosesNothingAndRecoversByItself()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        string folder = Directory.CreateTempSubdirectory("custodiet-disk-").FullName;
        bool mounted = await RunAsync("mount", "-t", "tmpfs", "-o", "size=400m,mode=0700", "tmpfs", folder) == 0;
        Assert.SkipUnless(mounted, "a small file system could not be mounted: this test needs root");
        try
        {
            string data = Path.Combine(folder, "data");
            Dictionary<string, string> environment = new() { ["CUSTODIET_QUEUE_FREE_BYTES_MIN"] = "0" };
            await using ProductProcess product = await ProductProcess.StartAsync(
                TestPaths.Root,
                data,
                [],
                cancellation,
                environment
            );
            using HttpClient client = await product.ClientAsync(TestPaths.Root, "engineer", cancellation);
            long acknowledged = 0;
            acknowledged += await SendAsync(client, 0) == HttpStatusCode.OK ? 1_000 : 0;
            Assert.Equal(1_000, acknowledged);

            string filler = Path.Combine(folder, "filler");
            await FillAsync(filler, cancellation);
            HttpStatusCode refused = HttpStatusCode.OK;
            for (int batch = 1; batch < 2_000 && refused == HttpStatusCode.OK; batch++)
            {
                refused = await SendAsync(client, batch);
                acknowledged += refused == HttpStatusCode.OK ? 1_000 : 0;
            }
            Assert.True(refused is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable, $"{refused}");
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live", cancellation)).StatusCode);

            File.Delete(filler);
            HttpStatusCode again = refused;
            for (int attempt = 0; attempt < 120 && again != HttpStatusCode.OK; attempt++)
            {
                await Task.Delay(500, cancellation);
                again = await SendAsync(client, 9_999);
            }
            Assert.Equal(HttpStatusCode.OK, again);
            acknowledged += 1_000;
            long stored = 0;
            for (int attempt = 0; attempt < 240 && stored < acknowledged; attempt++)
            {
                await Task.Delay(500, cancellation);
                JsonElement rows = await ProductProcess.QueryAsync(
                    client,
                    "SELECT count(*), count(DISTINCT fields['number']) FROM events",
                    cancellation
                );
                stored = rows[0][0].GetInt64();
                Assert.Equal(stored, rows[0][1].GetInt64());
            }
            Assert.True(acknowledged == stored, $"{acknowledged} acknowledged, {stored} stored\n{product.Log}");
            (int code, string output, string error) = await ProductProcess.RunAsync(
                TestPaths.Root,
                ["ledger", "verify", Path.Combine(data, "ledger")],
                cancellation
            );
            Assert.True(code == 0, output + error);
        }
        finally
        {
            await RunAsync("umount", "-l", folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient client, int batch)
    {
        StringBuilder lines = new();
        for (int item = 0; item < 1_000; item++)
        {
            lines.Append(
                CultureInfo.InvariantCulture,
                $$"""{"@timestamp":"2026-03-02T08:00:00Z","host":"WS-001","number":"{{batch}}-{{item}}","filling":"{{new string((char)('a' + (item % 26)), 200)}}"}"""
            );
            lines.Append('\n');
        }
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events")
        {
            Content = new StringContent(lines.ToString()),
        };
        request.Headers.Add("Idempotency-Key", string.Create(CultureInfo.InvariantCulture, $"disk:{batch}"));
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task FillAsync(string file, CancellationToken cancellation)
    {
        await using FileStream filler = new(file, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        byte[] block = new byte[64 * 1024];
        try
        {
            while (true)
            {
                await filler.WriteAsync(block, cancellation);
            }
        }
        catch (IOException)
        {
            // Full: that is what it was for.
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true }
        )!;
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
