using System.Globalization;
using System.Text.Json;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using DuckDB.NET.Data;

namespace Custodiet.Archive;

/// <summary>One query on a connection of its own: its views are temporary and made for its viewer.</summary>
internal sealed class QuerySession : IDisposable
{
    // Filters and casts of a user's query are never moved below a LIMIT, hence they never touch a row that a view hides: an
    // error message about a hidden value would tell the value.
    private const string Fence = "LIMIT 9223372036854775807";

    private const int MessageCharactersMax = 4_000;
    private static readonly TimeSpan interruptPeriod = TimeSpan.FromMilliseconds(200);

    private readonly DuckDBConnection connection;
    private readonly DatasetOptions options;
    private readonly CancellationToken cancellation;
    private readonly CancellationTokenRegistration registration;
    private readonly ITimer interrupts;
    private readonly Lock gate = new();
    private DuckDBCommand? running;

    public QuerySession(
        DuckDBConnection connection,
        DatasetOptions options,
        TimeProvider clock,
        CancellationToken cancellation
    )
    {
        this.connection = connection;
        this.options = options;
        this.cancellation = cancellation;
        // An interrupt that comes between two statements is lost, hence it is repeated until the query has ended.
        interrupts = clock.CreateTimer(_ => Interrupt(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        registration = cancellation.Register(() =>
        {
            Interrupt();
            interrupts.Change(interruptPeriod, interruptPeriod);
        });
    }

    /// <summary>Checks a text on its syntax tree.</summary>
    public SqlCheck Check(string sql)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = "SELECT json_serialize_sql(CAST($1 AS VARCHAR))";
        command.Parameters.Add(new DuckDBParameter(sql));
        try
        {
            return SqlGuard.Check((string)command.ExecuteScalar()!);
        }
        catch (JsonException)
        {
            return new SqlCheck("The query is nested too deeply.", new HashSet<string>());
        }
    }

    /// <summary>Begins the query's transaction and makes the views that it names.</summary>
    /// <returns>The ledger size that the tables reflect.</returns>
    public long Prepare(
        IReadOnlySet<string> views,
        string archiveFolder,
        IReadOnlyList<SegmentEntry> segments,
        IReadOnlyList<SourceStatistics> sources,
        IReadOnlyList<StageTotals> stages,
        IReadOnlyList<(string Resolution, BalanceSpan Span)> balance,
        Viewer viewer
    )
    {
        DatasetTables.Execute(connection, "BEGIN");
        long ledgerSize = Number("SELECT coalesce(max(records), 0) FROM store.position");
        bool hides = viewer.Actor != ActorId.Service && HideCases(viewer.Actor);
        if (views.Contains("sources") || views.Contains("stages"))
        {
            AddTotals(sources, stages);
        }
        if (views.Contains("balance"))
        {
            AddBalance(balance);
        }
        foreach (string view in views)
        {
            string select = view.ToUpperInvariant() switch
            {
                "EVENTS" => EventsOf(archiveFolder, segments),
                "SEGMENTS" => SegmentsOf(segments),
                _ => DatasetViews.All[view],
            };
            if (hides && DatasetViews.Visible.TryGetValue(view, out string? visible))
            {
                select = $"SELECT * FROM ({select}) WHERE {visible} {Fence}";
            }
            if (DatasetViews.OwnAlone(view, viewer) is { } own)
            {
                select = $"SELECT * FROM ({select}) WHERE {own} {Fence}";
            }
            DatasetTables.Execute(connection, $"CREATE TEMP VIEW {view} AS {select}");
        }
        return ledgerSize;
    }

    /// <summary>Runs the query.</summary>
    public QueryAnswer Answer(string sql, int rowsMax)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        return Run(
            command,
            () =>
            {
                using DuckDBDataReader reader = command.ExecuteReader();
                AnswerReader answer = new(options, rowsMax);
                IReadOnlyList<ResultColumn> columns = AnswerReader.Columns(reader);
                IReadOnlyList<IReadOnlyList<object?>> rows = answer.Read(reader, cancellation);
                return new QueryAnswer(columns, rows, answer.Truncated, 0, 0);
            }
        );
    }

    /// <summary>Writes the query's answer to a Parquet file and gives the number of its rows.</summary>
    public QueryAnswer Export(string sql, int rowsMax, string temporary, string file)
    {
        // The text is written anew from the tree that was checked: no comment or semicolon can end the brackets early.
        using DuckDBCommand rewrite = connection.CreateCommand();
        rewrite.CommandText = "SELECT json_deserialize_sql(json_serialize_sql(CAST($1 AS VARCHAR)))";
        rewrite.Parameters.Add(new DuckDBParameter(sql));
        string select = (string)rewrite.ExecuteScalar()!;
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = string.Create(
            CultureInfo.InvariantCulture,
            $"COPY (SELECT * FROM ({select}) LIMIT {rowsMax}) TO {Sql.Text(temporary)} (FORMAT parquet, COMPRESSION zstd)"
        );
        try
        {
            long rows = Run(command, command.ExecuteNonQuery);
            File.Move(temporary, file, overwrite: true);
            string? cut =
                rows < rowsMax
                    ? null
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"The export reached the limit of {Counted.Of(rowsMax, "row")}; there may be more."
                    );
            return new QueryAnswer(
                [new ResultColumn("rows", "BIGINT")],
                [
                    [rows],
                ],
                cut,
                0,
                0
            );
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>DuckDB's message for the user, and what to do where that is known.</summary>
    public string Explain(DuckDBException e)
    {
        string message = e.Message.Length > MessageCharactersMax ? e.Message[..MessageCharactersMax] : e.Message;
        return message.Contains("Out of Memory", StringComparison.OrdinalIgnoreCase)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"The query needs more than the {options.MemoryMegabytes} MiB that queries may use. Name fewer columns (raw and fields are the large ones), filter by received_at, or aggregate less finely."
            )
            : message;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        registration.Dispose();
        interrupts.Dispose();
    }

