using System.Diagnostics;
using Custodiet.Embedded.Reading;
using Custodiet.Embedded.RecordFile;
using Custodiet.Embedded.Writing;
using Custodiet.Records;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Data.Sqlite;

namespace Custodiet.Embedded;

/// <summary>
/// Records, what is projected from them, accounts and totals in one SQLite file. One writer commits in groups; readers have
/// connections of their own and never wait for it.
/// </summary>
public sealed class SqliteRecords
    : IRecordStore,
        IJudgementReader,
        IAccountStore,
        ISessionStore,
        ITotalsStore,
        IBalanceStore,
        IAsyncDisposable
{
    private readonly string file;
    private readonly RecordWriter writer;
    private readonly ReaderPool readers;

    private SqliteRecords(string file, SqliteConnection connection, Sealer seal, TimeProvider time)
    {
        this.file = file;
        writer = new RecordWriter(file, connection, statements => new RecordAppender(statements, seal, time));
        readers = new ReaderPool(file);
    }

    /// <summary>Opens the store and makes its file, readable by its owner alone, when there is none.</summary>
    /// <param name="file">The SQLite file; its folder exists.</param>
    /// <param name="seal">Seals records, on the writer's thread.</param>
    /// <param name="time">Says when a record is recorded; a clock that jumps back stands still for records.</param>
    /// <param name="cancellation">Ends the opening.</param>
    /// <exception cref="InvalidDataException">The file is damaged, another program's, or of a newer version; the message says what to do.</exception>
    /// <exception cref="IOException">The file cannot be opened or written.</exception>
    public static async ValueTask<SqliteRecords> OpenAsync(
        string file,
        Sealer seal,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        SqliteConnection connection = await Task.Run(() => Database.OpenWriter(file), cancellation)
            .ConfigureAwait(false);
        try
        {
            return new SqliteRecords(file, connection, seal, time);
        }
        catch (SqliteException e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw Database.Explained(e, file);
        }
    }

    /// <inheritdoc/>
    public event Action<long>? Committed
    {
        add => writer.Committed += value;
        remove => writer.Committed -= value;
    }

    /// <inheritdoc/>
    public long Count => writer.Count;

    /// <summary>Why appends are refused for good, or null.</summary>
    public string? Refusal => writer.Refusal;

    /// <summary>Why the last commit failed, or null when it succeeded; what, where and what to do.</summary>
    public string? Failure => writer.Failure;

    /// <summary>How often a handler of <see cref="Committed"/> threw.</summary>
    public long HandlerFailures => writer.HandlerFailures;

    /// <inheritdoc/>
    public void Refuse(string reason) => writer.Refuse(reason);

    /// <inheritdoc/>
    public async ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellation)
    {
        // An append without a record is bookkeeping and worth no span.
        using Activity? span = request.Drafts.Count == 0 ? null : Tracing.Source.StartActivity("record append");
        AppendOutcome outcome = await writer
            .WriteAsync(
                appender =>
                {
                    AppendOutcome outcome = appender.Append(request);
                    if (outcome is AppendOutcome.Appended appended)
                    {
                        // Before the commit is announced: the ledger follows at once.
                        Tracing.Records.Remember(appended.FirstIndex, span);
                    }
                    return outcome;
                },
                1 + request.Drafts.Count + request.Findings.Count,
                refusable: true,
                cancellation
            )
            .ConfigureAwait(false);
        if (span is not null)
        {
            Describe(span, request, outcome);
        }
        return outcome;
    }

    /// <summary>Drops everything that is projected and makes it again from records and findings, in one transaction. Appends wait meanwhile.</summary>
    /// <exception cref="InvalidDataException">A record cannot be read; nothing was changed.</exception>
    /// <exception cref="IOException">The disk failed; nothing was changed.</exception>
    public async ValueTask RebuildAsync(CancellationToken cancellation)
    {
        AppendOutcome outcome = await writer
            .WriteAsync(appender => appender.Rebuild(), RecordLimits.RowsPerCommit, refusable: false, cancellation)
            .ConfigureAwait(false);
        if (outcome is AppendOutcome.Refused refused)
        {
            throw new IOException(refused.Reason);
        }
    }

    /// <summary>Counts where a person is named. Changes nothing.</summary>
    public ValueTask<NamedInRecords> CountNamedAsync(PersonText person, CancellationToken cancellation) =>
        readers.ReadAsync(s => RecordEraser.Count(s, person), cancellation);

    /// <summary>
    /// Erases a person from records, findings and accounts, in one transaction, records what was done, and writes the file anew, so that no
    /// piece is left in it. Appends wait meanwhile, and the disk needs room for the file a second time.
    /// </summary>
    /// <param name="person">Whom.</param>
    /// <param name="erasure">The erasure's id.</param>
    /// <param name="done">Makes the record of the whole act from what was found.</param>
    /// <param name="actor">Who does it.</param>
    /// <param name="now">When.</param>
    /// <param name="cancellation">Withdraws it while it waits; once begun it is finished.</param>
    /// <returns>What was erased, and why pieces may be left; or null, and why nothing was.</returns>
    public async ValueTask<(NamedInRecords? Erased, string? Refusal)> EraseAsync(
        PersonText person,
        string erasure,
        Func<NamedInRecords, RecordDraft> done,
        ActorId actor,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        NamedInRecords? erased = null;
        AppendOutcome outcome = await writer
            .WriteAsync(
                appender =>
                {
                    erased = RecordEraser.Erase(appender, person, erasure, actor, now);
                    return appender.Append([done(erased)]);
                },
                RecordLimits.RowsPerCommit,
                refusable: true,
                cancellation,
                overwrite: true
            )
            .ConfigureAwait(false);
        return outcome is AppendOutcome.Refused refused ? (null, refused.Reason) : (erased, writer.OverwriteFailure);
    }

    /// <inheritdoc/>
    public ValueTask<AppendOutcome> SaveAsync(
        Account account,
        IReadOnlyList<RecordDraft> drafts,
        CancellationToken cancellation
    ) =>
        writer.WriteAsync(
            appender => AccountWriter.Save(appender, account, drafts),
            1 + drafts.Count,
            // Sign-in must work while the ledger refuses: somebody has to see why. It counts failures without a record.
            refusable: drafts.Count > 0,
            cancellation
        );

    /// <inheritdoc/>
    public ValueTask<AppendOutcome> SaveAsync(
        ApiToken token,
        IReadOnlyList<RecordDraft> drafts,
        CancellationToken cancellation
    ) =>
        writer.WriteAsync(
            appender => AccountWriter.Save(appender, token, drafts),
            1 + drafts.Count,
            refusable: drafts.Count > 0,
            cancellation
        );

    /// <inheritdoc/>
    public ValueTask<AppendOutcome> SaveAsync(
        IReadOnlyList<Session> sessions,
        IReadOnlyList<SessionId> forgotten,
        IReadOnlyList<RecordDraft> drafts,
        CancellationToken cancellation
    ) =>
        writer.WriteAsync(
            appender => SessionWriter.Save(appender, sessions, forgotten, drafts),
            1 + sessions.Count + forgotten.Count + drafts.Count,
            refusable: drafts.Count > 0,
            cancellation
        );

    /// <inheritdoc/>
    public ValueTask<AppendOutcome> NoteUsesAsync(IReadOnlyList<TokenUse> uses, CancellationToken cancellation) =>
        writer.WriteAsync(
            appender => AccountWriter.Note(appender, uses),
            1 + uses.Count,
            refusable: false,
            cancellation
        );

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRecord>> ReadAsync(
        long fromIndex,
        int limit,
        CancellationToken cancellation
    ) => ListAsync(s => RecordReader.Read(s, fromIndex, limit), cancellation);

    /// <inheritdoc/>
    public ValueTask<StoredRecord?> FindAsync(RecordId id, CancellationToken cancellation) =>
        readers.ReadAsync(s => RecordReader.Find(s, id), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRecord>> ReadStreamAsync(
        string stream,
        int limit,
        CancellationToken cancellation
    ) => ListAsync(s => RecordReader.ReadStream(s, stream, limit), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredFinding>> FindingsAfterAsync(
        long sequence,
        int limit,
        CancellationToken cancellation
    ) => ListAsync(s => RecordReader.FindingsAfter(s, sequence, limit), cancellation);

    /// <inheritdoc/>
    public ValueTask<long> PositionAsync(string consumer, CancellationToken cancellation) =>
        readers.ReadAsync(s => RecordReader.Position(s, consumer), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BatchKey>> KeysAsync(long sinceMicros, int limit, CancellationToken cancellation) =>
        ListAsync(s => RecordReader.Keys(s, sinceMicros, limit), cancellation);

    /// <inheritdoc/>
    public ValueTask<Page<Alert>> AlertsAsync(
        AlertFilter filter,
        AlertOrder order,
        string? cursor,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) => readers.ReadAsync(s => AlertReader.Page(s, filter, order, cursor, limit, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(AlertFilter filter, int atMost, Viewer viewer, CancellationToken cancellation) =>
        readers.ReadAsync(s => AlertReader.Count(s, filter, atMost, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AlertGroup>> AlertsByRuleAsync(
        AlertFilter filter,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) => ListAsync(s => AlertReader.ByRule(s, filter, limit, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<Alert?> AlertAsync(AlertId id, Viewer viewer, CancellationToken cancellation) =>
        readers.ReadAsync(s => AlertReader.ById(s, id, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<Alert?> AlertByNumberAsync(long number, Viewer viewer, CancellationToken cancellation) =>
        readers.ReadAsync(s => AlertReader.ByNumber(s, number, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<Alert?> AlertBySourceRefAsync(
        string technology,
        string sourceRef,
        CancellationToken cancellation
    ) => readers.ReadAsync(s => AlertReader.BySourceRef(s, technology, sourceRef), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Finding>> FindingsAsync(
        AlertId alert,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) => ListAsync(s => RunReader.Findings(s, alert, limit, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Alert>> ExtendableAsync(
        DateTimeOffset lastEventSince,
        CancellationToken cancellation
    ) => ListAsync(s => AlertReader.Extendable(s, lastEventSince), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Alert>> JudgedLikeAsync(
        string ruleId,
        Entity? entity,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) => ListAsync(s => AlertReader.JudgedLike(s, ruleId, entity, limit, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<Page<Case>> CasesAsync(
        IReadOnlyList<CaseState> states,
        string? cursor,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) => readers.ReadAsync(s => CaseReader.Page(s, states, cursor, limit, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<Case?> CaseAsync(CaseId id, Viewer viewer, CancellationToken cancellation) =>
        readers.ReadAsync(s => CaseReader.ById(s, id, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<Case?> CaseByNumberAsync(long number, Viewer viewer, CancellationToken cancellation) =>
        readers.ReadAsync(s => CaseReader.ByNumber(s, number, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Run>> RunsAsync(CaseId id, Viewer viewer, CancellationToken cancellation) =>
        ListAsync(s => RunReader.OfCase(s, id, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<Run?> RunAsync(RunId id, Viewer viewer, CancellationToken cancellation) =>
        readers.ReadAsync(s => RunReader.ById(s, id, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Answer>> AnswersAsync(RunId id, Viewer viewer, CancellationToken cancellation) =>
        ListAsync(s => RunReader.Answers(s, id, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StandingVerdict>> VerdictsAsync(
        CaseId id,
        Viewer viewer,
        CancellationToken cancellation
    ) => ListAsync(s => CaseReader.Verdicts(s, id, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StandingVerdict>> VerdictsAsync(
        AlertId alert,
        Viewer viewer,
        CancellationToken cancellation
    ) => ListAsync(s => RunReader.Verdicts(s, alert, viewer), cancellation);

    /// <inheritdoc/>
    public ValueTask<JudgementCounts> CountsAsync(CancellationToken cancellation) =>
        readers.ReadAsync(s => CaseReader.Counts(s), cancellation);

    /// <inheritdoc/>
    public ValueTask<DecisionFigures> FiguresAsync(DateOnly since, int reasons, CancellationToken cancellation) =>
        readers.ReadAsync(s => CaseReader.Figures(s, since, reasons), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Account>> AccountsAsync(CancellationToken cancellation) =>
        ListAsync(s => AccountReader.All(s), cancellation);

    /// <inheritdoc/>
    public ValueTask<Account?> AccountAsync(ActorId id, CancellationToken cancellation) =>
        readers.ReadAsync(s => AccountReader.ById(s, id), cancellation);

    /// <inheritdoc/>
    public ValueTask<Account?> AccountByNameAsync(string name, CancellationToken cancellation) =>
        readers.ReadAsync(s => AccountReader.ByName(s, name), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ApiToken>> TokensAsync(CancellationToken cancellation) =>
        ListAsync(s => AccountReader.Tokens(s), cancellation);

    /// <inheritdoc/>
    public ValueTask<ApiToken?> TokenByHashAsync(string sha256, CancellationToken cancellation) =>
        readers.ReadAsync(s => AccountReader.TokenByHash(s, sha256), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TokenUse>> TokenUsesAsync(CancellationToken cancellation) =>
        ListAsync(s => AccountReader.Uses(s), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Session>> SessionsAsync(CancellationToken cancellation) =>
        ListAsync(s => AccountReader.Sessions(s), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SourceStatistics>> SourcesAsync(CancellationToken cancellation) =>
        ListAsync(s => AccountReader.Sources(s), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StageTotals>> StagesAsync(CancellationToken cancellation) =>
        ListAsync(s => AccountReader.Stages(s), cancellation);

    /// <summary>Fixes a moment of the store, so that it can be copied while appends go on.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public RecordsMoment Fix() => RecordsMoment.Of(file);

    /// <inheritdoc/>
    public ValueTask<BalanceMark?> BalanceMarkAsync(CancellationToken cancellation) =>
        readers.ReadAsync(s => BalanceReader.Mark(s), cancellation);

    /// <inheritdoc/>
    public ValueTask<AppendOutcome> SaveBalanceAsync(
        IReadOnlyList<BalanceSpan> spans,
        BalanceMark mark,
        CancellationToken cancellation
    ) =>
        writer.WriteAsync(
            appender => BalanceWriter.Save(appender, spans, mark),
            1 + (2 * spans.Count),
            refusable: false,
            cancellation
        );

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<BalanceSpan>> BalanceAsync(
        BalanceResolution resolution,
        DateTimeOffset from,
        DateTimeOffset to,
        CancellationToken cancellation
    ) => ListAsync(s => BalanceReader.Spans(s, resolution, from, to), cancellation);

    /// <summary>Finishes the appends that wait, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        readers.Dispose();
        await writer.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Lets tests set up the writer's connection.</summary>
    internal async ValueTask WithinCommitAsync(Action<Statements> act, CancellationToken cancellation) =>
        await writer
            .WriteAsync(
                appender =>
                {
                    act(appender.Statements);
                    return appender.Append([]);
                },
                1,
                refusable: false,
                cancellation
            )
            .ConfigureAwait(false);

    private static void Describe(Activity span, AppendRequest request, AppendOutcome outcome)
    {
        span.SetTag("custodiet.records", request.Drafts.Count);
        span.SetTag("custodiet.record.type", request.Drafts[0].Body.Type);
        switch (outcome)
        {
            case AppendOutcome.Appended appended:
                span.SetTag("custodiet.ledger_index", appended.FirstIndex);
                break;
            case AppendOutcome.Conflict:
                span.SetStatus(ActivityStatusCode.Error, "somebody else changed the stream first");
                break;
            case AppendOutcome.Refused refused:
                span.SetStatus(ActivityStatusCode.Error, refused.Reason);
                break;
        }
    }

    private async ValueTask<IReadOnlyList<T>> ListAsync<T>(
        Func<Statements, List<T>> read,
        CancellationToken cancellation
    ) => await readers.ReadAsync(read, cancellation).ConfigureAwait(false);
}
