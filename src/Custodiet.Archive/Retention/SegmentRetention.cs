using System.Globalization;
using Custodiet.Records.Ledger;

namespace Custodiet.Archive;

/// <summary>
/// Applies a policy to all segments. A segment goes, or shrinks, once everything of a rule in it is due, so that an event leaves at most
/// an hour (the longest span of a segment) and one run after its time. One caller at a time.
/// </summary>
internal sealed class SegmentRetention(ArchiveStore store, SegmentTrim trim, int memoryMegabytes, TimeProvider clock)
{
    // For each segment the rules that are done with: what was looked at once is not read again before another rule is due.
    private readonly Dictionary<string, HashSet<int>> settled = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long[]> bytesByRule = new(StringComparer.Ordinal);
    private string lastTerms = "";

    /// <summary>Deletes what the policy no longer keeps.</summary>
    public RetentionOutcome Run(
        RetentionPolicy policy,
        IReadOnlyList<ArchiveHold> holds,
        CancellationToken cancellation
    )
    {
        string ruleOf = RetentionSql.RuleOf(policy.Rules);
        string held = RetentionSql.Held(holds);
        Forget($"{ruleOf} {held}");
        return ByAge(policy, ruleOf, held, cancellation)
            .And(ByRuleBudget(policy, ruleOf, held, cancellation))
            .And(ByBudget(policy, held, cancellation));
    }

    private void Forget(string terms)
    {
        if (terms != lastTerms)
        {
            settled.Clear();
            bytesByRule.Clear();
            lastTerms = terms;
            return;
        }
        HashSet<string> live = [.. store.Segments().Select(s => s.Name)];
        foreach (string gone in settled.Keys.Where(name => !live.Contains(name)).ToList())
        {
            settled.Remove(gone);
        }
        foreach (string gone in bytesByRule.Keys.Where(name => !live.Contains(name)).ToList())
        {
            bytesByRule.Remove(gone);
        }
    }

    private RetentionOutcome ByAge(RetentionPolicy policy, string ruleOf, string held, CancellationToken cancellation)
    {
        RetentionOutcome outcome = RetentionOutcome.Nothing;
        if (policy.ShortestKeep is null)
        {
            return outcome;
        }
        DateTimeOffset now = clock.GetUtcNow();
        foreach (SegmentEntry segment in store.Segments())
        {
            TimeSpan age = now - Records.Events.EventTime.FromMicros(segment.LastReceivedMicros);
            HashSet<int> due = [.. Enumerable.Range(0, policy.Rules.Count).Where(i => policy.Rules[i].Keep < age)];
            if (due.Count == 0 || (settled.TryGetValue(segment.Name, out HashSet<int>? done) && done.SetEquals(due)))
            {
                continue;
            }
            cancellation.ThrowIfCancellationRequested();
            string names = string.Join(", ", due.Order().Select(i => policy.Rules[i].Name));
            TrimResult result = trim.Run(
                segment,
                OneOf(ruleOf, due),
                held,
                new TrimReason(DeletionCause.Age, names),
                cancellation
            );
            outcome = outcome.And(OutcomeOf(segment, result));
            if (result.Left is { } left)
            {
                settled[left.Name] = due;
            }
        }
        return outcome;
    }

    private RetentionOutcome ByRuleBudget(
        RetentionPolicy policy,
        string ruleOf,
        string held,
        CancellationToken cancellation
    )
    {
        RetentionOutcome outcome = RetentionOutcome.Nothing;
        if (policy.Rules.All(rule => rule.RawBytesMax is null))
        {
            return outcome;
        }
        for (int rule = 0; rule < policy.Rules.Count; rule++)
        {
            if (policy.Rules[rule].RawBytesMax is not { } bound)
            {
                continue;
            }
            IReadOnlyList<SegmentEntry> segments = store.Segments();
            long total = segments.Sum(s => BytesByRule(s, ruleOf, policy.Rules.Count, cancellation)[rule]);
            foreach (SegmentEntry segment in segments)
            {
                if (total <= bound)
                {
                    break;
                }
                if (bytesByRule[segment.Name][rule] == 0)
                {
                    continue;
                }
                TrimResult result = trim.Run(
                    segment,
                    OneOf(ruleOf, [rule]),
                    held,
                    new TrimReason(DeletionCause.Budget, policy.Rules[rule].Name),
                    cancellation
                );
                total -= result.Counts.RawBytes;
                outcome = outcome.And(OutcomeOf(segment, result));
                if (result.Left is { } left)
                {
                    long[] bytes = [.. bytesByRule[segment.Name]];
                    bytes[rule] -= result.Counts.RawBytes;
                    bytesByRule[left.Name] = bytes;
                }
            }
            outcome = outcome with { OverBudget = outcome.OverBudget + Math.Max(0, total - bound) };
        }
        return outcome;
    }

    private RetentionOutcome ByBudget(RetentionPolicy policy, string held, CancellationToken cancellation)
    {
        RetentionOutcome outcome = RetentionOutcome.Nothing;
        if (policy.FileBytesMax is not { } bound)
        {
            return outcome;
        }
        IReadOnlyList<SegmentEntry> segments = store.Segments();
        long total = segments.Sum(s => s.FileBytes);
        foreach (SegmentEntry segment in segments)
        {
            if (total <= bound)
            {
                break;
            }
            TrimResult result = trim.Run(
                segment,
                "true",
                held,
                new TrimReason(DeletionCause.Budget, "archive.bytes_max"),
                cancellation
            );
            total -= segment.FileBytes - (result.Left?.FileBytes ?? 0);
            outcome = outcome.And(OutcomeOf(segment, result));
        }
        return outcome with { OverBudget = Math.Max(0, total - bound) };
    }

    private long[] BytesByRule(SegmentEntry segment, string ruleOf, int rules, CancellationToken cancellation)
    {
        if (bytesByRule.TryGetValue(segment.Name, out long[]? known))
        {
            return known;
        }
        long[] bytes = new long[rules];
        using SegmentSql sql = new(store.Folder, memoryMegabytes);
        foreach (
            (int rule, long sum) in sql.Rows(
                $"""
                SELECT ({ruleOf})::INTEGER AS rule, sum({SegmentSql.RawBytes})::BIGINT
                FROM read_parquet({Sql.Text(Path.Combine(store.Folder, segment.Name))}) GROUP BY rule
                """,
                r => (r.GetInt32(0), r.GetInt64(1)),
                cancellation
            )
        )
        {
            bytes[rule] = sum;
        }
        bytesByRule[segment.Name] = bytes;
        return bytes;
    }

    private static RetentionOutcome OutcomeOf(SegmentEntry segment, TrimResult result) =>
        new(
            result.Counts.Events > 0 ? 1 : 0,
            result.Counts.Events,
            result.Counts.RawBytes,
            segment.FileBytes - (result.Left?.FileBytes ?? 0),
            result.Counts.Held,
            0
        );

    private static string OneOf(string ruleOf, IEnumerable<int> rules) =>
        $"({ruleOf}) IN ({string.Join(',', rules.Order().Select(r => r.ToString(CultureInfo.InvariantCulture)))})";
}
