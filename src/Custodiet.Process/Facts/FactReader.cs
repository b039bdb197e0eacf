using System.Globalization;
using Custodiet.Process.Definitions;
using Custodiet.Process.Runs;
using Custodiet.Process.Triage;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Process.Facts;

/// <summary>The condition of a source in words, for example «3,120 events, newest 12 s ago»; null when nothing is known of it.</summary>
public delegate ValueTask<string?> SourceCondition(SourceKey source, CancellationToken cancellation);

/// <summary>
/// Reads facts about an alert: from its findings, the history of judgement, and the source. What it cannot find stays unanswered with a reason.
/// It never fills a judgement.
/// </summary>
/// <param name="reader">Where alerts and verdicts are read.</param>
/// <param name="time">The clock.</param>
/// <param name="source">The condition of a source; null when nobody can say.</param>
public sealed class FactReader(IJudgementReader reader, TimeProvider time, SourceCondition? source = null)
{
    /// <summary>Findings that are looked at, newest first: 50.</summary>
    public const int FindingsMax = 50;

    /// <summary>Judged alerts that are looked at, newest first: 200. A count that reaches it says so in its source.</summary>
    public const int HistoryMax = 200;

    /// <summary>The subject of an alert, or null when the viewer may not see it.</summary>
    public async ValueTask<FactSubject?> SubjectAsync(AlertId id, Viewer viewer, CancellationToken cancellation)
    {
        Alert? alert = await reader.AlertAsync(id, viewer, cancellation).ConfigureAwait(false);
        return alert is null
            ? null
            : new FactSubject(
                alert,
                await reader.FindingsAsync(id, FindingsMax, viewer, cancellation).ConfigureAwait(false)
            );
    }

    /// <summary>The subject of a run: the most severe of its alerts, the first of them when several are.</summary>
    public async ValueTask<FactSubject?> SubjectAsync(
        IReadOnlyList<AlertId> alerts,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(alerts);
        Alert? head = null;
        foreach (AlertId id in alerts)
        {
            Alert? alert = await reader.AlertAsync(id, viewer, cancellation).ConfigureAwait(false);
            head = alert is not null && (head is null || alert.Severity > head.Severity) ? alert : head;
        }
        return head is null ? null : await SubjectAsync(head.Id, viewer, cancellation).ConfigureAwait(false);
    }

    /// <summary>Fills the facts of a process, by question id. Judgements are not in it.</summary>
    public async ValueTask<IReadOnlyDictionary<string, FilledFact>> FillAsync(
        ProcessDefinition process,
        FactSubject subject,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(process);
        Dictionary<string, FilledFact> filled = new(StringComparer.Ordinal);
        Dictionary<FactExpression, RawFact> read = [];
        foreach (Question question in process.Questions.Where(q => q.Kind == QuestionKind.Fact && q.Fill.Count > 0))
        {
            filled[question.Id] = await FillAsync(question, subject, read, viewer, cancellation).ConfigureAwait(false);
        }
        return filled;
    }

    /// <summary>What is known beside a judgement. It selects nothing.</summary>
    public async ValueTask<IReadOnlyList<KnownFact>> KnownAsync(
        Question question,
        FactSubject subject,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(question);
        List<KnownFact> known = [];
        foreach (ShownFact shown in question.Show)
        {
            RawFact raw = await ReadAsync(shown.From, subject, viewer, cancellation).ConfigureAwait(false);
            known.Add(new KnownFact(shown.Label, raw.InWords, raw.Source, time.GetUtcNow()));
        }
        return known;
    }

    private async ValueTask<FilledFact> FillAsync(
        Question question,
        FactSubject subject,
        Dictionary<FactExpression, RawFact> read,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        DateTimeOffset now = time.GetUtcNow();
        string? unreadable = null;
        foreach (FactExpression expression in question.Fill)
        {
            if (!read.TryGetValue(expression, out RawFact raw))
            {
                raw = await ReadAsync(expression, subject, viewer, cancellation).ConfigureAwait(false);
                read[expression] = raw;
            }
            if (raw.IsEmpty)
            {
                continue;
            }
            AnswerValue? value = raw.As(question.Type, question.Unit);
            if (value is not null && AnswerCheck.Check(question, value).Count == 0)
            {
                return new FilledFact(value, raw.Source, now, null);
            }
            unreadable ??= $"{raw.Source} holds «{raw.InWords}», which is no {question.Type}.";
        }
        string sources = string.Join(" | ", question.Fill);
        return new FilledFact(null, sources, now, unreadable ?? $"Nothing was found under {sources}.");
    }

    private ValueTask<RawFact> ReadAsync(
        FactExpression expression,
        FactSubject subject,
        Viewer viewer,
        CancellationToken cancellation
    ) =>
        expression.Root switch
        {
            "finding" => ValueTask.FromResult(OfFinding(expression.Name, subject)),
            "event" => ValueTask.FromResult(OfEvent(expression.Name, subject)),
            "alert" => ValueTask.FromResult(OfAlert(expression.Name, subject.Alert)),
            "history" => OfHistoryAsync(expression, subject.Alert, viewer, cancellation),
            "source" => OfSourceAsync(subject.Alert.Source, cancellation),
            _ => throw new InvalidOperationException($"The fact {expression} passed the parser."),
        };

