using System.Globalization;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Archive;

/// <summary>Why events are deleted.</summary>
/// <param name="Cause">The kind of reason.</param>
/// <param name="Rule">The rule's name, or the erasure's id.</param>
internal sealed record TrimReason(DeletionCause Cause, string Rule);

/// <summary>What a condition would delete of a segment.</summary>
/// <param name="Events">Events that go.</param>
/// <param name="Unparsed">How many of them are not parsed.</param>
/// <param name="RawBytes">Their bytes as received.</param>
/// <param name="Held">Events that the condition names and a hold keeps.</param>
/// <param name="Sources">How many of which source, the largest first.</param>
internal sealed record TrimCounts(
    long Events,
    long Unparsed,
    long RawBytes,
    long Held,
    IReadOnlyList<SourceCount> Sources
);

/// <summary>What a trim did.</summary>
/// <param name="Counts">What was deleted; zero events when nothing was.</param>
/// <param name="Left">The segment that holds the rest: the same one when nothing was deleted, null when nothing is left.</param>
internal sealed record TrimResult(TrimCounts Counts, SegmentEntry? Left);

/// <summary>Deletes rows of one segment: by leaving the whole file out, or by writing what is kept as a new one.</summary>
internal sealed class SegmentTrim(ArchiveStore store, ArchiveDisk disk, int memoryMegabytes, TimeProvider clock)
{
    /// <summary>Sources that a deletion names; the rest are counted together.</summary>
    public const int SourcesNamedMax = 200;

    /// <summary>What stands for the sources beyond the bound.</summary>
    public static readonly SourceKey OtherSources = new("(others)", "(others)");

    /// <summary>Counts, and changes nothing.</summary>
    public TrimCounts Count(SegmentEntry segment, string condition, string held, CancellationToken cancellation)
    {
        using SegmentSql sql = new(store.Folder, memoryMegabytes);
        return Count(sql, segment, condition, held, cancellation);
    }

    /// <summary>Deletes the rows that fulfil the condition and are not held. The file goes once the deletion is announced.</summary>
    /// <exception cref="IOException">The disk failed; nothing changed.</exception>
    public TrimResult Run(
        SegmentEntry segment,
        string condition,
        string held,
        TrimReason reason,
        CancellationToken cancellation
    )
    {
        using SegmentSql sql = new(store.Folder, memoryMegabytes);
        TrimCounts counts = Count(sql, segment, condition, held, cancellation);
        if (counts.Events == 0)
        {
            return new TrimResult(counts, segment);
        }
        SegmentEntry? remainder =
            counts.Events == segment.Events
                ? null
                : WriteRemainder(
                    sql,
                    segment,
                    $"NOT coalesce(({condition}) AND NOT {held}, false)",
                    counts,
                    cancellation
                );
        store.Delete(
            new ArchiveDeletion(
                $"{Guid.CreateVersion7(clock.GetUtcNow()):D}",
                reason.Cause,
                reason.Rule,
                segment.Name,
                segment.Sha256,
                remainder?.Name,
                counts.Events,
                counts.RawBytes,
                segment.FileBytes - (remainder?.FileBytes ?? 0),
                segment.FirstReceivedMicros,
                segment.LastReceivedMicros,
                counts.Sources
            ),
            remainder
        );
        return new TrimResult(counts, remainder);
    }

    private TrimCounts Count(
        SegmentSql sql,
        SegmentEntry segment,
        string condition,
        string held,
        CancellationToken cancellation
    )
    {
        List<(SourceKey Source, bool Held, long Events, long Unparsed, long RawBytes)> groups = sql.Rows(
            $"""
            SELECT technology, sensor, {held} AS held, count(*), count(unparsed), coalesce(sum({SegmentSql.RawBytes}), 0)::BIGINT
            FROM read_parquet({Sql.Text(Path.Combine(store.Folder, segment.Name))}) WHERE {condition} GROUP BY ALL
            """,
            r =>
                (
                    new SourceKey(r.GetString(0), r.GetString(1)),
                    r.GetBoolean(2),
                    r.GetInt64(3),
                    r.GetInt64(4),
                    r.GetInt64(5)
                ),
            cancellation
        );
        SourceCount[] going =
        [
            .. groups
                .Where(g => !g.Held)
                .OrderByDescending(g => g.Events)
                .ThenBy(g => g.Source.ToString(), StringComparer.Ordinal)
                .Select(g => new SourceCount(g.Source, g.Events)),
        ];
        SourceCount[] named =
            going.Length <= SourcesNamedMax
                ? going
                :
                [
                    .. going.Take(SourcesNamedMax),
                    new SourceCount(OtherSources, going.Skip(SourcesNamedMax).Sum(s => s.Events)),
                ];
        return new TrimCounts(
            groups.Where(g => !g.Held).Sum(g => g.Events),
            groups.Where(g => !g.Held).Sum(g => g.Unparsed),
            groups.Where(g => !g.Held).Sum(g => g.RawBytes),
            groups.Where(g => g.Held).Sum(g => g.Events),
            named
        );
    }

    private SegmentEntry WriteRemainder(
        SegmentSql sql,
        SegmentEntry segment,
        string kept,
        TrimCounts gone,
        CancellationToken cancellation
    )
    {
        string name = NextName(segment);
        string path = Path.Combine(store.Folder, name);
        string temporary = path + ArchiveStore.Temporary;
        disk.Before(DiskStep.Write, temporary);
        sql.Execute(
            SegmentSql.Copy($"SELECT * FROM ({SegmentSchema.Rows(store.Folder, [segment])}) WHERE {kept}", temporary),
            cancellation
        );
        SegmentTotals found = sql.TotalsOf(temporary);
        long events = segment.Events - gone.Events;
        SegmentTotals expected = new(
            events,
            events,
            segment.Unparsed - gone.Unparsed,
            segment.RawBytes - gone.RawBytes
        );
        if (
            found with { FirstOffset = 0, LastOffset = 0 } != expected
            || !found.Within(segment.FirstOffset, segment.LastOffset)
        )
        {
            File.Delete(temporary);
            throw new InvalidDataException($"what is kept of {segment.Name} holds {found} instead of {expected}.");
        }
        string sha256 = disk.Finish(temporary);
        long bytes = new FileInfo(temporary).Length;
        disk.Publish(temporary, path);
        return segment with
        {
            Name = name,
            Sha256 = sha256,
            Events = events,
            Unparsed = expected.Unparsed,
            RawBytes = expected.RawBytes,
            FileBytes = bytes,
            Replaces = [segment.Name],
            Columns = SegmentSchema.Columns,
        };
    }

    // events-A-B.parquet, then events-A-B.t1.parquet, then .t2: a name is never used twice.
    private static string NextName(SegmentEntry segment)
    {
        string stem = Path.GetFileNameWithoutExtension(segment.Name);
        int dot = stem.LastIndexOf(".t", StringComparison.Ordinal);
        int generation = dot < 0 ? 0 : int.Parse(stem[(dot + 2)..], CultureInfo.InvariantCulture);
        string first = dot < 0 ? stem : stem[..dot];
        return string.Create(CultureInfo.InvariantCulture, $"{first}.t{generation + 1}.parquet");
    }
}
