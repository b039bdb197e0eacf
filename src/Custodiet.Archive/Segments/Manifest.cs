using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Custodiet.Records.Stores;

namespace Custodiet.Archive;

/// <summary>A segment as the manifest lists it.</summary>
/// <param name="Name">File name in the archive's folder.</param>
/// <param name="Sha256">Of the file, lower-case hex.</param>
/// <param name="FirstOffset">First event.</param>
/// <param name="LastOffset">Last event.</param>
/// <param name="Events">How many.</param>
/// <param name="Unparsed">How many of them are not parsed.</param>
/// <param name="RawBytes">Bytes as received.</param>
/// <param name="FileBytes">Bytes on disk.</param>
/// <param name="FirstReceivedMicros">Earliest receipt, microseconds since 1970 UTC.</param>
/// <param name="LastReceivedMicros">Latest receipt, microseconds since 1970 UTC.</param>
/// <param name="Replaces">Segments that it replaces.</param>
internal sealed record SegmentEntry(
    string Name,
    string Sha256,
    long FirstOffset,
    long LastOffset,
    long Events,
    long Unparsed,
    long RawBytes,
    long FileBytes,
    long FirstReceivedMicros,
    long LastReceivedMicros,
    IReadOnlyList<string> Replaces
)
{
    /// <summary>The version of its columns. A manifest that does not say it is of the first.</summary>
    public int Columns { get; init; } = 1;

    /// <summary>As the contract shows it.</summary>
    public ArchivedSegment ToSegment() =>
        new(Name, Sha256, FirstOffset, LastOffset, Events, Unparsed, RawBytes, Replaces);
}

/// <summary>
/// One line of the manifest: a segment that became part of the archive, a deletion with the segment that holds what was kept, or the
/// key of one of them that was announced.
/// </summary>
internal sealed record ManifestLine(
    int Version,
    SegmentEntry? Segment,
    string? Announced,
    ArchiveDeletion? Deletion = null
);

/// <summary>A change of the archive that the ledger must hear of.</summary>
internal abstract record Announcement
{
    private Announcement() { }

    /// <summary>Names it in the manifest.</summary>
    public abstract string Key { get; }

    /// <summary>A segment became part of the archive.</summary>
    public sealed record Archived(SegmentEntry Segment) : Announcement
    {
        /// <inheritdoc/>
        public override string Key => Segment.Name;
    }

    /// <summary>Events left it. Their file is there until this is announced.</summary>
    public sealed record Deleted(ArchiveDeletion Deletion) : Announcement
    {
        /// <inheritdoc/>
        public override string Key => Deletion.Id;
    }
}

/// <summary>
/// The list of segments: a line of JSON for each change, behind the first 16 hex digits of its SHA-256. A line that a crash
/// cut short is the last one and never happened. Not safe for several threads: the archive's lock guards it.
/// </summary>
internal sealed class Manifest : IDisposable
{
    /// <summary>What this version reads. A version that knows no deletions refuses lines of version 2.</summary>
    public const int Version = 2;

