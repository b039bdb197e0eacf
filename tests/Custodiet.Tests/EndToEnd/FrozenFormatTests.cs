using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Custodiet.Embedded;

namespace Custodiet.Tests.EndToEnd;

/// <summary>Data folders of every released format, as they were released, are opened by this version. <c>tests/fixtures/make</c> made them.</summary>
public sealed class FrozenFormatTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("custodiet-frozen-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Fixtures => Path.Combine(TestPaths.Root, "tests", "fixtures");

    public void Dispose() => Directory.Delete(root, recursive: true);

    public static TheoryData<int> Formats =>
        [
            .. Directory
                .EnumerateFiles(Fixtures, "format-*.tar.gz")
                .Select(f => int.Parse(Path.GetFileName(f)["format-".Length..^".tar.gz".Length], null)),
        ];

    [Fact]
    public void EveryFormatIsThereAndSmall()
    {
        Assert.Equal(Enumerable.Range(1, DataFolder.FormatVersion), Formats.Select(f => f.Data).Order());
        Assert.All(
            Directory.EnumerateFiles(Fixtures, "*.tar.gz"),
            f => Assert.InRange(new FileInfo(f).Length, 1, 200_000)
        );
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task AFolderOfThatFormatOpensGoesOnAndKeepsItsLog(int format)
    {
        string data = Path.Combine(root, "data");
        Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using (FileStream file = File.OpenRead(Path.Combine(Fixtures, $"format-{format}.tar.gz")))
        await using (GZipStream tar = new(file, CompressionMode.Decompress))
        {
            await TarFile.ExtractToDirectoryAsync(tar, data, overwriteFiles: true, Cancellation);
        }
        string origin = await File.ReadAllTextAsync(Path.Combine(data, "ledger", "origin"), Cancellation);

        await using ProductProcess product = await ProductProcess.StartAsync(TestPaths.Root, data, [], Cancellation);
        using HttpClient client = await product.ClientAsync(TestPaths.Root, "engineer", Cancellation);
        using ByteArrayContent line = new(
            """{"@timestamp":"2026-03-02T09:00:00Z","host":"WS-9","number":"60"}"""u8.ToArray()
        );
        (await client.PostAsync("/api/v1/events", line, Cancellation)).EnsureSuccessStatusCode();
        JsonElement row = default;
        for (int attempt = 0; attempt < 100 && (attempt == 0 || row[0].GetInt64() < 62); attempt++)
        {
            await Task.Delay(100, Cancellation);
            JsonElement rows = await ProductProcess.QueryAsync(
                client,
                "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM alerts), (SELECT count(*) FROM findings), (SELECT count(*) FROM records WHERE type = 'account.added/1')",
                Cancellation
            );
            row = rows[0];
        }
        // 60 events, a line that is none, and the one sent now; one alert of one finding; one account.
        Assert.Equal([62L, 1L, 1L, 1L], row.EnumerateArray().Select(n => n.GetInt64()));
        Assert.Equal(0, await product.StopAsync(Cancellation));
        Assert.Equal(origin, await File.ReadAllTextAsync(Path.Combine(data, "ledger", "origin"), Cancellation));
        Assert.Equal(DataFolder.FormatVersion, DataFolder.FormatOf(data));
        (int code, string report, string error) = await ProductProcess.RunAsync(
            TestPaths.Root,
            ["ledger", "verify", data],
            Cancellation
        );
        Assert.True(code == 0, report + error);
    }
}
