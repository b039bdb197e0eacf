using Custodiet.Records.Stores;
using Custodiet.Retention;

namespace Custodiet.Telemetry;

/// <summary>What a scrape tells and has to be asked of a store first.</summary>
/// <param name="Stages">Every stage's totals over all runs.</param>
/// <param name="Counts">Alerts and cases.</param>
/// <param name="Technologies">What arrived, by technology.</param>
/// <param name="Retention">Archive, disk and runway; null until the content is loaded.</param>
internal sealed record FlowSnapshot(
    IReadOnlyList<StageTotals> Stages,
    JudgementCounts Counts,
    IReadOnlyList<TechnologyTotals> Technologies,
    RetentionStatus? Retention
)
{
    /// <summary>Before the first scrape.</summary>
    public static readonly FlowSnapshot Empty = new([], new JudgementCounts(0, 0, null, 0, 0), [], null);

    /// <summary>Asks the stores.</summary>
    public static async Task<FlowSnapshot> ReadAsync(Flow flow, CancellationToken cancellation) =>
        new(
            await flow.Records.StagesAsync(cancellation),
            await flow.Records.CountsAsync(cancellation),
            [
                .. (await flow.Records.SourcesAsync(cancellation))
                    .GroupBy(source => source.Source.Technology)
                    .Select(group => new TechnologyTotals(
                        group.Key,
                        group.Count(),
                        group.Sum(source => source.Events),
                        group.Sum(source => source.Bytes),
                        group.Max(source => source.LastReceivedMicros)
                    ))
                    // The largest first: they are the ones that keep a series of their own.
                    .OrderByDescending(technology => technology.Events),
            ],
            flow.Loaded.IsCompletedSuccessfully ? flow.Retention.Status() : null
        );
}

/// <summary>What has arrived from all sources of one technology.</summary>
/// <param name="Technology">Which.</param>
/// <param name="Sources">Its sources.</param>
/// <param name="Events">Their events.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="LastReceivedMicros">Newest receipt of any of them.</param>
internal sealed record TechnologyTotals(
    string Technology,
    int Sources,
    long Events,
    long Bytes,
    long LastReceivedMicros
);
