using Custodiet.Records.Findings;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Process.Alerts;

/// <summary>What a batch of findings will change once it is appended. It changes nothing by itself.</summary>
/// <param name="Drafts">The records, in order: of each alert <c>alert.raised</c> or <c>alert.extended</c>, further ones when it has many members.</param>
/// <param name="Findings">The findings that the drafts refer to.</param>
/// <param name="Expectations">For each alert extended: that nobody changed it meanwhile. A verdict in between must not be joined by findings its author has not seen.</param>
/// <param name="Raised">Alerts raised.</param>
/// <param name="Extended">Alerts extended.</param>
/// <param name="Repeated">Findings left out because the alert has them already.</param>
public sealed record AlertPlan(
    IReadOnlyList<RecordDraft> Drafts,
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<StreamExpectation> Expectations,
    int Raised,
    int Extended,
    int Repeated
)
{
    /// <summary>The alerts as they will stand, each with the place of its last draft.</summary>
    internal IReadOnlyList<(ExtendableAlert Alert, int LastDraft)> Changed { get; init; } = [];

    /// <summary>The plan as a request; the caller may add its position, sources and stages.</summary>
    public AppendRequest ToRequest() =>
        new()
        {
            Drafts = Drafts,
            Findings = Findings,
            Expectations = Expectations,
        };
}

/// <summary>Counts since the start.</summary>
/// <param name="Findings">Findings received.</param>
/// <param name="Raised">Alerts raised.</param>
/// <param name="Extended">Extensions of alerts, one per alert and batch.</param>
/// <param name="Repeated">Findings that were there already.</param>
/// <param name="Conflicts">Plans made anew because somebody changed an alert meanwhile.</param>
/// <param name="Evicted">Alerts forgotten because the table was full.</param>
/// <param name="Extendable">Fingerprints that can be extended now.</param>
public sealed record AlertGroupingCounts(
    long Findings,
    long Raised,
    long Extended,
    long Repeated,
    long Conflicts,
    long Evicted,
    int Extendable
);
