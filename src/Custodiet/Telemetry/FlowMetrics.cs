using System.Diagnostics.Metrics;
using Custodiet.Archive;
using Custodiet.Inputs;
using Custodiet.Ledger;
using Custodiet.Ledger.Anchors;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;

namespace Custodiet.Telemetry;

/// <summary>
/// The flow's figures as instruments, read where they are kept when somebody scrapes: nothing is counted twice, and nothing costs anything
/// between scrapes. Names follow OpenTelemetry; <c>docs/observe.md</c> explains each.
/// </summary>
internal sealed class FlowMetrics : IDisposable
{
    /// <summary>Technologies with series of their own; more share one.</summary>
    public const int TechnologiesMax = 100;

    /// <summary>Reasons with series of their own, over all stages and inputs; more share one.</summary>
    public const int ReasonsMax = 200;

    /// <summary>The stores are asked at most so often.</summary>
    public static readonly TimeSpan SnapshotAge = TimeSpan.FromSeconds(1);

    private readonly Flow flow;
    private readonly TimeProvider time;
    private readonly Meter meter;
    private readonly BoundedLabels technologies = new(TechnologiesMax);
    private readonly BoundedLabels reasons = new(ReasonsMax);
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly long started;
    private long taken = long.MinValue;
    private volatile FlowSnapshot snapshot = FlowSnapshot.Empty;

    public FlowMetrics(Flow flow, TimeProvider time)
    {
        this.flow = flow;
        this.time = time;
        started = time.GetTimestamp();
        meter = new Meter(Instruments.MeterName, Flow.Version);
        Product();
        Inputs();
        Queue();
        Stages();
        Sources();
        Alerts();
        Ledger();
        Archive();
        Process();
    }

