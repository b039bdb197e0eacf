using System.Globalization;
using System.Security.Cryptography;
using Custodiet.Pipeline.Framing;

namespace Custodiet.Outputs;

/// <summary>An item that is not sent, and why.</summary>
internal sealed record AsideItem(long Position, ReadOnlyMemory<byte> Bytes, string Reason);

/// <summary>What a route sends at once, and what became of the items between that are not sent.</summary>
internal sealed class OutputBatch(long start) : IDisposable
{
    private readonly EventBuffer buffer = new();

    /// <summary>The first item that it covers. Behind the route's position when what lies between is not there any more.</summary>
    public long Start { get; } = start;

    /// <summary>The first item that it does not cover.</summary>
    public long Next { get; set; } = start;

    /// <summary>The items to send, encoded: an item is ended once it is complete.</summary>
    public EventBuffer Items => buffer;

    /// <summary>The position of the item that was added last.</summary>
    public long LastItem { get; set; }

    /// <summary>Items that cannot be sent.</summary>
    public List<AsideItem> Aside { get; } = [];

    /// <summary>Items that the filter does not select.</summary>
    public long Filtered { get; set; }

    /// <summary>Items about a restricted case.</summary>
    public long Withheld { get; set; }

    /// <summary>Events left out by a reduction.</summary>
    public Dictionary<string, long> Reduced { get; } = new(StringComparer.Ordinal);

    /// <summary>Bytes that reductions took.</summary>
    public long ReducedBytes { get; set; }

    /// <summary>When its oldest item was received, microseconds since 1970 UTC; 0 when not known.</summary>
    public long OldestMicros { get; set; }

    /// <summary>A name for exactly these items with exactly these bytes.</summary>
    public string KeyFor(string instance)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(buffer.Bytes.Span))[..16];
        return string.Create(CultureInfo.InvariantCulture, $"{instance}:{Start}-{Next}:{digest}");
    }

    /// <summary>The items one after another.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Each()
    {
        int at = 0;
        foreach (int length in buffer.Lengths)
        {
            yield return buffer.Bytes.Slice(at, length);
            at += length;
        }
    }

    /// <summary>The figures with those of this batch, all its items sent.</summary>
    public RouteTotals AddTo(RouteTotals totals)
    {
        Dictionary<string, long> reduced = new(totals.Reduced, StringComparer.Ordinal);
        foreach ((string by, long count) in Reduced)
        {
            reduced[by] = reduced.GetValueOrDefault(by) + count;
        }
        return totals with
        {
            Filtered = totals.Filtered + Filtered,
            Withheld = totals.Withheld + Withheld,
            Reduced = reduced,
            ReducedBytes = totals.ReducedBytes + ReducedBytes,
            Sent = totals.Sent + buffer.Count,
            SentBytes = totals.SentBytes + buffer.Bytes.Length,
            SetAside = totals.SetAside + Aside.Count,
        };
    }

    public void Dispose() => buffer.Dispose();
}

/// <summary>Where a route's items come from.</summary>
internal interface IRouteSource : IAsyncDisposable
{
    /// <summary>The position behind the newest item.</summary>
    ValueTask<long> EndAsync(CancellationToken cancellation);

    /// <summary>
    /// The next items: waits for the first and then a moment for more. A batch that begins behind the position says that what lies between is
    /// gone.
    /// </summary>
    /// <param name="position">The first item that is wanted.</param>
    /// <param name="until">Where the batch must end at the latest and for which nothing is waited for, or null.</param>
    /// <param name="itemsMax">Items to send at most.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    ValueTask<OutputBatch> NextAsync(long position, long? until, int itemsMax, CancellationToken cancellation);

    /// <summary>Forgets what was read ahead: the route goes on elsewhere.</summary>
    ValueTask ResetAsync();
}

/// <summary>What became of a delivery.</summary>
internal abstract record Delivery
{
    private Delivery() { }

    /// <summary>The destination has it, as far as its protocol can say.</summary>
    public sealed record Done : Delivery;

    /// <summary>Not now: the destination is away or busy, or something must be mended.</summary>
    /// <param name="Reason">In words.</param>
    /// <param name="After">When the destination asks to be tried again, or null.</param>
    public sealed record Later(string Reason, TimeSpan? After = null) : Delivery;

    /// <summary>It will not take these items, however often they are sent.</summary>
    public sealed record Refused(string Reason) : Delivery;
}

/// <summary>Where a route's items go.</summary>
internal interface IDestination : IAsyncDisposable
{
    /// <summary>Whether it recognises a batch that it has already by its key.</summary>
    bool IsKeyed { get; }

    /// <summary>Delivers a batch of at least one item. Never throws for what the destination does; a cancelled delivery may have happened.</summary>
    ValueTask<Delivery> SendAsync(OutputBatch batch, string key, CancellationToken cancellation);
}
