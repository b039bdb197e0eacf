using Custodiet.Archive;
using Custodiet.Embedded;
using Custodiet.Embedded.Queue;
using Custodiet.Ledger.Envelopes;
using Custodiet.Records.Events;
using Custodiet.Streaming;

namespace Custodiet.Backups;

/// <summary>
/// Makes a data folder from a backup. From its first file to its last check the folder carries a mark that keeps everybody from opening it;
/// a restore that was cut short is begun anew.
/// </summary>
internal static class Restoration
{
    private const string Mark = DataFolder.RestoringMark;

    /// <summary>Restores, checks and opens the folder once. With problems it stays marked, and nobody can use it.</summary>
    /// <param name="backup">The backup's folder.</param>
    /// <param name="data">The new data folder: absent, empty, or left by a restore that was cut short.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Gives up; the folder stays marked.</param>
    /// <exception cref="BackupException">The backup cannot be read, or the folder holds something else.</exception>
    /// <exception cref="IOException">A file could not be read or written.</exception>
    public static async Task<CheckedBackup> RunAsync(
        string backup,
        string data,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        BackupManifest manifest = BackupManifest.Read(backup);
        string root = Path.GetFullPath(data);
        using FileStream held = Begin(root, manifest.Name);
        List<string> problems = [.. manifest.Damaged];
        string prefix = BackupManifest.Data + "/";
        foreach (BackupFile file in manifest.Files.Where(f => f.Path.StartsWith(prefix, StringComparison.Ordinal)))
        {
            cancellation.ThrowIfCancellationRequested();
            string target = Path.Combine(root, file.Path[prefix.Length..]);
            OwnFolder.Create(Path.GetDirectoryName(target)!);
            (long bytes, string sha256) = BackupWriter.Copy(Path.Combine(backup, file.Path), target);
            if (bytes != file.Bytes || sha256 != file.Sha256)
            {
                problems.Add($"{file.Path} is not what was written: its digest differs.");
            }
        }
        long bodies = await BackupCheck.DataAsync(root, manifest, null, problems, cancellation);
        string digest = BackupManifest.DigestOf(backup);
        if (problems.Count == 0)
        {
            new RestoreMark(manifest.ToReference(digest), manifest.VerifierKey).Write(root);
            await OpenAsync(root, time, cancellation);
            GiveToOwner(root);
            DurableFolder.FlushFileSystem(root);
            // From here on the folder is whole.
            File.Delete(Path.Combine(root, Mark));
            DurableFolder.Flush(root);
        }
        return new CheckedBackup(manifest, digest, bodies, [.. problems.Take(BackupCheck.ProblemsMax)]);
    }

    private static FileStream Begin(string root, string name)
    {
        string mark = Path.Combine(root, Mark);
        if (Directory.Exists(root) && !File.Exists(mark) && Contents(root).Any())
        {
            throw new BackupException(
                $"{root} is not empty, and a restore never replaces anything. Name a new folder with --data, or move the old one away."
            );
        }
        OwnFolder.Create(root);
        FileStream held;
        try
        {
            held = new FileStream(mark, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (File.Exists(mark))
        {
            throw new BackupException($"Another restore is filling {root}, or it cannot be written: {error.Message}");
        }
        using (StreamWriter writer = new(held, leaveOpen: true))
        {
            writer.Write(name);
        }
        held.Flush(flushToDisk: true);
        DurableFolder.Flush(root);
        foreach (string left in Contents(root).Where(path => Path.GetFileName(path) != Mark))
        {
            if (Directory.Exists(left))
            {
                Directory.Delete(left, recursive: true);
            }
            else
            {
                File.Delete(left);
            }
        }
        return held;
    }

    // A file system's own folder is no content.
    private static IEnumerable<string> Contents(string root) =>
        Directory.EnumerateFileSystemEntries(root).Where(path => Path.GetFileName(path) != "lost+found");

    /// <summary>Opens every store, which recovers and checks it, and closes it again.</summary>
    private static async Task OpenAsync(string root, TimeProvider time, CancellationToken cancellation)
    {
        using DataFolder folder = DataFolder.OpenRestoring(root);
        await using SqliteRecords records = await SqliteRecords.OpenAsync(
            folder.Records,
            EnvelopeSealer.Seal,
            time,
            cancellation
        );
        await using ParquetArchive archive = await ParquetArchive.OpenAsync(
            folder.Archive,
            new FieldTable(),
            new SourceTable(),
            new LogSourceTable(),
            time,
            null,
            cancellation
        );
        long analysedTo = await records.PositionAsync(EventStream.Consumer, cancellation);
        SegmentQueueOptions options = new(folder.Queue)
        {
            NextOffsetAtLeast = Math.Max(analysedTo, archive.NextOffset),
        };
        await using SegmentQueue queue = await SegmentQueue.OpenAsync(options, time, [], cancellation);
        if (queue.State.FirstOffset > Math.Min(analysedTo, archive.NextOffset))
        {
            throw new BackupException(
                $"The queue begins with event {queue.State.FirstOffset}, and events from {Math.Min(analysedTo, archive.NextOffset)} on are still to be read. Take another backup."
            );
        }
    }

    // Root restores into the service's folder: what it made must be the service's.
    private static void GiveToOwner(string root)
    {
        FileOwner owner = FileOwner.Of(root);
        if (FileOwner.Self != 0 || owner.User == 0)
        {
            return;
        }
        foreach (string path in Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories))
        {
            owner.Take(path);
        }
    }
}
