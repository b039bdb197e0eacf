using System.Globalization;
using Custodiet.Records;
using Custodiet.Records.Stores;

namespace Custodiet.Archive;

/// <summary>The segments on disk: files and manifest change together, and each change is announced.</summary>
internal sealed class ArchiveStore : IDisposable
{
    private const string Pattern = "events-*";
    private const string Temporary = ".tmp";

    private readonly ArchiveDisk disk;
    private readonly Manifest manifest;
    private readonly SegmentFiles files;
    private readonly Lock gate = new();
    private long nextOffset;
    private long compactions;

    private ArchiveStore(string folder, ArchiveDisk disk, Manifest manifest)
    {
        Folder = folder;
        this.disk = disk;
        this.manifest = manifest;
        files = new SegmentFiles(disk);
        nextOffset = manifest.NextOffset;
    }

    /// <summary>The archive's folder.</summary>
    public string Folder { get; }

    /// <summary>The first offset not yet durable.</summary>
    public long NextOffset => Interlocked.Read(ref nextOffset);

    /// <summary>Merges since the start.</summary>
    public long Compactions => Interlocked.Read(ref compactions);

    /// <summary>Why the last merge failed, or null.</summary>
    public string? CompactionFailure { get; private set; }

    /// <summary>Receives every segment that became durable.</summary>
    public Func<ArchivedSegment, CancellationToken, ValueTask>? SegmentArchived { get; set; }

    /// <summary>Opens the folder and removes files that the manifest does not list: no crash leaves anything else.</summary>
    public static ArchiveStore Open(string folder, ArchiveDisk disk)
    {
        Directory.CreateDirectory(folder);
        Manifest manifest = Manifest.Open(Path.Combine(folder, "manifest.jsonl"), disk);
        try
        {
            HashSet<string> listed = [.. manifest.Segments.Select(s => s.Name)];
            foreach (string path in Directory.EnumerateFiles(folder, Pattern))
            {
                if (!listed.Remove(Path.GetFileName(path)))
                {
                    File.Delete(path);
                }
            }
            if (listed.Count > 0)
            {
                throw new InvalidDataException(
                    $"The archive in {folder} misses {Counted.Of(listed.Count, "segment")} that its manifest lists, first {listed.Order().First()}. "
                        + "Restore them from a backup."
                );
            }
        }
        catch
        {
            manifest.Dispose();
            throw;
        }
        return new ArchiveStore(folder, disk, manifest);
    }

    /// <summary>The segments in the order of their offsets.</summary>
    public IReadOnlyList<SegmentEntry> Segments()
    {
        lock (gate)
        {
            return [.. manifest.Segments];
        }
    }

    /// <summary>The segments' files, kept until the lease ends.</summary>
    public SegmentLease Lease()
    {
        lock (gate)
        {
            return files.Begin([.. manifest.Segments]);
        }
    }

    /// <summary>Writes chunks as the next segment: durable and in the manifest on return, or an exception and nothing changed.</summary>
    public void Write(SegmentWriter writer, IReadOnlyList<ArchiveChunk> chunks)
    {
        string name = NameOf(chunks[0].FirstOffset, chunks[^1].LastOffset);
        string path = Path.Combine(Folder, name);
        string sha256;
        long bytes;
        using (HashingFile file = new(path + Temporary, disk))
        {
            writer.Write(file, chunks);
            sha256 = file.Finish();
            bytes = file.Length;
        }
        disk.Publish(path + Temporary, path);
        long first = long.MaxValue;
        long last = long.MinValue;
        foreach (ArchiveChunk chunk in chunks)
        {
            foreach (ref readonly ChunkRow row in chunk.Rows)
            {
                first = Math.Min(first, row.ReceivedMicros);
                last = Math.Max(last, row.ReceivedMicros);
            }
        }
        SegmentEntry entry = new(
            name,
            sha256,
            chunks[0].FirstOffset,
            chunks[^1].LastOffset,
            chunks.Sum(c => (long)c.Count),
            chunks.Sum(c => c.Unparsed),
            chunks.Sum(c => c.RawBytes),
            bytes,
            first,
            last,
            []
        )
        {
            Columns = SegmentSchema.Columns,
        };
        lock (gate)
        {
            manifest.Add(entry);
            Interlocked.Exchange(ref nextOffset, manifest.NextOffset);
        }
    }

    /// <summary>Announces what is not yet announced, oldest first. Called by the writer's task alone.</summary>
    public async ValueTask AnnounceAsync()
    {
        while (SegmentArchived is { } announce && OldestUnannounced() is { } entry)
        {
            await announce(entry.ToSegment(), CancellationToken.None).ConfigureAwait(false);
            lock (gate)
            {
                manifest.MarkAnnounced(entry);
            }
        }
    }

    /// <summary>Merges one run of small segments, if there is one.</summary>
    /// <returns>Whether there was.</returns>
    public async ValueTask<bool> CompactAsync(
        ArchiveOptions options,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<SegmentEntry> run = CompactionPlan.Next(Segments(), options, now);
        if (run.Count == 0)
        {
            return false;
        }
        string name = NameOf(run[0].FirstOffset, run[^1].LastOffset);
        try
        {
            SegmentMerge merge = new(Folder, options.CompactionMemoryMegabytes, disk);
            SegmentEntry entry = await Task.Run(
                    () => merge.Run(run, name, name + Temporary, cancellation),
                    cancellation
                )
                .ConfigureAwait(false);
            lock (gate)
            {
                manifest.Add(entry);
            }
            files.Retire(run.Select(s => Path.Combine(Folder, s.Name)));
            Interlocked.Increment(ref compactions);
            CompactionFailure = null;
            return true;
        }
        // Merging is housekeeping: what it does not achieve leaves the segments as they are, and is said.
        catch (Exception e) when (e is not OperationCanceledException)
        {
            CompactionFailure = $"Segments from {run[0].Name} to {run[^1].Name} could not be merged: {e.Message}";
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => manifest.Dispose();

    private static string NameOf(long first, long last) =>
        string.Create(CultureInfo.InvariantCulture, $"events-{first:D12}-{last:D12}.parquet");

    private SegmentEntry? OldestUnannounced()
    {
        lock (gate)
        {
            return manifest.Unannounced.Count == 0 ? null : manifest.Unannounced[0];
        }
    }
}
