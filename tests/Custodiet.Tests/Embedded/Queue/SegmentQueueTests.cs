using Custodiet.Embedded.Queue;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Time.Testing;
using static Custodiet.Tests.Embedded.Queue.QueueSome;

namespace Custodiet.Tests.Embedded.Queue;

public class SegmentQueueTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatWasAcceptedIsReadBackInOrderAlsoAfterARestart()
    {
        MemoryDisk disk = new();
        EventBatch[] batches =
        [
            Batch(0),
            Batch(1, count: 1, bytes: 20_000, key: "k"),
            new EventBatch("http", null, 5, [0, 0], ReadOnlyMemory<byte>.Empty),
            Batch(3, count: 500, bytes: 30),
            Batch(4, count: 2, bytes: 15_000),
            Batch(5, count: 2, bytes: 15_000),
            Batch(6, count: 2, bytes: 15_000),
        ];
        await using (SegmentQueue queue = await OpenAsync(disk))
        {
            long next = 0;
            foreach (EventBatch batch in batches)
            {
                QueueAppend.Accepted accepted = await AcceptAsync(queue, batch);
                Assert.Equal(new QueueAppend.Accepted(next, batch.Lengths.Count, Repeated: false), accepted);
                next += batch.Lengths.Count;
            }
        }
        Assert.True(disk.Files.Count > 1);
        await using SegmentQueue again = await OpenAsync(disk);
        List<QueuedBatch> read = await ReadAllAsync(again);
        Assert.Equal(batches.Length, read.Count);
        for (int i = 0; i < batches.Length; i++)
        {
            AssertSame(batches[i], read[i].Batch);
        }
        Assert.Equal(0, again.Recovery.TornBytes);
        Assert.Equal(batches.Length, again.Recovery.Batches);
        // Begins at the batch that holds the offset.
        Assert.Equal(6, (await ReadAllAsync(again, 300))[0].FirstOffset);
    }

    [Fact]
    public async Task ManySendersAtOnceEachGetTheirOwnOffsets()
    {
        MemoryDisk disk = new();
        await using SegmentQueue queue = await OpenAsync(disk, Options with { BytesMax = 64 << 20 });
        QueueAppend[] outcomes = await Task.WhenAll(
            Enumerable
                .Range(0, 500)
                .Select(i => Task.Run(async () => await queue.AppendAsync(Batch(i, count: 2), Cancellation)))
        );
        Assert.Equal(
            Enumerable.Range(0, 500).Select(i => 2L * i),
            outcomes.Cast<QueueAppend.Accepted>().Select(accepted => accepted.FirstOffset).Order()
        );
        List<QueuedBatch> read = await ReadAllAsync(queue);
        Assert.Equal(500, read.Count);
        for (int i = 0; i < 500; i++)
        {
            long first = ((QueueAppend.Accepted)outcomes[i]).FirstOffset;
            AssertSame(Batch(i, count: 2), read[(int)first / 2].Batch);
        }
        Assert.True(queue.Counters.Commits <= 500);
    }

    [Fact]
    public async Task AReaderFollowsWhatIsAppendedLater()
    {
        await using SegmentQueue queue = await OpenAsync(new MemoryDisk());
        Task<List<QueuedBatch>> reading = Task.Run(
            async () =>
            {
                List<QueuedBatch> read = [];
                await foreach (QueuedBatch batch in queue.ReadAsync(0, Cancellation))
                {
                    read.Add(batch);
                    if (read.Count == 200)
                    {
                        break;
                    }
                }
                return read;
            },
            Cancellation
        );
        for (int i = 0; i < 200; i++)
        {
            await AcceptAsync(queue, Batch(i, count: 1, bytes: 1_000));
        }
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), (await reading).Select(batch => batch.FirstOffset));
    }

    [Fact]
    public async Task AFullQueuePushesBackAndTakesAgainWhatWasReleased()
    {
        MemoryDisk disk = new();
        await using SegmentQueue queue = await OpenAsync(disk, Options with { BytesMax = 200 << 10 });
        QueueAppend outcome;
        int accepted = 0;
        while (
            (outcome = await queue.AppendAsync(Batch(accepted, count: 1, bytes: 8_000), Cancellation))
            is QueueAppend.Accepted
        )
        {
            accepted++;
        }
        QueueAppend.Pushback pushback = Assert.IsType<QueueAppend.Pushback>(outcome);
        Assert.Contains("queue.bytesMax", pushback.Reason, StringComparison.Ordinal);
        Assert.Equal(accepted, queue.State.NextOffset);
        Assert.True(queue.State.Bytes <= 200 << 10);
        queue.Release(accepted);
        Assert.Single(disk.Files);
        Assert.True(queue.State.FirstOffset > 0);
        Assert.Equal(accepted, (await AcceptAsync(queue, Batch(9, count: 1))).FirstOffset);
        Assert.Equal(1, queue.Counters.Pushbacks);
    }

    [Fact]
    public async Task ADiskBelowItsFloorPushesBack()
    {
        MemoryDisk disk = new() { Free = 1 << 20 };
        FakeTimeProvider time = new(Start);
        await using SegmentQueue queue = await OpenAsync(disk, Options with { FreeDiskFloorBytes = 2 << 20 }, time);
        QueueAppend.Pushback pushback = Assert.IsType<QueueAppend.Pushback>(
            await queue.AppendAsync(Batch(0), Cancellation)
        );
        Assert.Contains("queue.freeDiskFloorBytes", pushback.Reason, StringComparison.Ordinal);
        Assert.NotNull(queue.State.Failure);
        disk.Free = 3 << 20;
        time.Advance(TimeSpan.FromSeconds(2));
        await AcceptAsync(queue, Batch(0));
        Assert.Null(queue.State.Failure);
    }

    [Fact]
    public async Task ReleasedEventsThatAreStillWantedAreKeptUpToABoundAndPushNobodyBack()
    {
        MemoryDisk disk = new() { Free = 3 << 20 };
        FakeTimeProvider time = new(Start);
        await using SegmentQueue queue = await OpenAsync(
            disk,
            Options with
            {
                BytesMax = 200 << 10,
                FreeDiskFloorBytes = 2 << 20,
            },
            time
        );
        // A segment of 64 KiB takes four.
        for (int i = 0; i < 40; i++)
        {
            await AcceptAsync(queue, Batch(i, count: 1, bytes: 15_000));
            queue.Release(i + 1, 0, 1 << 20);
        }
        Assert.Equal(0, queue.State.FirstOffset);
        Assert.InRange(queue.State.HeldBytes, 500_000, 1 << 20);
        Assert.InRange(queue.State.Bytes, 0, 64 << 10);
        Assert.Equal(40, (await ReadAllAsync(queue)).Count);
        // What nobody wants goes, what somebody wants stays, and of that the newest up to the bound.
        Assert.Equal(8, queue.Release(40, 9, 1 << 20));
        Assert.Equal(28, queue.Release(40, 9, 150_000));
        Assert.InRange(queue.State.HeldBytes, 1, 150_000);
        // A disk that is nearly full keeps only what the stream needs.
        disk.Free = 1 << 20;
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(36, queue.Release(40, 9, 1 << 20));
        Assert.Equal(0, queue.State.HeldBytes);
    }

    [Fact]
    public async Task OffsetsAreNeverUsedTwiceEvenWhenEverythingWasReleased()
    {
        MemoryDisk disk = new();
        await using (SegmentQueue queue = await OpenAsync(disk))
        {
            for (int i = 0; i < 20; i++)
            {
                await AcceptAsync(queue, Batch(i, count: 1, bytes: 15_000));
            }
            queue.Release(20);
        }
        await using (SegmentQueue queue = await OpenAsync(disk))
        {
            Assert.Equal(20, (await AcceptAsync(queue, Batch(1, count: 1))).FirstOffset);
        }
        // A folder that was lost begins where the consumers stand, and the gap is no damage later.
        await using (SegmentQueue queue = await OpenAsync(disk, Options with { NextOffsetAtLeast = 1_000 }))
        {
            Assert.Equal(1_000, (await AcceptAsync(queue, Batch(2, count: 1))).FirstOffset);
        }
        await using SegmentQueue last = await OpenAsync(disk);
        Assert.Equal(1_001, last.State.NextOffset);
        Assert.Equal(1_000, (await ReadAllAsync(last, 21))[0].FirstOffset);
    }

    [Fact]
    public async Task ARepeatedBatchGetsItsFirstAnswerAlsoAcrossARestart()
    {
        MemoryDisk disk = new();
        await using (SegmentQueue queue = await OpenAsync(disk))
        {
            Assert.False((await AcceptAsync(queue, Batch(0, key: "a"))).Repeated);
            Assert.Equal(new QueueAppend.Accepted(0, 3, Repeated: true), await AcceptAsync(queue, Batch(0, key: "a")));
            await AcceptAsync(queue, Batch(1, key: "b"));
        }
        BatchKey known = new("gone", 77, 5, Start.UtcTicks / 10);
        known = known with { ReceivedMicros = Custodiet.Records.Events.EventTime.ToMicros(Start) };
        EventBatch received = Batch(2, key: "c") with { ReceivedMicros = known.ReceivedMicros };
        await using (SegmentQueue queue = await OpenAsync(disk, keys: [known]))
        {
            Assert.Equal(new QueueAppend.Accepted(3, 3, Repeated: true), await AcceptAsync(queue, Batch(1, key: "b")));
            Assert.Equal(
                new QueueAppend.Accepted(77, 5, Repeated: true),
                await AcceptAsync(queue, Batch(9, key: "gone"))
            );
            Assert.Equal(6, queue.State.NextOffset);
            Assert.False((await AcceptAsync(queue, received)).Repeated);
        }
        FakeTimeProvider later = new(Start.AddHours(25));
        await using SegmentQueue aged = await OpenAsync(disk, time: later);
        Assert.False((await AcceptAsync(aged, Batch(2, key: "c"))).Repeated);
    }

    [Fact]
    public async Task TheNumberOfRememberedKeysIsBoundedAndCounted()
    {
        await using SegmentQueue queue = await OpenAsync(new MemoryDisk(), Options with { RepeatKeysMax = 10 });
        for (int i = 0; i < 25; i++)
        {
            await AcceptAsync(queue, Batch(i, key: $"k{i}"));
        }
        Assert.Equal(15, queue.Counters.KeysForgotten);
        Assert.True((await AcceptAsync(queue, Batch(24, key: "k24"))).Repeated);
        Assert.False((await AcceptAsync(queue, Batch(0, key: "k0"))).Repeated);
    }

    [Fact]
    public async Task TwoSendersOfOneKeyAtOnceAddItOnce()
    {
        await using SegmentQueue queue = await OpenAsync(new MemoryDisk());
        QueueAppend[] outcomes = await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(_ => Task.Run(async () => await queue.AppendAsync(Batch(0, key: "same"), Cancellation)))
        );
        Assert.Equal(3, queue.State.NextOffset);
        Assert.Single(outcomes, outcome => !((QueueAppend.Accepted)outcome).Repeated);
        Assert.Equal(49, queue.Counters.Repeats);
    }

    [Fact]
    public async Task CallersErrorsAreToldAsSuch()
    {
        await using SegmentQueue queue = await OpenAsync(new MemoryDisk());
        foreach (
            EventBatch bad in (EventBatch[])
                [
                    new EventBatch("test", null, 0, [1, 2], new byte[4]),
                    new EventBatch("test", null, 0, [-1, 2], new byte[1]),
                    new EventBatch("test", new string('k', 201), 0, [1], new byte[1]),
                    new EventBatch("test", "", 0, [1], new byte[1]),
                    new EventBatch("test", null, 0, [32 << 10], new byte[32 << 10]),
                ]
        )
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await queue.AppendAsync(bad, Cancellation));
        }
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
            await queue.ReadAsync(1, Cancellation).GetAsyncEnumerator(Cancellation).MoveNextAsync()
        );
        Assert.Equal(
            new QueueAppend.Accepted(0, 0, false),
            await AcceptAsync(queue, new EventBatch("test", null, 0, [], default))
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => (Options with { BytesMax = 64 << 10 }).Check());
    }

    [Fact]
    public async Task ClosingEndsTheReaders()
    {
        SegmentQueue queue = await OpenAsync(new MemoryDisk());
        await AcceptAsync(queue, Batch(0));
        Task<int> reading = Task.Run(
            async () =>
            {
                int batches = 0;
                await foreach (QueuedBatch _ in queue.ReadAsync(0, Cancellation))
                {
                    batches++;
                }
                return batches;
            },
            Cancellation
        );
        await queue.DisposeAsync();
        Assert.Equal(1, await reading);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await queue.AppendAsync(Batch(1), Cancellation));
        await queue.DisposeAsync();
    }

    [Fact]
    public async Task TheRealDiskKeepsWhatWasAccepted()
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-queue-").FullName;
        try
        {
            SegmentQueueOptions options = Options with { Folder = folder, FreeDiskFloorBytes = 0 };
            await using (
                SegmentQueue queue = await SegmentQueue.OpenAsync(options, TimeProvider.System, [], Cancellation)
            )
            {
                for (int i = 0; i < 30; i++)
                {
                    await AcceptAsync(queue, Batch(i, count: 4, bytes: 2_000, key: $"k{i}"));
                }
                Assert.Equal(30, (await ReadAllAsync(queue)).Count);
                queue.Release(60);
            }
            await using SegmentQueue again = await SegmentQueue.OpenAsync(
                options,
                TimeProvider.System,
                [],
                Cancellation
            );
            Assert.Equal(120, again.State.NextOffset);
            Assert.InRange(again.State.FirstOffset, 1, 60);
            List<QueuedBatch> read = await ReadAllAsync(again, 64);
            Assert.Equal(64, read[0].FirstOffset);
            AssertSame(Batch(16, count: 4, bytes: 2_000, key: "k16"), read[0].Batch);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
