using Custodiet.Records.Events;

namespace Custodiet.Records.Stores;

/// <summary>What has arrived from one source.</summary>
/// <param name="Source">The source.</param>
/// <param name="Parser">The parser that read its newest event.</param>
/// <param name="Events">Events so far.</param>
/// <param name="Bytes">Bytes so far.</param>
/// <param name="FirstReceivedMicros">First receipt.</param>
/// <param name="LastReceivedMicros">Newest receipt.</param>
/// <param name="NewestEventMicros">Newest event time.</param>
public sealed record SourceStatistics(
    SourceKey Source,
    string Parser,
    long Events,
    long Bytes,
    long FirstReceivedMicros,
    long LastReceivedMicros,
    long NewestEventMicros
);

/// <summary>Totals of one stage over all runs of the service.</summary>
public sealed record StageTotals(
    string Stage,
    long Received,
    long Emitted,
    long Failed,
    IReadOnlyDictionary<string, long> Dropped
);

/// <summary>Running totals, stored together with the consumer's position so that a restart neither loses nor repeats a count.</summary>
public interface ITotalsStore
{
    /// <summary>All sources seen.</summary>
    ValueTask<IReadOnlyList<SourceStatistics>> SourcesAsync(CancellationToken cancellation);

    /// <summary>All stages.</summary>
    ValueTask<IReadOnlyList<StageTotals>> StagesAsync(CancellationToken cancellation);
}
