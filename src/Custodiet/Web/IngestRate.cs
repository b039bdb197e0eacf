using Custodiet.Records.Stores;

namespace Custodiet.Web;

/// <summary>Events per second over the last minute, sampled from the queue's numbering; null until two samples exist.</summary>
internal sealed class IngestRate(IEventQueue queue, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan step = TimeSpan.FromSeconds(5);
    private const int SamplesMax = 13;

    private readonly Lock gate = new();
    private readonly Queue<(DateTimeOffset At, long Offset)> samples = [];

    /// <summary>The rate.</summary>
    public double? PerSecond
    {
        get
        {
            lock (gate)
            {
                if (samples.Count < 2)
                {
                    return null;
                }
                (DateTimeOffset firstAt, long first) = samples.Peek();
                (DateTimeOffset lastAt, long last) = samples.Last();
                return lastAt > firstAt ? (last - first) / (lastAt - firstAt).TotalSeconds : null;
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(step, time);
        do
        {
            lock (gate)
            {
                samples.Enqueue((time.GetUtcNow(), queue.State.NextOffset));
                while (samples.Count > SamplesMax)
                {
                    samples.Dequeue();
                }
            }
        } while (await NextAsync(timer, stoppingToken));
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
