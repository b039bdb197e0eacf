using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>How records stand as alerts, cases, runs and answers. Expected values are the doc comments of <see cref="IJudgementReader"/>.</summary>
public abstract class JudgementReaderConformance : IAsyncLifetime
{
    private OpenedStore? opened;

    protected OpenedStore Store => opened!;

    private protected Scene Scene { get; private set; } = null!;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IJudgementReader Reader => Store.Judgements;

    protected abstract ValueTask<OpenedStore> OpenAsync(Sealer seal, TimeProvider time);

    public async ValueTask InitializeAsync()
    {
        opened = await OpenAsync(Scene.Sealer(), new FakeTimeProvider(Scene.Start));
        Scene = new Scene(opened.Records);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task AnAlertStandsAsItsRecordsSay()
    {
        Finding late = Scene.Finding(at: Scene.Start.AddMinutes(9), sourceRef: "ref-1");
        Finding early = Scene.Finding(at: Scene.Start.AddMinutes(-9));
        AlertId id = await Scene.RaiseAsync(late);
        await Scene.ExtendAsync(id, early);

        Alert alert = await AlertAsync(id);
        Assert.Equal(1, alert.Number);
        Assert.Equal(late.Rule, alert.Rule);
        Assert.Equal(late.Source, alert.Source);
        Assert.Equal(late.Entity, alert.Entity);
        Assert.Equal(["T1059.001"], alert.Techniques);
        Assert.Equal(2, alert.FindingCount);
        Assert.Equal(early.OccurredAt, alert.FirstEventAt);
        Assert.Equal(late.OccurredAt, alert.LastEventAt);
        Assert.Equal(Scene.Start, alert.RaisedAt);
        Assert.Equal(AlertState.New, alert.State);
        Assert.Equal((0, 1), (alert.RaisedIndex, alert.LastIndex));
        Assert.Equal(("ref-1", "https://siem.example/ref-1"), (alert.SourceRef, alert.Link));
        Assert.Null(alert.Verdict);
        Assert.Equivalent(alert, await Reader.AlertByNumberAsync(1, Viewer.Service, Stop));
        Assert.Equivalent(alert, await Reader.AlertBySourceRefAsync("windows-sysmon", "ref-1", Stop));
        Assert.Null(await Reader.AlertBySourceRefAsync("other", "ref-1", Stop));
        Assert.Equal(
            [late.Id, early.Id],
            (await Reader.FindingsAsync(id, 9, Viewer.Service, Stop)).Select(finding => finding.Id)
        );
        Assert.Equal(late.Id, Assert.Single(await Reader.FindingsAsync(id, 1, Viewer.Service, Stop)).Id);
    }

    [Fact]
    public async Task AReferenceThatJoinedAnAlertOfAnotherReferenceIsFound()
    {
        AlertId id = await Scene.RaiseAsync(Scene.Finding(sourceRef: "ref-1"));
        await Scene.ExtendAsync(id, Scene.Finding(sourceRef: "ref-2"));
        Assert.Equal(id, (await Reader.AlertBySourceRefAsync("windows-sysmon", "ref-2", Stop))!.Id);
    }

    [Fact]
    public async Task AnAlertTakenIsInProgressAndPutBackIsNew()
    {
        AlertId id = await Scene.RaiseAsync();
        await Scene.AppendedAsync(Scene.Draft(new AlertAssigned(id, Scene.Bob), $"alert/{id}"));
        Alert taken = await AlertAsync(id);
        Assert.Equal((AlertState.InProgress, Scene.Bob), (taken.State, taken.Assignee));
        await Scene.AppendedAsync(Scene.Draft(new AlertAssigned(id, null), $"alert/{id}"));
        Alert back = await AlertAsync(id);
        Assert.Equal((AlertState.New, null), (back.State, back.Assignee));
    }

    [Fact]
    public async Task ASecondVerdictCorrectsTheFirstAndBothAreKept()
    {
        AlertId id = await Scene.RaiseAsync();
        AppendOutcome.Appended first = await Scene.JudgeAsync(Scene.Benign, null, [id]);
        StandingVerdict before = (await AlertAsync(id)).Verdict!;
        Assert.False(before.Corrected);
        Assert.Equal(
            (first.Ids[0], 1, Scene.Benign, Scene.Ann),
            (before.RecordId, before.Index, before.Decision, before.By)
        );

        await Scene.JudgeAsync(Scene.TruePositive, null, [id], first.Ids[0]);
        Alert alert = await AlertAsync(id);
        Assert.Equal(AlertState.Judged, alert.State);
        Assert.True(alert.Verdict!.Corrected);
        Assert.Equal(Scene.TruePositive, alert.Verdict.Decision);
        Assert.Equal(
            [(Verdict.Benign, false), (Verdict.TruePositive, true)],
            (await Reader.VerdictsAsync(id, Viewer.Service, Stop)).Select(v => (v.Decision.Verdict, v.Corrected))
        );
        Assert.Equal(new JudgementCounts(0, 1, null, 0, 1), await Reader.CountsAsync(Stop));
    }

    [Fact]
    public async Task OneVerdictDecidesManyAlertsAndAnAlertNamedTwiceHasItOnce()
    {
        AlertId one = await Scene.RaiseAsync();
        AlertId two = await Scene.RaiseAsync();
        await Scene.JudgeAsync(Scene.Benign, null, [one, two, one]);
        Alert first = await AlertAsync(one);
        Alert second = await AlertAsync(two);
        Assert.Equal(first.Verdict, second.Verdict);
        Assert.False(first.Verdict!.Corrected);
        Assert.Equal((2, 2), (first.LastIndex, second.LastIndex));
        Assert.Equal(2, (await Reader.CountsAsync(Stop)).Judged);
    }

    [Fact]
    public async Task FiguresCountEachDecisionOnceAndAReasonWhileItStandsSomewhere()
    {
        AlertId one = await Scene.RaiseAsync();
        AlertId two = await Scene.RaiseAsync();
        AlertId three = await Scene.RaiseAsync();
        DateOnly day = DateOnly.FromDateTime(Scene.Start.UtcDateTime);
        async Task HoldsAsync(long decisions, long corrected, long judged, params (Verdict, long)[] reasons)
        {
            DecisionFigures figures = await Reader.FiguresAsync(day, 9, Stop);
            Assert.Equal((decisions, corrected), (figures.Decisions, figures.Corrected));
            Assert.Equal([new DayOfWork(day, 3, judged)], figures.Days);
            Assert.Equal(reasons, figures.Reasons.Select(r => (r.Verdict, r.Decisions)));
        }
        await HoldsAsync(0, 0, 0);
        await Scene.JudgeAsync(Scene.Benign, null, [one, two, one]);
        await HoldsAsync(1, 0, 2, (Verdict.Benign, 1));
        await Scene.JudgeAsync(Scene.TruePositive, null, [one]);
        // The first decision still stands on the other alert.
        await HoldsAsync(2, 1, 2, (Verdict.TruePositive, 1), (Verdict.Benign, 1));
        await Scene.JudgeAsync(Scene.TruePositive, null, [two, three]);
        await HoldsAsync(3, 1, 3, (Verdict.TruePositive, 2));
        Assert.Empty((await Reader.FiguresAsync(day.AddDays(1), 9, Stop)).Days);
        Assert.Empty((await Reader.FiguresAsync(day, 0, Stop)).Reasons);
    }

    [Fact]
    public async Task ACaseStandsAsItsRecordsSay()
    {
        AlertId one = await Scene.RaiseAsync();
        AlertId two = await Scene.RaiseAsync();
        CaseId id = await Scene.OpenAsync(Scene.Ann, one);
        await Scene.AppendedAsync(Scene.Draft(new CaseExtended(id, [two]), $"case/{id}"));
        Case opened = await CaseAsync(id);
        Assert.Equal(
            (1, CaseState.New, Scene.Ann, 2, 3),
            (opened.Number, opened.State, opened.Owner, opened.OpenedIndex, opened.LastIndex)
        );
        Assert.Equal([one, two], opened.Alerts);
        Alert member = await AlertAsync(two);
        Assert.Equal((AlertState.InProgress, id, 3), (member.State, member.Case, member.LastIndex));
        Assert.Equal(1, (await Reader.CountsAsync(Stop)).OpenCases);

        await Scene.JudgeAsync(Scene.TruePositive, id, [one, two]);
        Case judged = await CaseAsync(id);
        Assert.Equal((CaseState.Resolved, Verdict.TruePositive), (judged.State, judged.Verdict!.Decision.Verdict));
        await Scene.AppendedAsync(Scene.Draft(new CaseStateChanged(id, CaseState.Closed), $"case/{id}"));
        await Scene.AppendedAsync(Scene.Draft(new CaseAssigned(id, null), $"case/{id}"));
        Case closed = await CaseAsync(id);
        Assert.Equal((CaseState.Closed, Scene.Start.AddHours(1), null), (closed.State, closed.ClosedAt, closed.Owner));
        Assert.Equal(0, (await Reader.CountsAsync(Stop)).OpenCases);

        await Scene.JudgeAsync(Scene.Benign, id, [one, two]);
        Case corrected = await CaseAsync(id);
        Assert.Equal((CaseState.Closed, true), (corrected.State, corrected.Verdict!.Corrected));
        Assert.Equal(
            [(Verdict.TruePositive, false), (Verdict.Benign, true)],
            (await Reader.VerdictsAsync(id, Viewer.Service, Stop)).Select(v => (v.Decision.Verdict, v.Corrected))
        );
        Assert.Equal(corrected.Verdict, (await Reader.VerdictsAsync(id, Viewer.Service, Stop))[^1]);
        await Scene.AppendedAsync(Scene.Draft(new CaseStateChanged(id, CaseState.InProgress), $"case/{id}"));
        Assert.Null((await CaseAsync(id)).ClosedAt);
        Assert.Equal(1, (await Reader.CountsAsync(Stop)).OpenCases);
        Assert.Equivalent(await CaseAsync(id), await Reader.CaseByNumberAsync(1, Viewer.Service, Stop));
    }

    [Fact]
    public async Task AJudgedAlertStaysJudgedWhenItJoinsACaseAndALeftCaseLosesIt()
    {
        AlertId alert = await Scene.RaiseAsync();
        await Scene.JudgeAsync(Scene.TruePositive, null, [alert]);
        CaseId first = await Scene.OpenAsync(null, alert);
        CaseId second = await Scene.OpenAsync(null, alert);
        Alert stands = await AlertAsync(alert);
        Assert.Equal((AlertState.Judged, second), (stands.State, stands.Case));
        Assert.Empty((await CaseAsync(first)).Alerts);
        Assert.Equal([alert], (await CaseAsync(second)).Alerts);
    }

    [Fact]
    public async Task CasesComeNewestFirstInPagesAndByState()
    {
        List<CaseId> ids = [];
        for (int i = 0; i < 5; i++)
        {
            ids.Add(await Scene.OpenAsync(null));
        }
        await Scene.AppendedAsync(Scene.Draft(new CaseStateChanged(ids[1], CaseState.Closed), $"case/{ids[1]}"));
        Page<Case> first = await Reader.CasesAsync([], null, 2, Viewer.Service, Stop);
        Page<Case> second = await Reader.CasesAsync([], first.NextCursor, 2, Viewer.Service, Stop);
        Page<Case> third = await Reader.CasesAsync([], second.NextCursor, 2, Viewer.Service, Stop);
        Assert.Equal([5L, 4, 3, 2, 1], first.Items.Concat(second.Items).Concat(third.Items).Select(c => c.Number));
        Assert.Null(third.NextCursor);
        Page<Case> closed = await Reader.CasesAsync([CaseState.Closed], null, 9, Viewer.Service, Stop);
        Assert.Equal(ids[1], Assert.Single(closed.Items).Id);
    }

    [Fact]
    public async Task ASecondAnswerSupersedesTheFirst()
    {
        AlertId alert = await Scene.RaiseAsync();
        CaseId id = await Scene.OpenAsync(null, alert);
        RunId run = await Scene.RunAsync(id, alert);
        await Scene.AppendedAsync(
            Scene.Draft(Scene.Answer(run, "who", "admin"), $"run/{run}"),
            Scene.Draft(Scene.Answer(run, "why", "patching"), $"run/{run}"),
            Scene.Draft(Scene.Answer(run, "who", "intruder"), $"run/{run}", Scene.Bob)
        );
        IReadOnlyList<Answer> answers = await Reader.AnswersAsync(run, Viewer.Service, Stop);
        Assert.Equal(
            [("admin", true), ("patching", false), ("intruder", false)],
            answers.Select(answer => (answer.Value.Text!, answer.Superseded))
        );
        Assert.Equal(Scene.Bob, answers[2].By);
        Run stored = Assert.Single(await Reader.RunsAsync(id, Viewer.Service, Stop));
        Assert.Equal((run, Scene.Triage, id, Scene.Ann), (stored.Id, stored.Process, stored.Case, stored.StartedBy));
        Assert.Equal([alert], stored.Alerts);
    }

    [Fact]
    public async Task ARestrictedCaseAndAllThatBelongsToItIsHiddenFromOthersInEveryAnswer()
    {
        AlertId secret = await Scene.RaiseAsync(Scene.Finding());
        AlertId open = await Scene.RaiseAsync(Scene.Finding());
        CaseId id = await Scene.OpenAsync(null, secret);
        RunId run = await Scene.RunAsync(id, secret);
        RunId queueRun = await Scene.RunAsync(null, secret, open);
        await Scene.AppendedAsync(
            Scene.Draft(Scene.Answer(run, "who", "the director"), $"run/{run}"),
            Scene.Draft(Scene.Answer(queueRun, "who", "the director"), $"run/{queueRun}")
        );
        await Scene.JudgeAsync(Scene.TruePositive, id, [secret]);
        await Scene.AppendedAsync(Scene.Draft(new CaseRestricted(id, [Scene.Ann]), $"case/{id}"));

        foreach ((Viewer viewer, bool sees) in new[] { (Scene.Sees(Scene.Ann), true), (Scene.Sees(Scene.Bob), false) })
        {
            Assert.Equal(sees, await Reader.AlertAsync(secret, viewer, Stop) is not null);
            Assert.Equal(sees, await Reader.AlertByNumberAsync(1, viewer, Stop) is not null);
            Assert.NotNull(await Reader.AlertAsync(open, viewer, Stop));
            Assert.Equal(sees ? 2 : 1, (await PageAsync(new AlertFilter(), viewer)).Items.Count);
            Assert.Equal(sees ? 2 : 1, await Reader.CountAsync(new AlertFilter(), 10, viewer, Stop));
            Assert.Equal(
                sees ? 2 : 1,
                (await Reader.AlertsByRuleAsync(new AlertFilter(), 9, viewer, Stop)).Sum(g => g.Alerts)
            );
            Assert.Equal(sees, (await Reader.FindingsAsync(secret, 9, viewer, Stop)).Count == 1);
            Assert.Equal(sees, (await Reader.JudgedLikeAsync("r-1", null, 9, viewer, Stop)).Count == 1);
            Assert.Equal(sees, (await Reader.CasesAsync([], null, 9, viewer, Stop)).Items.Count == 1);
            Assert.Equal(sees, await Reader.CaseAsync(id, viewer, Stop) is not null);
            Assert.Equal(sees, await Reader.CaseByNumberAsync(1, viewer, Stop) is not null);
            Assert.Equal(sees, (await Reader.RunsAsync(id, viewer, Stop)).Count == 1);
            Assert.Equal(sees, await Reader.RunAsync(run, viewer, Stop) is not null);
            Assert.Equal(sees, await Reader.RunAsync(queueRun, viewer, Stop) is not null);
            Assert.Equal(sees, (await Reader.AnswersAsync(run, viewer, Stop)).Count == 1);
            Assert.Equal(sees, (await Reader.AnswersAsync(queueRun, viewer, Stop)).Count == 1);
            Assert.Equal(sees, (await Reader.VerdictsAsync(secret, viewer, Stop)).Count == 1);
            Assert.Equal(sees, (await Reader.VerdictsAsync(id, viewer, Stop)).Count == 1);
        }
        await Scene.AppendedAsync(Scene.Draft(new CaseRestricted(id, []), $"case/{id}"));
        Assert.NotNull(await Reader.CaseAsync(id, Scene.Sees(Scene.Bob), Stop));
    }

    [Fact]
    public async Task ExtendableAlertsAreTheNewestOfEachFingerprintThatNobodyJudgedAndNoOtherToolSent()
    {
        await Scene.RaiseAsync(Scene.Finding(at: Scene.Start.AddHours(1)));
        AlertId newest = await Scene.RaiseAsync(Scene.Finding(at: Scene.Start));
        AlertId other = await Scene.RaiseAsync(Scene.Finding("r-2", at: Scene.Start.AddHours(2)));
        await Scene.RaiseAsync(Scene.Finding("r-3", at: Scene.Start.AddHours(-1)));
        await Scene.RaiseAsync(Scene.Finding("r-4", at: Scene.Start.AddHours(3)) with { SourceRef = "theirs" });
        AlertId judged = await Scene.RaiseAsync(Scene.Finding("r-5", at: Scene.Start.AddHours(3)));
        await Scene.JudgeAsync(Scene.Benign, null, [judged]);
        IReadOnlyList<Alert> extendable = await Reader.ExtendableAsync(Scene.Start, Stop);
        Assert.Equal([newest, other], extendable.Select(alert => alert.Id));
    }

    [Fact]
    public async Task HowItWasJudgedBeforeComesNewestFirstAndByEntity()
    {
        AlertId one = await Scene.RaiseAsync(Scene.Finding(entity: "A"));
        AlertId two = await Scene.RaiseAsync(Scene.Finding(entity: "B"));
        await Scene.RaiseAsync(Scene.Finding(entity: "A"));
        await Scene.JudgeAsync(Scene.Benign, null, [two]);
        await Scene.JudgeAsync(Scene.Benign, null, [one]);
        Assert.Equal(
            [one, two],
            (await Reader.JudgedLikeAsync("r-1", null, 9, Viewer.Service, Stop)).Select(a => a.Id)
        );
        Assert.Equal(
            [two],
            (await Reader.JudgedLikeAsync("r-1", new Entity("host", "B"), 9, Viewer.Service, Stop)).Select(a => a.Id)
        );
        Assert.Empty(await Reader.JudgedLikeAsync("r-2", null, 9, Viewer.Service, Stop));
    }

    private async Task<Alert> AlertAsync(AlertId id) =>
        Assert.IsType<Alert>(await Reader.AlertAsync(id, Viewer.Service, Stop));

    private async Task<Case> CaseAsync(CaseId id) =>
        Assert.IsType<Case>(await Reader.CaseAsync(id, Viewer.Service, Stop));

    private ValueTask<Page<Alert>> PageAsync(AlertFilter filter, Viewer viewer) =>
        Reader.AlertsAsync(filter, AlertOrder.Work, null, 50, viewer, Stop);
}
