using System.Text;
using Custodiet.Configuration;
using Custodiet.Documents;
using Custodiet.Embedded;
using Custodiet.Embedded.Queue;
using Custodiet.Ledger.Envelopes;
using Custodiet.Outputs;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;
using Custodiet.Tests.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Outputs;

/// <summary>A queue on a disk with small segments, real records, and the routes of some YAML; the stream is played by <see cref="Release"/>.</summary>
internal sealed class OutputStage : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-output-");
    private readonly string[] routes;
    private readonly string[] reductions;
    private CancellationTokenSource stop = new();
    private Task running = Task.CompletedTask;
    private Func<SourceKey, Criticality> criticality = _ => Criticality.Normal;
    private int number;

    private OutputStage(string[] routes, string[] reductions)
    {
        this.routes = routes;
        this.reductions = reductions;
    }

    public SegmentQueue Queue { get; private set; } = null!;

    public SqliteRecords Records { get; private set; } = null!;

    public QueueHold Hold { get; private set; } = null!;

    public OutputRoutes Routes { get; private set; } = null!;

    public string Secrets => Directory.CreateDirectory(Path.Combine(folder.FullName, "secrets")).FullName;

    /// <summary>Where names of secrets are looked up; null: in that folder.</summary>
    public string? SecretsPlace { get; set; }

    /// <summary>The encrypted store, with a key of its own.</summary>
    public SecretStore Store =>
        new(
            Directory.CreateDirectory(Path.Combine(folder.FullName, "data")).FullName,
            "file:" + Path.Combine(folder.FullName, "key")
        );

    public string Files => Path.Combine(folder.FullName, "outputs");

    public string States => Path.Combine(folder.FullName, "routes");

    public long HeldBytesMax { get; init; } = 1L << 30;

    public string Hosts { get; init; } = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<OutputStage> StartAsync(string route, params string[] reductions)
    {
        OutputStage stage = new([route], reductions);
        await stage.StartAsync();
        return stage;
    }

    public static async Task<OutputStage> StartAsync(string route, long heldBytesMax, string hosts = "")
    {
        OutputStage stage = new([route], []) { HeldBytesMax = heldBytesMax, Hosts = hosts };
        await stage.StartAsync();
        return stage;
    }

    /// <summary>Declares how critical sources are; for the next start.</summary>
    public void Declare(Func<SourceKey, Criticality> of) => criticality = of;

    /// <summary>Makes the store's key.</summary>
    public void MakeKey() => File.WriteAllText(Path.Combine(folder.FullName, "key"), SecretStore.NewKey());

    /// <summary>Opens everything where it stood and runs the routes.</summary>
    public async Task StartAsync()
    {
        TimeProvider time = TimeProvider.System;
        Records = await SqliteRecords.OpenAsync(
            Path.Combine(folder.FullName, "records.db"),
            EnvelopeSealer.Seal,
            time,
            Cancellation
        );
        Queue = await SegmentQueue.OpenAsync(
            new SegmentQueueOptions(Path.Combine(folder.FullName, "queue"))
            {
                SegmentBytes = 64 << 10,
                BatchBytesMax = 1 << 20,
                FreeDiskFloorBytes = 0,
                CommitInterval = TimeSpan.Zero,
            },
            time,
            [],
            Cancellation
        );
        Hold = new QueueHold(Queue, HeldBytesMax);
        List<Problem> problems = [];
        OutputContent content = OutputContent.Read(Texts(routes), Texts(reductions), problems);
        Assert.DoesNotContain(problems, p => p.Level == ProblemLevel.Error);
        FieldTable fields = new();
        LogSourceTable logSources = new();
        SourceTable sources = new();
        Routes = await OutputRoutes.OpenAsync(
            content,
            new RouteSettings(
                States,
                Files,
                PermittedHosts.Parse(Hosts),
                new OutputSecrets(SecretsPlace ?? Secrets, Store)
            ),
            new RouteParts(
                Queue,
                Hold,
                Records,
                Records,
                PipelineContent.Set.Bind(fields, logSources, sources),
                fields,
                logSources,
                sources,
                criticality,
                new Random(1),
                time,
                NullLogger.Instance
            ),
            Cancellation
        );
        stop = new CancellationTokenSource();
        running = Routes.RunAsync(stop.Token);
    }

    /// <summary>Ends it in order.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await running;
        await Routes.DisposeAsync();
        await Queue.DisposeAsync();
        await Records.DisposeAsync();
        stop.Dispose();
    }

    /// <summary>Ends the routes alone; the queue goes on and does not know them any more.</summary>
    public async Task StopRoutesAsync()
    {
        await stop.CancelAsync();
        await running;
        Hold = new QueueHold(Queue, HeldBytesMax);
    }

    /// <summary>Sends numbered events in batches of ten: <c>{"@timestamp":…,"number":0,…}</c>.</summary>
    public Task SendAsync(int count, int padding = 0) =>
        SendAsync([
            .. Enumerable
                .Range(number, count)
                .Select(n =>
                    $$"""{"@timestamp":"2026-03-02T08:16:00Z","host":"ws-{{n % 3}}","product":"windows","category":"process_creation","number":{{number++}},"Image":"C:\\x{{n
                        % 2}}.exe","padding":"{{new string('x', padding)}}"}"""
                ),
        ]);

    public async Task SendAsync(IReadOnlyList<string> events)
    {
        foreach (string[] some in events.Chunk(10))
        {
            byte[][] bytes = [.. some.Select(Encoding.UTF8.GetBytes)];
            EventBatch batch = new(
                "test",
                null,
                EventTime.ToMicros(TimeProvider.System.GetUtcNow()),
                [.. bytes.Select(b => b.Length)],
                bytes.SelectMany(b => b).ToArray()
            );
            Assert.IsType<QueueAppend.Accepted>(await Queue.AppendAsync(batch, Cancellation));
        }
    }

    /// <summary>The stream has stored everything.</summary>
    public void Release() => Hold.StreamAt(Queue.State.NextOffset);

    /// <summary>The one route's figures.</summary>
    public async Task<RouteStatus> StatusAsync()
    {
        RouteStatus status = Assert.Single(await Routes.StatusAsync(Cancellation));
        Assert.True(status.Balances, status.ToString());
        return status;
    }

    /// <summary>Waits until the route's figures are so.</summary>
    public async Task<RouteStatus> UntilAsync(Func<RouteStatus, bool> holds)
    {
        RouteStatus status = await StatusAsync();
        for (int attempt = 0; attempt < 600 && !holds(status); attempt++)
        {
            await Task.Delay(50, Cancellation);
            status = await StatusAsync();
        }
        Assert.True(holds(status), status.ToString());
        return status;
    }

    public async Task<IReadOnlyList<RouteSkipped>> SkipsAsync() =>
        [
            .. (await Records.ReadAsync(0, 10_000, Cancellation))
                .Select(r => RecordBodyJson.Deserialize(r.Sealed.Body.Span))
                .OfType<RouteSkipped>(),
        ];

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        folder.Delete(recursive: true);
    }

    private static SourceText[] Texts(string[] texts) => [.. texts.Select((t, i) => new SourceText($"{i}.yml", t))];
}
