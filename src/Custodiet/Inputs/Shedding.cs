using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Inputs;

/// <summary>What of a source was shed in the last 24 hours, at most.</summary>
/// <param name="Events">Events of all its senders that were shed: what of them was this source's, nobody knows.</param>
/// <param name="From">When the first was shed.</param>
/// <param name="To">When the last was.</param>
internal sealed record SourceLoss(long Events, DateTimeOffset From, DateTimeOffset To);

/// <summary>
/// Makes records of what was shed, once a minute, and knows which sources came from which senders: what a sender lost, its sources may have
/// lost. A crash loses at most the counts of the last minute.
/// </summary>
internal sealed class Shedding(SenderBook senders, IRecordStore records, TimeProvider time)
{
    /// <summary>Records of one minute at most; the senders that lost least share the last.</summary>
    public const int RecordsPerRoundMax = 200;

    /// <summary>For so long what was shed lowers a source's reliability.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    private const int PairsMax = 200_000;
    private static readonly TimeSpan round = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly List<EventsShed> recent = [];
    private readonly Dictionary<SourceKey, HashSet<string>> sendersOf = [];
    private IReadOnlyList<EventsShed> waiting = [];
    private int pairs;

    /// <summary>Reads what was shed before the start.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach (DateTimeOffset day in new[] { now - Window, now }.DistinctBy(EventsShed.StreamOf))
        {
            IReadOnlyList<StoredRecord> found = await records.ReadStreamAsync(
                EventsShed.StreamOf(day),
                int.MaxValue,
                cancellation
            );
            lock (gate)
            {
                recent.AddRange(
                    found
                        .Where(r => !r.Sealed.Body.IsEmpty)
                        .Select(r => RecordBodyJson.Deserialize(r.Sealed.Body.Span))
                        .OfType<EventsShed>()
                );
            }
        }
    }

    /// <summary>Records until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(round, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            await RecordAsync(cancellation);
        }
    }

    /// <summary>Records what was shed since the last time. What the store does not take is tried again the next time.</summary>
    public async Task RecordAsync(CancellationToken cancellation)
    {
        EventsShed[] shed = Merged([.. waiting, .. senders.TakeShed()]);
        if (shed.Length == 0)
        {
            return;
        }
        waiting = shed;
        DateTimeOffset now = time.GetUtcNow();
        AppendRequest request = new()
        {
            Drafts = [.. shed.Select(s => new RecordDraft(s, EventsShed.StreamOf(now), ActorId.Service, s.To))],
        };
        if (await records.AppendAsync(request, cancellation) is AppendOutcome.Appended)
        {
            waiting = [];
            lock (gate)
            {
                recent.AddRange(shed);
                recent.RemoveAll(s => s.To < now - Window);
            }
        }
    }

    /// <summary>Takes note that events of these sources came from a sender.</summary>
    /// <param name="sender">As a batch names it: the input and, after a space, the address.</param>
    /// <param name="sources">The sources.</param>
    public void Learn(string sender, IEnumerable<SourceKey> sources)
    {
        lock (gate)
        {
            foreach (SourceKey source in sources)
            {
                if (!sendersOf.TryGetValue(source, out HashSet<string>? known))
                {
                    if (pairs >= PairsMax)
                    {
                        continue;
                    }
                    known = new HashSet<string>(StringComparer.Ordinal);
                    sendersOf.Add(source, known);
                }
                if (pairs < PairsMax && known.Add(sender))
                {
                    pairs++;
                }
            }
        }
    }

    /// <summary>What a source may have lost in the last 24 hours; null: nothing that anybody knows of.</summary>
    public SourceLoss? LossOf(SourceKey source)
    {
        DateTimeOffset since = time.GetUtcNow() - Window;
        lock (gate)
        {
            if (recent.Count == 0 || !sendersOf.TryGetValue(source, out HashSet<string>? known))
            {
                return null;
            }
            EventsShed[] own =
            [
                .. recent.Where(s =>
                    s.To >= since
                    && (
                        known.Contains($"{s.Input} {s.Sender}")
                        || (
                            s.Sender is SenderBook.Kernel or SenderBook.Others
                            && known.Any(k => k.StartsWith(s.Input + " ", StringComparison.Ordinal))
                        )
                    )
                ),
            ];
            return own.Length == 0
                ? null
                : new SourceLoss(own.Sum(s => s.Events), own.Min(s => s.From), own.Max(s => s.To));
        }
    }

    private static EventsShed[] Merged(IReadOnlyList<EventsShed> shed)
    {
        EventsShed[] folded =
        [
            .. shed.GroupBy(s => (s.Input, s.Sender, s.Declaration, s.Criticality, s.Reason)).Select(Sum),
        ];
        EventsShed[] byLoss = [.. folded.Where(s => s.Sender != SenderBook.Others).OrderByDescending(s => s.Events)];
        return
        [
            .. byLoss.Take(RecordsPerRoundMax),
            .. byLoss
                .Skip(RecordsPerRoundMax)
                .Concat(folded.Where(s => s.Sender == SenderBook.Others))
                .GroupBy(s => (s.Input, s.Criticality, s.Reason))
                .Select(group => Sum(group) with { Sender = SenderBook.Others, Declaration = null }),
        ];
    }

    private static EventsShed Sum(IEnumerable<EventsShed> group)
    {
        EventsShed[] all = [.. group];
        return all[0] with { Events = all.Sum(s => s.Events), From = all.Min(s => s.From), To = all.Max(s => s.To) };
    }
}
