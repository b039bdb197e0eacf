using Custodiet.Process.Definitions;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Process.Triage;

/// <summary>A verdict as a person saw it on an alert when deciding to correct it.</summary>
/// <param name="Alert">The alert.</param>
/// <param name="Verdict">The record of the verdict that stood there.</param>
public readonly record struct SeenVerdict(AlertId Alert, RecordId Verdict);

/// <summary>
/// What people do in the queue: take, put back, judge, correct. Judging is final: there is no way back to «unjudged»; a mistake is corrected by
/// a new verdict that supersedes the old one, and both stay.
/// </summary>
public sealed class AlertDesk(DeskTools tools)
{
    /// <summary>Alerts in one act at most: 1,000.</summary>
    public const int AlertsPerActMax = 1_000;

    private static readonly Role[] workers = [Role.Analyst, Role.Lead];

    private readonly Desk desk = new(tools);

    /// <summary>Takes alerts. Somebody else's are a conflict unless taken over.</summary>
    /// <param name="alerts">The alerts.</param>
    /// <param name="takeOver">Whether to take what somebody else has.</param>
    /// <param name="viewer">Who.</param>
    /// <param name="cancellation">Ends waiting.</param>
    public ValueTask<ActOutcome> TakeAsync(
        IReadOnlyList<AlertId> alerts,
        bool takeOver,
        Viewer viewer,
        CancellationToken cancellation
    ) => AssignAsync(alerts, takeOver, viewer, viewer?.Actor, cancellation);

    /// <summary>Puts back alerts that the person has.</summary>
    public ValueTask<ActOutcome> PutBackAsync(
        IReadOnlyList<AlertId> alerts,
        Viewer viewer,
        CancellationToken cancellation
    ) => AssignAsync(alerts, false, viewer, null, cancellation);

    /// <summary>
    /// Gives one verdict on one or many alerts that have none: one run and one record, whose members are the alerts. Each alert is checked to be
    /// unjudged at the moment of recording.
    /// </summary>
    public ValueTask<ActOutcome> JudgeAsync(
        IReadOnlyList<AlertId> alerts,
        Decision decision,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(alerts);
        return JudgeAsync(alerts, null, decision, viewer, cancellation);
    }

    /// <summary>Corrects verdicts: the new one supersedes exactly those that were seen. If another stands there meanwhile, that is a conflict.</summary>
    public ValueTask<ActOutcome> CorrectAsync(
        IReadOnlyList<SeenVerdict> seen,
        Decision decision,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(seen);
        Dictionary<AlertId, RecordId> known = [];
        foreach (SeenVerdict item in seen)
        {
            known[item.Alert] = item.Verdict;
        }
        return JudgeAsync([.. known.Keys], known, decision, viewer, cancellation);
    }

    private ValueTask<ActOutcome> JudgeAsync(
        IReadOnlyList<AlertId> ids,
        IReadOnlyDictionary<AlertId, RecordId>? seen,
        Decision decision,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(viewer);
        return desk.DoAsync(
            async stop =>
            {
                if (desk.Processes.Find(ProcessLibrary.Triage) is not { } process)
                {
                    return Desk.Refuse(
                        Desk.Mistake("process.missing", $"No process «{ProcessLibrary.Triage}» is loaded.", "process")
                    );
                }
                if (Desk.Forbidden(viewer, process.Roles, "judge alerts") is { } forbidden)
                {
                    return Desk.Decided.Not(forbidden);
                }
                if (DecisionCheck.Check(decision, process) is { Count: > 0 } problems)
                {
                    return Desk.Refuse(problems);
                }
                (List<Alert> alerts, ActOutcome? missing) = await desk.ReadAsync(ids, AlertsPerActMax, viewer, stop)
                    .ConfigureAwait(false);
                ActOutcome? instead =
                    missing ?? alerts.Select(a => Hindrance(a, seen)).FirstOrDefault(h => h is not null);
                return instead is not null ? Desk.Decided.Not(instead) : Draft(alerts, decision, process, viewer);
            },
            cancellation
        );
    }

    private static ActOutcome? Hindrance(Alert alert, IReadOnlyDictionary<AlertId, RecordId>? seen)
    {
        if (seen is null && alert.Verdict is { } standing)
        {
            return VerdictWriting.AlreadyJudged($"alert {alert.Number}", standing);
        }
        if (seen is not null && alert.Verdict is null)
        {
            string message = $"Alert {alert.Number} has no verdict that could be corrected.";
            return new ActOutcome.Refused([Desk.Mistake("verdict.none", message, "alerts")]);
        }
        if (seen is not null && alert.Verdict is { } changed && changed.RecordId != seen[alert.Id])
        {
            return VerdictWriting.AlreadyJudged($"alert {alert.Number}", changed);
        }
        if (seen is null && alert.Case is not null)
        {
            string message = $"Alert {alert.Number} is in a case.";
            return new ActOutcome.Refused([
                Desk.Mistake("alert.in-case", message, "alerts", "judge the case: its verdict covers all its alerts"),
            ]);
        }
        return null;
    }

    private Desk.Decided Draft(List<Alert> alerts, Decision decision, ProcessDefinition process, Viewer viewer)
    {
        RunId run = desk.NewRun();
        AlertId[] ids = [.. alerts.Select(alert => alert.Id)];
        List<RecordDraft> drafts =
        [
            new(new RunStarted(run, process.Reference, null, ids), Streams.Of(run), viewer.Actor, desk.Now),
        ];
        string stream = ids.Length == 1 ? Streams.Of(ids[0]) : Streams.Of(run);
        VerdictWriting writing = new(decision, null, run, process.Reference, viewer.Actor, desk.Now);
        drafts.AddRange(writing.Drafts(alerts, stream));
        return new Desk.Decided(drafts, [.. alerts.Select(Desk.Unchanged)], new Act(null, [], ids.Length, Run: run));
    }

    private ValueTask<ActOutcome> AssignAsync(
        IReadOnlyList<AlertId> ids,
        bool takeOver,
        Viewer viewer,
        ActorId? to,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(viewer);
        return desk.DoAsync(
            async stop =>
            {
                if (Desk.Forbidden(viewer, workers, "take alerts") is { } forbidden)
                {
                    return Desk.Decided.Not(forbidden);
                }
                (List<Alert> alerts, ActOutcome? missing) = await desk.ReadAsync(ids, AlertsPerActMax, viewer, stop)
                    .ConfigureAwait(false);
                if (missing is not null)
                {
                    return Desk.Decided.Not(missing);
                }
                foreach (Alert alert in alerts)
                {
                    if (alert.Verdict is { } standing)
                    {
                        return Desk.Decided.Not(VerdictWriting.AlreadyJudged($"alert {alert.Number}", standing));
                    }
                    if (alert.Assignee is { } other && other != viewer.Actor && !takeOver)
                    {
                        return Desk.Decided.Not(new ActOutcome.Conflict($"has alert {alert.Number}", other, null));
                    }
                }
                Alert[] moved = [.. alerts.Where(alert => alert.Assignee != to)];
                RecordDraft[] drafts =
                [
                    .. moved.Select(alert => new RecordDraft(
                        new AlertAssigned(alert.Id, to),
                        Streams.Of(alert.Id),
                        viewer.Actor,
                        desk.Now
                    )),
                ];
                return new Desk.Decided(drafts, [.. moved.Select(Desk.Unchanged)], new Act(null, [], moved.Length));
            },
            cancellation
        );
    }
}
