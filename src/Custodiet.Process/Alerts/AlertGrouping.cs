using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Process.Alerts;

/// <summary>
/// Groups findings into alerts by fingerprint and window. A finding is never discarded: it joins an alert that nobody has judged yet, or it raises one;
/// the new alert has the fingerprint of the judged one, which links them. Safe for several callers at once: they take turns.
/// </summary>
public sealed class AlertGrouping : IDisposable
{
    private readonly TimeProvider time;
    private readonly AlertGroupingLimits limits;
    private readonly Lock gate = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly ExtendableAlerts table;
    private AlertGroupingCounts counts = new(0, 0, 0, 0, 0, 0, 0);

    /// <summary>Creates it with no alert known; <see cref="LoadAsync"/> comes before the first finding.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    public AlertGrouping(TimeProvider time, AlertGroupingLimits? limits = null)
    {
        this.time = time;
        this.limits = limits ?? new AlertGroupingLimits();
        table = new ExtendableAlerts(this.limits);
    }

    /// <summary>Counts since the start.</summary>
    public AlertGroupingCounts Counts
    {
        get
        {
            lock (gate)
            {
                return counts with { Evicted = table.Evicted, Extendable = table.Count };
            }
        }
    }

    /// <summary>Learns which alerts can be extended. Called at start.</summary>
    public async ValueTask LoadAsync(IJudgementReader reader, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(reader);
        DateTimeOffset since = time.GetUtcNow() - limits.Window;
        IReadOnlyList<Alert> alerts = await reader.ExtendableAsync(since, cancellation).ConfigureAwait(false);
        lock (gate)
        {
            // Another tool's alerts are not among them: they are looked up by their reference when they come again.
            foreach (Alert alert in alerts)
            {
                table.Put(Known(alert, null));
            }
        }
    }

    /// <summary>Plans a batch without changing anything; <see cref="Accept"/> follows once it is appended.</summary>
    public AlertPlan Plan(IReadOnlyList<Finding> findings) => Plan(findings, extend: true);

    /// <summary>Says that a plan was appended.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="firstIndex">Ledger index of its first draft.</param>
    public void Accept(AlertPlan plan, long firstIndex)
    {
        ArgumentNullException.ThrowIfNull(plan);
        lock (gate)
        {
            foreach ((ExtendableAlert alert, int lastDraft) in plan.Changed)
            {
                table.Put(alert with { LastIndex = firstIndex + lastDraft });
            }
            counts = counts with
            {
                Findings = counts.Findings + plan.Findings.Count + plan.Repeated,
                Raised = counts.Raised + plan.Raised,
                Extended = counts.Extended + plan.Extended,
                Repeated = counts.Repeated + plan.Repeated,
            };
        }
    }