    private static RawFact OfFinding(string name, FactSubject subject)
    {
        RuleReference rule = subject.Alert.Rule;
        string from = rule.Digest.Length >= 12 ? $"rule {rule.Id} ({rule.Digest[..12]})" : $"rule {rule.Id}";
        Finding? newest = subject.Findings.Count > 0 ? subject.Findings[0] : null;
        return name switch
        {
            "rule" => Text(rule.Title, from),
            "rule_id" => Text(rule.Id, from),
            "author" => Text(rule.Author, from),
            "severity" => Text(subject.Alert.Severity.ToString().ToLowerInvariant(), from),
            "technique" => Text(subject.Alert.Techniques.Count > 0 ? subject.Alert.Techniques[0] : null, from),
            "link" => Text(subject.Alert.Link, $"alert {subject.Alert.Number}"),
            "occurred_at" => new RawFact(null, null, newest?.OccurredAt, newest is null ? from : NameOf(newest)),
            _ => throw new InvalidOperationException($"The fact finding.{name} passed the parser."),
        };
    }

    private static RawFact OfEvent(string field, FactSubject subject)
    {
        foreach (Finding finding in subject.Findings)
        {
            foreach (FindingField candidate in finding.Fields)
            {
                if (candidate.Name == field && !string.IsNullOrWhiteSpace(candidate.Value))
                {
                    return Text(candidate.Value, $"{NameOf(finding)} field {field}");
                }
            }
        }
        return Text(null, $"event field {field}");
    }

    private static RawFact OfAlert(string name, Alert alert)
    {
        string from = $"alert {alert.Number}";
        return name switch
        {
            "entity" => Text(alert.Entity.Name, from),
            "source" => Text(alert.Source.ToString(), from),
            "finding_count" => new RawFact(null, alert.FindingCount, null, from),
            "first_event" => new RawFact(null, null, alert.FirstEventAt, from),
            "last_event" => new RawFact(null, null, alert.LastEventAt, from),
            "duration" => new RawFact(null, (alert.LastEventAt - alert.FirstEventAt).TotalSeconds, null, from),
            _ => throw new InvalidOperationException($"The fact alert.{name} passed the parser."),
        };
    }

    private async ValueTask<RawFact> OfHistoryAsync(
        FactExpression expression,
        Alert alert,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        if (expression.Name == "open_on_entity")
        {
            AlertFilter open = new() { States = [AlertState.New, AlertState.InProgress], Entity = alert.Entity.Name };
            long count = await reader.CountAsync(open, HistoryMax, viewer, cancellation).ConfigureAwait(false);
            long others = Math.Max(0, alert.Verdict is null ? count - 1 : count);
            return new RawFact(null, others, null, Bounded($"open alerts about {alert.Entity.Name}", count));
        }
        IReadOnlyList<Alert> judged = await reader
            .JudgedLikeAsync(alert.Rule.Id, alert.Entity, HistoryMax, viewer, cancellation)
            .ConfigureAwait(false);
        Alert[] earlier = [.. judged.Where(other => other.Id != alert.Id)];
        string from = Bounded($"verdicts on rule {alert.Rule.Id} and {alert.Entity.Name}", judged.Count);
        if (expression.Name == "judged_like")
        {
            return Text(Tally(earlier), from);
        }
        DateTimeOffset since = alert.LastEventAt - (expression.Window ?? TimeSpan.Zero);
        return new RawFact(null, earlier.Count(other => other.LastEventAt >= since), null, from);
    }

    private async ValueTask<RawFact> OfSourceAsync(SourceKey key, CancellationToken cancellation)
    {
        string? condition = source is null ? null : await source(key, cancellation).ConfigureAwait(false);
        return Text(condition, $"source {key}");
    }

    /// <summary>«benign ×3, false positive ×1; newest benign», or null when there is no history.</summary>
    private static string? Tally(IReadOnlyList<Alert> judged)
    {
        Decision[] decisions = [.. judged.Select(alert => alert.Verdict?.Decision).OfType<Decision>()];
        if (decisions.Length == 0)
        {
            return null;
        }
        IEnumerable<string> parts = decisions
            .GroupBy(decision => decision.Verdict)
            .OrderByDescending(group => group.Count())
            .Select(group =>
                string.Create(CultureInfo.InvariantCulture, $"{VerdictWords.Of(group.Key)} ×{group.Count()}")
            );
        return $"{string.Join(", ", parts)}; newest {VerdictWords.Of(decisions[0].Verdict)}";
    }

    private static string Bounded(string what, long count) =>
        count >= HistoryMax ? $"{what}, newest {HistoryMax}" : what;

    // Events are named partition:offset; the one embedded queue is partition 0.
    private static string NameOf(Finding finding) =>
        finding.EventOffset is { } offset
            ? string.Create(CultureInfo.InvariantCulture, $"event 0:{offset}")
            : $"{finding.Source.Technology} {finding.SourceRef}";

    private static RawFact Text(string? text, string from) =>
        new(string.IsNullOrWhiteSpace(text) ? null : text, null, null, from);
}