    private static string EventsOf(string folder, IReadOnlyList<SegmentEntry> segments) =>
        segments.Count == 0 ? SegmentSchema.NoRows : SegmentSchema.Rows(folder, segments);

    private static string SegmentsOf(IReadOnlyList<SegmentEntry> segments)
    {
        const string columns =
            "name, sha256, first_offset, last_offset, events, unparsed, raw_bytes, file_bytes, first_received_at, last_received_at";
        if (segments.Count == 0)
        {
            return $"SELECT ''::VARCHAR AS name, ''::VARCHAR AS sha256, {string.Join(
                ", ",
                columns.Split(", ")[2..8].Select(c => $"0::BIGINT AS {c}")
            )}, NULL::TIMESTAMPTZ AS first_received_at, NULL::TIMESTAMPTZ AS last_received_at WHERE false";
        }
        IEnumerable<string> rows = segments.Select(s =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"({Sql.Text(s.Name)}, {Sql.Text(s.Sha256)}, {s.FirstOffset}::BIGINT, {s.LastOffset}::BIGINT, {s.Events}::BIGINT, {s.Unparsed}::BIGINT, {s.RawBytes}::BIGINT, {s.FileBytes}::BIGINT, make_timestamptz({s.FirstReceivedMicros}), make_timestamptz({s.LastReceivedMicros}))"
            )
        );
        return $"SELECT * FROM (VALUES {string.Join(", ", rows)}) AS s({columns})";
    }

    private bool HideCases(ActorId viewer)
    {
        DatasetTables.Execute(connection, DatasetViews.HiddenCases(viewer.ToString()));
        if (Number("SELECT count(*) FROM hidden_case") == 0)
        {
            return false;
        }
        DatasetTables.Execute(connection, DatasetViews.HiddenWithThem);
        return true;
    }

    private void AddTotals(IReadOnlyList<SourceStatistics> sources, IReadOnlyList<StageTotals> stages)
    {
        DatasetTables.Execute(connection, DatasetSchema.Totals);
        using DatasetRows rows = new(connection);
        foreach (SourceStatistics source in sources)
        {
            rows.AddTemporary(
                "source_now",
                source.Source.Technology,
                source.Source.Sensor,
                source.Parser,
                source.Events,
                source.Bytes,
                EventTime.FromMicros(source.FirstReceivedMicros),
                EventTime.FromMicros(source.LastReceivedMicros),
                EventTime.FromMicros(source.NewestEventMicros)
            );
        }
        foreach (StageTotals stage in stages)
        {
            rows.AddTemporary(
                "stage_now",
                stage.Stage,
                stage.Received,
                stage.Emitted,
                stage.Failed,
                (IReadOnlyList<string>)[.. stage.Dropped.Keys],
                (IReadOnlyList<long>)[.. stage.Dropped.Values]
            );
        }
    }

    private void AddBalance(IReadOnlyList<(string Resolution, BalanceSpan Span)> balance)
    {
        DatasetTables.Execute(connection, DatasetSchema.Balance);
        using DatasetRows rows = new(connection);
        foreach ((string resolution, BalanceSpan span) in balance)
        {
            (BalanceCounts counts, BalanceLevels levels, BalanceDifferences differences) = (
                span.Counts,
                span.Levels,
                span.Differences
            );
            rows.AddTemporary(
                "balance_now",
                resolution,
                span.At,
                span.Seconds,
                span.Starts,
                span.Interrupted,
                span.ClockSteps,
                counts.Received,
                counts.Rejected,
                counts.Shed,
                counts.Refused,
                counts.Queued,
                counts.Parsed,
                counts.Unparsed,
                counts.Analysed,
                counts.Unrouted,
                counts.Findings,
                counts.Archived,
                counts.Sent,
                levels.Undecided,
                levels.ToAnalyse,
                levels.ToArchive,
                levels.ToSend,
                differences.Input,
                differences.Analysis,
                differences.Rules,
                differences.Archive,
                differences.Routes
            );
        }
    }

    private long Number(string sql)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private T Run<T>(DuckDBCommand command, Func<T> run)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (gate)
        {
            running = command;
        }
        try
        {
            return run();
        }
        finally
        {
            lock (gate)
            {
                running = null;
            }
        }
    }

    private void Interrupt()
    {
        lock (gate)
        {
            running?.Cancel();
        }
    }
}
