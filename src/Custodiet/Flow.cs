using Custodiet.Analytics;
using Custodiet.Api;
using Custodiet.Archive;
using Custodiet.Backups;
using Custodiet.Balances;
using Custodiet.Configuration;
using Custodiet.Embedded;
using Custodiet.Embedded.Queue;
using Custodiet.Inputs;
using Custodiet.Ledger.Envelopes;
using Custodiet.Outputs;
using Custodiet.Process.Alerts;
using Custodiet.Process.Facts;
using Custodiet.Process.Narration;
using Custodiet.Process.Runs;
using Custodiet.Process.Triage;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Custodiet.Reduction;
using Custodiet.Retention;
using Custodiet.Streaming;
using Custodiet.Telemetry;
using Custodiet.Web;

namespace Custodiet;

/// <summary>
/// The whole path, composed: bytes → queue → event → finding → alert → judgement → record → ledger and datasets. The stages know nothing of
/// each other; this file is where they meet.
/// </summary>
internal sealed partial class Flow : IAsyncDisposable
{
    /// <summary>Opens everything on the data folder, in the order in which an event meets it, and brings it to where it was.</summary>
    public static async Task<Flow> OpenAsync(
        Settings settings,
        TimeProvider time,
        ILoggerFactory logs,
        CancellationToken cancellation
    )
    {
        DataFolder folder = DataFolder.Open(settings.DataFolder);
        Closing closing = new(folder);
        bool cleanStop = RunMark.Begin(folder.Root);
        try
        {
            FolderSnapshot.Sweep(folder);
            FieldTable fields = new();
            LogSourceTable logSources = new();
            SourceTable sources = new();

            // Records and what is projected from them; sealed for the ledger at the moment of recording.
            SqliteRecords records = closing.Add(
                await SqliteRecords.OpenAsync(folder.Records, EnvelopeSealer.Seal, time, cancellation)
            );
            KeptLedger ledger = closing.Add(await KeptLedger.OpenAsync(folder, records, settings, time, cancellation));
            RecordDraft start = new(
                new ServiceStarted(Version, cleanStop),
                "service",
                ActorId.Service,
                time.GetUtcNow()
            );
            await records.AppendAsync(new AppendRequest { Drafts = [start] }, cancellation);
            IReadOnlyList<string> folderRemarks = await FolderRecords.AppendAsync(
                folder,
                records,
                ledger,
                time,
                cancellation
            );

            // Bytes → queue, durable before the answer.
            long analysedTo = await records.PositionAsync(EventStream.Consumer, cancellation);
            ParquetArchive archive = closing.Add(
                await ParquetArchive.OpenAsync(folder.Archive, fields, sources, logSources, time, null, cancellation)
            );
            IntakeLimits limits = new(
                (int)settings.Number("input.event_bytes_max"),
                (int)settings.Number("input.batch_bytes_max")
            );
            SegmentQueueOptions bounds = new(folder.Queue)
            {
                BytesMax = settings.Number("queue.bytes_max"),
                FreeDiskFloorBytes = settings.Number("queue.free_bytes_min"),
                SetDamagedAside = settings.Flag("queue.set_damaged_aside"),
                BatchBytesMax = limits.QueueBytesMax,
                WaitingBytesMax = 2L * limits.QueueBytesMax,
                NextOffsetAtLeast = Math.Max(
                    Math.Max(analysedTo, archive.NextOffset),
                    RouteState.FurthestOffset(folder.Routes)
                ),
            };
            long keysSince = EventTime.ToMicros(time.GetUtcNow() - bounds.RepeatWindow);
            IReadOnlyList<BatchKey> keys = await records.KeysAsync(keysSince, bounds.RepeatKeysMax, cancellation);
            SegmentQueue queue = closing.Add(await SegmentQueue.OpenAsync(bounds, time, keys, cancellation));
            QueueHold hold = new(queue, settings.Number("outputs.held_bytes_max"));
            RouteSettings outputs = RouteSettings.From(settings, folder.Routes);
            InputBoard inputs = new();
            SenderBook senders = new(time);
            EventIntake intake = new(queue, inputs, limits, time, senders);
            Shedding shedding = new(senders, records, time);
            await shedding.LoadAsync(cancellation);
            BalanceKeeper balance = closing.Add(
                new BalanceKeeper(
                    records,
                    records,
                    inputs,
                    () => queue.State.NextOffset,
                    () => archive.NextOffset,
                    time,
                    logs.CreateLogger<BalanceKeeper>()
                )
            );
            await balance.BeginAsync(cleanStop, cancellation);
            SyslogInputs syslog = new(intake, SyslogOptions.From(settings), time, logs.CreateLogger<SyslogInputs>());

            // Findings → alerts.
            AlertGrouping grouping = closing.Add(
                new AlertGrouping(
                    time,
                    new AlertGroupingLimits { Window = TimeSpan.FromHours(settings.Number("alerts.window_hours")) }
                )
            );
            await grouping.LoadAsync(records, cancellation);
            AlertIntake alerts = new(grouping, records, records, time);
            Holds holds = closing.Add(new Holds(records, time));
            Datasets datasets = closing.Add(
                await Datasets.OpenAsync(
                    Path.Combine(folder.Root, "datasets"),
                    archive,
                    records,
                    records,
                    records,
                    time,
                    null,
                    cancellation
                )
            );
            return new Flow(
                folder,
                () => ReadyContent.Read(settings, fields, logSources, sources),
                records,
                ledger,
                queue,
                archive,
                datasets,
                inputs,
                intake,
                syslog,
                grouping,
                alerts,
                shedding,
                balance,
                holds,
                content => new RetentionKeeper(
                    archive,
                    holds,
                    content.Sources,
                    settings,
                    folder.Root,
                    time,
                    logs.CreateLogger<RetentionKeeper>()
                ),
                OpenStreamAsync,
                OpenRoutesAsync,
                time,
                logs,
                closing,
                folderRemarks
            )
            {
                WasInterrupted = !cleanStop,
                DiskFloorBytes = bounds.FreeDiskFloorBytes,
            };

            // Queue → event → elsewhere, beside the stream.
            async Task<OutputRoutes> OpenRoutesAsync(ReadyContent content, CancellationToken stop)
            {
                OutputRoutes routes = await OutputRoutes.OpenAsync(
                    content.Content.Outputs,
                    outputs,
                    new RouteParts(
                        queue,
                        hold,
                        records,
                        records,
                        content.Parsers,
                        fields,
                        logSources,
                        sources,
                        content.Content.Sources.CriticalityOf,
                        new Random(),
                        time,
                        logs.CreateLogger<OutputRoutes>()
                    ),
                    stop
                );
                balance.Routes = async asked => RouteFigures.Of(await routes.StatusAsync(asked));
                return routes;
            }

            // Queue → event → finding → alert; and, beside it, event → archive → datasets. It needs the content.
            async Task<EventStream> OpenStreamAsync(ReadyContent content, CancellationToken stop)
            {
                Reductions reductions = Reductions.Compile(
                    content.Content.Outputs.Reductions.Where(r => r.InArchive),
                    fields,
                    logSources,
                    sources,
                    content.Content.Sources.CriticalityOf
                );
                StreamTotals totals = new(
                    sources,
                    reductions.All,
                    await records.SourcesAsync(stop),
                    await records.StagesAsync(stop)
                );
                StreamParts parts = new(
                    queue,
                    archive,
                    records,
                    alerts,
                    content.Parsers,
                    content.Rules,
                    new FindingMaker(fields),
                    reductions,
                    fields,
                    sources,
                    totals,
                    inputs.Stage,
                    hold,
                    shedding
                );
                senders.Use(content.Content.Sources.Senders);
                EventStream stream = new(
                    parts,
                    (int)settings.Number("workers"),
                    time,
                    logs.CreateLogger<EventStream>()
                );
                balance.ArchiveGap = () => stream.ArchiveGap;
                await records.AppendAsync(
                    new AppendRequest { Drafts = [content.Content.ToRecord(time.GetUtcNow())] },
                    stop
                );
                return stream;
            }
        }
        catch
        {
            await closing.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Reads the content, which takes seconds with thousands of rules, and makes the stream of it. Inputs and sign-in work before; pages wait for <see cref="Loaded"/>.
    /// </summary>
    /// <exception cref="Cli.CommandException">The content is not in order.</exception>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        try
        {
            ReadyContent content = await Task.Run(readContent, cancellation).WaitAsync(cancellation);
            // Before the stream: it must not release what a route has not seen.
            OutputRoutes routes = closing.Add(await openRoutes(content, cancellation));
            EventStream stream = closing.Add(await openStream(content, cancellation));
            loadedParts = new LoadedParts(content.Content, content.Rules, stream, routes, keep(content.Content));
            loaded.SetResult();
        }
        catch (Exception failure)
        {
            // Whoever waits must not wait for ever.
            loaded.SetException(failure);
            throw;
        }
    }

    /// <summary>Runs stream and ledger until cancelled; ends with the first that fails. After <see cref="LoadAsync"/>.</summary>
    /// <param name="withRoutes">Whether routes send; otherwise the queue only keeps what they have not seen.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(bool withRoutes, CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ConditionWatch watch = new(ConditionWatch.Of(this), Time, logs.CreateLogger<ConditionWatch>());
        List<Task> parts =
        [
            Stream.RunAsync(stop.Token),
            Ledger.RunAsync(stop.Token),
            Retention.RunAsync(stop.Token),
            shedding.RunAsync(stop.Token),
            balance.RunAsync(stop.Token),
            watch.RunAsync(stop.Token),
        ];
        if (withRoutes && Outputs.Any)
        {
            parts.Add(Outputs.RunAsync(stop.Token));
        }
        IsReady = true;
        try
        {
            await await Task.WhenAny(parts);
        }
        finally
        {
            IsReady = false;
            await stop.CancelAsync();
            await Task.WhenAll(parts.Select(EventStream.Quiet));
        }
    }

