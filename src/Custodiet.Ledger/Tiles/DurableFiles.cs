using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Custodiet.Ledger.Tiles;

/// <summary>Writes whole files below a folder. What was written is durable after <see cref="Flush"/>, not before.</summary>
internal sealed class DurableFiles(string root)
{
    /// <summary>From so many files on, one flush of the file system is cheaper than one for each file.</summary>
    private const int FlushOneByOneMax = 24;
    private const int ReadOnly = 0x80000; // O_RDONLY and O_CLOEXEC, the same number on x64 and arm64.

    private readonly HashSet<string> unflushed = new(StringComparer.Ordinal);

    // After a failed flush the system may show content that is not on the disk, so equal content proves nothing any more.
    private bool suspicious;

    /// <summary>Writes a file under a temporary name and renames it, so that readers see it whole; equal content stays untouched.</summary>
    public void Write(string path, ReadOnlySpan<byte> content)
    {
        string file = Path.Combine(root, path);
        unflushed.Add(path);
        if (!suspicious && File.Exists(file) && File.ReadAllBytes(file).AsSpan().SequenceEqual(content))
        {
            return;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        string temporary = file + ".tmp";
        using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(content);
        }
        File.Move(temporary, file, overwrite: true);
    }

    /// <summary>Makes everything written since the last flush durable, names included.</summary>
    public void Flush()
    {
        if (unflushed.Count == 0)
        {
            return;
        }
        if (unflushed.Count > FlushOneByOneMax && OperatingSystem.IsLinux())
        {
            OnDescriptor(root, SyncFileSystem, "flush the file system of");
        }
        else
        {
            HashSet<string> folders = new(StringComparer.Ordinal);
            foreach (string path in unflushed)
            {
                using FileStream stream = new(Path.Combine(root, path), FileMode.Open, FileAccess.ReadWrite);
                stream.Flush(flushToDisk: true);
                for (string? above = Path.GetDirectoryName(path); above is not null; above = ParentOf(above))
                {
                    folders.Add(above);
                }
            }
            foreach (string folder in folders)
            {
                FlushFolder(Path.Combine(root, folder));
            }
        }
        unflushed.Clear();
        suspicious = false;
    }

    /// <summary>Says that a call failed: from now on everything is written again.</summary>
    public void Suspect() => suspicious = true;

    /// <summary>Replaces one file, durably, at once.</summary>
    public static void Replace(string file, ReadOnlySpan<byte> content, UnixFileMode? mode = null)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.None,
        };
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
            File.Delete(file + ".tmp");
        }
        using (FileStream stream = new(file + ".tmp", options))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }
        File.Move(file + ".tmp", file, overwrite: true);
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
    }

    /// <summary>Makes names in a folder durable. Does nothing where the system has no such call.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsLinux())
        {
            OnDescriptor(folder, Fsync, "flush the folder");
        }
    }

    private static string? ParentOf(string folder) => folder.Length == 0 ? null : Path.GetDirectoryName(folder);

    private static void OnDescriptor(string folder, Func<int, int> call, string act)
    {
        int descriptor = Open(Encoding.UTF8.GetBytes(folder + "\0"), ReadOnly);
        int result = descriptor < 0 ? -1 : call(descriptor);
        int code = result == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (descriptor >= 0)
        {
            _ = Close(descriptor);
        }
        if (result != 0)
        {
            throw new IOException($"Could not {act} {folder}: {new Win32Exception(code).Message}.", code);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SyncFileSystem(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
