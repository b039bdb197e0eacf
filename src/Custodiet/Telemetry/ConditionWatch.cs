using Custodiet.Ledger.Anchors;

namespace Custodiet.Telemetry;

/// <summary>Looks every few seconds at what parts of the flow say of themselves, and logs when something breaks and when it is well again: once each, not while it lasts.</summary>
internal sealed class ConditionWatch
{
    private static readonly TimeSpan every = TimeSpan.FromSeconds(5);

    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly IReadOnlyList<Condition> conditions;
    private readonly HashSet<string> broken = new(StringComparer.Ordinal);

    public ConditionWatch(IReadOnlyList<Condition> conditions, TimeProvider time, ILogger<ConditionWatch> log)
    {
        this.conditions = conditions;
        this.time = time;
        this.log = log;
    }

    /// <summary>Something that can break.</summary>
    /// <param name="Name">What, as the message that it is well again names it.</param>
    /// <param name="Problem">Why it is broken, or null.</param>
    /// <param name="Say">Logs that it is.</param>
    public sealed record Condition(string Name, Func<string?> Problem, Action<ILogger, string> Say);

    /// <summary>What can break in a flow.</summary>
    public static IReadOnlyList<Condition> Of(Flow flow) =>
        [
            new("ledger", () => flow.Ledger.Refusal, ConditionWatchLog.LedgerRefuses),
            new("ledger's tree", () => flow.Ledger.Failure, ConditionWatchLog.LedgerBehind),
            new("store of records", () => flow.Records.Failure, ConditionWatchLog.RecordsFail),
            new("queue", () => flow.Queue.State.Failure, ConditionWatchLog.QueueFails),
            new("archive", () => flow.Archive.State.Failure, ConditionWatchLog.ArchiveFails),
            new("merging of segments", () => flow.Archive.State.CompactionFailure, ConditionWatchLog.CompactionFails),
            .. Enum.GetValues<AnchorKind>()
                .Select(kind => new Condition(
                    $"copy of checkpoints ({kind.ToString().ToLowerInvariant()})",
                    () =>
                        flow.Ledger.Anchors.States.FirstOrDefault(anchor =>
                            anchor.Configuration.Kind == kind && anchor.LastError is not null
                        )
                            is { } failed
                            ? failed.LastError
                            : null,
                    (log, reason) => log.AnchorFails(kind.ToString().ToLowerInvariant(), reason)
                )),
            new("disk", () => DiskProblem(flow), ConditionWatchLog.DiskShort),
        ];

    /// <summary>Watches until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(every, time);
        do
        {
            Look();
        } while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>Looks once.</summary>
    public void Look()
    {
        foreach (Condition condition in conditions)
        {
            if (condition.Problem() is { } problem)
            {
                if (broken.Add(condition.Name))
                {
                    condition.Say(log, problem);
                }
            }
            else if (broken.Remove(condition.Name))
            {
                log.WellAgain(condition.Name);
            }
        }
    }

    // Warned of at twice the floor: below the floor itself the queue says why it takes nothing.
    private static string? DiskProblem(Flow flow)
    {
        try
        {
            long free = new DriveInfo(flow.Folder.Root).AvailableFreeSpace;
            return free < 2 * flow.DiskFloorBytes
                ? $"{free} bytes are free, and below {flow.DiskFloorBytes} inputs push back"
                : null;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
