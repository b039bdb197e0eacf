using Custodiet.Process.Definitions;
using Custodiet.Process.Facts;
using Custodiet.Process.Triage;
using Custodiet.Records;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Process.Runs;

/// <summary>What people do in a run: answer questions, accept facts. An answer to an answered question supersedes the former one; both stay.</summary>
public sealed class RunDesk(DeskTools tools, FactReader facts)
{
    private readonly Desk desk = new(tools);

    /// <summary>Answers one question as a person's own act: a judgement, or a fact in the person's words.</summary>
    /// <param name="run">The run.</param>
    /// <param name="question">The question's id.</param>
    /// <param name="value">The typed answer.</param>
    /// <param name="seen">The record of the answer that the person saw there; null when it was unanswered.</param>
    /// <param name="viewer">Who.</param>
    /// <param name="cancellation">Ends waiting.</param>
    public ValueTask<ActOutcome> AnswerAsync(
        RunId run,
        string question,
        AnswerValue value,
        RecordId? seen,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(value);
        return InRunAsync(
            run,
            viewer,
            (work, _) =>
            {
                QuestionState? state = work.Progress.Find(question);
                if (state is null)
                {
                    return Now(Desk.Decided.Not(new ActOutcome.NotFound($"question {question}")));
                }
                if (state.Answer?.RecordId != seen)
                {
                    return Now(Desk.Decided.Not(Answered(state)));
                }
                if (!state.Asked)
                {
                    const string message = "This question is not asked with the answers so far.";
                    string hint = $"it is asked when {state.Question.When}";
                    return Now(Desk.Refuse(Desk.Mistake("answer.not-asked", message, question, hint)));
                }
                IReadOnlyList<Problem> problems = AnswerCheck.Check(state.Question, value);
                return Now(
                    problems.Count > 0
                        ? Desk.Refuse(problems)
                        : Decide(work, [(state, value, new AnswerOrigin("person", null, null))], viewer)
                );
            },
            cancellation
        );
    }

    /// <summary>
    /// Accepts facts as they were shown: each is read again and recorded with its origin when it still is what the person saw; when one has changed,
    /// that is a conflict and nothing is recorded. A fact that is answered already is left as it is.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="seen">What the person saw, by question id.</param>
    /// <param name="viewer">Who.</param>
    /// <param name="cancellation">Ends waiting.</param>
    public ValueTask<ActOutcome> AcceptFactsAsync(
        RunId run,
        IReadOnlyDictionary<string, AnswerValue> seen,
        Viewer viewer,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(seen);
        return InRunAsync(
            run,
            viewer,
            async (work, stop) =>
            {
                FactSubject? subject = await facts.SubjectAsync(work.Run.Alerts, viewer, stop).ConfigureAwait(false);
                if (subject is null)
                {
                    return Desk.Decided.Not(new ActOutcome.NotFound("the run's alerts"));
                }
                IReadOnlyDictionary<string, FilledFact> filled = await facts
                    .FillAsync(work.Progress.Process, subject, viewer, stop)
                    .ConfigureAwait(false);
                List<(QuestionState, AnswerValue, AnswerOrigin)> accepted = [];
                foreach ((string id, AnswerValue value) in seen)
                {
                    QuestionState? state = work.Progress.Find(id);
                    if (state is null || !filled.TryGetValue(id, out FilledFact? fact))
                    {
                        return Desk.Decided.Not(new ActOutcome.NotFound($"fact {id}"));
                    }
                    if (!AnswerCheck.Same(fact.Value, value))
                    {
                        string what = $"has changed «{state.Question.Text}» since it was shown";
                        return Desk.Decided.Not(new ActOutcome.Conflict(what, ActorId.Service, null));
                    }
                    if (state.Asked && state.Answer is null)
                    {
                        accepted.Add((state, value, fact.Accepted));
                    }
                }
                return Decide(work, accepted, viewer);
            },
            cancellation
        );
    }

    private sealed record Work(Run Run, RunProgress Progress, long LastIndex);

    private ValueTask<ActOutcome> InRunAsync(
        RunId id,
        Viewer viewer,
        Func<Work, CancellationToken, ValueTask<Desk.Decided>> decide,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(viewer);
        return desk.DoAsync(
            async stop =>
            {
                Run? run = await desk.Reader.RunAsync(id, viewer, stop).ConfigureAwait(false);
                if (run is null)
                {
                    return Desk.Decided.Not(new ActOutcome.NotFound($"run {id}"));
                }
                if (desk.Processes.Find(run.Process) is not { } process)
                {
                    string message = $"Version {run.Process.Version} of process {run.Process.Id} is not loaded.";
                    string hint = $"put back the file with digest {run.Process.Digest}";
                    return Desk.Refuse(Desk.Mistake("process.missing", message, "process", hint));
                }
                if (Desk.Forbidden(viewer, process.Roles, "answer in this process") is { } forbidden)
                {
                    return Desk.Decided.Not(forbidden);
                }
                if (run.Case is { } caseId)
                {
                    Case? item = await desk.Reader.CaseAsync(caseId, viewer, stop).ConfigureAwait(false);
                    if (item?.State == CaseState.Closed)
                    {
                        string message = $"Case {item.Number} is closed.";
                        return Desk.Refuse(Desk.Mistake("case.closed", message, "case", "reopen it first"));
                    }
                }
                IReadOnlyList<Answer> answers = await desk.Reader.AnswersAsync(id, viewer, stop).ConfigureAwait(false);
                long last = answers.Aggregate(run.StartedIndex, (index, answer) => Math.Max(index, answer.Index));
                return await decide(new Work(run, RunProgress.Of(process, answers), last), stop).ConfigureAwait(false);
            },
            cancellation
        );
    }

    private Desk.Decided Decide(
        Work work,
        IReadOnlyList<(QuestionState State, AnswerValue Value, AnswerOrigin Origin)> answers,
        Viewer viewer
    )
    {
        string stream = Streams.Of(work.Run.Id);
        DateTimeOffset now = desk.Now;
        RecordDraft[] drafts =
        [
            .. answers
                .Where(answer => !AnswerCheck.Same(answer.State.Answer?.Value, answer.Value))
                .Select(answer =>
                {
                    Question question = answer.State.Question;
                    AnswerGiven body = new(
                        work.Run.Id,
                        work.Run.Process,
                        question.Step,
                        question.Id,
                        question.Kind,
                        answer.Value,
                        answer.Origin
                    );
                    return new RecordDraft(body, stream, viewer.Actor, now, answer.State.Answer?.RecordId);
                }),
        ];
        Act act = new(null, [], Case: work.Run.Case, Run: work.Run.Id);
        // Only answers move a run's stream; a verdict of the queue stands there before any answer could.
        StreamExpectation[] expectations = work.Run.Case is null ? [] : [new(stream, work.LastIndex)];
        return new Desk.Decided(drafts, expectations, act);
    }

    private static ActOutcome.Conflict Answered(QuestionState state) =>
        state.Answer is { } answer
            ? new ActOutcome.Conflict($"answered «{state.Question.Text}»", answer.By, answer.At)
            : new ActOutcome.Conflict($"took back the answer to «{state.Question.Text}»", null, null);

    private static ValueTask<Desk.Decided> Now(Desk.Decided decided) => ValueTask.FromResult(decided);
}
