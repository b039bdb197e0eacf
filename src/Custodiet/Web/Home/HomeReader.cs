using System.Globalization;
using Custodiet.Records.People;
using Custodiet.Records.Stages;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Home;

/// <summary>The figures of the start page. A figure that could not be read is null and shown as not known.</summary>
/// <param name="Counts">Alerts and cases.</param>
/// <param name="Sources">Sources seen.</param>
/// <param name="Stages">Every stage's balance.</param>
/// <param name="Corrections">Decisions that a later decision superseded.</param>
/// <param name="Backlog">Alerts raised and judged per day, oldest first.</param>
/// <param name="TopReasons">The reasons given most often in the last 30 days.</param>
public sealed record HomeFigures(
    JudgementCounts Counts,
    IReadOnlyList<SourceStatistics> Sources,
    IReadOnlyList<StageBalance> Stages,
    Proportion? Corrections,
    IReadOnlyList<DayOfWork>? Backlog,
    IReadOnlyList<ReasonCount>? TopReasons
);

/// <summary>One day, UTC.</summary>
public sealed record DayOfWork(DateOnly Day, long Raised, long Judged);

/// <summary>How often a reason was given.</summary>
public sealed record ReasonCount(string Verdict, string Reason, long Decisions);

/// <summary>Reads the figures of the start page: counters at once, datasets at most every fifteen seconds.</summary>
internal sealed class HomeReader(
    IJudgementReader judgements,
    ITotalsStore totals,
    IEnumerable<StageCounters> counters,
    IDatasets datasets,
    TimeProvider time
)
{
    /// <summary>The evidence behind the share of corrected decisions.</summary>
    public const string CorrectionsSql =
        "SELECT count(DISTINCT ledger_index) AS decisions, "
        + "count(DISTINCT ledger_index) FILTER (WHERE superseded_by IS NOT NULL) AS corrected FROM verdicts";

    /// <summary>The evidence behind the growth of the queue.</summary>
    public const string BacklogSql = """
        WITH days AS (
          SELECT CAST(raised_at AS DATE) AS day, 1 AS raised, 0 AS judged FROM alerts
          UNION ALL
          SELECT CAST(recorded_at AS DATE), 0, 1 FROM verdicts WHERE supersedes IS NULL
        )
        SELECT day, CAST(sum(raised) AS BIGINT) AS raised, CAST(sum(judged) AS BIGINT) AS judged
        FROM days WHERE day >= current_date - INTERVAL 28 DAY GROUP BY day ORDER BY day
        """;

    /// <summary>The evidence behind the most frequent reasons.</summary>
    public const string ReasonsSql = """
        SELECT verdict, reason, count(DISTINCT ledger_index) AS decisions
        FROM verdicts WHERE superseded_by IS NULL AND recorded_at >= now() - INTERVAL 30 DAY
        GROUP BY verdict, reason ORDER BY decisions DESC LIMIT 3
        """;

    private static readonly string[] path = ["input", "queue", "parse", "archive", "analytics", "findings"];
    private static readonly TimeSpan fresh = TimeSpan.FromSeconds(15);
    private static readonly QueryLimits limits = new(100, TimeSpan.FromSeconds(3));

    private volatile FromDatasets? cached;

    /// <summary>The figures now.</summary>
    public async ValueTask<HomeFigures> ReadAsync(CancellationToken cancellation)
    {
        JudgementCounts counts = await judgements.CountsAsync(cancellation);
        IReadOnlyList<SourceStatistics> sources = await totals.SourcesAsync(cancellation);
        IReadOnlyList<StageBalance> stages = await StagesAsync(cancellation);
        FromDatasets derived = await DerivedAsync(cancellation);
        return new HomeFigures(counts, sources, stages, derived.Corrections, derived.Backlog, derived.Reasons);
    }

    private async ValueTask<IReadOnlyList<StageBalance>> StagesAsync(CancellationToken cancellation)
    {
        // Stored totals span all runs of the service; a counter that is not stored counts since the start.
        List<StageBalance> stages =
        [
            .. (await totals.StagesAsync(cancellation)).Select(t => new StageBalance(
                t.Stage,
                t.Received,
                t.Emitted,
                t.Dropped,
                t.Failed
            )),
        ];
        HashSet<string> stored = [.. stages.Select(s => s.Stage)];
        stages.AddRange(counters.Where(c => !stored.Contains(c.Name)).Select(c => c.Read()));
        return [.. stages.OrderBy(s => Place(s.Stage)).ThenBy(s => s.Stage, StringComparer.Ordinal)];
    }

    private static int Place(string stage) => Array.IndexOf(path, stage) is var at && at < 0 ? path.Length : at;

    private async ValueTask<FromDatasets> DerivedAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (cached is { } held && now - held.At < fresh)
        {
            return held;
        }
        QueryAnswer? corrections = await AskAsync(CorrectionsSql, cancellation);
        QueryAnswer? backlog = await AskAsync(BacklogSql, cancellation);
        QueryAnswer? reasons = await AskAsync(ReasonsSql, cancellation);
        var read = new FromDatasets(
            now,
            corrections is { Rows: [{ } row, ..] } ? new Proportion(Whole(row[1]), Whole(row[0])) : null,
            backlog?.Rows.Select(r => new DayOfWork(Day(r[0]), Whole(r[1]), Whole(r[2]))).ToList(),
            reasons?.Rows.Select(r => new ReasonCount($"{r[0]}", $"{r[1]}", Whole(r[2]))).ToList()
        );
        cached = read;
        return read;
    }

    // The service reads for the start page: it shows sums only, and a sum reveals nothing about a restricted case.
    private async ValueTask<QueryAnswer?> AskAsync(string sql, CancellationToken cancellation) =>
        await datasets.QueryAsync(sql, limits, Viewer.Service, cancellation) is QueryOutcome.Answered answered
            ? answered.Answer
            : null;

    private static long Whole(object? value) =>
        value is null ? 0 : Convert.ToInt64(value, CultureInfo.InvariantCulture);

    private static DateOnly Day(object? value) =>
        value switch
        {
            DateOnly day => day,
            DateTime moment => DateOnly.FromDateTime(moment),
            _ => default,
        };

    private sealed record FromDatasets(
        DateTimeOffset At,
        Proportion? Corrections,
        IReadOnlyList<DayOfWork>? Backlog,
        IReadOnlyList<ReasonCount>? Reasons
    );
}
