namespace Custodiet.Streaming;

/// <summary>Bounds the bytes that are under way at once. One taker, one returner.</summary>
internal sealed class ByteBudget(long capacity)
{
    private readonly Lock gate = new();
    private long taken;
    private TaskCompletionSource? waiting;

    /// <summary>Takes bytes, waiting while too many are out. A single request above the capacity is let through alone.</summary>
    public async ValueTask TakeAsync(long bytes, CancellationToken cancellation)
    {
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (taken == 0 || taken + bytes <= capacity)
                {
                    taken += bytes;
                    return;
                }
                waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = waiting.Task;
            }
            await wait.WaitAsync(cancellation);
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(long bytes)
    {
        TaskCompletionSource? woken;
        lock (gate)
        {
            taken -= bytes;
            woken = waiting;
            waiting = null;
        }
        woken?.TrySetResult();
    }
}
