using System.Globalization;
using System.Security.Cryptography;
using Custodiet.Embedded;

namespace Custodiet.Backups;

/// <summary>What became of a backup.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Manifest">What it holds.</param>
/// <param name="Digest">SHA-256 of the manifest, which stands for the whole.</param>
/// <param name="CopiedBytes">Bytes that were written; the others are shared with the backup before.</param>
internal sealed record WrittenBackup(string Folder, BackupManifest Manifest, string Digest, long CopiedBytes);

/// <summary>
/// Puts a snapshot onto a shelf. What the newest backup there has already is linked, not copied: each backup is whole, and costs the space
/// of what is new.
/// </summary>
internal static class BackupWriter
{
    /// <summary>Writes the backup, durably.</summary>
    /// <param name="snapshot">What to write.</param>
    /// <param name="shelf">Where; this process holds it.</param>
    /// <param name="settingsFile">A settings file outside the data folder, kept beside the data; or null.</param>
    /// <param name="cancellation">Gives up; what was written is removed.</param>
    /// <exception cref="IOException">A file could not be read or written.</exception>
    public static WrittenBackup Write(
        FolderSnapshot snapshot,
        BackupShelf shelf,
        string? settingsFile,
        CancellationToken cancellation
    )
    {
        string name = NameOf(shelf, snapshot.TakenAt);
        string target = Path.Combine(shelf.Folder, name);
        string partial = target + BackupShelf.Incomplete;
        OwnFolder.Create(partial);
        try
        {
            Copier copier = new(shelf.Newest, partial, snapshot.Digests);
            foreach (string file in Files(snapshot.Folder))
            {
                cancellation.ThrowIfCancellationRequested();
                copier.Copy(Path.Combine(snapshot.Folder, file), BackupManifest.Data + "/", file);
            }
            if (settingsFile is not null)
            {
                copier.Copy(settingsFile, "settings/", Path.GetFileName(settingsFile));
            }
            BackupManifest manifest = new(
                BackupManifest.Schema,
                name,
                snapshot.TakenAt,
                snapshot.Version,
                snapshot.Format,
                snapshot.Checkpoint,
                snapshot.VerifierKey,
                snapshot.Records,
                snapshot.EventsTo,
                [.. copier.Files.OrderBy(f => f.Path, StringComparer.Ordinal)],
                copier.Damaged
            );
            DurableFolder.FlushFileSystem(partial);
            string digest = manifest.Write(partial);
            Directory.Move(partial, target);
            DurableFolder.Flush(shelf.Folder);
            return new WrittenBackup(target, manifest, digest, copier.CopiedBytes);
        }
        catch
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
            throw;
        }
    }

    /// <summary>All files below a folder, as paths with slashes, in a fixed order.</summary>
    public static IReadOnlyList<string> Files(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>SHA-256 of a file, lower-case hex.</summary>
    public static string DigestOf(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Copies a file for its owner alone, and answers its length and digest.</summary>
    public static (long Bytes, string Sha256) Copy(string source, string target)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FileStream from = new(source, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using FileStream to = new(
            target,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        byte[] buffer = new byte[1 << 20];
        long bytes = 0;
        for (int read; (read = from.Read(buffer)) > 0; bytes += read)
        {
            hash.AppendData(buffer, 0, read);
            to.Write(buffer, 0, read);
        }
        return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static string NameOf(BackupShelf shelf, DateTimeOffset moment)
    {
        string name = moment.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string free = name;
        for (int number = 2; Directory.Exists(Path.Combine(shelf.Folder, free)); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        }
        return free;
    }

    private sealed class Copier(string? before, string target, IReadOnlyDictionary<string, string> digests)
    {
        private readonly Dictionary<string, BackupFile> earlier = before is null
            ? []
            : BackupManifest.Read(before).Files.ToDictionary(f => f.Path, StringComparer.Ordinal);

        private readonly HashSet<string> folders = new(StringComparer.Ordinal);

        public List<BackupFile> Files { get; } = [];

        public List<string> Damaged { get; } = [];

        public long CopiedBytes { get; private set; }

        public void Copy(string source, string below, string path)
        {
            string full = below + path;
            string to = Path.Combine(target, full);
            string folder = Path.GetDirectoryName(to)!;
            if (folders.Add(folder))
            {
                OwnFolder.Create(folder);
            }
            string? known = digests.GetValueOrDefault(path);
            if (
                earlier.GetValueOrDefault(full) is { } old
                && old.Bytes == new FileInfo(source).Length
                && old.Sha256 == (known ?? DigestOf(source))
                && DurableFolder.TryLink(Path.Combine(before!, full), to)
            )
            {
                Files.Add(old);
                return;
            }
            (long bytes, string sha256) = BackupWriter.Copy(source, to);
            Files.Add(new BackupFile(full, bytes, sha256));
            CopiedBytes += bytes;
            if (known is not null && known != sha256)
            {
                Damaged.Add(
                    $"{path} is not what it was when it was written: its digest is {sha256}, recorded is {known}."
                );
            }
        }
    }
}
