using System.Threading.Channels;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Queue;

/// <summary>
/// Tells open pages which alerts were raised, by reading new records once for all of them. It announces numbers only;
/// pages read the alerts themselves, with their reader's eyes.
/// </summary>
internal sealed class ArrivalFeed(IRecordStore records, ILogger<ArrivalFeed> log) : BackgroundService
{
    private const int ReadAtOnce = 1_000;

    private readonly Lock gate = new();
    private readonly List<Channel<AlertRaised>> listeners = [];
    private readonly Channel<long> committed = Channel.CreateBounded<long>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }
    );

    /// <summary>Alerts a listener that falls behind is told about at most; older ones are dropped, and its count is then a lower bound.</summary>
    public const int BacklogMax = 10_000;

    /// <summary>Alerts raised from now on, until disposed.</summary>
    public Listener Listen()
    {
        var channel = Channel.CreateBounded<AlertRaised>(
            new BoundedChannelOptions(BacklogMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
        );
        lock (gate)
        {
            listeners.Add(channel);
        }
        return new Listener(this, channel);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        void OnCommitted(long count) => committed.Writer.TryWrite(count);
        long next = records.Count;
        records.Committed += OnCommitted;
        try
        {
            await foreach (long _ in committed.Reader.ReadAllAsync(stoppingToken))
            {
                next = await TellAsync(next, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
        finally
        {
            records.Committed -= OnCommitted;
        }
    }

    private async ValueTask<long> TellAsync(long next, CancellationToken stopping)
    {
        bool wanted;
        lock (gate)
        {
            wanted = listeners.Count > 0;
        }
        if (!wanted)
        {
            return records.Count;
        }
        try
        {
            IReadOnlyList<StoredRecord> read;
            do
            {
                read = await records.ReadAsync(next, ReadAtOnce, stopping);
                foreach (StoredRecord record in read)
                {
                    if (
                        record is { Erased: false, Sealed.Type: "alert.raised/1" }
                        && RecordBodyJson.Deserialize(record.Sealed.Body.Span) is AlertRaised raised
                    )
                    {
                        Tell(raised);
                    }
                    next = record.Index + 1;
                }
            } while (read.Count == ReadAtOnce);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Announcing is telemetry: it is logged and goes on, while pages still show everything when loaded.
            ArrivalFeedLog.Failed(log, failure);
            return records.Count;
        }
        return next;
    }

    private void Tell(AlertRaised raised)
    {
        lock (gate)
        {
            foreach (Channel<AlertRaised> listener in listeners)
            {
                listener.Writer.TryWrite(raised);
            }
        }
    }

    /// <summary>One open page.</summary>
    internal sealed class Listener(ArrivalFeed feed, Channel<AlertRaised> channel) : IDisposable
    {
        /// <summary>The alerts.</summary>
        public ChannelReader<AlertRaised> Alerts => channel.Reader;

        /// <summary>Ends the stream of alerts.</summary>
        public void Complete() => channel.Writer.TryComplete();

        /// <inheritdoc/>
        public void Dispose()
        {
            lock (feed.gate)
            {
                feed.listeners.Remove(channel);
            }
            Complete();
        }
    }
}
