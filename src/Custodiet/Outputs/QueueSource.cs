using Custodiet.Analytics;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;
using Custodiet.Reduction;

namespace Custodiet.Outputs;

/// <summary>What a route needs to look at events. Serves one route.</summary>
/// <param name="Reader">Parses; null when the route needs bytes alone.</param>
/// <param name="Filter">Selects; null for every event.</param>
/// <param name="Reducer">Reduces; null when nothing is reduced.</param>
/// <param name="Sources">Names the technology of what a reduction leaves out.</param>
/// <param name="Encoder">Encodes.</param>
internal sealed record EventWork(
    EventReader? Reader,
    EventFilterEvaluator? Filter,
    Reducer? Reducer,
    SourceTable Sources,
    ItemEncoder Encoder
);

/// <summary>Events of the queue, read beside the stream, at the route's own pace.</summary>
internal sealed class QueueSource(IEventQueue queue, RouteDefinition route, EventWork work, TimeProvider time)
    : IRouteSource
{
    /// <summary>Events looked at for one batch, so that a filter that selects little still comes on.</summary>
    private const int ScannedMax = 50_000;

    private readonly List<QueuedBatch> window = [];
    private readonly Event item = new();
    private CancellationTokenSource readingStop = new();
    private IAsyncEnumerator<QueuedBatch>? reading;
    private Task<bool>? moving;

    public ValueTask<long> EndAsync(CancellationToken cancellation) => ValueTask.FromResult(queue.State.NextOffset);

    public async ValueTask<OutputBatch> NextAsync(
        long position,
        long? until,
        int itemsMax,
        CancellationToken cancellation
    )
    {
        Forget(position);
        while (window.Count == 0)
        {
            await MoveAsync(position, cancellation);
        }
        OutputBatch batch = new(Math.Max(position, window[0].FirstOffset))
        {
            OldestMicros = window[0].Batch.ReceivedMicros,
        };
        if (batch.Start > position)
        {
            return batch;
        }
        long began = time.GetTimestamp();
        int scanned = 0;
        for (int index = 0; ; index++)
        {
            // A batch of the queue that does not follow on its predecessor shows a gap: the next call tells of it.
            if (window[index].FirstOffset > batch.Next || !Take(window[index], batch, until, itemsMax, ref scanned))
            {
                return batch;
            }
            if (index + 1 < window.Count)
            {
                continue;
            }
            TimeSpan rest = until is null ? route.Batch.Wait - time.GetElapsedTime(began) : Timeout.InfiniteTimeSpan;
            if (batch.Next == until || !await MovesWithinAsync(rest, cancellation))
            {
                return batch;
            }
        }
    }

    public async ValueTask ResetAsync()
    {
        await readingStop.CancelAsync();
        if (moving is not null)
        {
            await Task.WhenAny(moving);
            moving = null;
        }
        if (reading is not null)
        {
            await reading.DisposeAsync();
            reading = null;
        }
        Forget(long.MaxValue);
        readingStop.Dispose();
        readingStop = new CancellationTokenSource();
    }

    public async ValueTask DisposeAsync()
    {
        await ResetAsync();
        readingStop.Dispose();
    }

    /// <summary>Adds events of one batch of the queue; false when the outgoing batch is complete.</summary>
    private bool Take(QueuedBatch from, OutputBatch batch, long? until, int itemsMax, ref int scanned)
    {
        work.Reader?.SetInput(from.Batch.Input);
        IReadOnlyList<int> lengths = from.Batch.Lengths;
        int at = 0;
        for (int index = 0; index < lengths.Count; index++)
        {
            long offset = from.FirstOffset + index;
            ReadOnlyMemory<byte> raw = from.Batch.Bytes.Slice(at, lengths[index]);
            at += lengths[index];
            if (offset < batch.Next)
            {
                continue;
            }
            if (
                offset == until
                || scanned == ScannedMax
                || batch.Items.Count + batch.Aside.Count >= itemsMax
                || (batch.Items.Count > 0 && batch.Items.Bytes.Length + raw.Length > route.Batch.Bytes)
            )
            {
                return false;
            }
            scanned++;
            Add(offset, from.Batch.ReceivedMicros, raw, batch);
            batch.Next = offset + 1;
        }
        return true;
    }

    private void Add(long offset, long received, ReadOnlyMemory<byte> raw, OutputBatch batch)
    {
        if (work.Reader is null)
        {
            item.Clear();
            item.Raw = raw;
            item.Offset = offset;
            work.Encoder.Add(item, batch);
            return;
        }
        work.Reader.Read(offset, received, raw, item);
        if (work.Filter is { } filter && !filter.Evaluate(item)[0])
        {
            batch.Filtered++;
            return;
        }
        if (work.Reducer is { } reducer && reducer.Decide(item) is var by and >= 0)
        {
            ReductionDefinition reduction = reducer.Reductions[by];
            if (reduction.TakesEvents)
            {
                string name = $"{reduction.Id}, {work.Sources.Of(item.Source).Technology}";
                batch.Reduced[name] = batch.Reduced.GetValueOrDefault(name) + 1;
                batch.ReducedBytes += raw.Length;
                return;
            }
            if (route.Format == RouteFormat.Json)
            {
                reducer.Apply(item, by);
                batch.ReducedBytes += raw.Length;
            }
        }
        work.Encoder.Add(item, batch);
    }

    private void Forget(long before)
    {
        foreach (QueuedBatch passed in window.TakeWhile(b => b.NextOffset <= before))
        {
            passed.Buffer?.Dispose();
        }
        window.RemoveAll(b => b.NextOffset <= before);
    }

    private async ValueTask MoveAsync(long position, CancellationToken cancellation)
    {
        reading ??= queue.ReadAsync(position, readingStop.Token).GetAsyncEnumerator(readingStop.Token);
        moving ??= reading.MoveNextAsync().AsTask();
        await moving.WaitAsync(cancellation);
        await ArrivedAsync(cancellation);
    }

    private async ValueTask<bool> MovesWithinAsync(TimeSpan rest, CancellationToken cancellation)
    {
        moving ??= reading!.MoveNextAsync().AsTask();
        if (!moving.IsCompleted)
        {
            if (rest <= TimeSpan.Zero && rest != Timeout.InfiniteTimeSpan)
            {
                return false;
            }
            try
            {
                await moving.WaitAsync(rest, time, cancellation);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
        await ArrivedAsync(cancellation);
        return true;
    }

    private async ValueTask ArrivedAsync(CancellationToken cancellation)
    {
        bool more = await moving!;
        moving = null;
        if (!more)
        {
            // The queue was closed: the product is stopping.
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        window.Add(reading!.Current);
    }
}
