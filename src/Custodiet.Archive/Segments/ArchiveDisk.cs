using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Custodiet.Archive;

/// <summary>The durable steps of the archive, in the order in which a segment takes them.</summary>
internal enum DiskStep
{
    /// <summary>Bytes go into the temporary file.</summary>
    Write,

    /// <summary>The temporary file is forced to the disk.</summary>
    Sync,

    /// <summary>It gets its name.</summary>
    Rename,

    /// <summary>The folder is forced to the disk.</summary>
    SyncFolder,

    /// <summary>The manifest gets its line.</summary>
    Manifest,

    /// <summary>The manifest is forced to the disk.</summary>
    SyncManifest,

    /// <summary>A replaced file is deleted.</summary>
    Delete,
}

/// <summary>Makes files and names durable.</summary>
/// <param name="before">Called before each step with the file's path; tests let it fail as a disk does.</param>
internal sealed partial class ArchiveDisk(Action<DiskStep, string>? before = null)
{
    /// <summary>Announces a step.</summary>
    public void Before(DiskStep step, string path) => before?.Invoke(step, path);

    /// <summary>Forces a file that another program wrote to the disk, and gives its SHA-256, lower-case hex.</summary>
    public string Finish(string temporary)
    {
        using (FileStream file = new(temporary, FileMode.Open, FileAccess.ReadWrite))
        {
            Before(DiskStep.Sync, temporary);
            file.Flush(flushToDisk: true);
        }
        return Digest(temporary);
    }

    /// <summary>Gives a durable temporary file its name, durably.</summary>
    public void Publish(string temporary, string path)
    {
        Before(DiskStep.Rename, path);
        File.Move(temporary, path, overwrite: true);
        Before(DiskStep.SyncFolder, path);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Forces a folder's names to the disk: without it a renamed file can be gone after a loss of power.</summary>
    public static void SyncFolder(string folder)
    {
        int handle = Open(folder, 0);
        if (handle < 0)
        {
            throw new IOException($"The folder {folder} cannot be opened to make its names durable (errno {Errno()}).");
        }
        try
        {
            if (Fsync(handle) != 0)
            {
                throw new IOException($"The folder {folder} cannot be made durable (errno {Errno()}).");
            }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    /// <summary>SHA-256 of a file, lower-case hex.</summary>
    public static string Digest(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static int Errno() => Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int handle);
}

/// <summary>A file that is hashed while it is written.</summary>
internal sealed class HashingFile : Stream
{
    private readonly FileStream file;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArchiveDisk disk;
    private long written;

    /// <summary>Creates the file, in place of one that an interrupted attempt left.</summary>
    public HashingFile(string path, ArchiveDisk disk)
    {
        this.disk = disk;
        file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    /// <summary>Forces it to the disk and gives its SHA-256, lower-case hex.</summary>
    public string Finish()
    {
        disk.Before(DiskStep.Sync, file.Name);
        file.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        disk.Before(DiskStep.Write, file.Name);
        file.Write(buffer);
        hash.AppendData(buffer);
        written += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => written;

    /// <inheritdoc/>
    public override long Position
    {
        get => written;
        set => throw new NotSupportedException("A segment is written front to back.");
    }

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A segment is written front to back.");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("A segment is written front to back.");

    /// <inheritdoc/>
    public override void SetLength(long value) =>
        throw new NotSupportedException("A segment is written front to back.");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
            hash.Dispose();
        }
        base.Dispose(disposing);
    }
}
