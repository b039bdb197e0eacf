using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Process;

/// <summary>A record store and reader in memory, small enough to be read: what the process stage needs of the contracts, no more.</summary>
internal sealed class MemoryRecords(TimeProvider time) : IRecordStore, IJudgementReader
{
    private readonly List<StoredRecord> records = [];
    private readonly List<(StoredRecord Record, RecordBody Body)> bodies = [];
    private readonly Dictionary<string, long> streams = [];
    private readonly Dictionary<AlertId, Alert> alerts = [];
    private readonly Dictionary<AlertId, List<Finding>> findings = [];
    private readonly HashSet<FindingId> stored = [];
    private readonly Dictionary<CaseId, Case> cases = [];
    private readonly List<Run> runs = [];
    private readonly List<(RunId Run, Answer Answer)> answers = [];
    private readonly List<(AlertId Alert, StandingVerdict Verdict)> verdicts = [];

    /// <summary>Runs once, before the next append is checked: somebody who is quicker.</summary>
    public Func<ValueTask>? BeforeAppend { get; set; }

    /// <summary>When set, nothing is appended, as when the disk is full.</summary>
    public string? Refusal { get; set; }

    public List<AppendRequest> Requests { get; } = [];

    public IEnumerable<RecordBody> Bodies => bodies.Select(entry => entry.Body);

    public IReadOnlyCollection<Alert> Alerts => alerts.Values;

    public long Count => records.Count;

    public event Action<long>? Committed;

