using Custodiet.Archive;
using Custodiet.Configuration;
using Custodiet.Pipeline.Sources;
using Custodiet.Records.Events;

namespace Custodiet.Retention;

/// <summary>How retention stands.</summary>
/// <param name="Rules">The policy, in the order in which its rules are tried.</param>
/// <param name="FileBytesMax">Bytes on disk that the archive may have, or null.</param>
/// <param name="FileBytes">Bytes on disk that it has.</param>
/// <param name="RawBytes">What was received for them.</param>
/// <param name="Events">Events in it.</param>
/// <param name="OldestReceived">The oldest receipt in it, or null.</param>
/// <param name="DiskBytes">Size of the disk; 0: the file system does not say.</param>
/// <param name="DiskFreeBytes">Free on it.</param>
/// <param name="DiskFloorBytes">Below so much free, inputs push back.</param>
/// <param name="Runway">How long it lasts.</param>
/// <param name="LastRunAt">When the policy was applied last, or null.</param>
/// <param name="LastRun">What that run did, or null.</param>
/// <param name="Failure">Why the last run did not end, or null.</param>
internal sealed record RetentionStatus(
    IReadOnlyList<RetentionLine> Rules,
    long? FileBytesMax,
    long FileBytes,
    long RawBytes,
    long Events,
    DateTimeOffset? OldestReceived,
    long DiskBytes,
    long DiskFreeBytes,
    long DiskFloorBytes,
    Runway Runway,
    DateTimeOffset? LastRunAt,
    RetentionOutcome? LastRun,
    string? Failure
);

/// <summary>A rule of the policy, as people read it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Technology">Which technologies.</param>
/// <param name="Sensor">Which sensors.</param>
/// <param name="Unparsed">Only unparsed events, only parsed ones, or both (null).</param>
/// <param name="KeepDays">Days from receipt; null: without end.</param>
/// <param name="RawBytesMax">Bytes as received at most, or null.</param>
internal sealed record RetentionLine(
    string Name,
    string Technology,
    string Sensor,
    bool? Unparsed,
    double? KeepDays,
    long? RawBytesMax
);

/// <summary>Applies the policy now and then, and at once when the disk becomes short. What fails is said and tried again.</summary>
internal sealed class RetentionKeeper
{
    /// <summary>The policy's rule for what no declaration speaks of.</summary>
    public const string DefaultRule = "archive.keep_days";

    /// <summary>A run each so often.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan look = TimeSpan.FromSeconds(30);

    private readonly ParquetArchive archive;
    private readonly Holds holds;
    private readonly string folder;
    private readonly long floorBytes;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private volatile Run? last;
    private volatile string? failure;

    public RetentionKeeper(
        ParquetArchive archive,
        Holds holds,
        SourceDeclarations sources,
        Settings settings,
        string folder,
        TimeProvider time,
        ILogger<RetentionKeeper> log
    )
    {
        this.archive = archive;
        this.holds = holds;
        this.folder = folder;
        this.time = time;
        this.log = log;
        floorBytes = settings.Number("queue.free_bytes_min");
        Policy = PolicyOf(sources, settings);
    }

    private sealed record Run(DateTimeOffset At, RetentionOutcome Outcome);

    /// <summary>The policy in force.</summary>
    public RetentionPolicy Policy { get; }

    /// <summary>The policy that settings and declarations make: declared sources first, then everything else.</summary>
    public static RetentionPolicy PolicyOf(SourceDeclarations sources, Settings settings)
    {
        long days = settings.Number("archive.keep_days");
        TimeSpan? keep = days == 0 ? null : TimeSpan.FromDays(days);
        long bytes = settings.Number("archive.bytes_max");
        List<RetentionRule> rules =
        [
            .. sources
                .All.Where(s => s.Keep is not null || s.BytesMax is not null)
                .Select(s => new RetentionRule(s.Name, s.Sources, s.Unparsed, s.Keep ?? keep, s.BytesMax)),
            new RetentionRule(DefaultRule, SourcePattern.All, null, keep, null),
        ];
        return new RetentionPolicy(rules, bytes == 0 ? null : bytes);
    }

    /// <summary>Applies the policy until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        DateTimeOffset due = time.GetUtcNow() + TimeSpan.FromMinutes(1);
        using PeriodicTimer timer = new(look, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            bool isShort = Disk() is { } disk && disk.Free < floorBytes;
            if (time.GetUtcNow() < due && !isShort)
            {
                continue;
            }
            await ApplyAsync(cancellation);
            due = time.GetUtcNow() + Interval;
        }
    }

    /// <summary>Applies the policy now. A failure is kept for the status and given back as null.</summary>
    public async Task<RetentionOutcome?> ApplyAsync(CancellationToken cancellation)
    {
        try
        {
            RetentionOutcome outcome = await archive.RetainAsync(
                Policy,
                await holds.InForceAsync(cancellation),
                cancellation
            );
            last = new Run(time.GetUtcNow(), outcome);
            failure = null;
            if (outcome.OverBudget > 0)
            {
                log.OverBudget(outcome.OverBudget);
            }
            return outcome;
        }
        catch (Exception reason) when (reason is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            failure = reason.Message;
            log.RetentionFails(reason.Message);
            return null;
        }
    }

    /// <summary>How it stands.</summary>
    public RetentionStatus Status()
    {
        ArchiveState state = archive.State;
        (long total, long free) = Disk() ?? (0, 0);
        return new RetentionStatus(
            [
                .. Policy.Rules.Select(r => new RetentionLine(
                    r.Name,
                    r.Sources.Technology,
                    r.Sources.Sensor,
                    r.Unparsed,
                    r.Keep?.TotalDays,
                    r.RawBytesMax
                )),
            ],
            Policy.FileBytesMax,
            state.FileBytes,
            state.RawBytes,
            state.Events,
            archive.OldestReceived,
            total,
            free,
            floorBytes,
            archive.RunwayOf(Policy, Math.Max(0, free - floorBytes)),
            last?.At,
            last?.Outcome,
            failure
        );
    }

    // Null: the file system does not say. Not knowing is no reason to delete anything early.
    private (long Total, long Free)? Disk()
    {
        try
        {
            DriveInfo disk = new(folder);
            return (disk.TotalSize, disk.AvailableFreeSpace);
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
