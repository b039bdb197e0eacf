namespace Custodiet.Archive;

/// <summary>Merges segments into one that is sorted by source and event time, in bounded memory.</summary>
internal sealed class SegmentMerge(string folder, int memoryMegabytes, ArchiveDisk disk)
{
    /// <summary>Writes the merged file durably under its name and checks that it holds exactly what the run holds.</summary>
    /// <exception cref="InvalidDataException">It does not; it is then deleted.</exception>
    public SegmentEntry Run(
        IReadOnlyList<SegmentEntry> run,
        string name,
        string temporaryName,
        CancellationToken cancellation
    )
    {
        string path = Path.Combine(folder, name);
        string temporary = Path.Combine(folder, temporaryName);
        disk.Before(DiskStep.Write, temporary);
        using (SegmentSql sql = new(folder, memoryMegabytes))
        {
            sql.Execute(CopyStatement(run, temporary), cancellation);
            Check(sql, run, temporary);
        }
        string sha256 = disk.Finish(temporary);
        long bytes = new FileInfo(temporary).Length;
        disk.Publish(temporary, path);
        return new SegmentEntry(
            name,
            sha256,
            run[0].FirstOffset,
            run[^1].LastOffset,
            run.Sum(s => s.Events),
            run.Sum(s => s.Unparsed),
            run.Sum(s => s.RawBytes),
            bytes,
            run.Min(s => s.FirstReceivedMicros),
            run.Max(s => s.LastReceivedMicros),
            [.. run.Select(s => s.Name)]
        )
        {
            Columns = SegmentSchema.Columns,
        };
    }

    private string CopyStatement(IReadOnlyList<SegmentEntry> run, string temporary)
    {
        return SegmentSql.Copy($"SELECT * FROM ({SegmentSchema.Rows(folder, run)})", temporary);
    }

    // Check before the old files go: the merged file is read back, not trusted.
    private static void Check(SegmentSql sql, IReadOnlyList<SegmentEntry> run, string temporary)
    {
        SegmentTotals found = sql.TotalsOf(temporary);
        SegmentTotals expected = new(
            run.Sum(s => s.Events),
            run.Sum(s => s.Events),
            run.Sum(s => s.Unparsed),
            run.Sum(s => s.RawBytes)
        );
        bool within = found.Within(run[0].FirstOffset, run[^1].LastOffset);
        if (found with { FirstOffset = 0, LastOffset = 0 } != expected || !within)
        {
            File.Delete(temporary);
            throw new InvalidDataException($"the merged file holds {found} instead of {expected}.");
        }
    }
}
