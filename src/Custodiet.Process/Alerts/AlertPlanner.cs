using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Process.Alerts;

/// <summary>Makes one plan: sorts findings into alerts, then writes the drafts of each alert.</summary>
internal sealed class AlertPlanner(ExtendableAlerts table, AlertGroupingLimits limits, DateTimeOffset now, bool extend)
{
    private readonly Dictionary<string, List<Group>> groups = new(StringComparer.Ordinal);
    private readonly List<Group> inOrder = [];
    private int repeated;

    private sealed class Group(ExtendableAlert? alert, Finding first)
    {
        public ExtendableAlert? Alert { get; } = alert;
        public List<Finding> Findings { get; } = [];
        public HashSet<FindingId> Seen { get; } = [];
        public DateTimeOffset FirstEventAt { get; set; } = alert?.FirstEventAt ?? first.OccurredAt;
        public DateTimeOffset LastEventAt { get; set; } = alert?.LastEventAt ?? first.OccurredAt;

        public bool Takes(Finding finding, TimeSpan window) =>
            finding.SourceRef is not null
            || (finding.OccurredAt <= LastEventAt + window && finding.OccurredAt >= FirstEventAt - window);
    }

    public AlertPlan Plan(IReadOnlyList<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            Sort(finding);
        }
        List<RecordDraft> drafts = [];
        List<Finding> kept = new(findings.Count);
        List<StreamExpectation> expectations = [];
        List<(ExtendableAlert, int)> changed = [];
        int raised = 0;
        foreach (Group group in inOrder.Where(group => group.Findings.Count > 0))
        {
            AlertId id = group.Alert?.Id ?? new AlertId(Guid.CreateVersion7(now));
            if (group.Alert is { } known)
            {
                expectations.Add(new StreamExpectation(Streams.Of(id), known.LastIndex));
            }
            else
            {
                raised++;
            }
            string fingerprint = group.Alert?.Fingerprint ?? Fingerprint.Of(group.Findings[0]);
            AddDrafts(group, id, fingerprint, drafts);
            kept.AddRange(group.Findings);
            changed.Add((After(group, id, fingerprint), drafts.Count - 1));
        }
        int extended = changed.Count - raised;
        return new AlertPlan(drafts, kept, expectations, raised, extended, repeated) { Changed = changed };
    }

    private void Sort(Finding finding)
    {
        string fingerprint = Fingerprint.Of(finding);
        if (finding.SourceRef is not null && table.Find(fingerprint).Any(alert => alert.Has(finding.Id)))
        {
            repeated++;
            return;
        }
        if (!groups.TryGetValue(fingerprint, out List<Group>? alike))
        {
            groups.Add(fingerprint, alike = []);
        }
        Group? group = alike.Find(candidate => candidate.Takes(finding, limits.Window));
        if (group is null)
        {
            ExtendableAlert? alert = Extendable(fingerprint, finding);
            group = new Group(alert, finding);
            alike.Add(group);
            inOrder.Add(group);
        }
        if (!group.Seen.Add(finding.Id))
        {
            repeated++;
            return;
        }
        group.Findings.Add(finding);
        group.FirstEventAt = group.FirstEventAt <= finding.OccurredAt ? group.FirstEventAt : finding.OccurredAt;
        group.LastEventAt = group.LastEventAt >= finding.OccurredAt ? group.LastEventAt : finding.OccurredAt;
    }

    private ExtendableAlert? Extendable(string fingerprint, Finding finding)
    {
        if (!extend)
        {
            return null;
        }
        ExtendableAlert? best = null;
        foreach (ExtendableAlert candidate in table.Find(fingerprint))
        {
            bool newer = best is null || candidate.LastEventAt > best.LastEventAt;
            if (newer && candidate.Takes(finding.OccurredAt, limits.Window))
            {
                best = candidate;
            }
        }
        return best;
    }

    private void AddDrafts(Group group, AlertId id, string fingerprint, List<RecordDraft> drafts)
    {
        bool raise = group.Alert is null;
        Finding first = group.Findings[0];
        foreach (Finding[] members in group.Findings.Chunk(limits.MembersPerRecordMax))
        {
            FindingMember[] list = [.. members.Select(f => new FindingMember(f.Id, f.EventOffset, f.OccurredAt))];
            RecordBody body = raise
                ? new AlertRaised(
                    id,
                    fingerprint,
                    first.Rule,
                    first.Severity,
                    first.Source,
                    first.Entity,
                    first.Techniques ?? [],
                    list,
                    first.SourceRef,
                    first.Link
                )
                : new AlertExtended(id, list);
            drafts.Add(new RecordDraft(body, Streams.Of(id), ActorId.Service, now));
            raise = false;
        }
    }

    private ExtendableAlert After(Group group, AlertId id, string fingerprint)
    {
        HashSet<FindingId>? known = null;
        if (group.Findings[0].SourceRef is not null)
        {
            known = [.. (group.Alert?.Known ?? group.Seen).Concat(group.Seen).TakeLast(limits.RememberedFindingsMax)];
        }
        return new ExtendableAlert(id, fingerprint, group.FirstEventAt, group.LastEventAt, null, known);
    }
}
