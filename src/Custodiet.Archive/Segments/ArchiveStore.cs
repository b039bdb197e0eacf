using System.Globalization;
using Custodiet.Records;
using Custodiet.Records.Stores;

namespace Custodiet.Archive;

/// <summary>The segments on disk: files and manifest change together, and each change is announced.</summary>
internal sealed class ArchiveStore : IDisposable
{
    /// <summary>Ends the name of a file that is not finished.</summary>
    public const string Temporary = ".tmp";

    private const string Pattern = "events-*";

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

    /// <summary>Receives every deletion before its file goes.</summary>
    public Func<ArchiveDeletion, CancellationToken, ValueTask>? EventsDeleted { get; set; }

    /// <summary>Opens the folder and removes files that the manifest does not list: no crash leaves anything else.</summary>
    public static ArchiveStore Open(string folder, ArchiveDisk disk)
    {
        Directory.CreateDirectory(folder);
        Manifest manifest = Manifest.Open(Path.Combine(folder, "manifest.jsonl"), disk);
        try
        {
            HashSet<string> listed = [.. manifest.Segments.Select(s => s.Name)];
            // Recorded first, deleted then: what a deletion takes stays until the deletion is announced.
            HashSet<string> leaving = [.. Leaving(manifest)];
            foreach (string path in Directory.EnumerateFiles(folder, Pattern))
            {
                string name = Path.GetFileName(path);
                if (!listed.Remove(name) && !leaving.Contains(name))
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

    /// <summary>Manifest and files of one moment, at which something else is done too.</summary>
    public ArchiveMoment Fix(Action atThisMoment)
    {
        lock (gate)
        {
            atThisMoment();
            return new ArchiveMoment(Folder, manifest.Content(), files.Begin([.. manifest.Segments]));
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
        while (OldestUnannounced() is { } announcement && await TryAnnounceAsync(announcement).ConfigureAwait(false))
        {
            lock (gate)
            {
                manifest.MarkAnnounced(announcement);
            }
            if (announcement is Announcement.Deleted { Deletion: { } deletion })
            {
                files.Retire([Path.Combine(Folder, deletion.Segment)]);
            }
        }
    }

    /// <summary>Takes events out: the manifest is durable on return, and the file goes once the deletion is announced.</summary>
    public void Delete(ArchiveDeletion deletion, SegmentEntry? remainder)
    {
        lock (gate)
        {
            manifest.Delete(deletion, remainder);
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

    private static IEnumerable<string> Leaving(Manifest manifest) =>
        manifest.Unannounced.OfType<Announcement.Deleted>().Select(a => a.Deletion.Segment);

    private async ValueTask<bool> TryAnnounceAsync(Announcement announcement)
    {
        switch (announcement)
        {
            case Announcement.Archived { Segment: { } segment } when SegmentArchived is { } tell:
                await tell(segment.ToSegment(), CancellationToken.None).ConfigureAwait(false);
                return true;
            case Announcement.Deleted { Deletion: { } deletion } when EventsDeleted is { } tell:
                await tell(deletion, CancellationToken.None).ConfigureAwait(false);
                return true;
            default:
                return false;
        }
    }

    private Announcement? OldestUnannounced()
    {
        lock (gate)
        {
            return manifest.Unannounced.Count == 0 ? null : manifest.Unannounced[0];
        }
    }
}
