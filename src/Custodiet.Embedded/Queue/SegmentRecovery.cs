using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Queue;

/// <summary>A segment that the queue keeps. The writer and readers share it; it changes under the queue's lock only.</summary>
internal sealed class Segment(string name, SegmentHeader header, long nextOffset, long bytes)
{
    public string Name { get; } = name;

    public SegmentHeader Header { get; } = header;

    /// <summary>Number of the event after its last durable one.</summary>
    public long NextOffset { get; set; } = nextOffset;

    /// <summary>Durable bytes.</summary>
    public long Bytes { get; set; } = bytes;
}

/// <summary>Opens what a stop or crash left: cuts a torn tail, and refuses anything that looks like loss.</summary>
internal sealed class SegmentRecovery(ISegmentDisk disk, bool setDamagedAside)
{
    private const string DamagedSuffix = ".damaged";

    private readonly List<(string Name, SegmentHeader Header)> found = [];
    private readonly List<long> aside = [];
    private readonly List<string> setAside = [];
    private long batches;
    private long tornBytes;

    /// <summary>Kept segments, oldest first.</summary>
    public List<Segment> Segments { get; } = [];

    /// <summary>Keys of the batches in them.</summary>
    public List<BatchKey> Keys { get; } = [];

    /// <summary>Number the next event gets.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Reads everything.</summary>
    /// <exception cref="QueueDamagedException">A segment holds something else than what was acknowledged.</exception>
    public QueueRecovery Run()
    {
        IReadOnlyList<string> files = disk.List();
        aside.AddRange(files.Select(file => SegmentHeader.OffsetOf(file, DamagedSuffix)).OfType<long>());
        List<(string Name, long Offset)> names =
        [
            .. files
                .Select(file => (Name: file, Offset: SegmentHeader.OffsetOf(file) ?? -1))
                .Where(segment => segment.Offset >= 0)
                .OrderBy(segment => segment.Offset),
        ];
        for (int i = 0; i < names.Count; i++)
        {
            ReadHeader(names[i].Name, names[i].Offset, newest: i == names.Count - 1);
        }
        for (int i = 0; i < found.Count; i++)
        {
            ReadSegment(i);
        }
        return new QueueRecovery(
            Segments.Count,
            batches,
            Segments.Count == 0 ? NextOffset : Segments[0].Header.FirstOffset,
            NextOffset,
            tornBytes,
            setAside
        );
    }

    private void ReadHeader(string name, long offset, bool newest)
    {
        using ISegmentFile file = disk.Open(name, write: false);
        byte[] bytes = new byte[SegmentHeader.Bytes];
        int read = SegmentScan.ReadFully(file, 0, bytes);
        if (SegmentHeader.Read(bytes.AsSpan(0, read), offset, out string problem) is { } header)
        {
            found.Add((name, header));
            return;
        }
        NextOffset = Math.Max(NextOffset, offset);
        if (newest && SegmentScan.IsZeroFrom(file, SegmentHeader.Bytes))
        {
            // The machine stopped while the segment was being made: it never held an event.
            tornBytes += file.Length;
            disk.Delete(name);
            disk.Flush();
            return;
        }
        Damaged(name, 0, offset, problem);
        NextOffset = Math.Max(NextOffset, offset + EventsAtMost(file.Length));
        disk.Delete(name);
        disk.Flush();
    }

    private void ReadSegment(int index)
    {
        (string name, SegmentHeader header) = found[index];
        if (index > 0 && header.PreviousNextOffset != Segments[^1].NextOffset)
        {
            CheckGap(Segments[^1], header);
        }
        bool newest = index == found.Count - 1;
        using ISegmentFile file = disk.Open(name, write: newest);
        SegmentContent content = SegmentScan.Read(
            file,
            header,
            newest ? null : found[index + 1].Header.PreviousNextOffset
        );
        Segments.Add(new Segment(name, header, content.NextOffset, content.End));
        Keys.AddRange(content.Keys);
        batches += content.Batches;
        NextOffset = Math.Max(NextOffset, content.NextOffset);
        if (newest)
        {
            CutTail(file, name, header, content);
        }
        else if (content.NextOffset < found[index + 1].Header.PreviousNextOffset)
        {
            LoseEnd(name, content, found[index + 1].Header);
        }
    }

    private void CutTail(ISegmentFile file, string name, SegmentHeader header, SegmentContent content)
    {
        SegmentTail tail = SegmentScan.ReadTail(file, header, content.End);
        if (tail.DurableOffset > content.NextOffset)
        {
            Damaged(name, content.End, content.NextOffset, Describe(content.Problem));
            NextOffset = Math.Max(NextOffset, content.NextOffset + EventsAtMost(file.Length - content.End));
        }
        tornBytes += tail.TornBytes;
        if (file.Length > content.End)
        {
            file.SetLength(content.End);
            file.Flush();
        }
    }

    private void LoseEnd(string name, SegmentContent content, SegmentHeader next)
    {
        if (!IsExcused(content.NextOffset, next.FirstOffset, SegmentHeader.OffsetOf(name)))
        {
            Damaged(name, content.End, content.NextOffset, Describe(content.Problem));
        }
    }

    private void CheckGap(Segment before, SegmentHeader header)
    {
        if (!IsExcused(before.NextOffset, header.FirstOffset, before.Header.FirstOffset))
        {
            string what = $"events {before.NextOffset} to {header.PreviousNextOffset - 1} are missing.";
            if (!setDamagedAside)
            {
                throw new QueueDamagedException(before.Name, before.Bytes, before.NextOffset, what);
            }
            setAside.Add($"{before.Name}: {what}");
        }
    }

    private bool IsExcused(long from, long until, long? segment) =>
        aside.Exists(offset => offset == segment || (offset >= from && offset < until));

    private void Damaged(string name, long position, long offset, string what)
    {
        if (!setDamagedAside)
        {
            throw new QueueDamagedException(name, position, offset, what);
        }
        disk.Copy(name, name + DamagedSuffix);
        aside.Add(SegmentHeader.OffsetOf(name)!.Value);
        setAside.Add($"{name} at byte {position}, from event {offset} on: {what} A copy is in {name}{DamagedSuffix}.");
    }

    // Every event costs at least the four bytes of its length, so that no number is given twice after damage.
    private static long EventsAtMost(long bytes) => (bytes / 4) + 1;

    private static string Describe(string problem) => problem.Length == 0 ? "frames are missing." : problem;
}
