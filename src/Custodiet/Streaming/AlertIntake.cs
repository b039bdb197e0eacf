using Custodiet.Process.Alerts;
using Custodiet.Records.Findings;
using Custodiet.Records.Stores;

namespace Custodiet.Streaming;

/// <summary>
/// The one door through which findings become alerts, whether a rule made them or another tool sent them: the table of
/// open alerts has a single writer.
/// </summary>
internal sealed class AlertIntake(
    AlertGrouping grouping,
    IRecordStore records,
    IJudgementReader reader,
    TimeProvider time
)
{
    /// <summary>How long to wait before trying a refused append again.</summary>
    private static readonly TimeSpan retry = TimeSpan.FromSeconds(1);

    /// <summary>Groups findings and appends them together with what the caller adds to the same transaction.</summary>
    /// <param name="findings">The findings.</param>
    /// <param name="around">Everything else of the transaction.</param>
    /// <param name="persistent">Whether to try again until the store takes it; otherwise a refusal is the answer.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async ValueTask<AppendOutcome> AppendAsync(
        IReadOnlyList<Finding> findings,
        AppendRequest around,
        bool persistent,
        CancellationToken cancellation
    )
    {
        while (true)
        {
            AppendOutcome outcome = await grouping.AppendAsync(
                findings,
                plan =>
                    around with
                    {
                        Drafts = [.. around.Drafts, .. plan.Drafts],
                        Findings = plan.Findings,
                        Expectations = plan.Expectations,
                    },
                records,
                reader,
                cancellation
            );
            if (outcome is AppendOutcome.Appended || !persistent)
            {
                return outcome;
            }
            await Task.Delay(retry, time, cancellation);
        }
    }
}