    /// <summary>
    /// Learns of a record that somebody else appended: a judged alert is not extended, and what else happens to an alert moves what its next record expects.
    /// Calling it keeps conflicts rare; without it they are met, and answered, at the append.
    /// </summary>
    public void Apply(RecordBody body, long index)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (body is AlertRaised or AlertExtended)
        {
            return;
        }
        lock (gate)
        {
            foreach (AlertId id in Streams.AlertsMovedBy(body))
            {
                if (table.Find(id) is not { } alert || alert.LastIndex >= index)
                {
                    continue;
                }
                if (body is VerdictGiven && alert.Known is null)
                {
                    table.Forget(id);
                }
                else
                {
                    table.Put(alert with { LastIndex = index, Judged = alert.Judged || body is VerdictGiven });
                }
            }
        }
    }

    /// <summary>
    /// Groups findings and appends them: plans, appends, and when somebody changed an alert in between, learns of it and plans anew.
    /// When that does not end the findings raise new alerts, so that it always ends and nothing is lost.
    /// </summary>
    /// <param name="findings">The batch; it may be empty.</param>
    /// <param name="complete">Adds to the request what is to become durable with it (position, sources, more drafts after the plan's own).</param>
    /// <param name="store">Where records go.</param>
    /// <param name="reader">Where alerts are read.</param>
    /// <param name="cancellation">Ends waiting; what was appended stays.</param>
    /// <returns>What became of the append; a conflict only when <paramref name="complete"/> added expectations.</returns>
    public async ValueTask<AppendOutcome> AppendAsync(
        IReadOnlyList<Finding> findings,
        Func<AppendRequest, AppendRequest> complete,
        IRecordStore store,
        IJudgementReader reader,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(findings);
        ArgumentNullException.ThrowIfNull(complete);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(reader);
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await RecallReferencesAsync(findings, reader, cancellation).ConfigureAwait(false);
            for (int attempt = 0; ; attempt++)
            {
                AlertPlan plan = Plan(findings, extend: attempt <= limits.RetriesMax);
                AppendRequest request = complete(plan.ToRequest());
                if (IsEmpty(request))
                {
                    Accept(plan, 0);
                    return new AppendOutcome.Appended(store.Count, []);
                }
                AppendOutcome outcome = await store.AppendAsync(request, cancellation).ConfigureAwait(false);
                if (outcome is AppendOutcome.Appended appended)
                {
                    Accept(plan, appended.FirstIndex + PlaceOf(plan, request));
                    return outcome;
                }
                if (outcome is not AppendOutcome.Conflict || plan.Expectations.Count == 0)
                {
                    return outcome;
                }
                await RelearnAsync(plan, reader, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    private AlertPlan Plan(IReadOnlyList<Finding> findings, bool extend)
    {
        ArgumentNullException.ThrowIfNull(findings);
        lock (gate)
        {
            return new AlertPlanner(table, limits, time.GetUtcNow(), extend).Plan(findings);
        }
    }

    private static bool IsEmpty(AppendRequest request) =>
        request.Drafts.Count == 0
        && request.Position is null
        && request.Keys.Count == 0
        && request.Sources.Count == 0
        && request.Stages.Count == 0;

    private static int PlaceOf(AlertPlan plan, AppendRequest request)
    {
        if (plan.Drafts.Count == 0)
        {
            return 0;
        }
        for (int place = 0; place < request.Drafts.Count; place++)
        {
            if (ReferenceEquals(request.Drafts[place], plan.Drafts[0]))
            {
                return place;
            }
        }
        throw new InvalidOperationException("The request does not hold the plan's drafts.");
    }

    private async ValueTask RelearnAsync(AlertPlan plan, IJudgementReader reader, CancellationToken cancellation)
    {
        foreach ((ExtendableAlert planned, _) in plan.Changed)
        {
            Alert? alert = await reader.AlertAsync(planned.Id, Viewer.Service, cancellation).ConfigureAwait(false);
            lock (gate)
            {
                if (alert is null || (alert.State == AlertState.Judged && planned.Known is null))
                {
                    table.Forget(planned.Id);
                }
                else if (table.Find(planned.Id) is { } before)
                {
                    table.Put(Known(alert, before.Known));
                }
            }
        }
        lock (gate)
        {
            counts = counts with { Conflicts = counts.Conflicts + 1 };
        }
    }

    /// <summary>Finds the alerts of other tools' references that are not in the table, with the findings they hold.</summary>
    private async ValueTask RecallReferencesAsync(
        IReadOnlyList<Finding> findings,
        IJudgementReader reader,
        CancellationToken cancellation
    )
    {
        HashSet<string> asked = new(StringComparer.Ordinal);
        foreach (Finding finding in findings.Where(finding => finding.SourceRef is not null))
        {
            string fingerprint = Fingerprint.Of(finding);
            lock (gate)
            {
                if (!asked.Add(fingerprint) || table.Find(fingerprint).Count > 0)
                {
                    continue;
                }
            }
            Alert? alert = await reader
                .AlertBySourceRefAsync(finding.Source.Technology, finding.SourceRef!, cancellation)
                .ConfigureAwait(false);
            if (alert is null)
            {
                continue;
            }
            IReadOnlyList<Finding> members = await reader
                .FindingsAsync(alert.Id, limits.RememberedFindingsMax, Viewer.Service, cancellation)
                .ConfigureAwait(false);
            lock (gate)
            {
                table.Put(Known(alert, members.Select(member => member.Id).ToHashSet()));
            }
        }
    }

    private static ExtendableAlert Known(Alert alert, IReadOnlySet<FindingId>? known) =>
        new(
            alert.Id,
            alert.Fingerprint,
            alert.FirstEventAt,
            alert.LastEventAt,
            alert.LastIndex,
            known,
            alert.State == AlertState.Judged
        );
}
