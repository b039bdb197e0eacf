using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Process.Measures;

/// <summary>How many alerts carry a verdict.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Alerts">How many, as far as the bound.</param>
public readonly record struct VerdictCount(Verdict Verdict, long Alerts);

/// <summary>How soon judgement was recorded after it was made, over the newest records.</summary>
/// <param name="Acts">Answers and verdicts looked at.</param>
/// <param name="Median">Median lag; zero when there is none.</param>
/// <param name="Longest">Longest lag.</param>
/// <param name="Late">Acts recorded later than <see cref="JudgementReport.LateAfter"/>.</param>
public sealed record Contemporaneity(int Acts, TimeSpan Median, TimeSpan Longest, int Late);

/// <summary>What the start page can say about «adjudicated correctly?» from records alone. An error rate needs second opinions, which nobody samples yet.</summary>
/// <param name="Open">Alerts without a verdict.</param>
/// <param name="OldestOpen">Age of the oldest of them, or null.</param>
/// <param name="Judged">Alerts with a verdict.</param>
/// <param name="OpenCases">Cases that are not closed.</param>
/// <param name="Verdicts">Judged alerts by verdict, in OCSF's order, without zeros.</param>
/// <param name="Contemporaneity">How soon judgement was recorded.</param>
public sealed record JudgementReport(
    long Open,
    TimeSpan? OldestOpen,
    long Judged,
    long OpenCases,
    IReadOnlyList<VerdictCount> Verdicts,
    Contemporaneity Contemporaneity
)
{
    /// <summary>Alerts counted per verdict at most: 1,000,000.</summary>
    public const int CountMax = 1_000_000;

    /// <summary>Newest records looked at for contemporaneity: 2,000.</summary>
    public const int RecordsMax = 2_000;

    /// <summary>From which lag on an act counts as late: 5 minutes.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(5);

    /// <summary>Reads it. It holds counts over everything, restricted cases included: they reveal a number, nothing else.</summary>
    public static async ValueTask<JudgementReport> ReadAsync(
        IRecordStore store,
        IJudgementReader reader,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(time);
        JudgementCounts counts = await reader.CountsAsync(cancellation).ConfigureAwait(false);
        List<VerdictCount> verdicts = [];
        foreach (Verdict verdict in Enum.GetValues<Verdict>())
        {
            AlertFilter filter = new() { States = [AlertState.Judged], Verdict = verdict };
            long alerts = await reader.CountAsync(filter, CountMax, Viewer.Service, cancellation).ConfigureAwait(false);
            if (alerts > 0)
            {
                verdicts.Add(new VerdictCount(verdict, alerts));
            }
        }
        long from = Math.Max(0, store.Count - RecordsMax);
        IReadOnlyList<StoredRecord> newest = await store
            .ReadAsync(from, RecordsMax, cancellation)
            .ConfigureAwait(false);
        TimeSpan? oldest = counts.OldestOpen is { } since ? time.GetUtcNow() - since : null;
        return new JudgementReport(counts.Open, oldest, counts.Judged, counts.OpenCases, verdicts, LagOf(newest));
    }

    /// <summary>The lag between an act and its record, over the answers and verdicts among these records.</summary>
    public static Contemporaneity LagOf(IReadOnlyList<StoredRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        TimeSpan[] lags =
        [
            .. records
                .Select(record => record.Sealed)
                .Where(record =>
                    record.Type.StartsWith("verdict.given/", StringComparison.Ordinal)
                    || record.Type.StartsWith("answer.given/", StringComparison.Ordinal)
                )
                .Select(record => record.RecordedAt - record.OccurredAt)
                .Order(),
        ];
        return lags.Length == 0
            ? new Contemporaneity(0, TimeSpan.Zero, TimeSpan.Zero, 0)
            : new Contemporaneity(lags.Length, lags[lags.Length / 2], lags[^1], lags.Count(lag => lag > LateAfter));
    }
}
