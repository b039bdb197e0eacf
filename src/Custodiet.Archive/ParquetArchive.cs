using Custodiet.Records.Events;
using Custodiet.Records.Stores;

namespace Custodiet.Archive;

/// <summary>Events in Parquet segments with a manifest.</summary>
public sealed class ParquetArchive : IEventArchive
{
    private ParquetArchive() { }

    /// <summary>Opens or creates the archive in a folder and starts its writer.</summary>
    /// <exception cref="InvalidDataException">The manifest is damaged before its end, or its segments leave a gap.</exception>
    public static ValueTask<ParquetArchive> OpenAsync(
        string folder,
        FieldTable fields,
        SourceTable sources,
        LogSourceTable logSources,
        TimeProvider clock,
        ArchiveOptions? options = null,
        CancellationToken cancellation = default
    ) => throw new NotSupportedException();

    /// <inheritdoc/>
    public long NextOffset => 0;

    /// <inheritdoc/>
    public Func<ArchivedSegment, CancellationToken, ValueTask>? SegmentArchived { get; set; }

    /// <summary>How it stands now.</summary>
    public ArchiveState State => throw new NotSupportedException();

    /// <summary>The segments of the manifest in the order of their offsets.</summary>
    public IReadOnlyList<ArchivedSegment> Segments => throw new NotSupportedException();

    /// <inheritdoc/>
    public IArchiveChunk NewChunk() => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask AppendAsync(IArchiveChunk chunk, CancellationToken cancellation) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellation) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
