namespace Custodiet.Archive;

/// <summary>A segment's file.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Sha256">Of the file, lower-case hex, as the manifest says.</param>
public sealed record ArchivedFile(string Path, string Sha256);

/// <summary>The archive as it was at one moment: its manifest, and its files, none of which is deleted before this is disposed.</summary>
public sealed class ArchiveMoment : IDisposable
{
    private readonly SegmentLease lease;

    internal ArchiveMoment(string folder, byte[] manifest, SegmentLease lease)
    {
        this.lease = lease;
        Manifest = manifest;
        Files = [.. lease.Segments.Select(s => new ArchivedFile(Path.Combine(folder, s.Name), s.Sha256))];
    }

    /// <summary>The lines of the manifest.</summary>
    public ReadOnlyMemory<byte> Manifest { get; }

    /// <summary>The segments' files.</summary>
    public IReadOnlyList<ArchivedFile> Files { get; }

    /// <inheritdoc/>
    public void Dispose() => lease.Dispose();
}
