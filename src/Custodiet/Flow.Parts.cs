using System.Reflection;
using Custodiet.Analytics;
using Custodiet.Api;
using Custodiet.Archive;
using Custodiet.Balances;
using Custodiet.Cli;
using Custodiet.Configuration;
using Custodiet.Embedded;
using Custodiet.Embedded.Queue;
using Custodiet.Inputs;
using Custodiet.Outputs;
using Custodiet.Pipeline.Parsers;
using Custodiet.Process.Alerts;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;
using Custodiet.Retention;
using Custodiet.Streaming;

namespace Custodiet;

/// <summary>What a flow is made of once it is open.</summary>
internal sealed partial class Flow(
    DataFolder folder,
    Func<ReadyContent> readContent,
    SqliteRecords records,
    KeptLedger ledger,
    SegmentQueue queue,
    ParquetArchive archive,
    Datasets datasets,
    InputBoard inputs,
    EventIntake intake,
    SyslogInputs syslog,
    AlertGrouping grouping,
    AlertIntake alerts,
    Shedding shedding,
    BalanceKeeper balance,
    Holds holds,
    Func<LoadedContent, RetentionKeeper> keep,
    Func<ReadyContent, CancellationToken, Task<EventStream>> openStream,
    Func<ReadyContent, CancellationToken, Task<OutputRoutes>> openRoutes,
    TimeProvider time,
    ILoggerFactory logs,
    Closing closing,
    IReadOnlyList<string> folderRemarks
)
{
    private readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile LoadedParts? loadedParts;

    /// <summary>The product's version.</summary>
    public static string Version { get; } =
        typeof(Flow)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0]
        ?? "0";

    public DataFolder Folder => folder;

    /// <summary>Completes when the content is loaded; what needs it waits for this.</summary>
    public Task Loaded => loaded.Task;

    public LoadedContent Content => Parts.Content;

    public SqliteRecords Records => records;

    public KeptLedger Ledger => ledger;

    public SegmentQueue Queue => queue;

    public ParquetArchive Archive => archive;

    public Datasets Datasets => datasets;

    public InputBoard Inputs => inputs;

    /// <summary>The syslog listeners. Who runs the product starts them; a command on the data folder does not.</summary>
    public SyslogInputs Syslog => syslog;

    public EventIntake Intake => intake;

    public AlertGrouping Grouping => grouping;

    public AlertIntake Alerts => alerts;

    /// <summary>What was shed of senders that cannot wait.</summary>
    public Shedding Shedding => shedding;

    /// <summary>Legal holds.</summary>
    public Holds Holds => holds;

    /// <summary>What is kept how long.</summary>
    public RetentionKeeper Retention => Parts.Retention;

    /// <summary>The erasure of a person's data.</summary>
    public PersonErasure Erasure => new(this, holds);

    public RuleSet Rules => Parts.Rules;

    public EventStream Stream => Parts.Stream;

    /// <summary>The routes. Who runs the product runs them; a command on the data folder does not.</summary>
    public OutputRoutes Outputs => Parts.Routes;

    public TimeProvider Time => time;

    /// <summary>Whether the run before ended without coming to rest.</summary>
    public bool WasInterrupted { get; init; }

    /// <summary>Below so many bytes free on the disk, inputs push back.</summary>
    public long DiskFloorBytes { get; init; }

    /// <summary>Whether stream and ledger run.</summary>
    public bool IsReady { get; private set; }

    private LoadedParts Parts => loadedParts ?? throw new InvalidOperationException("The content is not loaded yet.");

    /// <summary>What happened to the data folder before this start: a restore, another format.</summary>
    public IReadOnlyList<string> FolderRemarks => folderRemarks;

    /// <summary>What the start found and whoever starts it should know.</summary>
    public IEnumerable<string> StartRemarks
    {
        get
        {
            foreach (string remark in folderRemarks)
            {
                yield return remark;
            }
            if (queue.Recovery.TornBytes > 0)
            {
                yield return $"queue: {Counted.Of(queue.Recovery.TornBytes, "byte")} of a write that was never acknowledged cut off";
            }
            foreach (string damage in queue.Recovery.SetAside)
            {
                yield return $"queue: {damage}";
            }
            if (ledger.Refusal is { } refusal)
            {
                yield return $"ledger: {refusal}";
            }
        }
    }

    /// <summary>How much content is loaded, and whether something of it was left out.</summary>
    public string ContentRemark => ContentLoaded + ContentLeftOut;

    private string ContentLeftOut =>
        Content.Problems.Count(p => p.Level == ProblemLevel.Error) is > 0 and int problems
            ? $"; {Counted.Of(problems, "problem")} left something out, «custodiet content check» shows it"
            : "";

    private string ContentLoaded =>
        $"content: {Counted.Of(Content.Rules.Rules.Count, "rule")} ({Content.Rules.Refused.Count:N0} refused), {Counted.Of(Content.Parsers.Parsers.Count, "parser")}";

    /// <summary>How far everything has come.</summary>
    public async Task<StreamStatus> StatusAsync(CancellationToken cancellation)
    {
        QueueState state = queue.State;
        return new StreamStatus(
            Version,
            state.NextOffset,
            Stream.AnalysedTo,
            archive.NextOffset,
            state.Bytes,
            state.BytesMax,
            state.Failure,
            ledger.Log.NextRecord,
            records.Count,
            await records.StagesAsync(cancellation),
            inputs.Read(),
            await Outputs.StatusAsync(cancellation)
        );
    }

    public ValueTask DisposeAsync() => closing.DisposeAsync();
}

