using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Custodiet.Records.Ledger;

namespace Custodiet.Web.Queue;

/// <summary>The stream that says how many alerts of a view have arrived since the page was made.</summary>
internal static partial class QueueLive
{
    private static readonly TimeSpan pace = TimeSpan.FromMilliseconds(500);

    /// <summary>Counts alerts that the view would show. Ends when the service stops or the page is gone.</summary>
    public static async IAsyncEnumerable<SseItem<string>> CountAsync(
        ArrivalFeed feed,
        QueueQuery query,
        TimeProvider time,
        CancellationToken stopping,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        using ArrivalFeed.Listener listener = feed.Listen();
        // Completing ends the answer properly; cancelling it at shutdown would be an error in the log.
        using CancellationTokenRegistration end = stopping.Register(listener.Complete);
        long arrived = 0;
        // The first message opens the stream at once, so that the page knows it is live.
        yield return new SseItem<string>("0", "arrived");
        while (await WaitAsync(listener, cancellation))
        {
            long before = arrived;
            while (listener.Alerts.TryRead(out AlertRaised? raised))
            {
                arrived += Shows(query, raised) ? 1 : 0;
            }
            if (arrived != before)
            {
                yield return new SseItem<string>(
                    arrived.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    "arrived"
                );
                await PauseAsync(time, stopping, cancellation);
            }
        }
    }

    /// <summary>Whether the view would show the alert while it is new and nobody has it.</summary>
    internal static bool Shows(QueueQuery query, AlertRaised alert) =>
        query.State is "open" or "new" or "all"
        && query.Assignee is null or "none"
        && query.Verdict is null
        && (query.AtLeast is not { } least || alert.Severity >= least)
        && (query.Rule is null || string.Equals(query.Rule, alert.Rule.Id, StringComparison.OrdinalIgnoreCase))
        && (query.Title is null || alert.Rule.Title.Contains(query.Title, StringComparison.OrdinalIgnoreCase))
        && Like(query.Entity, alert.Entity.Name)
        && Like(query.Technology, alert.Source.Technology);

    private static bool Like(string? pattern, string value) =>
        pattern is null
        || Regex.IsMatch(
            value,
            $"^{Stars().Replace(Regex.Escape(pattern), ".*")}$",
            RegexOptions.IgnoreCase
                | RegexOptions.CultureInvariant
                | RegexOptions.Singleline
                | RegexOptions.NonBacktracking
        );

    private static async ValueTask<bool> WaitAsync(ArrivalFeed.Listener listener, CancellationToken cancellation)
    {
        try
        {
            return await listener.Alerts.WaitToReadAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async ValueTask PauseAsync(
        TimeProvider time,
        CancellationToken stopping,
        CancellationToken cancellation
    )
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        await Task.Delay(pace, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [GeneratedRegex(@"(\\\*)+")]
    private static partial Regex Stars();
}
