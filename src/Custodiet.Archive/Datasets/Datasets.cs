using System.Globalization;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using DuckDB.NET.Data;

namespace Custodiet.Archive;

/// <summary>
/// The documented views over events and records, in DuckDB. A query is one SELECT: it is checked on DuckDB's own syntax
/// tree, runs in a transaction that is rolled back, and sees only what its viewer may see.
/// </summary>
public sealed class Datasets : IDatasets
{
    /// <summary>The version of the views: it grows when a view's columns change.</summary>
    public const int Version = 1;

    private readonly ParquetArchive archive;
    private readonly IBalanceStore balances;
    private readonly ITotalsStore totals;
    private readonly TimeProvider clock;
    private readonly DatasetOptions options;
    private readonly IRecordStore records;
    private DatasetTables tables;
    private readonly string folder;
    private readonly SemaphoreSlim slots;
    private readonly SemaphoreSlim following = new(1, 1);

    private Datasets(
        string folder,
        DatasetTables tables,
        ParquetArchive archive,
        IRecordStore records,
        ITotalsStore totals,
        IBalanceStore balances,
        TimeProvider clock,
        DatasetOptions options
    )
    {
        this.balances = balances;
        this.folder = folder;
        this.records = records;
        this.tables = tables;
        this.archive = archive;
        this.totals = totals;
        this.clock = clock;
        this.options = options;
        slots = new SemaphoreSlim(options.ConcurrentQueries, options.ConcurrentQueries);
    }

    /// <summary>The names of the views.</summary>
    public static IReadOnlyList<string> Views => [.. DatasetViews.All.Keys];

