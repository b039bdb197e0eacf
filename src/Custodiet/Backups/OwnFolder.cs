namespace Custodiet.Backups;

/// <summary>Folders that only their owner may enter.</summary>
internal static class OwnFolder
{
    /// <summary>Makes a folder, and what is missing above it, with mode 0700.</summary>
    public static void Create(string path) =>
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}

/// <summary>A backup or a restore cannot go on: what, where, what to do.</summary>
internal sealed class BackupException(string message) : Exception(message);