    public async ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellation)
    {
        if (BeforeAppend is { } first)
        {
            BeforeAppend = null;
            await first();
        }
        if (Refusal is not null)
        {
            return new AppendOutcome.Refused(Refusal);
        }
        foreach (StreamExpectation expected in request.Expectations)
        {
            long? last = streams.TryGetValue(expected.Stream, out long index) ? index : null;
            if (last != expected.LastIndex)
            {
                return new AppendOutcome.Conflict(expected.Stream, last);
            }
        }
        Requests.Add(request);
        long start = records.Count;
        List<RecordId> ids = [];
        foreach (RecordDraft draft in request.Drafts)
        {
            ids.Add(Append(draft));
        }
        AddFindings(request);
        Committed?.Invoke(records.Count);
        return new AppendOutcome.Appended(start, ids);
    }

    public void Refuse(string reason) => Refusal = reason;

    private RecordId Append(RecordDraft draft)
    {
        DateTimeOffset now = time.GetUtcNow();
        long index = records.Count;
        RecordId id = new(Guid.CreateVersion7(now));
        SealedRecord made = new(
            id,
            draft.Body.Type,
            draft.Stream,
            draft.Actor,
            draft.OccurredAt,
            now,
            draft.Supersedes,
            new byte[1],
            new byte[16],
            RecordBodyJson.Serialize(draft.Body)
        );
        StoredRecord record = new(index, made, false);
        records.Add(record);
        bodies.Add((record, draft.Body));
        streams[draft.Stream] = index;
        Project(draft, id, index);
        foreach (AlertId alert in Streams.AlertsMovedBy(draft.Body))
        {
            streams[Streams.Of(alert)] = index;
            alerts[alert] = alerts[alert] with { LastIndex = index };
        }
        if (Streams.CaseMovedBy(draft.Body) is { } moved)
        {
            streams[Streams.Of(moved)] = index;
            cases[moved] = cases[moved] with { LastIndex = index };
        }
        return id;
    }

    private void Project(RecordDraft draft, RecordId id, long index)
    {
        DateTimeOffset at = draft.OccurredAt;
        switch (draft.Body)
        {
            case AlertRaised r:
                alerts[r.Alert] = new Alert(
                    r.Alert,
                    alerts.Count + 1,
                    r.Fingerprint,
                    r.Rule,
                    r.Severity,
                    r.Source,
                    r.Entity,
                    r.Techniques,
                    0,
                    r.Findings.Min(f => f.OccurredAt),
                    r.Findings.Max(f => f.OccurredAt),
                    at,
                    AlertState.New,
                    null,
                    null,
                    null,
                    r.SourceRef,
                    r.Link,
                    index,
                    index
                );
                findings[r.Alert] = [];
                break;
            case AlertExtended x:
                Alert old = alerts[x.Alert];
                alerts[x.Alert] = old with
                {
                    FirstEventAt = x.Findings.Select(f => f.OccurredAt).Append(old.FirstEventAt).Min(),
                    LastEventAt = x.Findings.Select(f => f.OccurredAt).Append(old.LastEventAt).Max(),
                };
                break;
            case AlertAssigned a:
                Set(a.Alert, alert => alert with { Assignee = a.Assignee });
                break;
            case CaseOpened o:
                cases[o.Case] = new Case(
                    o.Case,
                    cases.Count + 1,
                    o.Title,
                    o.Severity,
                    CaseState.New,
                    o.Owner,
                    [],
                    o.Alerts,
                    at,
                    null,
                    null,
                    index,
                    index
                );
                Join(o.Case, o.Alerts);
                break;
            case CaseExtended e:
                cases[e.Case] = cases[e.Case] with { Alerts = [.. cases[e.Case].Alerts, .. e.Alerts] };
                Join(e.Case, e.Alerts);
                break;
            case CaseRestricted r:
                cases[r.Case] = cases[r.Case] with { RestrictedTo = r.People };
                break;
            case CaseAssigned a:
                cases[a.Case] = cases[a.Case] with { Owner = a.Owner };
                break;
            case CaseStateChanged s:
                cases[s.Case] = cases[s.Case] with { State = s.State };
                break;
            case RunStarted s:
                runs.Add(new Run(s.Run, s.Process, s.Case, s.Alerts, draft.Actor, at, index));
                break;
            case AnswerGiven g:
                for (int i = 0; i < answers.Count; i++)
                {
                    (RunId run, Answer answer) = answers[i];
                    if (run == g.Run && answer.Question == g.Question)
                    {
                        answers[i] = (run, answer with { Superseded = true });
                    }
                }
                answers.Add(
                    (
                        g.Run,
                        new Answer(index, id, g.Step, g.Question, g.Kind, g.Value, g.Origin, draft.Actor, at, false)
                    )
                );
                break;
            case VerdictGiven v:
                Judge(v, draft, id, index);
                break;
        }
    }

    private void Judge(VerdictGiven v, RecordDraft draft, RecordId id, long index)
    {
        StandingVerdict standing = new(
            v.Verdict,
            id,
            index,
            v.Decision,
            draft.Actor,
            draft.OccurredAt,
            draft.Supersedes is not null
        );
        foreach (AlertId alert in v.Alerts)
        {
            verdicts.Add((alert, standing));
            Set(alert, a => a with { Verdict = standing, State = AlertState.Judged });
        }
        if (v.Case is { } of)
        {
            CaseState state = cases[of].State == CaseState.Closed ? CaseState.Closed : CaseState.Resolved;
            cases[of] = cases[of] with { Verdict = standing, State = state };
        }
    }

    private void Join(CaseId id, IReadOnlyList<AlertId> members)
    {
        foreach (AlertId member in members)
        {
            Set(member, alert => alert with { Case = id });
        }
    }

    private void Set(AlertId id, Func<Alert, Alert> change)
    {
        Alert alert = change(alerts[id]);
        bool worked = alert.Assignee is not null || alert.Case is not null;
        alerts[id] = alert with
        {
            State =
                alert.Verdict is not null ? AlertState.Judged
                : worked ? AlertState.InProgress
                : AlertState.New,
        };
    }

    private void AddFindings(AppendRequest request)
    {
        Dictionary<FindingId, AlertId> of = [];
        foreach (RecordDraft draft in request.Drafts)
        {
            (AlertId alert, IReadOnlyList<FindingMember> members) = draft.Body switch
            {
                AlertRaised r => (r.Alert, r.Findings),
                AlertExtended x => (x.Alert, x.Findings),
                _ => (default, []),
            };
            foreach (FindingMember member in members)
            {
                of[member.Id] = alert;
            }
        }
        foreach (Finding finding in request.Findings.Where(finding => stored.Add(finding.Id)))
        {
            AlertId alert = of[finding.Id];
            findings[alert].Insert(0, finding);
            alerts[alert] = alerts[alert] with { FindingCount = findings[alert].Count };
        }
    }

    private bool Sees(Viewer viewer, CaseId? id) => id is not { } of || viewer.MaySee(cases[of].RestrictedTo);

    private IEnumerable<Alert> Matching(AlertFilter filter, Viewer viewer) =>
        alerts.Values.Where(alert =>
            Sees(viewer, alert.Case)
            && (filter.States.Count == 0 || filter.States.Contains(alert.State))
            && (
                filter.Entity is null
                || string.Equals(filter.Entity, alert.Entity.Name, StringComparison.OrdinalIgnoreCase)
            )
            && (filter.Verdict is null || alert.Verdict?.Decision.Verdict == filter.Verdict)
            && (filter.RaisedAfter is null || alert.Number > filter.RaisedAfter)
        );

    public ValueTask<IReadOnlyList<StoredRecord>> ReadAsync(
        long fromIndex,
        int limit,
        CancellationToken cancellation
    ) => ValueTask.FromResult<IReadOnlyList<StoredRecord>>([.. records.Skip((int)fromIndex).Take(limit)]);

    public ValueTask<StoredRecord?> FindAsync(RecordId id, CancellationToken cancellation) =>
        ValueTask.FromResult(records.FirstOrDefault(record => record.Sealed.Id == id));

    public ValueTask<IReadOnlyList<StoredRecord>> ReadStreamAsync(
        string stream,
        int limit,
        CancellationToken cancellation
    ) =>
        ValueTask.FromResult<IReadOnlyList<StoredRecord>>([
            .. records.Where(r => r.Sealed.Stream == stream).Take(limit),
        ]);

    public ValueTask<Alert?> AlertAsync(AlertId id, Viewer viewer, CancellationToken cancellation) =>
        ValueTask.FromResult(alerts.TryGetValue(id, out Alert? alert) && Sees(viewer, alert.Case) ? alert : null);

    public ValueTask<Alert?> AlertBySourceRefAsync(
        string technology,
        string sourceRef,
        CancellationToken cancellation
    ) =>
        ValueTask.FromResult(
            alerts.Values.LastOrDefault(a => a.Source.Technology == technology && a.SourceRef == sourceRef)
        );

    public ValueTask<IReadOnlyList<Finding>> FindingsAsync(
        AlertId alert,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) => ValueTask.FromResult<IReadOnlyList<Finding>>([.. findings[alert].Take(limit)]);

    public ValueTask<IReadOnlyList<Alert>> ExtendableAsync(
        DateTimeOffset lastEventSince,
        CancellationToken cancellation
    ) =>
        ValueTask.FromResult<IReadOnlyList<Alert>>([
            .. alerts
                .Values.GroupBy(alert => alert.Fingerprint)
                .Select(group => group.MaxBy(alert => alert.Number)!)
                .Where(alert =>
                    alert.LastEventAt >= lastEventSince && alert.SourceRef is null && alert.State != AlertState.Judged
                ),
        ]);

    public ValueTask<IReadOnlyList<Alert>> JudgedLikeAsync(
        string ruleId,
        Entity? entity,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) =>
        ValueTask.FromResult<IReadOnlyList<Alert>>([
            .. alerts
                .Values.Where(a =>
                    a.Verdict is not null
                    && a.Rule.Id == ruleId
                    && (entity is null || a.Entity == entity)
                    && Sees(viewer, a.Case)
                )
                .OrderByDescending(a => a.Verdict!.Index)
                .Take(limit),
        ]);

    public ValueTask<long> CountAsync(AlertFilter filter, int atMost, Viewer viewer, CancellationToken cancellation) =>
        ValueTask.FromResult<long>(Matching(filter, viewer).Take(atMost).Count());

    public ValueTask<Case?> CaseAsync(CaseId id, Viewer viewer, CancellationToken cancellation) =>
        ValueTask.FromResult(cases.TryGetValue(id, out Case? item) && Sees(viewer, id) ? item : null);

    public ValueTask<IReadOnlyList<Run>> RunsAsync(CaseId id, Viewer viewer, CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<Run>>([.. runs.Where(run => run.Case == id)]);

    public ValueTask<Run?> RunAsync(RunId id, Viewer viewer, CancellationToken cancellation) =>
        ValueTask.FromResult(runs.FirstOrDefault(run => run.Id == id && Sees(viewer, run.Case)));

    public ValueTask<IReadOnlyList<Answer>> AnswersAsync(RunId id, Viewer viewer, CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<Answer>>([.. answers.Where(a => a.Run == id).Select(a => a.Answer)]);

    public ValueTask<IReadOnlyList<StandingVerdict>> VerdictsAsync(
        CaseId id,
        Viewer viewer,
        CancellationToken cancellation
    ) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StandingVerdict>> VerdictsAsync(
        AlertId alert,
        Viewer viewer,
        CancellationToken cancellation
    ) =>
        ValueTask.FromResult<IReadOnlyList<StandingVerdict>>([
            .. verdicts.Where(v => v.Alert == alert).Select(v => v.Verdict),
        ]);

    public ValueTask<JudgementCounts> CountsAsync(CancellationToken cancellation)
    {
        Alert[] open = [.. alerts.Values.Where(alert => alert.Verdict is null)];
        return ValueTask.FromResult(
            new JudgementCounts(
                open.Length,
                alerts.Count - open.Length,
                open.Length == 0 ? null : open.Min(alert => alert.RaisedAt),
                cases.Values.Count(item => item.State != CaseState.Closed),
                stored.Count
            )
        );
    }

    // The process stage does not list: pages do.
    public ValueTask<DecisionFigures> FiguresAsync(DateOnly since, int reasons, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<Page<Alert>> AlertsAsync(
        AlertFilter filter,
        AlertOrder order,
        string? cursor,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<AlertGroup>> AlertsByRuleAsync(
        AlertFilter filter,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) => throw new NotSupportedException();

    public ValueTask<Alert?> AlertByNumberAsync(long number, Viewer viewer, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<Page<Case>> CasesAsync(
        IReadOnlyList<CaseState> states,
        string? cursor,
        int limit,
        Viewer viewer,
        CancellationToken cancellation
    ) => throw new NotSupportedException();

    public ValueTask<Case?> CaseByNumberAsync(long number, Viewer viewer, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StoredFinding>> FindingsAfterAsync(
        long sequence,
        int limit,
        CancellationToken cancellation
    ) => throw new NotSupportedException();

    public ValueTask<long> PositionAsync(string consumer, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<BatchKey>> KeysAsync(long sinceMicros, int limit, CancellationToken cancellation) =>
        throw new NotSupportedException();
}