    private const int VersionWithoutDeletion = 1;
    private const int DigestLength = 16;
    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web);

    private readonly string path;
    private readonly ArchiveDisk disk;
    private readonly SortedDictionary<long, SegmentEntry> live = [];
    private readonly List<Announcement> unannounced = [];
    private readonly FileStream file;
    private long durableLength;
    private long nextOffset;

    private Manifest(string path, ArchiveDisk disk, FileStream file)
    {
        this.path = path;
        this.disk = disk;
        this.file = file;
    }

    /// <summary>The segments in the order of their offsets.</summary>
    public IReadOnlyCollection<SegmentEntry> Segments => live.Values;

    /// <summary>What is not known to have been announced, oldest first.</summary>
    public IReadOnlyList<Announcement> Unannounced => unannounced;

    /// <summary>The first offset that no segment holds.</summary>
    public long NextOffset => nextOffset;

    /// <summary>Opens or creates a manifest and cuts off a torn end.</summary>
    /// <exception cref="InvalidDataException">It is damaged before its end, or its segments overlap or leave a gap.</exception>
    public static Manifest Open(string path, ArchiveDisk disk)
    {
        bool created = !File.Exists(path);
        // Shared with nobody: a second process that appends would tear the list.
        FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        Manifest manifest = new(path, disk, file);
        try
        {
            manifest.Load();
        }
        catch
        {
            file.Dispose();
            throw;
        }
        if (created)
        {
            ArchiveDisk.SyncFolder(Path.GetDirectoryName(path)!);
        }
        return manifest;
    }

    /// <summary>The durable lines, as they stand in the file.</summary>
    public byte[] Content()
    {
        byte[] content = new byte[durableLength];
        file.Position = 0;
        file.ReadExactly(content);
        return content;
    }

    /// <summary>Makes a segment part of the archive, and what it replaces no longer so: durable on return, or nothing changed.</summary>
    public void Add(SegmentEntry segment)
    {
        Check(segment, path);
        Append(new ManifestLine(VersionWithoutDeletion, segment, null), durable: true);
        Apply(segment);
    }

    /// <summary>Takes events out of the archive, a whole segment or all of it but a remainder: durable on return, or nothing changed.</summary>
    public void Delete(ArchiveDeletion deletion, SegmentEntry? remainder)
    {
        Check(deletion, remainder, path);
        Append(new ManifestLine(Version, remainder, null, deletion), durable: true);
        Apply(deletion, remainder);
    }

    /// <summary>Remembers that something was announced.</summary>
    public void MarkAnnounced(Announcement announcement)
    {
        // Not forced to the disk: losing it means to announce once more, which receivers must bear anyway.
        Append(new ManifestLine(VersionWithoutDeletion, null, announcement.Key), durable: false);
        unannounced.Remove(announcement);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Append(ManifestLine line, bool durable)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(line, json);
        byte[] bytes = [.. Encoding.ASCII.GetBytes(Digest(body)), (byte)' ', .. body, (byte)'\n'];
        try
        {
            disk.Before(DiskStep.Manifest, path);
            // A failed attempt may have left part of a line: the next one writes over it.
            file.SetLength(durableLength);
            file.Position = durableLength;
            file.Write(bytes);
            if (durable)
            {
                disk.Before(DiskStep.SyncManifest, path);
                file.Flush(flushToDisk: true);
            }
        }
        catch (IOException)
        {
            Withdraw();
            throw;
        }
        durableLength += bytes.Length;
    }

    // The line may be on the disk although forcing it there failed; the file that it names is about to be written again.
    private void Withdraw()
    {
        try
        {
            file.SetLength(durableLength);
        }
        catch (IOException)
        {
            // The next attempt cuts it off, or the next start finds either a whole line with its file or a torn one.
        }
    }

    private void Load()
    {
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        HashSet<string> announced = new(StringComparer.Ordinal);
        int position = 0;
        int number = 0;
        while (position < content.Length)
        {
            number++;
            int end = Array.IndexOf(content, (byte)'\n', position);
            ManifestLine? line = end < 0 ? null : Read(content.AsSpan(position, end - position));
            if (line is null)
            {
                RefuseDamage(content, end, number);
                break;
            }
            if (line.Deletion is not null)
            {
                Check(line.Deletion, line.Segment, $"{path}:{number}");
                Apply(line.Deletion, line.Segment);
            }
            else if (line.Segment is not null)
            {
                Check(line.Segment, $"{path}:{number}");
                Apply(line.Segment);
            }
            if (line.Announced is not null)
            {
                announced.Add(line.Announced);
            }
            position = end + 1;
        }
        unannounced.RemoveAll(a => announced.Contains(a.Key));
        durableLength = position;
        if (position < content.Length)
        {
            file.SetLength(position);
            file.Flush(flushToDisk: true);
        }
    }

    private static ManifestLine? Read(ReadOnlySpan<byte> line)
    {
        if (
            line.Length <= DigestLength
            || line[DigestLength] != ' '
            || !line[..DigestLength].SequenceEqual(Encoding.ASCII.GetBytes(Digest(line[(DigestLength + 1)..])))
        )
        {
            return null;
        }
        ManifestLine read = JsonSerializer.Deserialize<ManifestLine>(line[(DigestLength + 1)..], json)!;
        return read.Version <= Version
            ? read
            : throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The archive was written by a newer version (manifest {read.Version}, this one reads {Version}). Use that version."
                )
            );
    }

    // A torn line can only be the last: a whole line after it means that something else damaged the file.
    private void RefuseDamage(byte[] content, int end, int number)
    {
        for (int start = end + 1; end >= 0 && start < content.Length; start = end + 1)
        {
            end = Array.IndexOf(content, (byte)'\n', start);
            if (end >= 0 && Read(content.AsSpan(start, end - start)) is not null)
            {
                throw new InvalidDataException(
                    $"{path}:{number}: the line is damaged but later ones are not, so it is not the trace of a crash. "
                        + "Restore the file from a backup; nothing was changed."
                );
            }
        }
    }

    private void Check(SegmentEntry segment, string position)
    {
        if (segment.Replaces.Count > 0)
        {
            List<SegmentEntry> old = Replaced(segment);
            if (
                old.Count != segment.Replaces.Count
                || old[0].FirstOffset != segment.FirstOffset
                || old[^1].LastOffset != segment.LastOffset
                || old.Sum(s => s.Events) != segment.Events
            )
            {
                throw new InvalidDataException($"{position}: segment {segment.Name} does not hold what it replaces.");
            }
        }
        else if (live.Count > 0 && segment.FirstOffset != NextOffset)
        {
            throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{position}: segment {segment.Name} begins at {segment.FirstOffset}, but the one before ends at {NextOffset - 1}."
                )
            );
        }
    }

    private List<SegmentEntry> Replaced(SegmentEntry segment)
    {
        HashSet<string> names = new(segment.Replaces, StringComparer.Ordinal);
        return [.. live.Values.Where(s => names.Contains(s.Name))];
    }

    private void Apply(SegmentEntry segment)
    {
        if (segment.Replaces.Count > 0)
        {
            Replaced(segment).ForEach(s => live.Remove(s.FirstOffset));
        }
        live.Add(segment.FirstOffset, segment);
        nextOffset = Math.Max(nextOffset, segment.LastOffset + 1);
        unannounced.Add(new Announcement.Archived(segment));
    }

    private void Check(ArchiveDeletion deletion, SegmentEntry? remainder, string position)
    {
        SegmentEntry? old = live.Values.FirstOrDefault(s => s.Name == deletion.Segment);
        bool fits =
            old is not null
            && (
                remainder is null
                    ? old.Events == deletion.Events
                    : old.Events == deletion.Events + remainder.Events
                        && remainder.Events > 0
                        && remainder.FirstOffset == old.FirstOffset
                        && remainder.LastOffset == old.LastOffset
                        && remainder.Replaces.SequenceEqual([old.Name])
            );
        if (!fits)
        {
            throw new InvalidDataException(
                $"{position}: deletion {deletion.Id} does not fit what segment {deletion.Segment} holds."
            );
        }
    }

    private void Apply(ArchiveDeletion deletion, SegmentEntry? remainder)
    {
        unannounced.Add(new Announcement.Deleted(deletion));
        if (remainder is not null)
        {
            Apply(remainder);
            return;
        }
        live.Remove(live.Values.First(s => s.Name == deletion.Segment).FirstOffset);
    }

    private static string Digest(ReadOnlySpan<byte> body) =>
        Convert.ToHexStringLower(SHA256.HashData(body))[..DigestLength];
}
