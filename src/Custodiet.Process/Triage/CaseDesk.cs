using Custodiet.Process.Definitions;
using Custodiet.Process.Runs;
using Custodiet.Records;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Process.Triage;

/// <summary>What people do with cases: open, extend, restrict, assign, change state, judge.</summary>
public sealed class CaseDesk(DeskTools tools)
{
    /// <summary>Alerts in one case at most: 1,000.</summary>
    public const int AlertsPerCaseMax = 1_000;

    /// <summary>Characters of a title at most: 200.</summary>
    public const int TitleCharactersMax = 200;

    /// <summary>People a case can be restricted to at most: 100.</summary>
    public const int PeopleMax = 100;

    private static readonly Role[] workers = [Role.Analyst, Role.Lead];

    private readonly Desk desk = new(tools);

    /// <summary>Opens a case on alerts, owned by the person, and starts the triage process in it.</summary>
    /// <param name="title">Its title; null or empty for the most severe alert's rule and entity.</param>
    /// <param name="alerts">Its alerts; none may be in another case.</param>
    /// <param name="viewer">Who.</param>
    /// <param name="cancellation">Ends waiting.</param>
    public ValueTask<ActOutcome> OpenAsync(
        string? title,
        IReadOnlyList<AlertId> alerts,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(alerts);
        ArgumentNullException.ThrowIfNull(viewer);
        return desk.DoAsync(
            async stop =>
            {
                if (desk.Processes.Find(ProcessLibrary.Triage) is not { } process)
                {
                    return NoProcess();
                }
                if (Desk.Forbidden(viewer, process.Roles, "open cases") is { } forbidden)
                {
                    return Desk.Decided.Not(forbidden);
                }
                (List<Alert> members, ActOutcome? missing) = await desk.ReadAsync(
                        alerts,
                        AlertsPerCaseMax,
                        viewer,
                        stop
                    )
                    .ConfigureAwait(false);
                ActOutcome? instead = missing ?? InOtherCase(members, null);
                if (instead is not null)
                {
                    return Desk.Decided.Not(instead);
                }
                Alert head = members.MaxBy(alert => alert.Severity)!;
                string name = string.IsNullOrWhiteSpace(title)
                    ? Shorten($"{head.Rule.Title}: {head.Entity.Name}")
                    : title.Trim();
                return name.Length > TitleCharactersMax
                    ? Desk.Refuse(
                        Desk.Mistake("case.title", $"A title has at most {TitleCharactersMax} characters.", "title")
                    )
                    : Open(name, members, head, process, viewer);
            },
            cancellation
        );
    }

    /// <summary>Adds alerts to a case.</summary>
    public ValueTask<ActOutcome> ExtendAsync(
        CaseId id,
        IReadOnlyList<AlertId> alerts,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(alerts);
        return ActAsync(
            id,
            viewer,
            async (item, stop) =>
            {
                (List<Alert> members, ActOutcome? missing) = await desk.ReadAsync(
                        alerts,
                        AlertsPerCaseMax,
                        viewer,
                        stop
                    )
                    .ConfigureAwait(false);
                ActOutcome? instead = missing ?? Closed(item) ?? InOtherCase(members, id);
                if (instead is not null)
                {
                    return Desk.Decided.Not(instead);
                }
                Alert[] added = [.. members.Where(alert => alert.Case != id)];
                if (item.Alerts.Count + added.Length > AlertsPerCaseMax)
                {
                    string message = $"A case has at most {AlertsPerCaseMax:N0} alerts.";
                    return Desk.Refuse(Desk.Mistake("case.alerts", message, "alerts"));
                }
                Act act = new(null, [], added.Length, id);
                return added.Length == 0
                    ? new Desk.Decided([], [], act)
                    : new Desk.Decided(
                        [Draft(new CaseExtended(id, [.. added.Select(alert => alert.Id)]), id, viewer)],
                        [Desk.Unchanged(item), .. added.Select(Desk.Unchanged)],
                        act
                    );
            },
            cancellation
        );
    }

    /// <summary>Restricts a case to people, who must include the person acting; an empty list lifts the restriction. For leads, and the case's owner.</summary>
    public ValueTask<ActOutcome> RestrictAsync(
        CaseId id,
        IReadOnlyList<ActorId> people,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(people);
        return ActAsync(
            id,
            viewer,
            (item, _) =>
            {
                ActorId[] named = [.. people.Distinct()];
                if (!viewer.Roles.Contains(Role.Lead) && item.Owner != viewer.Actor)
                {
                    return Now(
                        Desk.Decided.Not(new ActOutcome.NotAllowed("Only a lead or the case's owner may restrict it."))
                    );
                }
                if (named.Length > PeopleMax)
                {
                    return Now(Desk.Refuse(Desk.Mistake("case.people", $"At most {PeopleMax} people.", "people")));
                }
                if (named.Length > 0 && !named.Contains(viewer.Actor))
                {
                    const string message = "You would not see the case yourself any more.";
                    return Now(Desk.Refuse(Desk.Mistake("case.self", message, "people", "name yourself, too")));
                }
                bool same = named.ToHashSet().SetEquals(item.RestrictedTo);
                return Now(Change(item, same, new CaseRestricted(id, named), viewer));
            },
            cancellation
        );
    }

