using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Queue;

/// <summary>
/// The stream that says how many alerts of a view were raised since its page was made and are still in it. Each message is the
/// whole count, read anew with the reader's eyes, and carries as its id where the counting began: whoever connects again gets what
/// they missed, and a message that comes twice counts nothing twice.
/// </summary>
internal sealed class QueueLive(IRecordStore records, IJudgementReader judgements, TimeProvider time)
{
    /// <summary>Counted up to here; more is told as «10,000 or more».</summary>
    public const int CountMax = 10_000;

    private static readonly TimeSpan pace = TimeSpan.FromMilliseconds(500);

    /// <summary>Counts after each commit, at most twice a second and for at most a tenth of the time. Ends when the service stops or the page is gone.</summary>
    /// <param name="filter">The view; <see cref="AlertFilter.RaisedAfter"/> says where counting begins.</param>
    /// <param name="viewer">The reader.</param>
    /// <param name="stopping">The service stops.</param>
    /// <param name="cancellation">The page is gone.</param>
    public async IAsyncEnumerable<SseItem<string>> CountAsync(
        AlertFilter filter,
        Viewer viewer,
        CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        string begin = (filter.RaisedAfter ?? 0).ToString(CultureInfo.InvariantCulture);
        var commits = Channel.CreateBounded<long>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
        );
        void OnCommitted(long size) => commits.Writer.TryWrite(size);
        // Completing ends the answer properly; cancelling it would be an error in the log.
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        using CancellationTokenRegistration end = over.Token.Register(() => commits.Writer.TryComplete());
        records.Committed += OnCommitted;
        try
        {
            // The first message comes at once, so that the page knows it is live.
            for (long told = -1; !over.IsCancellationRequested; )
            {
                long started = time.GetTimestamp();
                long count = await judgements.CountAsync(filter, CountMax, viewer, CancellationToken.None);
                TimeSpan spent = time.GetElapsedTime(started);
                if (count != told)
                {
                    told = count;
                    yield return new SseItem<string>(Text(count), "arrived") { EventId = begin };
                }
                TimeSpan pause = spent * 10 > pace ? spent * 10 : pace;
                await Task.Delay(pause, time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!await commits.Reader.WaitToReadAsync(CancellationToken.None))
                {
                    yield break;
                }
                commits.Reader.TryRead(out _);
            }
        }
        finally
        {
            records.Committed -= OnCommitted;
        }
    }

    private static string Text(long count) =>
        count < CountMax ? Words.Number(count) : $"{Words.Number(CountMax)} or more";
}
