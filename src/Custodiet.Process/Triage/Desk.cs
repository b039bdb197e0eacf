using Custodiet.Process.Definitions;
using Custodiet.Records;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Process.Triage;

/// <summary>What all desks work with.</summary>
/// <param name="Store">Where acts are recorded.</param>
/// <param name="Reader">Where alerts, cases and runs are read.</param>
/// <param name="Processes">The definitions.</param>
/// <param name="Time">The clock.</param>
/// <param name="Appended">Told of each record after it is durable, for example <see cref="Alerts.AlertGrouping.Apply"/>; must return at once.</param>
public sealed record DeskTools(
    IRecordStore Store,
    IJudgementReader Reader,
    ProcessLibrary Processes,
    TimeProvider Time,
    Action<RecordBody, long>? Appended = null
);

/// <summary>What the acts of people have in common: read, decide, append what was decided; when somebody else was quicker, read and decide again.</summary>
internal sealed class Desk(DeskTools tools)
{
    /// <summary>How often an act is decided anew because its subject changed in between, for example because findings joined the alert.</summary>
    public const int RetriesMax = 5;

    public IJudgementReader Reader => tools.Reader;

    public ProcessLibrary Processes => tools.Processes;

    public DateTimeOffset Now => tools.Time.GetUtcNow();

    /// <summary>An act as decided: what to append, or why not.</summary>
    public sealed record Decided(
        IReadOnlyList<RecordDraft> Drafts,
        IReadOnlyList<StreamExpectation> Expectations,
        Act Act,
        ActOutcome? Instead = null
    )
    {
        public static Decided Not(ActOutcome outcome) => new([], [], new Act(null, []), outcome);
    }

    public async ValueTask<ActOutcome> DoAsync(
        Func<CancellationToken, ValueTask<Decided>> decide,
        CancellationToken cancellation
    )
    {
        for (int attempt = 0; attempt <= RetriesMax; attempt++)
        {
            Decided decided = await decide(cancellation).ConfigureAwait(false);
            if (decided.Instead is { } instead)
            {
                return instead;
            }
            if (decided.Drafts.Count == 0)
            {
                return new ActOutcome.Done(decided.Act);
            }
            AppendRequest request = new() { Drafts = decided.Drafts, Expectations = decided.Expectations };
            AppendOutcome outcome = await tools.Store.AppendAsync(request, cancellation).ConfigureAwait(false);
            switch (outcome)
            {
                case AppendOutcome.Appended appended:
                    return Finish(decided, appended);
                case AppendOutcome.Refused refused:
                    return new ActOutcome.Unavailable(refused.Reason);
            }
        }
        return new ActOutcome.Conflict("keeps changing this; try again", null, null);
    }

    /// <summary>Why this person may not act in a process, or null.</summary>
    public static ActOutcome? Forbidden(Viewer viewer, IReadOnlyList<Role> roles, string what) =>
        roles.Any(viewer.Roles.Contains)
            ? null
            : new ActOutcome.NotAllowed(
                $"Only {string.Join(" or ", roles.Select(role => role.ToString().ToLowerInvariant()))} may {what}."
            );

    /// <summary>A mistake in what a person entered; the field's name stands for the file.</summary>
    public static Problem Mistake(string code, string message, string field, string? hint = null) =>
        new(ProblemLevel.Error, code, message, new TextPosition(field, 0, 0), hint);

    public static Decided Refuse(params IReadOnlyList<Problem> problems) =>
        Decided.Not(new ActOutcome.Refused(problems));

    /// <summary>Reads alerts as the viewer sees them; the first that is missing ends it.</summary>
    public async ValueTask<(List<Alert> Alerts, ActOutcome? Missing)> ReadAsync(
        IReadOnlyList<AlertId> ids,
        int atMost,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        List<Alert> alerts = new(ids.Count);
        if (ids.Count == 0 || ids.Count > atMost)
        {
            string message = $"An act is about 1 to {atMost:N0} alerts at a time, not {ids.Count:N0}.";
            return (alerts, new ActOutcome.Refused([Mistake("act.alerts", message, "alerts")]));
        }
        foreach (AlertId id in ids.Distinct())
        {
            Alert? alert = await Reader.AlertAsync(id, viewer, cancellation).ConfigureAwait(false);
            if (alert is null)
            {
                return (alerts, new ActOutcome.NotFound($"alert {id}"));
            }
            alerts.Add(alert);
        }
        return (alerts, null);
    }

    public static StreamExpectation Unchanged(Alert alert) => new(Streams.Of(alert.Id), alert.LastIndex);

    public static StreamExpectation Unchanged(Case item) => new(Streams.Of(item.Id), item.LastIndex);

    public RunId NewRun() => new(Guid.CreateVersion7(Now));

    private ActOutcome.Done Finish(Decided decided, AppendOutcome.Appended appended)
    {
        RecordId? verdict = null;
        for (int i = 0; i < decided.Drafts.Count; i++)
        {
            RecordBody body = decided.Drafts[i].Body;
            verdict = body is VerdictGiven ? appended.Ids[i] : verdict;
            tools.Appended?.Invoke(body, appended.FirstIndex + i);
        }
        return new ActOutcome.Done(
            decided.Act with
            {
                FirstIndex = appended.FirstIndex,
                Records = appended.Ids,
                Verdict = verdict,
            }
        );
    }
}
