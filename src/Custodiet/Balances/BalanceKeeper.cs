using Custodiet.Inputs;
using Custodiet.Records.Stores;

namespace Custodiet.Balances;

/// <summary>
/// Writes down every minute what became of events since the minute before, so that the stages' balance can be seen over time. Nearly all of it
/// is the growth of totals that are durable anyway: <c>kill -9</c> loses of the last minute what was counted in memory alone (what arrived and
/// was refused), and that minute says so.
/// </summary>
internal sealed class BalanceKeeper(
    IBalanceStore store,
    ITotalsStore totals,
    InputBoard inputs,
    Func<long> queuedTo,
    Func<long> archivedTo,
    TimeProvider time,
    ILogger<BalanceKeeper> log
) : IDisposable
{
    /// <summary>Spans that wait for the store; more minutes than these become one span.</summary>
    public const int WaitingMax = 1_440;

    private static readonly TimeSpan minute = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly List<BalanceSpan> waiting = [];
    private BalanceReading? begin;
    private BalanceReading last = null!;
    private long lastStamp;
    private int starts;
    private int clockSteps;
    private bool failed;

    /// <summary>Offsets that the archive has passed since the start and has no row for. Set when the stream is there.</summary>
    public Func<long> ArchiveGap { get; set; } = () => 0;

    /// <summary>The routes' figures. Set when they are there; until then they stand where the mark says.</summary>
    public Func<CancellationToken, ValueTask<RouteFigures>>? Routes { get; set; }

    /// <summary>Takes up the series where the last run left it. Before any input is open.</summary>
    /// <param name="cleanStop">Whether the last run came to rest.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task BeginAsync(bool cleanStop, CancellationToken cancellation)
    {
        BalanceMark? mark = await store.BalanceMarkAsync(cancellation);
        last = BalanceReading.Of(
            time.GetUtcNow(),
            [],
            queuedTo(),
            archivedTo(),
            await totals.StagesAsync(cancellation),
            null,
            0,
            new RouteFigures(mark?.Sent ?? 0, 0, 0)
        );
        begin = last;
        lastStamp = time.GetTimestamp();
        starts = 1;
        bool continues = mark is not null && last.Continues(mark);
        if (continues && last.After(mark!, !cleanStop) is { } rest)
        {
            waiting.Add(rest);
        }
        if (!continues || waiting.Count > 0)
        {
            // The first mark before the first minute is over: a run that is killed in it is told of, too.
            await SaveAsync(cancellation);
        }
    }

    /// <summary>Writes at each full minute until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan since = TimeSpan.FromTicks(time.GetUtcNow().Ticks % minute.Ticks);
            await Task.Delay(minute - since, time, cancellation);
            await RecordAsync(cancellation);
        }
    }

    /// <summary>Writes what happened since the last time. What the store does not take is tried again the next time.</summary>
    public async Task RecordAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            if (waiting.Count < WaitingMax)
            {
                waiting.Add(await NextAsync(cancellation));
            }
            await SaveAsync(cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task<BalanceSpan> NextAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        long stamp = time.GetTimestamp();
        // Inputs before the queue: what is queued in between is in hand a moment longer, and never below nothing.
        IReadOnlyList<InputStatus> arrived = inputs.Read();
        BalanceReading reading = BalanceReading.Of(
            now,
            arrived,
            queuedTo(),
            archivedTo(),
            await totals.StagesAsync(cancellation),
            begin!.Totals,
            ArchiveGap(),
            Routes is null ? last.Routes : await Routes(cancellation)
        );
        BalanceSpan span = reading.Since(
            last,
            Minute(last.Totals.At),
            (int)Math.Clamp(Math.Round(time.GetElapsedTime(lastStamp, stamp).TotalSeconds), 0, minute.TotalSeconds)
        ) with
        {
            Starts = starts,
            ClockSteps = clockSteps,
        };
        if (span.Differences is { None: false } differs)
        {
            log.BalanceDiffers(
                span.At,
                differs.Input,
                differs.Analysis,
                differs.Rules,
                differs.Archive,
                differs.Routes
            );
        }
        starts = 0;
        clockSteps = now < last.Totals.At ? 1 : 0;
        last = reading;
        lastStamp = stamp;
        return span;
    }

    private async Task SaveAsync(CancellationToken cancellation)
    {
        AppendOutcome outcome = await store.SaveBalanceAsync(waiting, last.Totals, cancellation);
        if (outcome is AppendOutcome.Refused refused)
        {
            if (!failed)
            {
                log.BalanceWaits(refused.Reason);
            }
            failed = true;
            return;
        }
        failed = false;
        waiting.Clear();
    }

    private static DateTimeOffset Minute(DateTimeOffset at) =>
        new(at.UtcTicks - (at.UtcTicks % minute.Ticks), TimeSpan.Zero);
}