    /// <summary>Brings to rest what was taken: the archive's pending events and the ledger's newest records. Inputs are closed before.</summary>
    public async Task RestAsync()
    {
        await shedding.RecordAsync(CancellationToken.None);
        await Archive.FlushAsync(CancellationToken.None);
        await Ledger.CatchUpAsync(CancellationToken.None);
        await balance.RecordAsync(CancellationToken.None);
        RunMark.End(Folder.Root);
    }

    /// <summary>Gives the parts to pages and API, which read from stores and write only by appending records.</summary>
    public void Register(IServiceCollection services)
    {
        services.AddSingleton(Time);
        services.AddSingleton(this);
        // What depends on content is made when it is first asked for: requests that need it wait until it is there.
        services.AddSingleton(_ => Content);
        services.AddSingleton(_ => Content.Processes);
        services.AddSingleton(_ => new LoadedRules(Rules, Content.Rules.Refused, Content.Problems));
        services.AddSingleton(Intake);
        services.AddSingleton(Alerts);
        services.AddSingleton(Ledger);
        services.AddSingleton(Ledger.Log);
        services.AddSingleton(Ledger.Anchors);
        services.AddSingleton(Inputs);
        services.AddSingleton<IEventQueue>(Queue);
        services.AddSingleton<IEventArchive>(Archive);
        services.AddSingleton<IDatasets>(Datasets);
        services.AddSingleton<IRecordStore>(Records);
        services.AddSingleton<IJudgementReader>(Records);
        services.AddSingleton<IAccountStore>(Records);
        services.AddSingleton<ISessionStore>(Records);
        services.AddSingleton<ITotalsStore>(Records);
        services.AddSingleton<IBalanceStore>(Records);
        services.AddSingleton(_ => new DeskTools(Records, Records, Content.Processes, Time, Grouping.Apply));
        services.AddSingleton<AlertDesk>();
        services.AddSingleton<CaseDesk>();
        services.AddSingleton<RunDesk>();
        services.AddSingleton(_ => new FactReader(Records, Time));
        services.AddSingleton(_ => new Timeline(Records, Content.Processes));
    }
}
