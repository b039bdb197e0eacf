using Custodiet.Archive;
using Custodiet.Outputs;
using Custodiet.Records.Stages;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Home;

/// <summary>The figures of the start page: all of them kept by the store with the records, so that none is older than the page.</summary>
/// <param name="Counts">Alerts and cases.</param>
/// <param name="Decisions">Sums over decisions, their days and reasons of the last <see cref="HomeReader.Days"/> days.</param>
/// <param name="Sources">Sources seen.</param>
/// <param name="Stages">Every stage's balance.</param>
public sealed record HomeFigures(
    JudgementCounts Counts,
    DecisionFigures Decisions,
    IReadOnlyList<SourceStatistics> Sources,
    IReadOnlyList<StageBalance> Stages
)
{
    /// <summary>How long the disk lasts.</summary>
    public Runway Runway { get; init; } = new(null, RunwayEnd.Unknown, null);

    /// <summary>Every route's balance.</summary>
    public IReadOnlyList<RouteStatus> Routes { get; init; } = [];
}

/// <summary>Reads the figures of the start page, and names the queries that show their evidence.</summary>
internal sealed class HomeReader(
    IJudgementReader judgements,
    ITotalsStore totals,
    IEnumerable<StageCounters> counters,
    TimeProvider time
)
{
    /// <summary>Days that the backlog and the reasons cover, today included: four weeks.</summary>
    public const int Days = 28;

    private const int ReasonsMax = 3;

    /// <summary>The evidence behind the share of corrected decisions.</summary>
    public const string CorrectionsSql =
        "SELECT count(DISTINCT ledger_index) AS decisions, "
        + "count(DISTINCT ledger_index) FILTER (WHERE superseded_by IS NOT NULL) AS corrected FROM verdicts";

    /// <summary>The evidence behind the growth of the queue: an alert is judged with its first verdict.</summary>
    public const string BacklogSql = """
        WITH days AS (
          SELECT CAST(raised_at AS DATE) AS day, 1 AS raised, 0 AS judged FROM alerts
          UNION ALL
          SELECT CAST(min(recorded_at) AS DATE), 0, 1 FROM verdicts GROUP BY alert_id
        )
        SELECT day, CAST(sum(raised) AS BIGINT) AS raised, CAST(sum(judged) AS BIGINT) AS judged
        FROM days WHERE day > current_date - INTERVAL 28 DAY GROUP BY day ORDER BY day
        """;

    /// <summary>The evidence behind the most frequent reasons.</summary>
    public const string ReasonsSql = """
        SELECT verdict, reason, count(DISTINCT ledger_index) AS decisions
        FROM verdicts WHERE superseded_by IS NULL AND CAST(recorded_at AS DATE) > current_date - INTERVAL 28 DAY
        GROUP BY verdict, reason ORDER BY decisions DESC LIMIT 3
        """;

    private static readonly string[] path = ["input", "queue", "parse", "analytics", "findings", "reduce", "archive"];

    /// <summary>The figures now.</summary>
    public async ValueTask<HomeFigures> ReadAsync(CancellationToken cancellation)
    {
        var since = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(1 - Days);
        return new HomeFigures(
            await judgements.CountsAsync(cancellation),
            await judgements.FiguresAsync(since, ReasonsMax, cancellation),
            await totals.SourcesAsync(cancellation),
            await StagesAsync(cancellation)
        );
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
}