    /// <summary>Opens the datasets in a folder of their own; a missing or unusable file is built again from the records.</summary>
    /// <param name="folder">The datasets' own folder. Temporary files and exports are in it too.</param>
    /// <param name="archive">Where the events are.</param>
    /// <param name="records">Records and findings.</param>
    /// <param name="totals">Totals of sources and stages.</param>
    /// <param name="balances">The stages' balance over time.</param>
    /// <param name="clock">Time.</param>
    /// <param name="options">Limits; null means the defaults.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async ValueTask<Datasets> OpenAsync(
        string folder,
        ParquetArchive archive,
        IRecordStore records,
        ITotalsStore totals,
        IBalanceStore balances,
        TimeProvider clock,
        DatasetOptions? options = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(archive);
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(totals);
        ArgumentNullException.ThrowIfNull(balances);
        ArgumentNullException.ThrowIfNull(clock);
        options ??= new DatasetOptions();
        folder = Path.GetFullPath(folder);
        DatasetTables tables = await DatasetTables
            .OpenAsync(folder, archive.Folder, records, options, cancellation)
            .ConfigureAwait(false);
        Datasets datasets = new(folder, tables, archive, records, totals, balances, clock, options);
        await datasets.FollowAsync(cancellation).ConfigureAwait(false);
        return datasets;
    }

    /// <inheritdoc/>
    public ValueTask<QueryOutcome> QueryAsync(
        string sql,
        QueryLimits limits,
        Viewer viewer,
        CancellationToken cancellation
    ) => RunAsync(sql, null, limits, viewer, cancellation);

    /// <summary>
    /// Writes the answer of one SELECT to a Parquet file. The answer has one row with the number of rows written. The path
    /// is the server's own, never a user's.
    /// </summary>
    public ValueTask<QueryOutcome> ExportParquetAsync(
        string sql,
        string file,
        QueryLimits limits,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        return RunAsync(sql, Path.GetFullPath(file), limits, viewer, cancellation);
    }

    /// <summary>Deletes the tables' file and makes it anew from the records, so that nothing stays in it that was erased there. Queries wait meanwhile.</summary>
    public async ValueTask ForgetAsync(CancellationToken cancellation)
    {
        int taken = 0;
        try
        {
            for (; taken < options.ConcurrentQueries; taken++)
            {
                await slots.WaitAsync(cancellation).ConfigureAwait(false);
            }
            await following.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                tables.Dispose();
                DatasetTables.Delete(folder);
                tables = await DatasetTables
                    .OpenAsync(folder, archive.Folder, records, options, CancellationToken.None)
                    .ConfigureAwait(false);
                await tables.FollowAsync(cancellation).ConfigureAwait(false);
            }
            finally
            {
                following.Release();
            }
        }
        finally
        {
            if (taken > 0)
            {
                slots.Release(taken);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // All slots taken: no query runs any more.
        for (int i = 0; i < options.ConcurrentQueries; i++)
        {
            await slots.WaitAsync().ConfigureAwait(false);
        }
        await following.WaitAsync().ConfigureAwait(false);
        tables.Dispose();
        slots.Dispose();
        following.Dispose();
    }

    private async ValueTask<QueryOutcome> RunAsync(
        string sql,
        string? file,
        QueryLimits limits,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(viewer);
        if (sql.Length > options.QueryCharactersMax)
        {
            return Refused($"The query is longer than {options.QueryCharactersMax} characters.");
        }
        long started = clock.GetTimestamp();
        using CancellationTokenSource late = new(limits.Timeout, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            cancellation,
            late.Token
        );
        bool running = false;
        try
        {
            await slots.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                running = true;
                await FollowAsync(either.Token).ConfigureAwait(false);
                return await RunInSlotAsync(sql, file, limits, viewer, started, either.Token).ConfigureAwait(false);
            }
            finally
            {
                slots.Release();
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            double seconds = limits.Timeout.TotalSeconds;
            return running
                ? Refused(
                    $"The query was stopped at the limit of {seconds:0.###} seconds. Narrow it, for example by received_at, or aggregate less."
                )
                : Refused(
                    $"{options.ConcurrentQueries} other queries ran for all of the {seconds:0.###} seconds that this one may take. Try again later."
                );
        }
    }

    private async ValueTask FollowAsync(CancellationToken cancellation)
    {
        await following.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await tables.FollowAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            following.Release();
        }
    }

    private async ValueTask<QueryOutcome> RunInSlotAsync(
        string sql,
        string? file,
        QueryLimits limits,
        Viewer viewer,
        long started,
        CancellationToken cancellation
    )
    {
        using DuckDBConnection connection = tables.Connect();
        using QuerySession session = new(connection, options, clock, cancellation);
        try
        {
            SqlCheck check = await Task.Run(() => session.Check(sql), cancellation).ConfigureAwait(false);
            if (check.Problem is not null)
            {
                return Refused($"{check.Problem}");
            }
            bool wantsTotals = check.Views.Contains("sources") || check.Views.Contains("stages");
            IReadOnlyList<SourceStatistics> sources = wantsTotals
                ? await totals.SourcesAsync(cancellation).ConfigureAwait(false)
                : [];
            IReadOnlyList<StageTotals> stages = wantsTotals
                ? await totals.StagesAsync(cancellation).ConfigureAwait(false)
                : [];
            IReadOnlyList<(string, BalanceSpan)> balance = check.Views.Contains("balance")
                ? await BalanceAsync(cancellation).ConfigureAwait(false)
                : [];
            using SegmentLease lease = archive.Lease();
            return await Task.Run(
                    QueryOutcome () =>
                    {
                        long ledgerSize = session.Prepare(
                            check.Views,
                            archive.Folder,
                            lease.Segments,
                            sources,
                            stages,
                            balance,
                            viewer
                        );
                        QueryAnswer answer = file is null
                            ? session.Answer(sql, limits.Rows)
                            : session.Export(sql, limits.Rows, ExportFile(), file);
                        return new QueryOutcome.Answered(
                            answer with
                            {
                                LedgerSize = ledgerSize,
                                Seconds = clock.GetElapsedTime(started).TotalSeconds,
                            }
                        );
                    },
                    cancellation
                )
                .ConfigureAwait(false);
        }
        catch (DuckDBException e)
        {
            cancellation.ThrowIfCancellationRequested();
            return Refused($"{session.Explain(e)}");
        }
        // What the driver cannot turn into a CLR value: the query is right, only its answer cannot be shown as it is.
        catch (Exception e)
            when (e is InvalidCastException or OverflowException or FormatException or NotImplementedException)
        {
            return Refused(
                $"A value of the answer has no plain form ({e.Message}). Cast its column, for example to_json(x) or CAST(x AS VARCHAR)."
            );
        }
    }

    private string ExportFile() =>
        Path.Combine(DatasetTables.ExportFolder(folder), $"{Guid.CreateVersion7(clock.GetUtcNow()):N}.parquet");

    private static QueryOutcome.Refused Refused(FormattableString reason) =>
        new(reason.ToString(CultureInfo.InvariantCulture));

    private async ValueTask<IReadOnlyList<(string, BalanceSpan)>> BalanceAsync(CancellationToken cancellation)
    {
        List<(string, BalanceSpan)> rows = [];
        foreach (BalanceResolution resolution in Enum.GetValues<BalanceResolution>())
        {
            string name = resolution.ToString().ToLowerInvariant();
            IReadOnlyList<BalanceSpan> spans = await balances
                .BalanceAsync(resolution, DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, cancellation)
                .ConfigureAwait(false);
            rows.AddRange(spans.Select(span => (name, span)));
        }
        return rows;
    }
}
