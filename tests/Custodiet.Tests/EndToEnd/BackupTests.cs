using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Custodiet.Embedded;

namespace Custodiet.Tests.EndToEnd;

/// <summary>Backup and restore by command on the published product: under load, killed, tampered with.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("custodiet-backup-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(root, "data");

    private string Shelf => Path.Combine(root, "backups");

    private string New => Path.Combine(root, "new");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task ABackupTakenUnderLoadHoldsWhatWasAcknowledgedBeforeItAndRestoresToAWorkingProduct()
    {
        long before;
        await using (ProductProcess product = await StartAsync(Data))
        {
            string token = await NumberedSender.TokenAsync(TestPaths.Root, product, Cancellation);
            NumberedSender sender = new(60_000, token) { Address = product.Address };
            Task sending = sender.RunAsync(Cancellation);
            JsonElement first = await BackupAsync();
            before = sender.Acknowledged;
            JsonElement second = await BackupAsync();
            Assert.True(second.GetProperty("size").GetInt64() > first.GetProperty("size").GetInt64());
            await sending;
            JsonElement third = await BackupAsync("--keep", "2");
            Assert.Single(third.GetProperty("removed").EnumerateArray());
            // The archive's segments of the backup before are linked, not copied.
            Assert.True(third.GetProperty("copiedBytes").GetInt64() < third.GetProperty("bytes").GetInt64());
            Assert.Equal(0, await product.StopAsync(Cancellation));
        }
        (int code, string report, string error) = await CliAsync("backup", "verify", Shelf, "--all", "--json");
        Assert.True(code == 0, report + error);
        JsonElement verified = JsonDocument.Parse(report).RootElement.GetProperty("backups");
        Assert.Equal(2, verified.GetArrayLength());
        Assert.All(verified.EnumerateArray(), b => Assert.Equal(Number(b, "records"), Number(b, "bodies")));

        // The older of the two was taken while events came in.
        string older = verified[1].GetProperty("backup").GetString()!;
        (code, report, error) = await CliAsync("restore", older, "--data", New);
        Assert.True(code == 0, report + error);
        await using ProductProcess restored = await StartAsync(New);
        using HttpClient client = await restored.ClientAsync(TestPaths.Root, "engineer", Cancellation);
        long stored = await SettledCountAsync(client);
        Assert.InRange(stored, before, 60_000);
        JsonElement records = await ProductProcess.QueryAsync(
            client,
            "SELECT count(*) FILTER (type = 'folder.restored/1'), count(*) FILTER (type = 'ledger.continued/1'), count(*) FILTER (type = 'backup.made/1') FROM records",
            Cancellation
        );
        // The record of a backup is younger than its content: the older of the two holds that of the first.
        Assert.Equal([1L, 1L, 1L], records[0].EnumerateArray().Select(n => n.GetInt64()));
        Assert.Contains("restored from backup", restored.Log, StringComparison.Ordinal);
        Assert.Equal(0, await restored.StopAsync(Cancellation));
        (code, report, error) = await CliAsync("ledger", "verify", New);
        Assert.True(code == 0, report + error);
    }

    [Fact]
    public async Task ABackupThatIsKilledLeavesNothingThatLooksLikeOneAndTheNextIsWhole()
    {
        await using ProductProcess product = await StartAsync(Data);
        string token = await NumberedSender.TokenAsync(TestPaths.Root, product, Cancellation);
        NumberedSender sender = new(30_000, token) { Address = product.Address };
        await sender.RunAsync(Cancellation);
        int cutShort = 0;
        for (int kill = 0; kill < 8; kill++)
        {
            // The first kill comes once it has begun, the others at any moment: also before that, and after its end.
            cutShort += await KilledAsync(
                () => kill > 0 || Exists(Shelf, "*.incomplete"),
                kill == 0 ? 0 : 120 + (60 * kill),
                "backup",
                Shelf,
                "--data",
                Data
            )
                ? 1
                : 0;
            foreach (string folder in Directory.Exists(Shelf) ? Directory.EnumerateDirectories(Shelf) : [])
            {
                // Complete with a manifest, or named as incomplete; nothing in between.
                Assert.NotEqual(
                    folder.EndsWith(".incomplete", StringComparison.Ordinal),
                    File.Exists(Path.Combine(folder, "backup.json"))
                        && !folder.EndsWith(".incomplete", StringComparison.Ordinal)
                );
            }
        }
        Assert.True(cutShort > 0, "no kill came before the end of a backup");
        await BackupAsync();
        Assert.Empty(Directory.EnumerateDirectories(Shelf, "*.incomplete"));
        (int code, string report, string error) = await CliAsync("backup", "verify", Shelf, "--all");
        Assert.True(code == 0, report + error);
        // The server gave up what it held still for commands that were killed.
        for (int wait = 0; wait < 100 && Directory.EnumerateDirectories(Path.Combine(Data, "snapshot")).Any(); wait++)
        {
            await Task.Delay(100, Cancellation);
        }
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(Data, "snapshot")));
    }

    [Fact]
    public async Task ARestoreThatIsKilledIsRefusedByEveryStartUntilItIsRunAgain()
    {
        await MakeAsync(20_000);
        await BackupAsync();
        int cutShort = 0;
        for (int kill = 0; kill < 8; kill++)
        {
            await KilledAsync(
                () => kill > 0 || Exists(New, DataFolder.RestoringMark),
                kill == 0 ? 0 : 100 + (60 * kill),
                "restore",
                Shelf,
                "--data",
                New
            );
            if (File.Exists(Path.Combine(New, DataFolder.RestoringMark)))
            {
                cutShort++;
                (int refused, _, string why) = await CliAsync("status", "--data", New);
                Assert.Equal(3, refused);
                Assert.Contains("Run the same 'custodiet restore' again", why, StringComparison.Ordinal);
            }
            else if (Directory.Exists(New))
            {
                (int verified, string said, string wrong) = await CliAsync("ledger", "verify", New);
                Assert.True(verified == 0, said + wrong);
                Directory.Delete(New, recursive: true);
            }
        }
        Assert.True(cutShort > 0, "no kill came before the end of a restore");
        if (!File.Exists(Path.Combine(New, DataFolder.RestoringMark)))
        {
            Directory.CreateDirectory(New);
            await File.WriteAllTextAsync(Path.Combine(New, DataFolder.RestoringMark), "", Cancellation);
        }
        (int code, string report, string error) = await CliAsync("restore", Shelf, "--data", New);
        Assert.True(code == 0, report + error);
        await using ProductProcess restored = await StartAsync(New);
        using HttpClient client = await restored.ClientAsync(TestPaths.Root, "engineer", Cancellation);
        Assert.Equal(20_000, await SettledCountAsync(client));
    }

    [Fact]
    public async Task ARestoredFolderSaysHowManyRecordsAreMissingWhenACheckpointOutsideTells()
    {
        Dictionary<string, string> outside = new()
        {
            ["CUSTODIET_LEDGER_ANCHOR_FILE"] = Path.Combine(root, "outside.txt"),
        };
        await using (ProductProcess product = await StartAsync(Data, outside))
        {
            await BackupAsync();
            await CliAsync("token", "add", "--role", "auditor", "--name", "lost", "--data", Data);
            Assert.Equal(0, await product.StopAsync(Cancellation));
        }
        (int code, string report, string error) = await CliAsync("restore", Shelf, "--data", New);
        Assert.True(code == 0, report + error);
        await using ProductProcess restored = await StartAsync(New, outside);
        // The record of the backup and that of the token.
        Assert.Contains("by a checkpoint outside, 2 records are missing", restored.Log, StringComparison.Ordinal);
        (code, report, error) = await CliAsync("token", "list", "--data", New);
        Assert.True(code == 0, error);
        Assert.DoesNotContain("lost", report, StringComparison.Ordinal);
        Assert.Equal(0, await restored.StopAsync(Cancellation));
        // A second start has nothing to say about it.
        await using ProductProcess again = await StartAsync(New, outside);
        Assert.DoesNotContain("restored from", again.Log, StringComparison.Ordinal);
        Assert.Equal(0, await again.StopAsync(Cancellation));
    }

    [Fact]
    public async Task WhatIsInTheWayIsNamedWithWhatToDo()
    {
        await MakeAsync(100);
        (int inside, _, string insideSays) = await CliAsync("backup", Path.Combine(Data, "b"), "--data", Data);
        Assert.Equal(2, inside);
        Assert.Contains("outside", insideSays, StringComparison.Ordinal);
        (int none, _, string noneSays) = await CliAsync("restore", root, "--data", New);
        Assert.Equal(3, none);
        Assert.Contains("no complete backup", noneSays, StringComparison.Ordinal);
        await BackupAsync();
        (int full, _, string fullSays) = await CliAsync("restore", Shelf, "--data", Data);
        Assert.Equal(3, full);
        Assert.Contains("never replaces", fullSays, StringComparison.Ordinal);
        (int unnamed, _, _) = await CliAsync("restore", Shelf);
        Assert.Equal(2, unnamed);
    }

    private async Task MakeAsync(int events)
    {
        await using ProductProcess product = await StartAsync(Data);
        string token = await NumberedSender.TokenAsync(TestPaths.Root, product, Cancellation);
        NumberedSender sender = new(events, token) { Address = product.Address };
        await sender.RunAsync(Cancellation);
        Assert.Equal(0, await product.StopAsync(Cancellation));
    }

    private static Task<ProductProcess> StartAsync(
        string data,
        IReadOnlyDictionary<string, string>? environment = null
    ) => ProductProcess.StartAsync(TestPaths.Root, data, [], Cancellation, environment);

    private async Task<JsonElement> BackupAsync(params string[] more)
    {
        (int code, string output, string error) = await CliAsync(["backup", Shelf, "--data", Data, "--json", .. more]);
        Assert.True(code == 0, output + error);
        return JsonDocument.Parse(output).RootElement;
    }

    private static Task<(int Code, string Output, string Error)> CliAsync(params string[] arguments) =>
        ProductProcess.RunAsync(TestPaths.Root, arguments, Cancellation);

    /// <summary>Runs a command and kills it after so long; answers whether it was still running then.</summary>
    private static bool Exists(string folder, string pattern) =>
        Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder, pattern).Any();

    // Kills a command so long after it has begun, however busy the machine is; whether it was running until then.
    private static async Task<bool> KilledAsync(Func<bool> hasBegun, int milliseconds, params string[] arguments)
    {
        ProcessStartInfo start = new(ProductProcess.Executable(TestPaths.Root), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(start)!;
        while (!hasBegun() && !process.HasExited)
        {
            await Task.Delay(1, Cancellation);
        }
        await Task.Delay(milliseconds, Cancellation);
        bool running = !process.HasExited;
        process.Kill();
        await process.WaitForExitAsync(Cancellation);
        return running;
    }

    private static async Task<long> SettledCountAsync(HttpClient client)
    {
        long stored = -1;
        for (int attempt = 0; attempt < 300; attempt++)
        {
            JsonElement rows = await ProductProcess.QueryAsync(
                client,
                "SELECT count(*), count(DISTINCT fields['number']), count(DISTINCT event_offset), max(event_offset) + 1 FROM events",
                Cancellation
            );
            JsonElement row = rows[0];
            Assert.Equal(row[0].GetInt64(), row[1].GetInt64());
            Assert.Equal(row[0].GetInt64(), row[2].GetInt64());
            using JsonDocument status = JsonDocument.Parse(await client.GetStringAsync("/api/v1/status", Cancellation));
            if (row[0].GetInt64() == Number(status.RootElement, "nextOffset"))
            {
                return row[0].GetInt64();
            }
            stored = row[0].GetInt64();
            await Task.Delay(200, Cancellation);
        }
        throw new InvalidOperationException(
            string.Create(CultureInfo.InvariantCulture, $"The archive stays at {stored} events.")
        );
    }

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
