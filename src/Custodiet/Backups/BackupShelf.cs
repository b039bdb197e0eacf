using Custodiet.Embedded;

namespace Custodiet.Backups;

/// <summary>The folder that backups are put into, each in a folder of its own, named by its moment.</summary>
internal sealed class BackupShelf(string folder)
{
    /// <summary>Ending of the name of a backup that is not complete.</summary>
    public const string Incomplete = ".incomplete";

    /// <summary>Where it is.</summary>
    public string Folder { get; } = Path.GetFullPath(folder);

    /// <summary>The complete backups, newest first.</summary>
    public IReadOnlyList<string> Backups =>
        Directory.Exists(Folder)
            ?
            [
                .. Directory
                    .EnumerateDirectories(Folder)
                    .Where(path => !path.EndsWith(Incomplete, StringComparison.Ordinal))
                    .Where(path => File.Exists(Path.Combine(path, BackupManifest.FileName)))
                    .OrderByDescending(path => Path.GetFileName(path), StringComparer.Ordinal),
            ]
            : [];

    /// <summary>The newest complete backup, or null.</summary>
    public string? Newest => Backups is [var newest, ..] ? newest : null;

    /// <summary>The backup that a path names: itself, or the newest on the shelf.</summary>
    /// <exception cref="BackupException">There is none.</exception>
    public static string Find(string path)
    {
        string full = Path.GetFullPath(path);
        if (full.EndsWith(Incomplete, StringComparison.Ordinal))
        {
            throw new BackupException($"{full} is a backup that was cut short. Take another one.");
        }
        return File.Exists(Path.Combine(full, BackupManifest.FileName))
            ? full
            : new BackupShelf(full).Newest ?? throw new BackupException($"There is no complete backup in {full}.");
    }

    /// <summary>Takes the shelf for this process alone, and removes what backups that were cut short left.</summary>
    /// <exception cref="BackupException">Another backup is being put there.</exception>
    public IDisposable Take()
    {
        OwnFolder.Create(Folder);
        FileStream held;
        try
        {
            held = new FileStream(
                Path.Combine(Folder, ".lock"),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None
            );
        }
        catch (IOException error) when (File.Exists(Path.Combine(Folder, ".lock")))
        {
            throw new BackupException(
                $"Another backup is being put into {Folder}, or it cannot be written: {error.Message}"
            );
        }
        foreach (string left in Directory.EnumerateDirectories(Folder, "*" + Incomplete))
        {
            Directory.Delete(left, recursive: true);
        }
        return held;
    }

    /// <summary>Removes the oldest backups beyond a number; answers their names.</summary>
    public IReadOnlyList<string> Keep(int number)
    {
        List<string> removed = [];
        foreach (string backup in Backups.Skip(number))
        {
            // Renamed first: a removal that is cut short must not look like a backup.
            Directory.Move(backup, backup + Incomplete);
            Directory.Delete(backup + Incomplete, recursive: true);
            removed.Add(Path.GetFileName(backup));
        }
        DurableFolder.Flush(Folder);
        return removed;
    }
}
