using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Custodiet.Embedded;

/// <summary>What the framework lacks for durable files: flushing a folder, so that a name in it survives loss of power.</summary>
public static class DurableFolder
{
    private const int ReadOnly = 0x80000; // O_RDONLY and O_CLOEXEC, the same number on x64 and arm64.

    /// <summary>Makes names created, renamed or deleted in a folder durable. Does nothing where the system has no such call.</summary>
    /// <exception cref="IOException">The folder could not be flushed.</exception>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        int descriptor = Open(Encoding.UTF8.GetBytes(folder + "\0"), ReadOnly);
        if (descriptor < 0)
        {
            throw Failure("open", folder);
        }
        try
        {
            if (Fsync(descriptor) != 0)
            {
                throw Failure("flush", folder);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Replaces a file so that after a crash either the old or the new content is there, whole.</summary>
    public static void Replace(string file, ReadOnlySpan<byte> content)
    {
        string temporary = file + ".tmp";
        using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, file, overwrite: true);
        Flush(Path.GetDirectoryName(file)!);
    }

    private static IOException Failure(string act, string folder)
    {
        int code = Marshal.GetLastPInvokeError();
        return new IOException($"Could not {act} the folder {folder}: {new Win32Exception(code).Message}.", code);
    }

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
