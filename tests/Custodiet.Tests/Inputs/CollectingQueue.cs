using System.Collections.Concurrent;
using System.Text;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Inputs;

/// <summary>A queue in memory that can be made full.</summary>
internal sealed class CollectingQueue : IEventQueue
{
    private readonly ConcurrentQueue<(string Input, string Text)> events = new();
    private long next;

    /// <summary>Set: what an append answers instead of taking.</summary>
    public volatile QueueAppend? Refusal;

    /// <summary>How often an append was refused.</summary>
    public int Refusals;

    /// <summary>What was taken, in order.</summary>
    public IReadOnlyList<(string Input, string Text)> Events => [.. events];

    public QueueState State => new(0, next, 0, 1, Refusal is null ? null : "full");

    public ValueTask<QueueAppend> AppendAsync(EventBatch batch, CancellationToken cancellation)
    {
        if (Refusal is { } refusal)
        {
            Interlocked.Increment(ref Refusals);
            return ValueTask.FromResult(refusal);
        }
        int at = 0;
        foreach (int length in batch.Lengths)
        {
            events.Enqueue((batch.Input, Encoding.UTF8.GetString(batch.Bytes.Span.Slice(at, length))));
            at += length;
        }
        Assert.Equal(batch.Bytes.Length, at);
        long first = Interlocked.Add(ref next, batch.Lengths.Count) - batch.Lengths.Count;
        return ValueTask.FromResult<QueueAppend>(new QueueAppend.Accepted(first, batch.Lengths.Count, Repeated: false));
    }

    public IAsyncEnumerable<QueuedBatch> ReadAsync(long fromOffset, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public void Release(long beforeOffset) { }

    public long Release(long beforeOffset, long wantedFrom, long keptBytesMax) => 0;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Waits until so many events are there.</summary>
    public async Task WaitAsync(int count)
    {
        for (int attempt = 0; attempt < 1_000 && events.Count < count; attempt++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        Assert.Equal(count, events.Count);
    }
}
