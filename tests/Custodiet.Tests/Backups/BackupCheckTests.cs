using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Custodiet.Archive;
using Custodiet.Backups;
using Custodiet.Configuration;
using Custodiet.Embedded;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Backups;

/// <summary>What verification of a backup finds, and what a restore refuses.</summary>
public sealed class BackupCheckTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("custodiet-check-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(root, "data");

    private BackupShelf Shelf => new(Path.Combine(root, "backups"));

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task EveryChangeOfAFileIsFound()
    {
        string backup = (await MakeAsync()).Folder;
        foreach (string file in BackupWriter.Files(backup))
        {
            string path = Path.Combine(backup, file);
            byte[] content = await File.ReadAllBytesAsync(path, Cancellation);
            byte[] changed = content.Length == 0 ? [1] : [.. content];
            changed[changed.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(path, changed, Cancellation);
            if (file == BackupManifest.FileName)
            {
                Assert.NotEqual(await DigestAsync(content), BackupManifest.DigestOf(backup));
            }
            else
            {
                Assert.Contains(await ProblemsAsync(backup), p => p.StartsWith(file, StringComparison.Ordinal));
            }
            await File.WriteAllBytesAsync(path, content, Cancellation);
        }
        Assert.Empty(await ProblemsAsync(backup));
    }

    [Fact]
    public async Task AFileThatIsMissingAndOneThatWasPutThereAreFound()
    {
        string backup = (await MakeAsync()).Folder;
        File.Move(Path.Combine(backup, "data/archive/manifest.jsonl"), Path.Combine(backup, "data/archive/other"));
        IReadOnlyList<string> problems = await ProblemsAsync(backup);
        Assert.Contains("data/archive/manifest.jsonl is missing.", problems);
        Assert.Contains(
            problems,
            p => p.StartsWith("data/archive/other is not in the manifest", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task AChangedRecordIsFoundByTheLedgerAlsoWhenTheManifestWasMadeToFit()
    {
        string backup = (await MakeAsync()).Folder;
        string database = Path.Combine(backup, "data/records.db");
        byte[] bytes = await File.ReadAllBytesAsync(database, Cancellation);
        int at = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes("\"name\":\"ada\""));
        Assert.True(at > 0);
        bytes[at + 8] = (byte)'b';
        await File.WriteAllBytesAsync(database, bytes, Cancellation);
        await RewriteAsync(
            backup,
            manifest =>
                manifest["files"]!.AsArray().Single(f => (string?)f!["path"] == "data/records.db")!["sha256"] =
                    BackupWriter.DigestOf(database)
        );
        string problem = Assert.Single(await ProblemsAsync(backup));
        Assert.Contains("Its body is not the one that was sealed", problem, StringComparison.Ordinal);

        CheckedBackup restored = await Restoration.RunAsync(
            backup,
            Path.Combine(root, "new"),
            TimeProvider.System,
            Cancellation
        );
        Assert.NotEmpty(restored.Problems);
        DataFolderException refused = Assert.Throws<DataFolderException>(() =>
            DataFolder.Open(Path.Combine(root, "new"))
        );
        Assert.Equal(DataFolderRefusal.HalfRestored, refused.Refusal);
    }

    [Fact]
    public async Task AManifestThatNamesAPlaceOutsideOrANewerVersionIsRefused()
    {
        string backup = (await MakeAsync()).Folder;
        await RewriteAsync(backup, manifest => manifest["files"]![0]!["path"] = "data/../../escaped");
        Assert.Contains(
            "does not lie in the backup",
            Assert.Throws<BackupException>(() => BackupManifest.Read(backup)).Message,
            StringComparison.Ordinal
        );
        await RewriteAsync(
            backup,
            manifest =>
            {
                manifest["files"]![0]!["path"] = "data/x";
                manifest["format"] = 99;
                manifest["version"] = "9.9.9";
            }
        );
        string message = Assert.Throws<BackupException>(() => BackupManifest.Read(backup)).Message;
        Assert.Contains("version 9.9.9 of Custodiet, with format 99", message, StringComparison.Ordinal);
        Assert.Contains($"this is version {Flow.Version}", message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(backup, BackupManifest.FileName), "{}", Cancellation);
        Assert.Throws<BackupException>(() => BackupManifest.Read(backup));
        await File.WriteAllTextAsync(Path.Combine(backup, BackupManifest.FileName), "{", Cancellation);
        Assert.Throws<BackupException>(() => BackupManifest.Read(backup));
    }

    [Fact]
    public async Task WhatRoutesWroteAndTheirSecretsStayOutAndWhereTheyStandDoesNot()
    {
        foreach (string file in (string[])["outputs/events.jsonl", "secrets/siem", "routes/siem/state.json"])
        {
            string path = Path.Combine(Data, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, "{}", Cancellation);
        }
        WrittenBackup written = await MakeAsync();
        string[] files = [.. written.Manifest.Files.Select(f => f.Path)];
        Assert.Contains("data/routes/siem/state.json", files);
        Assert.DoesNotContain(
            files,
            f =>
                f.StartsWith("data/outputs", StringComparison.Ordinal)
                || f.StartsWith("data/secrets/", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task KeysAndCookiesStayOutAndAreMadeAnewAndTheOldLogKeepsItsOwnKey()
    {
        WrittenBackup written = await MakeAsync();
        Assert.DoesNotContain(
            written.Manifest.Files,
            f => f.Path.Contains("key", StringComparison.Ordinal) && f.Path != "data/ledger/vkey"
        );
        string restored = Path.Combine(root, "new");
        Assert.Empty(
            (await Restoration.RunAsync(written.Folder, restored, TimeProvider.System, Cancellation)).Problems
        );
        await using Flow flow = await OpenAsync(restored);
        Assert.Null(flow.Ledger.Refusal);
        Assert.NotEqual(written.Manifest.VerifierKey, flow.Ledger.Log.Verifier.Text);
        Assert.NotNull(await flow.Ledger.ProveAsync("0", Cancellation));
        Assert.Equal(written.Manifest.Records, flow.Ledger.Log.State.FirstRecord);
        Assert.False(File.Exists(Path.Combine(restored, RestoreMark.FileName)));
    }

    [Fact]
    public async Task ACrashBetweenARecordAboutTheFolderAndItsMarkMakesNoSecondRecord()
    {
        WrittenBackup written = await MakeAsync();
        string restored = Path.Combine(root, "new");
        await Restoration.RunAsync(written.Folder, restored, TimeProvider.System, Cancellation);
        byte[] mark = await File.ReadAllBytesAsync(Path.Combine(restored, RestoreMark.FileName), Cancellation);
        await (await OpenAsync(restored)).DisposeAsync();
        await File.WriteAllBytesAsync(Path.Combine(restored, RestoreMark.FileName), mark, Cancellation);
        string origin;
        await using (Flow flow = await OpenAsync(restored))
        {
            origin = flow.Ledger.Log.State.Origin;
            IReadOnlyList<StoredRecord> records = await flow.Records.ReadStreamAsync(
                FolderRecords.Stream,
                10,
                Cancellation
            );
            Assert.Equal(written.Digest, Assert.IsType<FolderRestored>(Body(Assert.Single(records))).Backup.Sha256);
        }
        // And the log goes on as it began; only the first start after the restore begins another.
        await using Flow again = await OpenAsync(restored);
        Assert.Equal(origin, again.Ledger.Log.State.Origin);
    }

    [Fact]
    public async Task AChangeOfFormatIsRecordedOnce()
    {
        await (await OpenAsync(Data)).DisposeAsync();
        for (int start = 0; start < 2; start++)
        {
            // As the opening of a folder of an older format leaves it, and as a crash before the mark's end does.
            await File.WriteAllTextAsync(Path.Combine(Data, "migrated"), """{"From":1,"To":2}""", Cancellation);
            await using Flow flow = await OpenAsync(Data);
            Assert.Contains(flow.StartRemarks, r => r.Contains("format 1 to 2", StringComparison.Ordinal));
        }
        await using Flow last = await OpenAsync(Data);
        IReadOnlyList<StoredRecord> records = await last.Records.ReadStreamAsync(
            FolderRecords.Stream,
            10,
            Cancellation
        );
        Assert.Equal(new FolderMigrated(1, 2, Flow.Version), Body(Assert.Single(records)));
        Assert.False(File.Exists(Path.Combine(Data, "migrated")));
    }

    [Fact]
    public async Task ASecondBackupSharesWhatTheFirstHasAndSurvivesItsRemoval()
    {
        WrittenBackup first = await MakeAsync();
        WrittenBackup second;
        await using (Flow flow = await OpenAsync(Data))
        {
            second = await BackUpAsync(flow);
        }
        Assert.True(second.CopiedBytes < second.Manifest.Files.Sum(f => f.Bytes));
        using (Shelf.Take())
        {
            Assert.Equal([Path.GetFileName(first.Folder)], Shelf.Keep(1));
        }
        Assert.Equal([second.Folder], Shelf.Backups);
        Assert.Empty(await ProblemsAsync(second.Folder));
    }

    [Fact]
    public async Task TwoBackupsAtOnceIntoOneFolderAreRefused()
    {
        await MakeAsync();
        using IDisposable taken = Shelf.Take();
        Assert.Throws<BackupException>(() => Shelf.Take());
    }

    [Fact]
    public async Task ASegmentOfTheArchiveThatRottedIsNamedWhenItIsBackedUp()
    {
        await using Flow flow = await OpenAsync(Data);
        using (ArchiveMoment moment = flow.Archive.Fix(() => { }))
        {
            Assert.Empty(moment.Files);
        }
        FolderSnapshot snapshot = await FolderSnapshot.TakeAsync(flow, 0, Cancellation);
        await File.WriteAllTextAsync(
            Path.Combine(snapshot.Folder, "archive", "events-1.parquet"),
            "rotten",
            Cancellation
        );
        FolderSnapshot withSegment = snapshot with
        {
            Digests = new Dictionary<string, string> { ["archive/events-1.parquet"] = new string('0', 64) },
        };
        using IDisposable taken = Shelf.Take();
        WrittenBackup written = BackupWriter.Write(withSegment, Shelf, null, Cancellation);
        Assert.StartsWith(
            "archive/events-1.parquet",
            Assert.Single(written.Manifest.Damaged),
            StringComparison.Ordinal
        );
        Assert.NotEmpty(await ProblemsAsync(written.Folder));
    }

    [Fact]
    public async Task TooLittleSpaceIsSaidBeforeAnythingIsWritten()
    {
        await using Flow flow = await OpenAsync(Data);
        BackupException error = await Assert.ThrowsAsync<BackupException>(() =>
            FolderSnapshot.TakeAsync(flow, long.MaxValue / 2, Cancellation)
        );
        Assert.Contains("queue.free_bytes_min", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Data, "snapshot")));
    }

    private static RecordBody Body(StoredRecord record) => RecordBodyJson.Deserialize(record.Sealed.Body.Span);

    private static async Task<string> DigestAsync(byte[] content)
    {
        using MemoryStream stream = new(content);
        return Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(stream, Cancellation));
    }

    private static async Task<Flow> OpenAsync(string data)
    {
        (Settings? settings, _) = Settings.Read(new Dictionary<string, string?> { ["data"] = data });
        return await Flow.OpenAsync(settings!, TimeProvider.System, NullLoggerFactory.Instance, Cancellation);
    }

    private async Task<WrittenBackup> MakeAsync()
    {
        await using Flow flow = await OpenAsync(Data);
        RecordDraft draft = new(
            new AccountAdded(new ActorId("p-1"), AccountKind.Person, "ada", [Role.Analyst], null, null),
            "account/p-1",
            ActorId.Console,
            TimeProvider.System.GetUtcNow()
        );
        await flow.Records.AppendAsync(new AppendRequest { Drafts = [draft] }, Cancellation);
        await flow.Queue.AppendAsync(
            new EventBatch(
                "test",
                null,
                EventTime.ToMicros(TimeProvider.System.GetUtcNow()),
                [7],
                "{\"a\":1}"u8.ToArray()
            ),
            Cancellation
        );
        return await BackUpAsync(flow);
    }

    private async Task<WrittenBackup> BackUpAsync(Flow flow)
    {
        FolderSnapshot snapshot = await FolderSnapshot.TakeAsync(flow, 0, Cancellation);
        using IDisposable taken = Shelf.Take();
        WrittenBackup written = BackupWriter.Write(snapshot, Shelf, null, Cancellation);
        snapshot.Delete();
        return written;
    }

    private static async Task<IReadOnlyList<string>> ProblemsAsync(string backup) =>
        (await BackupCheck.RunAsync(backup, null, Cancellation)).Problems;

    private static async Task RewriteAsync(string backup, Action<JsonNode> change)
    {
        string file = Path.Combine(backup, BackupManifest.FileName);
        JsonNode manifest = JsonNode.Parse(await File.ReadAllTextAsync(file, Cancellation))!;
        change(manifest);
        await File.WriteAllTextAsync(file, manifest.ToJsonString(new JsonSerializerOptions()), Cancellation);
    }
}
