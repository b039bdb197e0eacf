namespace Custodiet.Archive;

/// <summary>Files that a query reads: none of them is deleted before the lease ends.</summary>
internal sealed class SegmentLease(SegmentFiles files, long generation, IReadOnlyList<SegmentEntry> segments)
    : IDisposable
{
    private int ended;

    /// <summary>The segments in the order of their offsets.</summary>
    public IReadOnlyList<SegmentEntry> Segments => segments;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref ended, 1) == 0)
        {
            files.End(generation);
        }
    }
}

/// <summary>Deletes replaced files once no query can be reading them.</summary>
internal sealed class SegmentFiles(ArchiveDisk disk)
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<long, int> leases = [];
    private readonly List<(long Generation, string Path)> retired = [];
    private long generation;

    /// <summary>Begins a lease on the files of these segments.</summary>
    public SegmentLease Begin(IReadOnlyList<SegmentEntry> segments)
    {
        lock (gate)
        {
            leases[generation] = leases.GetValueOrDefault(generation) + 1;
            return new SegmentLease(this, generation, segments);
        }
    }

    /// <summary>Ends a lease.</summary>
    public void End(long leased)
    {
        lock (gate)
        {
            if (--leases[leased] == 0)
            {
                leases.Remove(leased);
            }
        }
        DeleteUnread();
    }

    /// <summary>Takes files that are no longer in the manifest.</summary>
    public void Retire(IEnumerable<string> paths)
    {
        lock (gate)
        {
            generation++;
            retired.AddRange(paths.Select(p => (generation, p)));
        }
        DeleteUnread();
    }

    private void DeleteUnread()
    {
        List<string> deletable;
        lock (gate)
        {
            long oldest = leases.Count == 0 ? long.MaxValue : leases.Keys.First();
            deletable = [.. retired.Where(r => r.Generation <= oldest).Select(r => r.Path)];
            retired.RemoveAll(r => r.Generation <= oldest);
        }
        foreach (string path in deletable)
        {
            try
            {
                disk.Before(DiskStep.Delete, path);
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is no longer in the manifest, hence the next start deletes it.
            }
        }
    }
}