/// <summary>What a flow has once its content is loaded.</summary>
internal sealed record LoadedParts(
    LoadedContent Content,
    RuleSet Rules,
    EventStream Stream,
    OutputRoutes Routes,
    RetentionKeeper Retention
);

/// <summary>The content with what the stream runs of it.</summary>
internal sealed record ReadyContent(LoadedContent Content, BoundParsers Parsers, RuleSet Rules)
{
    /// <summary>Reads the content and compiles it against these tables.</summary>
    public static ReadyContent Read(
        Settings settings,
        FieldTable fields,
        LogSourceTable logSources,
        SourceTable sources
    )
    {
        LoadedContent content = LoadedContent.Read(settings);
        return new ReadyContent(
            content,
            content.Parsers.Bind(fields, logSources, sources, zone: settings.TimeZone),
            RuleSet.Compile(content.Rules.Rules, fields, logSources)
        );
    }
}

/// <summary>A mark in the data folder while the service runs: found at a start, it says that the last run was not stopped in order.</summary>
internal static class RunMark
{
    /// <summary>Sets the mark, and answers whether the run before ended in order.</summary>
    public static bool Begin(string folder)
    {
        string mark = Path.Combine(folder, "running");
        bool clean = !File.Exists(mark);
        File.WriteAllText(mark, "");
        return clean;
    }

    /// <summary>Takes the mark away.</summary>
    public static void End(string folder) => File.Delete(Path.Combine(folder, "running"));
}

/// <summary>Closes what was opened, newest first.</summary>
internal sealed class Closing(DataFolder folder) : IAsyncDisposable
{
    private readonly Stack<object> opened = new();

    /// <summary>Remembers something to close.</summary>
    public T Add<T>(T part)
        where T : class
    {
        opened.Push(part);
        return part;
    }

    public async ValueTask DisposeAsync()
    {
        while (opened.TryPop(out object? part))
        {
            switch (part)
            {
                case IAsyncDisposable asynchronous:
                    await asynchronous.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
                default:
                    throw new InvalidOperationException($"{part.GetType().Name} cannot be closed.");
            }
        }
        // The folder's lock goes last: nobody else may open it while a part is still writing.
        folder.Dispose();
    }
}
