using Custodiet.Archive;
using Custodiet.Embedded;
using Custodiet.Embedded.Queue;
using Custodiet.Ledger;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Records;

namespace Custodiet.Backups;

/// <summary>A consistent state of the data folder, held still within it until it is deleted.</summary>
/// <param name="Folder">Where it is; laid out as the data folder, without what is derived, secret or only of the running process.</param>
/// <param name="Format">The data folder's format.</param>
/// <param name="Version">The version of Custodiet that took it.</param>
/// <param name="TakenAt">The moment.</param>
/// <param name="Checkpoint">The signed checkpoint over exactly its records, as a note.</param>
/// <param name="VerifierKey">The key that verifies the checkpoint.</param>
/// <param name="Records">Records in it.</param>
/// <param name="EventsTo">The first event that is neither in its archive nor in its queue.</param>
/// <param name="Digests">SHA-256 of files whose digest is known without reading them, by their path below <paramref name="Folder"/>.</param>
internal sealed record FolderSnapshot(
    string Folder,
    int Format,
    string Version,
    DateTimeOffset TakenAt,
    string Checkpoint,
    string VerifierKey,
    long Records,
    long EventsTo,
    IReadOnlyDictionary<string, string> Digests
)
{
    private const string Below = "snapshot";

    /// <summary>
    /// What a backup leaves out: what belongs to the running process; what is made again from records and events; and the keys, of which a
    /// copy would let its holder sign in the ledger's name. Whatever else lies in the folder is copied as it is found.
    /// </summary>
    private static readonly HashSet<string> leftOut = new(StringComparer.Ordinal)
    {
        "lock",
        "pid",
        "running",
        "custodiet.sock",
        "format",
        "written-by",
        "migrated",
        RestoreMark.FileName,
        Below,
        // What routes wrote for others, and the secrets they show: not the product's own state, and readable.
        "outputs",
        "secrets",
        "datasets",
        "keys",
        "queue",
        "archive",
        "ledger",
        "records.db",
        "records.db-wal",
        "records.db-shm",
    };

    /// <summary>
    /// Holds the folder's state still: the ledger signs exactly the records of one moment; the archive is of that moment too; the queue is a
    /// little younger, as after a crash. Immutable files are linked, so this takes the time and space of a copy of the record store.
    /// </summary>
    /// <param name="flow">The open folder; it goes on working.</param>
    /// <param name="freeBytesMin">Bytes that must stay free on its disk.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="BackupException">The ledger cannot sign at present, or the disk has too little space.</exception>
    /// <exception cref="IOException">A file could not be read or written.</exception>
    public static async Task<FolderSnapshot> TakeAsync(Flow flow, long freeBytesMin, CancellationToken cancellation)
    {
        CheckSpace(flow, freeBytesMin);
        string stage = Path.Combine(flow.Folder.Root, Below, Guid.NewGuid().ToString("N"));
        OwnFolder.Create(stage);
        try
        {
            return await Task.Run(() => FillAsync(flow, stage, cancellation), cancellation);
        }
        catch
        {
            Delete(stage);
            throw;
        }
    }

    /// <summary>Deletes what a killed process left.</summary>
    public static void Sweep(DataFolder folder)
    {
        string below = Path.Combine(folder.Root, Below);
        if (Directory.Exists(below))
        {
            Directory.Delete(below, recursive: true);
        }
    }

    /// <summary>Gives the state up.</summary>
    public void Delete() => Delete(Folder);

    private static void Delete(string stage)
    {
        if (Directory.Exists(stage))
        {
            Directory.Delete(stage, recursive: true);
        }
    }

    private static void CheckSpace(Flow flow, long freeBytesMin)
    {
        long needed =
            new FileInfo(flow.Folder.Records).Length
            + flow.Queue.DurableSegments.Where(s => !s.Complete).Sum(s => s.Bytes);
        long free = new DriveInfo(flow.Folder.Root).AvailableFreeSpace;
        if (free - needed < freeBytesMin)
        {
            throw new BackupException(
                $"A backup holds a copy of the record store still while it runs, {Counted.Of(needed, "byte")}, and the disk of {flow.Folder.Root} has {Counted.Of(free, "byte")} free, of which {Counted.Of(freeBytesMin, "byte")} must stay so (queue.free_bytes_min). Free some space."
            );
        }
    }

    private static async Task<FolderSnapshot> FillAsync(Flow flow, string stage, CancellationToken cancellation)
    {
        DataFolder folder = flow.Folder;
        // First: what says how far a followed file was read must be older than the queue that holds what was read.
        CopyOthers(folder.Root, stage);
        RecordsMoment? records = null;
        ArchiveMoment? archive = null;
        // Events between the archive's end and the queue's beginning would be lost: nothing is deleted until the queue is linked.
        using IDisposable kept = flow.Queue.KeepSegments();
        try
        {
            DateTimeOffset moment = default;
            Checkpoint? checkpoint = await flow.Ledger.Log.StandStillAsync(
                () =>
                {
                    // At one moment: a record of a segment that the archive's copy lacks would speak of a file that nobody has.
                    archive = flow.Archive.Fix(() => records = flow.Records.Fix());
                    moment = flow.Time.GetUtcNow();
                    return records!.Count;
                },
                LedgerFollower.EnvelopesOf(flow.Records),
                () => LinkTree(folder.Ledger, Path.Combine(stage, "ledger")),
                cancellation
            );
            if (checkpoint is null)
            {
                throw new BackupException(
                    flow.Ledger.Refusal
                        ?? "The ledger's tiles are being made again from the records. Try again when «custodiet status» shows all records in the tree."
                );
            }
            Dictionary<string, string> digests = LinkArchive(archive!, Path.Combine(stage, "archive"));
            LinkQueue(flow.Queue, folder.Queue, Path.Combine(stage, "queue"));
            long eventsTo = flow.Queue.State.NextOffset;
            kept.Dispose();
            records!.CopyTo(Path.Combine(stage, "records.db"));
            File.WriteAllText(Path.Combine(stage, "format"), $"{DataFolder.FormatVersion}\n");
            return new FolderSnapshot(
                stage,
                DataFolder.FormatVersion,
                Flow.Version,
                moment,
                checkpoint.Note,
                flow.Ledger.Log.Verifier.Text,
                records.Count,
                eventsTo,
                digests
            );
        }
        finally
        {
            archive?.Dispose();
            records?.Dispose();
        }
    }

    private static Dictionary<string, string> LinkArchive(ArchiveMoment archive, string target)
    {
        OwnFolder.Create(target);
        File.WriteAllBytes(Path.Combine(target, "manifest.jsonl"), archive.Manifest.ToArray());
        Dictionary<string, string> digests = new(StringComparer.Ordinal);
        foreach (ArchivedFile file in archive.Files)
        {
            string name = Path.GetFileName(file.Path);
            Link(file.Path, Path.Combine(target, name));
            digests.Add($"archive/{name}", file.Sha256);
        }
        return digests;
    }

    private static void LinkQueue(SegmentQueue queue, string source, string target)
    {
        OwnFolder.Create(target);
        foreach (DurableSegment segment in queue.DurableSegments)
        {
            string file = Path.Combine(source, segment.Name);
            string name = Path.Combine(target, segment.Name);
            if (segment.Complete)
            {
                Link(file, name);
                continue;
            }
            using FileStream from = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using FileStream to = new(name, FileMode.CreateNew, FileAccess.Write);
            CopyBytes(from, to, segment.Bytes);
        }
    }

    private static void CopyBytes(FileStream from, FileStream to, long count)
    {
        byte[] buffer = new byte[1 << 20];
        for (long rest = count; rest > 0; )
        {
            int read = from.Read(buffer, 0, (int)Math.Min(rest, buffer.Length));
            if (read == 0)
            {
                throw new IOException($"{from.Name} is shorter than what is durable of it.");
            }
            to.Write(buffer, 0, read);
            rest -= read;
        }
    }

    private static void CopyOthers(string root, string stage)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(root))
        {
            string name = Path.GetFileName(path);
            if (leftOut.Contains(name))
            {
                continue;
            }
            if (Directory.Exists(path))
            {
                Each(path, Path.Combine(stage, name), static (file, target) => File.Copy(file, target));
            }
            else if (!name.EndsWith(".tmp", StringComparison.Ordinal))
            {
                File.Copy(path, Path.Combine(stage, name));
            }
        }
    }

    private static void LinkTree(string source, string target) => Each(source, target, Link);

    private static void Each(string source, string target, Action<string, string> act)
    {
        OwnFolder.Create(target);
        foreach (string file in Directory.EnumerateFiles(source))
        {
            if (!file.EndsWith(".tmp", StringComparison.Ordinal))
            {
                act(file, Path.Combine(target, Path.GetFileName(file)));
            }
        }
        foreach (string folder in Directory.EnumerateDirectories(source))
        {
            Each(folder, Path.Combine(target, Path.GetFileName(folder)), act);
        }
    }

    private static void Link(string file, string name)
    {
        if (!DurableFolder.TryLink(file, name))
        {
            File.Copy(file, name);
        }
    }
}