    /// <summary>Gives a case to somebody, or to nobody (null).</summary>
    public ValueTask<ActOutcome> AssignAsync(
        CaseId id,
        ActorId? owner,
        Viewer viewer,
        CancellationToken cancellation
    ) =>
        ActAsync(
            id,
            viewer,
            (item, _) =>
            {
                if (owner is { } person && item.RestrictedTo.Count > 0 && !item.RestrictedTo.Contains(person))
                {
                    const string message = "The new owner may not see this case.";
                    return Now(
                        Desk.Refuse(Desk.Mistake("case.owner", message, "owner", "add them to its people first"))
                    );
                }
                return Now(Change(item, item.Owner == owner, new CaseAssigned(id, owner), viewer));
            },
            cancellation
        );

    /// <summary>
    /// Changes a case's state. Resolved is reached by a verdict; Closed needs it and every answer that the process requires at close:
    /// the refusal lists those that are missing. A closed case is reopened by going back to in progress.
    /// </summary>
    public ValueTask<ActOutcome> ChangeStateAsync(
        CaseId id,
        CaseState state,
        Viewer viewer,
        CancellationToken cancellation
    ) =>
        ActAsync(
            id,
            viewer,
            async (item, stop) =>
            {
                if (state == CaseState.New && item.State != CaseState.New)
                {
                    return Desk.Refuse(Desk.Mistake("case.state", "A case is new only once.", "state"));
                }
                if (state is CaseState.Resolved or CaseState.Closed && item.Verdict is null)
                {
                    return Desk.Refuse(Desk.Mistake("case.verdict", "The case has no verdict yet.", "state"));
                }
                if (state == CaseState.Closed)
                {
                    IReadOnlyList<Problem> missing = await MissingAsync(item, viewer, stop).ConfigureAwait(false);
                    if (missing.Count > 0)
                    {
                        return Desk.Refuse(missing);
                    }
                }
                return Change(item, item.State == state, new CaseStateChanged(id, state), viewer);
            },
            cancellation
        );

    /// <summary>Gives the verdict on a case and all its alerts, within its run, or corrects it.</summary>
    /// <param name="id">The case.</param>
    /// <param name="decision">The decision.</param>
    /// <param name="seen">The record of the verdict that the person saw and corrects; null when there was none.</param>
    /// <param name="viewer">Who.</param>
    /// <param name="cancellation">Ends waiting.</param>
    public ValueTask<ActOutcome> JudgeAsync(
        CaseId id,
        Decision decision,
        RecordId? seen,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(decision);
        return ActAsync(
            id,
            viewer,
            async (item, stop) =>
            {
                if (item.Verdict?.RecordId != seen)
                {
                    return Desk.Decided.Not(
                        item.Verdict is { } other
                            ? VerdictWriting.AlreadyJudged($"case {item.Number}", other)
                            : new ActOutcome.NotFound("the verdict to correct")
                    );
                }
                IReadOnlyList<Run> runs = await desk.Reader.RunsAsync(id, viewer, stop).ConfigureAwait(false);
                Run? run = runs.Count > 0 ? runs[^1] : null;
                ProcessDefinition? process = run is null
                    ? desk.Processes.Find(ProcessLibrary.Triage)
                    : desk.Processes.Find(run.Process);
                if (process is null)
                {
                    return NoProcess();
                }
                if (DecisionCheck.Check(decision, process) is { Count: > 0 } problems)
                {
                    return Desk.Refuse(problems);
                }
                List<Alert> alerts = [];
                if (item.Alerts.Count > 0)
                {
                    (alerts, ActOutcome? gone) = await desk.ReadAsync(item.Alerts, AlertsPerCaseMax, viewer, stop)
                        .ConfigureAwait(false);
                    if (gone is not null)
                    {
                        return Desk.Decided.Not(gone);
                    }
                }
                return Judge(item, alerts, decision, (process, run), viewer);
            },
            cancellation
        );
    }

    private Desk.Decided Open(string title, List<Alert> members, Alert head, ProcessDefinition process, Viewer viewer)
    {
        CaseId id = new(Guid.CreateVersion7(desk.Now));
        RunId run = desk.NewRun();
        AlertId[] ids = [.. members.Select(alert => alert.Id)];
        RecordDraft[] drafts =
        [
            Draft(new CaseOpened(id, title, head.Severity, ids, viewer.Actor), id, viewer),
            Draft(new CaseStateChanged(id, CaseState.InProgress), id, viewer),
            new(new RunStarted(run, process.Reference, id, ids), Streams.Of(run), viewer.Actor, desk.Now),
        ];
        StreamExpectation[] expectations = [.. members.Select(Desk.Unchanged)];
        return new Desk.Decided(drafts, expectations, new Act(null, [], ids.Length, id, run));
    }