    /// <summary>Asks the stores for what instruments tell; before each scrape.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            if (taken == long.MinValue || time.GetElapsedTime(taken) >= SnapshotAge)
            {
                snapshot = await FlowSnapshot.ReadAsync(flow, cancellation);
                taken = time.GetTimestamp();
            }
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        meter.Dispose();
        turn.Dispose();
    }

    private bool IsLoaded => flow.Loaded.IsCompletedSuccessfully;

    private void Product()
    {
        Gauge(
            "custodiet.build.info",
            "",
            "Always 1; its label says which version runs.",
            () => [Of(1, ("version", Flow.Version))]
        );
        Gauge("custodiet.ready", "", "1 while stream and ledger run.", () => [Of(flow.IsReady ? 1 : 0)]);
        Gauge(
            "custodiet.metrics.folded",
            "{value}",
            $"Values of a label beyond its bound (technology {TechnologiesMax}, reason {ReasonsMax}); they share the series «{BoundedLabels.Others}».",
            () => [Of(technologies.Folded, ("label", "technology")), Of(reasons.Folded, ("label", "reason"))]
        );
    }

    private void Inputs()
    {
        IEnumerable<Measurement<long>> Each(Func<InputStatus, long> figure) =>
            flow.Inputs.Read().Select(input => Of(figure(input), ("input", input.Input)));
        IEnumerable<Measurement<long>> EachReason(Func<InputStatus, IEnumerable<KeyValuePair<string, long>>> figures) =>
            flow
                .Inputs.Read()
                .SelectMany(input =>
                    figures(input)
                        .GroupBy(figure => reasons.Of(figure.Key), figure => figure.Value)
                        .Select(group => Of(group.Sum(), ("input", input.Input), ("reason", group.Key)))
                );
        Counter(
            "custodiet.input.events.received",
            "{event}",
            "Events that arrived since the start.",
            () => Each(i => i.Received)
        );
        Counter(
            "custodiet.input.events.accepted",
            "{event}",
            "Events durable in the queue since the start.",
            () => Each(i => i.Accepted)
        );
        Counter(
            "custodiet.input.size.accepted",
            "By",
            "Bytes of the events durable in the queue since the start.",
            () => Each(i => i.AcceptedBytes)
        );
        Counter(
            "custodiet.input.events.rejected",
            "{event}",
            "Events left out since the start because of what they are, by reason.",
            () => EachReason(i => i.Dropped.Where(d => !ShedReasons.Has(d.Key)))
        );
        Counter(
            "custodiet.input.events.shed",
            "{event}",
            "Events lost since the start because more came than could be taken and the sender could not wait, by reason.",
            () => EachReason(i => i.Dropped.Where(d => ShedReasons.Has(d.Key)))
        );
        Counter(
            "custodiet.input.refusals",
            "{request}",
            "Requests and connections since the start of which nothing was taken and which the sender can repeat, by reason.",
            () => EachReason(i => i.Refused)
        );
        Gauge(
            "custodiet.input.events.in_flight",
            "{event}",
            "Events that arrived and are not decided; below 0 the input does not balance.",
            () => Each(i => i.InFlight)
        );
        Gauge(
            "custodiet.input.connections",
            "{connection}",
            "Connections open now, of inputs that have their own.",
            () => Each(i => i.Connections)
        );
    }

    private void Queue()
    {
        QueueState State() => flow.Queue.State;
        Gauge(
            "custodiet.queue.events",
            "{event}",
            "Events in the queue's files.",
            () => [Of(State().NextOffset - State().FirstOffset)]
        );
        Gauge("custodiet.queue.size", "By", "Bytes that the queue has on disk.", () => [Of(State().Bytes)]);
        Gauge("custodiet.queue.limit", "By", "Bytes at which the queue pushes back.", () => [Of(State().BytesMax)]);
        Gauge(
            "custodiet.queue.failed",
            "",
            "1 while the queue takes nothing.",
            () => [Of(State().Failure is null ? 0 : 1)]
        );
        Gauge(
            "custodiet.consumer.lag",
            "{item}",
            "Events, or for the ledger records, that a consumer has not taken yet.",
            Lags
        );
        meter.CreateObservableGauge(
            "custodiet.consumer.lag.age",
            () =>
                IsLoaded
                    ?
                    [
                        new Measurement<double>(
                            flow.Stream.OldestWaiting(time.GetUtcNow()).TotalSeconds,
                            Tag("consumer", "analytics")
                        ),
                    ]
                    : Array.Empty<Measurement<double>>(),
            "s",
            "How long ago the oldest event that a consumer is at was received; 0 when none waits."
        );
    }

    private IEnumerable<Measurement<long>> Lags()
    {
        long next = flow.Queue.State.NextOffset;
        if (IsLoaded)
        {
            yield return Of(Math.Max(0, next - flow.Stream.AnalysedTo), ("consumer", "analytics"));
        }
        yield return Of(Math.Max(0, next - flow.Archive.NextOffset), ("consumer", "archive"));
        yield return Of(Math.Max(0, flow.Records.Count - flow.Ledger.Log.NextRecord), ("consumer", "ledger"));
    }

    private void Stages()
    {
        IEnumerable<Measurement<long>> Each(Func<StageTotals, long> figure) =>
            snapshot.Stages.Select(stage => Of(figure(stage), ("stage", stage.Stage)));
        Counter(
            "custodiet.stage.received",
            "{event}",
            "What a stage received, over all runs.",
            () => Each(s => s.Received)
        );
        Counter(
            "custodiet.stage.emitted",
            "{event}",
            "What a stage handed on, over all runs.",
            () => Each(s => s.Emitted)
        );
        Counter(
            "custodiet.stage.failed",
            "{event}",
            "What a stage could not do, over all runs.",
            () => Each(s => s.Failed)
        );
        Counter(
            "custodiet.stage.dropped",
            "{event}",
            "What a stage left out, over all runs, by reason.",
            () =>
                snapshot.Stages.SelectMany(stage =>
                    stage
                        .Dropped.GroupBy(dropped => reasons.Of(dropped.Key), dropped => dropped.Value)
                        .Select(group => Of(group.Sum(), ("stage", stage.Stage), ("reason", group.Key)))
                )
        );
        Gauge(
            "custodiet.stage.in_flight",
            "{event}",
            "Received and not accounted for yet; below 0 the stage does not balance.",
            () => Each(s => s.Received - s.Emitted - s.Failed - s.Dropped.Values.Sum())
        );
    }

    private void Sources()
    {
        IEnumerable<Measurement<long>> Each(Func<TechnologyTotals, long> figure) =>
            snapshot
                .Technologies.GroupBy(technology => technologies.Of(technology.Technology), figure)
                .Select(group => Of(group.Sum(), ("technology", group.Key)));
        Gauge("custodiet.source.sources", "{source}", "Sources seen, by technology.", () => Each(t => t.Sources));
        Counter(
            "custodiet.source.events",
            "{event}",
            "Events over all runs, by technology.",
            () => Each(t => t.Events)
        );
        Counter("custodiet.source.size", "By", "Bytes over all runs, by technology.", () => Each(t => t.Bytes));
        meter.CreateObservableGauge(
            "custodiet.source.last_received.time",
            () =>
                snapshot
                    .Technologies.GroupBy(t => technologies.Of(t.Technology), t => t.LastReceivedMicros)
                    .Select(group => new Measurement<double>(group.Max() / 1e6, Tag("technology", group.Key))),
            "s",
            "When the newest event of a technology was received, seconds since 1970 UTC."
        );
    }

    private void Alerts()
    {
        Counter("custodiet.alerts.raised", "{alert}", "Alerts ever raised.", () => [Of(snapshot.Counts.Raised)]);
        Counter("custodiet.alerts.judged", "{alert}", "Alerts with a verdict.", () => [Of(snapshot.Counts.Judged)]);
        Gauge("custodiet.alerts.open", "{alert}", "Alerts without a verdict.", () => [Of(snapshot.Counts.Open)]);
        Gauge("custodiet.cases.open", "{case}", "Cases that are not closed.", () => [Of(snapshot.Counts.OpenCases)]);
        Counter("custodiet.findings", "{finding}", "Findings stored.", () => [Of(snapshot.Counts.Findings)]);
        meter.CreateObservableGauge(
            "custodiet.alerts.open.age",
            () =>
                snapshot.Counts.OldestOpen is { } oldest
                    ? new[] { new Measurement<double>(Math.Max(0, (time.GetUtcNow() - oldest).TotalSeconds)) }
                    : [],
            "s",
            "How long ago the oldest alert without a verdict was raised; absent when there is none."
        );
    }

    private void Ledger()
    {
        TileLogState State() => flow.Ledger.Log.State;
        Counter("custodiet.records", "{record}", "Records stored.", () => [Of(flow.Records.Count)]);
        Gauge(
            "custodiet.records.failed",
            "",
            "1 while the store takes no record, or its last commit failed.",
            () => [Of(flow.Records.Refusal is null && flow.Records.Failure is null ? 0 : 1)]
        );
        Gauge("custodiet.ledger.size", "{record}", "Entries in the tree.", () => [Of(State().Size)]);
        Gauge(
            "custodiet.ledger.signed",
            "{record}",
            "Entries under the newest checkpoint.",
            () => [Of(State().SignedSize)]
        );
        Gauge(
            "custodiet.ledger.failed",
            "",
            "1 while the ledger does not verify, and takes nothing (kind refused), or is behind because the disk fails (kind behind).",
            () =>
                [
                    Of(flow.Ledger.Refusal is null ? 0 : 1, ("kind", "refused")),
                    Of(flow.Ledger.Failure is null ? 0 : 1, ("kind", "behind")),
                ]
        );
        meter.CreateObservableGauge(
            "custodiet.ledger.verified.time",
            () => Time(State().VerifiedAt),
            "s",
            "When all records were last hashed again and found as signed, seconds since 1970 UTC; absent before the first time."
        );
        IEnumerable<Measurement<long>> Anchors(Func<AnchorState, long> figure) =>
            flow
                .Ledger.Anchors.States.GroupBy(anchor => anchor.Configuration.Kind, figure)
                .Select(group => Of(group.Sum(), ("kind", group.Key.ToString().ToLowerInvariant())));
        Counter(
            "custodiet.ledger.anchor.failures",
            "{copy}",
            "Checkpoints that could not be copied outside since the start.",
            () => Anchors(a => a.Failures)
        );
        Gauge(
            "custodiet.ledger.anchor.failed",
            "{anchor}",
            "Places outside whose last copy failed.",
            () => Anchors(a => a.LastError is null ? 0 : 1)
        );
    }

    private void Archive()
    {
        ArchiveState State() => flow.Archive.State;
        Gauge("custodiet.archive.segments", "{segment}", "Segments in the archive.", () => [Of(State().Segments)]);
        Gauge("custodiet.archive.events", "{event}", "Events in the archive.", () => [Of(State().Events)]);
        Gauge("custodiet.archive.size", "By", "Bytes that the archive has on disk.", () => [Of(State().FileBytes)]);
        Gauge(
            "custodiet.archive.raw",
            "By",
            "Bytes as received of the events in the archive.",
            () => [Of(State().RawBytes)]
        );
        Gauge(
            "custodiet.archive.unwritten",
            "By",
            "Bytes of events in memory that are not written yet.",
            () => [Of(State().UnwrittenBytes)]
        );
        Counter(
            "custodiet.archive.write.failures",
            "{write}",
            "Segments that could not be written at the first try, since the start.",
            () => [Of(State().WriteFailures)]
        );
        Gauge(
            "custodiet.archive.failed",
            "",
            "1 while segments cannot be written (kind write), merged (compaction), or events that are due cannot be deleted (retention).",
            () =>
                [
                    Of(State().Failure is null ? 0 : 1, ("kind", "write")),
                    Of(State().CompactionFailure is null ? 0 : 1, ("kind", "compaction")),
                    Of(snapshot.Retention?.Failure is null ? 0 : 1, ("kind", "retention")),
                ]
        );
        Gauge(
            "custodiet.disk.free",
            "By",
            "Bytes free on the disk of the data folder.",
            () => Disk(disk => disk.AvailableFreeSpace)
        );
        Gauge("custodiet.disk.size", "By", "Bytes of the disk of the data folder.", () => Disk(disk => disk.TotalSize));
        Gauge(
            "custodiet.disk.floor",
            "By",
            "Bytes free below which inputs push back.",
            () => snapshot.Retention is { } retention ? [Of(retention.DiskFloorBytes)] : []
        );
        meter.CreateObservableGauge(
            "custodiet.disk.runway",
            () =>
                snapshot.Retention?.Runway is { Left: { } left } runway
                    ? new[]
                    {
                        new Measurement<double>(
                            left.TotalSeconds,
                            Tag("end", runway.End.ToString().ToLowerInvariant())
                        ),
                    }
                    : [],
            "s",
            "How long until the disk is full (end disk) or the archive's budget is (end budget) at the present rate; absent where there is no end or it is unknown."
        );
    }

    // The file system may not say; then the series is absent.
    private Measurement<long>[] Disk(Func<DriveInfo, long> figure)
    {
        try
        {
            return [Of(figure(new DriveInfo(flow.Folder.Root)))];
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // CPU, memory, garbage collection and thread pool are the runtime's own instruments; these two it has not.
    private void Process()
    {
        meter.CreateObservableGauge(
            "process.uptime",
            () => time.GetElapsedTime(started).TotalSeconds,
            "s",
            "How long the process has been running."
        );
        Gauge(
            "process.unix.file_descriptor.count",
            "{file_descriptor}",
            "File descriptors open.",
            () => Count("/proc/self/fd")
        );
        Gauge("process.thread.count", "{thread}", "Threads.", () => Count("/proc/self/task"));
    }

    private static Measurement<long>[] Count(string folder) =>
        Directory.Exists(folder) ? [Of(Directory.GetFileSystemEntries(folder).LongLength)] : [];

    private static Measurement<double>[] Time(DateTimeOffset? moment) =>
        moment is { } at ? [new Measurement<double>(EventTime.ToMicros(at) / 1e6)] : [];

    private void Counter(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> read) =>
        meter.CreateObservableCounter(name, read, unit, description);

    private void Gauge(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> read) =>
        meter.CreateObservableGauge(name, read, unit, description);

    private static Measurement<long> Of(long value, params ReadOnlySpan<(string Name, string Value)> tags)
    {
        KeyValuePair<string, object?>[] pairs = new KeyValuePair<string, object?>[tags.Length];
        for (int i = 0; i < tags.Length; i++)
        {
            pairs[i] = Tag(tags[i].Name, tags[i].Value);
        }
        return new Measurement<long>(value, pairs);
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
