using System.Text.Json;

namespace Custodiet.Tests.EndToEnd;

/// <summary>SIGTERM while events arrive: inputs close first, what was acknowledged is on disk, and the exit code is 0.</summary>
public sealed class StopTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-stop-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task StoppedUnderLoadItDrainsAndNothingAcknowledgedIsMissing()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Random random = new(11);
        ProductProcess product = await ProductProcess.StartAsync(TestPaths.Root, folder, [], cancellation);
        try
        {
            string token = await NumberedSender.TokenAsync(TestPaths.Root, product, cancellation);
            NumberedSender sender = new(80_000, token) { Address = product.Address };
            Task sending = sender.RunAsync(cancellation);
            for (int stop = 0; stop < 4; stop++)
            {
                await Task.Delay(random.Next(50, 800), cancellation);
                Assert.Equal(0, await product.StopAsync(cancellation));
                Assert.Contains("everything acknowledged is on disk", product.Log, StringComparison.Ordinal);
                Assert.False(File.Exists(Path.Combine(folder, "running")));
                await product.DisposeAsync();
                product = await ProductProcess.StartAsync(TestPaths.Root, folder, [], cancellation);
                sender.Address = product.Address;
            }
            await sending;
            using HttpClient client = await product.ClientAsync(TestPaths.Root, "engineer", cancellation);
            JsonElement row = default;
            for (int attempt = 0; attempt < 300 && (attempt == 0 || row[0].GetInt64() < 80_000); attempt++)
            {
                await Task.Delay(200, cancellation);
                JsonElement rows = await ProductProcess.QueryAsync(
                    client,
                    "SELECT count(*), count(DISTINCT fields['number']), (SELECT count(*) FROM findings) FROM events",
                    cancellation
                );
                row = rows[0];
            }
            Assert.Equal([80_000L, 80_000L, 160L], row.EnumerateArray().Select(n => n.GetInt64()));
            Assert.Equal(0, await product.StopAsync(cancellation));
        }
        finally
        {
            await product.DisposeAsync();
        }
    }
}