    private Desk.Decided Judge(
        Case item,
        List<Alert> alerts,
        Decision decision,
        (ProcessDefinition Process, Run? Run) work,
        Viewer viewer
    )
    {
        List<RecordDraft> drafts = [];
        RunId run = work.Run?.Id ?? desk.NewRun();
        if (work.Run is null)
        {
            RunStarted started = new(run, work.Process.Reference, item.Id, item.Alerts);
            drafts.Add(new RecordDraft(started, Streams.Of(run), viewer.Actor, desk.Now));
        }
        string stream = Streams.Of(item.Id);
        VerdictWriting writing = new(decision, item.Id, run, work.Process.Reference, viewer.Actor, desk.Now);
        // The record that corrects the case's own verdict comes last: it is then the one that stands on the case.
        drafts.AddRange(
            writing.Drafts(alerts, stream).OrderBy(draft => draft.Supersedes == item.Verdict?.RecordId ? 1 : 0)
        );
        if (item.Verdict is { } standing && drafts.All(draft => draft.Supersedes != standing.RecordId))
        {
            drafts.Add(writing.Draft([], stream, standing.RecordId));
        }
        if (drafts.All(draft => draft.Body is not VerdictGiven))
        {
            drafts.Add(writing.Draft([], stream, null));
        }
        return new Desk.Decided(
            drafts,
            [Desk.Unchanged(item), .. alerts.Select(Desk.Unchanged)],
            new Act(null, [], alerts.Count, item.Id, run)
        );
    }

    private async ValueTask<IReadOnlyList<Problem>> MissingAsync(
        Case item,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        List<Problem> problems = [];
        foreach (Run run in await desk.Reader.RunsAsync(item.Id, viewer, cancellation).ConfigureAwait(false))
        {
            // A run whose definition is gone cannot be completed; its answers stay as they are.
            if (desk.Processes.Find(run.Process) is not { } process)
            {
                continue;
            }
            RunProgress progress = RunProgress.Of(
                process,
                await desk.Reader.AnswersAsync(run.Id, viewer, cancellation).ConfigureAwait(false)
            );
            problems.AddRange(
                progress.MissingAtClose.Select(question =>
                    Desk.Mistake("case.answer.missing", $"Not answered: {question.Text}", question.Id)
                )
            );
        }
        return problems;
    }

    private ValueTask<ActOutcome> ActAsync(
        CaseId id,
        Viewer viewer,
        Func<Case, CancellationToken, ValueTask<Desk.Decided>> decide,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(viewer);
        return desk.DoAsync(
            async stop =>
            {
                if (Desk.Forbidden(viewer, workers, "work on cases") is { } forbidden)
                {
                    return Desk.Decided.Not(forbidden);
                }
                Case? item = await desk.Reader.CaseAsync(id, viewer, stop).ConfigureAwait(false);
                return item is null
                    ? Desk.Decided.Not(new ActOutcome.NotFound($"case {id}"))
                    : await decide(item, stop).ConfigureAwait(false);
            },
            cancellation
        );
    }

    private Desk.Decided Change(Case item, bool same, RecordBody body, Viewer viewer)
    {
        Act act = new(null, [], Case: item.Id);
        return same
            ? new Desk.Decided([], [], act)
            : new Desk.Decided([Draft(body, item.Id, viewer)], [Desk.Unchanged(item)], act);
    }

    private RecordDraft Draft(RecordBody body, CaseId id, Viewer viewer) =>
        new(body, Streams.Of(id), viewer.Actor, desk.Now);

    private static ValueTask<Desk.Decided> Now(Desk.Decided decided) => ValueTask.FromResult(decided);

    private static ActOutcome.Refused? Closed(Case item) =>
        item.State == CaseState.Closed
            ? new ActOutcome.Refused([
                Desk.Mistake("case.closed", $"Case {item.Number} is closed.", "case", "reopen it first"),
            ])
            : null;

    private static ActOutcome.Refused? InOtherCase(IEnumerable<Alert> alerts, CaseId? own) =>
        alerts.FirstOrDefault(alert => alert.Case is not null && alert.Case != own) is { } taken
            ? new ActOutcome.Refused([
                Desk.Mistake("alert.in-case", $"Alert {taken.Number} is in another case.", "alerts"),
            ])
            : null;

    private static Desk.Decided NoProcess() =>
        Desk.Refuse(Desk.Mistake("process.missing", "The process version of this run is not loaded.", "process"));

    private static string Shorten(string title) =>
        title.Length <= TitleCharactersMax ? title : string.Concat(title.AsSpan(0, TitleCharactersMax - 1), "…");
}
