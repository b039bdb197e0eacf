using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Custodiet.Embedded;

/// <summary>What the framework lacks for durable files: flushing a folder, so that a name in it survives loss of power, and hard links.</summary>
public static class DurableFolder
{
    private const int ReadOnly = 0x80000; // O_RDONLY and O_CLOEXEC, the same number on x64 and arm64.

    /// <summary>Makes everything durable that was written to the file system of a folder: cheaper than a flush for each of many files.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static void FlushFileSystem(string folder) =>
        OnDescriptor(folder, SyncFileSystem, "flush the file system of");

    /// <summary>Gives a file a second name, without copying it. False where the file system cannot: no links, or another file system.</summary>
    public static bool TryLink(string file, string name) =>
        OperatingSystem.IsLinux()
        && Link(Encoding.UTF8.GetBytes(file + "\0"), Encoding.UTF8.GetBytes(name + "\0")) == 0;

    /// <summary>Makes names created, renamed or deleted in a folder durable. Does nothing where the system has no such call.</summary>
    /// <exception cref="IOException">The folder could not be flushed.</exception>
    public static void Flush(string folder) => OnDescriptor(folder, Fsync, "flush the folder");

    /// <summary>Replaces a file so that after a crash either the old or the new content is there, whole.</summary>
    public static void Replace(string file, ReadOnlySpan<byte> content)
    {
        file = Path.GetFullPath(file);
        string temporary = file + ".tmp";
        using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, file, overwrite: true);
        Flush(Path.GetDirectoryName(file)!);
    }

    private static void OnDescriptor(string folder, Func<int, int> call, string act)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
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

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] file, byte[] name);

    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SyncFileSystem(int descriptor);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
