namespace Custodiet.Embedded.Queue;

/// <summary>The queue's folder on a disk: the boundary at which tests let calls fail.</summary>
internal interface ISegmentDisk
{
    /// <summary>Names of all files in the folder.</summary>
    IReadOnlyList<string> List();

    /// <summary>Creates a file, or empties one of that name, and reserves space for it.</summary>
    ISegmentFile Create(string name, long reserveBytes);

    /// <summary>Opens an existing file.</summary>
    ISegmentFile Open(string name, bool write);

    /// <summary>Deletes a file.</summary>
    void Delete(string name);

    /// <summary>Copies a file to a new name in the folder, durably.</summary>
    void Copy(string name, string to);

    /// <summary>Makes names created and deleted durable.</summary>
    void Flush();

    /// <summary>Bytes that may still be written to the disk.</summary>
    long FreeBytes();
}

/// <summary>One file of the queue.</summary>
internal interface ISegmentFile : IDisposable
{
    /// <summary>Length in bytes.</summary>
    long Length { get; }

    /// <summary>Reads up to so many bytes; 0 at the end.</summary>
    int Read(long position, Span<byte> buffer);

    /// <summary>Writes all buffers, one after another.</summary>
    void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> buffers);

    /// <summary>Cuts the file.</summary>
    void SetLength(long length);

    /// <summary>Makes everything written durable.</summary>
    void Flush();
}

/// <summary>The real disk.</summary>
internal sealed class SegmentDisk : ISegmentDisk
{
    private readonly string folder;

    public SegmentDisk(string folder)
    {
        this.folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(this.folder);
    }

    public IReadOnlyList<string> List() => [.. Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file))];

    public ISegmentFile Create(string name, long reserveBytes) =>
        new SegmentFile(
            File.OpenHandle(
                Path.Combine(folder, name),
                FileMode.Create,
                FileAccess.ReadWrite,
                FileShare.Read | FileShare.Delete,
                FileOptions.None,
                reserveBytes
            )
        );

    public ISegmentFile Open(string name, bool write) =>
        new SegmentFile(
            File.OpenHandle(
                Path.Combine(folder, name),
                FileMode.Open,
                write ? FileAccess.ReadWrite : FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            )
        );

    public void Delete(string name) => File.Delete(Path.Combine(folder, name));

    public void Copy(string name, string to)
    {
        string target = Path.Combine(folder, to);
        File.Copy(Path.Combine(folder, name), target, overwrite: true);
        using (FileStream stream = new(target, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Flush(flushToDisk: true);
        }
        Flush();
    }

    public void Flush() => DurableFolder.Flush(folder);

    public long FreeBytes() => new DriveInfo(folder).AvailableFreeSpace;

    private sealed class SegmentFile(Microsoft.Win32.SafeHandles.SafeFileHandle handle) : ISegmentFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(long position, Span<byte> buffer) => RandomAccess.Read(handle, buffer, position);

        public void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> buffers) =>
            RandomAccess.Write(handle, buffers, position);

        public void SetLength(long length) => RandomAccess.SetLength(handle, length);

        public void Flush() => RandomAccess.FlushToDisk(handle);

        public void Dispose() => handle.Dispose();
    }
}
