using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Alerts;

/// <summary>An alert that findings can still join, as far as is known here.</summary>
/// <param name="Id">The alert.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
/// <param name="FirstEventAt">Earliest event.</param>
/// <param name="LastEventAt">Latest event.</param>
/// <param name="LastIndex">Its newest record, which the next one expects; null while it is only planned.</param>
/// <param name="Known">For another tool's alert: findings that are in it already; null otherwise.</param>
/// <param name="Judged">Another tool's alert that has its verdict: nothing joins it, but a repeat is still recognised.</param>
internal sealed record ExtendableAlert(
    AlertId Id,
    string Fingerprint,
    DateTimeOffset FirstEventAt,
    DateTimeOffset LastEventAt,
    long? LastIndex,
    IReadOnlySet<FindingId>? Known,
    bool Judged = false
)
{
    public bool Takes(DateTimeOffset occurredAt, TimeSpan window) =>
        !Judged && (Known is not null || (occurredAt <= LastEventAt + window && occurredAt >= FirstEventAt - window));

    public bool Has(FindingId finding) => Known?.Contains(finding) == true;
}

/// <summary>The alerts that findings can still join: bounded, the least recently used goes first.</summary>
internal sealed class ExtendableAlerts(AlertGroupingLimits limits)
{
    private readonly Dictionary<string, LinkedListNode<Slot>> slots = new(StringComparer.Ordinal);
    private readonly Dictionary<AlertId, string> fingerprints = [];
    private readonly LinkedList<Slot> order = [];

    private sealed record Slot(string Fingerprint, List<ExtendableAlert> Alerts);

    public int Count => slots.Count;

    public long Evicted { get; private set; }

    public IReadOnlyList<ExtendableAlert> Find(string fingerprint) =>
        slots.TryGetValue(fingerprint, out LinkedListNode<Slot>? node) ? node.Value.Alerts : [];

    public ExtendableAlert? Find(AlertId id) =>
        fingerprints.TryGetValue(id, out string? fingerprint)
            ? Find(fingerprint).FirstOrDefault(alert => alert.Id == id)
            : null;

    /// <summary>Adds an alert or puts its newer state in place, and makes it the most recently used.</summary>
    public void Put(ExtendableAlert alert)
    {
        if (slots.TryGetValue(alert.Fingerprint, out LinkedListNode<Slot>? node))
        {
            order.Remove(node);
        }
        else
        {
            node = new LinkedListNode<Slot>(new Slot(alert.Fingerprint, []));
            slots.Add(alert.Fingerprint, node);
        }
        order.AddLast(node);
        List<ExtendableAlert> alerts = node.Value.Alerts;
        alerts.RemoveAll(other => other.Id == alert.Id);
        alerts.Add(alert);
        fingerprints[alert.Id] = alert.Fingerprint;
        while (alerts.Count > limits.WindowsPerFingerprintMax)
        {
            Forget(alerts.MinBy(other => other.LastEventAt)!.Id);
            Evicted++;
        }
        while (slots.Count > limits.FingerprintsMax)
        {
            Slot oldest = order.First!.Value;
            foreach (ExtendableAlert gone in oldest.Alerts.ToArray())
            {
                Forget(gone.Id);
                Evicted++;
            }
        }
    }

    /// <summary>Says that nothing joins this alert any more.</summary>
    public void Forget(AlertId id)
    {
        if (!fingerprints.Remove(id, out string? fingerprint))
        {
            return;
        }
        LinkedListNode<Slot> node = slots[fingerprint];
        node.Value.Alerts.RemoveAll(alert => alert.Id == id);
        if (node.Value.Alerts.Count == 0)
        {
            slots.Remove(fingerprint);
            order.Remove(node);
        }
    }
}
