using System.Text;
using Custodiet.Embedded.Queue;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Embedded.Queue;

/// <summary>Queues and batches for tests.</summary>
internal static class QueueSome
{
    public static readonly DateTimeOffset Start = new(2026, 11, 24, 4, 0, 0, TimeSpan.Zero);

    public static SegmentQueueOptions Options { get; } =
        new("unused")
        {
            SegmentBytes = 64 << 10,
            BatchBytesMax = 32 << 10,
            BytesMax = 1 << 20,
            WaitingBytesMax = 1 << 20,
            CommitInterval = TimeSpan.Zero,
        };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static EventBatch Batch(int number, int count = 3, int bytes = 10, string? key = null)
    {
        byte[] content = Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, count).Select(i => $"{number}.{i}".PadRight(bytes, '.')[..bytes]))
        );
        return new EventBatch("test", key, Start.UtcTicks / 10, [.. Enumerable.Repeat(bytes, count)], content);
    }

    public static ValueTask<SegmentQueue> OpenAsync(
        ISegmentDisk disk,
        SegmentQueueOptions? options = null,
        TimeProvider? time = null,
        IReadOnlyList<BatchKey>? keys = null
    ) =>
        SegmentQueue.OpenAsync(options ?? Options, disk, time ?? new FakeTimeProvider(Start), keys ?? [], Cancellation);

    public static async Task<QueueAppend.Accepted> AcceptAsync(SegmentQueue queue, EventBatch batch) =>
        Assert.IsType<QueueAppend.Accepted>(await queue.AppendAsync(batch, Cancellation));

    /// <summary>Everything that is durable from an offset on.</summary>
    public static async Task<List<QueuedBatch>> ReadAllAsync(SegmentQueue queue, long from = 0)
    {
        List<QueuedBatch> batches = [];
        long end = queue.State.NextOffset;
        if (from >= end)
        {
            return batches;
        }
        await foreach (QueuedBatch batch in queue.ReadAsync(from, Cancellation))
        {
            batches.Add(batch);
            if (batch.NextOffset >= end)
            {
                break;
            }
        }
        return batches;
    }

    public static void AssertSame(EventBatch expected, EventBatch actual)
    {
        Assert.Equal(expected.Input, actual.Input);
        Assert.Equal(expected.IdempotencyKey, actual.IdempotencyKey);
        Assert.Equal(expected.ReceivedMicros, actual.ReceivedMicros);
        Assert.Equal(expected.Lengths, actual.Lengths);
        Assert.True(expected.Bytes.Span.SequenceEqual(actual.Bytes.Span));
    }
}
