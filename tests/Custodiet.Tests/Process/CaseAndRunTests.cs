using Custodiet.Process.Facts;
using Custodiet.Process.Measures;
using Custodiet.Process.Narration;
using Custodiet.Process.Runs;
using Custodiet.Process.Triage;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Tests.Process;

public sealed class CaseAndRunTests : IDisposable
{
    private readonly Desks desks = new();

    public void Dispose() => desks.Dispose();

    [Fact]
    public async Task ACaseOpensWithItsRunItsTitleAndItsOwner()
    {
        (Case item, RunId run) = await OpenAsync(
            desks.Finding(1),
            desks.Finding(2, rule: "r-2", severity: Severity.High)
        );
        Assert.Equal("Title of r-2: WS-041", item.Title);
        Assert.Equal((Severity.High, CaseState.InProgress, Desks.Ada.Actor), (item.Severity, item.State, item.Owner));
        Assert.Equal(run, Assert.Single(await desks.Records.RunsAsync(item.Id, Desks.Ada, Desks.Stop)).Id);
        Assert.All(desks.Records.Alerts, alert => Assert.Equal(AlertState.InProgress, alert.State));
    }

    [Fact]
    public async Task AnAlertIsInOneCaseAndJudgedThere()
    {
        (Case item, _) = await OpenAsync(desks.Finding(1));
        AlertId[] ids = [item.Alerts[0]];
        Assert.IsType<ActOutcome.Refused>(await desks.CaseDesk.OpenAsync("other", ids, Desks.Bo, Desks.Stop));
        Assert.IsType<ActOutcome.Refused>(await desks.AlertDesk.JudgeAsync(ids, Desks.Benign, Desks.Bo, Desks.Stop));
        Desks.Done(await desks.CaseDesk.JudgeAsync(item.Id, Desks.Malware, null, Desks.Ada, Desks.Stop));
        Assert.Equal(Desks.Malware, Assert.Single(desks.Records.Alerts).Verdict!.Decision);
        item = await NowAsync(item);
        Assert.Equal((CaseState.Resolved, Desks.Malware), (item.State, item.Verdict!.Decision));
    }

    [Fact]
    public async Task ACasesVerdictSupersedesWhatItsAlertsHadAndIsCorrectedAsSeen()
    {
        Alert judged = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        Act first = Desks.Done(await desks.AlertDesk.JudgeAsync([judged.Id], Desks.Benign, Desks.Ada, Desks.Stop));
        await desks.RaiseAsync(desks.Finding(2, rule: "r-2"));
        AlertId[] ids = [.. desks.Records.Alerts.Select(alert => alert.Id)];
        Act opened = Desks.Done(await desks.CaseDesk.OpenAsync(null, ids, Desks.Ada, Desks.Stop));
        CaseId id = opened.Case!.Value;
        Act second = Desks.Done(await desks.CaseDesk.JudgeAsync(id, Desks.Malware, null, Desks.Ada, Desks.Stop));
        Assert.Contains(desks.Records.Requests[^1].Drafts, draft => draft.Supersedes == first.Verdict);
        Assert.All(desks.Records.Alerts, alert => Assert.Equal(Desks.Malware, alert.Verdict!.Decision));
        Assert.IsType<ActOutcome.Conflict>(
            await desks.CaseDesk.JudgeAsync(id, Desks.Benign, null, Desks.Bo, Desks.Stop)
        );
        Act third = Desks.Done(await desks.CaseDesk.JudgeAsync(id, Desks.Benign, second.Verdict, Desks.Bo, Desks.Stop));
        StoredRecord record = (await desks.Records.FindAsync(third.Verdict!.Value, Desks.Stop))!;
        Assert.Equal(second.Verdict, record.Sealed.Supersedes);
        Assert.All(desks.Records.Alerts, alert => Assert.Equal(Desks.Benign, alert.Verdict!.Decision));
    }

    [Fact]
    public async Task ClosingListsWhatIsMissingAndSucceedsWhenNothingIs()
    {
        (Case item, RunId run) = await OpenAsync(desks.Finding(1));
        Assert.IsType<ActOutcome.Refused>(await CloseAsync(item));
        Desks.Done(await desks.CaseDesk.JudgeAsync(item.Id, Desks.Benign, null, Desks.Ada, Desks.Stop));
        ActOutcome.Refused refused = Assert.IsType<ActOutcome.Refused>(await CloseAsync(item));
        Assert.Equal(["matches"], refused.Problems.Select(problem => problem.Position.File));
        await AnswerAsync(run, "matches", new AnswerValue("yes-no", YesNo: "yes"));
        refused = Assert.IsType<ActOutcome.Refused>(await CloseAsync(item));
        Assert.Equal(["expected-here"], refused.Problems.Select(problem => problem.Position.File));
        await AnswerAsync(run, "expected-here", new AnswerValue("choice", "known-work"));
        await AnswerAsync(run, "confirmed-by", new AnswerValue("choice", "record"));
        Desks.Done(await CloseAsync(item));
        Assert.Equal(CaseState.Closed, (await NowAsync(item)).State);
        ActOutcome late = await desks.RunDesk.AnswerAsync(
            run,
            "matches",
            new AnswerValue("yes-no", YesNo: "no"),
            null,
            Desks.Ada,
            Desks.Stop
        );
        Assert.IsNotType<ActOutcome.Done>(late);
    }

    [Fact]
    public async Task ARestrictedCaseDoesNotExistForOthers()
    {
        (Case item, RunId run) = await OpenAsync(desks.Finding(1));
        Assert.IsType<ActOutcome.NotAllowed>(await RestrictAsync(item, Desks.Bo, Desks.Bo.Actor));
        Assert.IsType<ActOutcome.Refused>(await RestrictAsync(item, Desks.Lea, Desks.Ada.Actor));
        Desks.Done(await RestrictAsync(item, Desks.Ada, Desks.Ada.Actor, Desks.Lea.Actor));
        Assert.IsType<ActOutcome.NotFound>(
            await desks.CaseDesk.JudgeAsync(item.Id, Desks.Benign, null, Desks.Bo, Desks.Stop)
        );
        AlertId[] alerts = [.. item.Alerts];
        Assert.IsType<ActOutcome.NotFound>(await desks.AlertDesk.TakeAsync(alerts, true, Desks.Bo, Desks.Stop));
        AnswerValue yes = new("yes-no", YesNo: "yes");
        Assert.IsType<ActOutcome.NotFound>(
            await desks.RunDesk.AnswerAsync(run, "matches", yes, null, Desks.Bo, Desks.Stop)
        );
        Assert.IsType<ActOutcome.Refused>(
            await desks.CaseDesk.AssignAsync(item.Id, Desks.Bo.Actor, Desks.Lea, Desks.Stop)
        );
        Desks.Done(await RestrictAsync(item, Desks.Lea));
        Desks.Done(await desks.CaseDesk.AssignAsync(item.Id, Desks.Bo.Actor, Desks.Lea, Desks.Stop));
    }

    [Fact]
    public async Task FactsAreFilledWithOriginAndAcceptedAsTheyWereShown()
    {
        (Case item, RunId run) = await OpenAsync(desks.Finding(4711));
        FactSubject subject = (await desks.Facts.SubjectAsync(item.Alerts, Desks.Ada, Desks.Stop))!;
        IReadOnlyDictionary<string, FilledFact> facts = await desks.Facts.FillAsync(
            Desks.Triage,
            subject,
            Desks.Ada,
            Desks.Stop
        );
        Assert.Equal("event 0:4711 field ParentImage", facts["parent"].Source);
        Assert.Equal("C:\\winword.exe", facts["parent"].Value!.Text);
        Assert.Equal(1, facts["findings"].Value!.Number);
        Assert.DoesNotContain("matches", facts.Keys);
        Dictionary<string, AnswerValue> seen = facts.ToDictionary(fact => fact.Key, fact => fact.Value.Value!);
        Act act = Desks.Done(await desks.RunDesk.AcceptFactsAsync(run, seen, Desks.Ada, Desks.Stop));
        Assert.Equal(7, act.Records.Count);
        AnswerGiven parent = desks.Records.Bodies.OfType<AnswerGiven>().Single(answer => answer.Question == "parent");
        Assert.Equal(("platform", facts["parent"].Source), (parent.Origin.FilledBy, parent.Origin.Source));
        Act again = Desks.Done(await desks.RunDesk.AcceptFactsAsync(run, seen, Desks.Ada, Desks.Stop));
        Assert.Null(again.FirstIndex);
    }

    [Fact]
    public async Task AFactThatChangedSinceItWasShownIsNotAccepted()
    {
        (_, RunId run) = await OpenAsync(desks.Finding(1));
        await desks.RaiseAsync(desks.Finding(2));
        Dictionary<string, AnswerValue> seen = new() { ["findings"] = new("number", Number: 1, Unit: "findings") };
        Assert.IsType<ActOutcome.Conflict>(await desks.RunDesk.AcceptFactsAsync(run, seen, Desks.Ada, Desks.Stop));
        Dictionary<string, AnswerValue> judgement = new() { ["matches"] = new("yes-no", YesNo: "yes") };
        Assert.IsType<ActOutcome.NotFound>(await desks.RunDesk.AcceptFactsAsync(run, judgement, Desks.Ada, Desks.Stop));
        Assert.Empty(desks.Records.Bodies.OfType<AnswerGiven>());
    }

    [Fact]
    public async Task WhatCannotBeReadStaysUnansweredWithAReason()
    {
        await desks.RaiseAsync(desks.Foreign("A-1"));
        Alert alert = desks.Records.Alerts.First();
        FactSubject subject = (await desks.Facts.SubjectAsync(alert.Id, Desks.Ada, Desks.Stop))!;
        FilledFact parent = (await desks.Facts.FillAsync(Desks.Triage, subject, Desks.Ada, Desks.Stop))["parent"];
        Assert.Null(parent.Value);
        Assert.StartsWith("Nothing was found under event.ParentImage |", parent.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsKnownIsShownBesideAJudgementAndSelectsNothing()
    {
        for (int i = 0; i < 2; i++)
        {
            await desks.RaiseAsync(desks.Finding(i));
            Alert open = desks.Records.Alerts.Single(alert => alert.Verdict is null);
            Decision decision = i == 0 ? Desks.Malware : Desks.Benign;
            Desks.Done(await desks.AlertDesk.JudgeAsync([open.Id], decision, Desks.Ada, Desks.Stop));
        }
        await desks.RaiseAsync(desks.Finding(9), desks.Finding(10, rule: "r-2"));
        Alert alert = desks.Records.Alerts.First(a => a.Verdict is null);
        FactSubject subject = (await desks.Facts.SubjectAsync(alert.Id, Desks.Ada, Desks.Stop))!;
        IReadOnlyList<KnownFact> known = await desks.Facts.KnownAsync(
            Desks.Triage.Find("matches")!,
            subject,
            Desks.Ada,
            Desks.Stop
        );
        Assert.Equal(["benign ×1, true positive ×1; newest benign", "complete for 24 h"], known.Select(k => k.Text));
        known = await desks.Facts.KnownAsync(Desks.Triage.Find("expected-here")!, subject, Desks.Ada, Desks.Stop);
        Assert.Equal(["2", "1"], known.Select(k => k.Text));
    }

    [Theory]
    [InlineData("matches", "yes-no", "maybe")]
    [InlineData("matches", "choice", "yes")]
    [InlineData("expected-here", "choice", "known-work")]
    public async Task AnAnswerMustFitItsQuestionAndBeAsked(string question, string type, string text)
    {
        (_, RunId run) = await OpenAsync(desks.Finding(1));
        AnswerValue value = type == "yes-no" ? new(type, YesNo: text) : new(type, Text: text);
        ActOutcome outcome = await desks.RunDesk.AnswerAsync(run, question, value, null, Desks.Ada, Desks.Stop);
        Assert.IsType<ActOutcome.Refused>(outcome);
    }

    [Fact]
    public async Task AnAnswerIsCorrectedBySomebodyWhoSawTheFormerOne()
    {
        (_, RunId run) = await OpenAsync(desks.Finding(1));
        Act first = await AnswerAsync(run, "matches", new AnswerValue("yes-no", YesNo: "yes"));
        AnswerValue no = new("yes-no", YesNo: "no");
        ActOutcome blind = await desks.RunDesk.AnswerAsync(run, "matches", no, null, Desks.Bo, Desks.Stop);
        Assert.Equal(Desks.Ada.Actor, Assert.IsType<ActOutcome.Conflict>(blind).By);
        Act second = Desks.Done(
            await desks.RunDesk.AnswerAsync(run, "matches", no, first.Records[0], Desks.Bo, Desks.Stop)
        );
        StoredRecord record = (await desks.Records.FindAsync(second.Records[0], Desks.Stop))!;
        Assert.Equal(first.Records[0], record.Sealed.Supersedes);
    }

    [Fact]
    public async Task TwoWhoAnswerAtTheSameMomentLeaveOneAnswerInForce()
    {
        (_, RunId run) = await OpenAsync(desks.Finding(1));
        desks.Records.BeforeAppend = async () =>
            await AnswerAsync(run, "matches", new AnswerValue("yes-no", YesNo: "yes"));
        AnswerValue no = new("yes-no", YesNo: "no");
        Assert.IsType<ActOutcome.Conflict>(
            await desks.RunDesk.AnswerAsync(run, "matches", no, null, Desks.Bo, Desks.Stop)
        );
    }

    [Fact]
    public async Task TheNarrativeSaysWhatWasAnsweredCorrectedAndLeftOpen()
    {
        (Case item, RunId run) = await OpenAsync(desks.Finding(1));
        Dictionary<string, AnswerValue> seen = new() { ["parent"] = new("text", Text: "C:\\winword.exe") };
        Desks.Done(await desks.RunDesk.AcceptFactsAsync(run, seen, Desks.Ada, Desks.Stop));
        Act wrong = await AnswerAsync(run, "matches", new AnswerValue("yes-no", YesNo: "no"));
        Desks.Done(
            await desks.RunDesk.AnswerAsync(
                run,
                "matches",
                new AnswerValue("yes-no", YesNo: "yes"),
                wrong.Records[0],
                Desks.Bo,
                Desks.Stop
            )
        );
        Act first = Desks.Done(await desks.CaseDesk.JudgeAsync(item.Id, Desks.Benign, null, Desks.Ada, Desks.Stop));
        Desks.Done(await desks.CaseDesk.JudgeAsync(item.Id, Desks.Malware, first.Verdict, Desks.Bo, Desks.Stop));
        IReadOnlyList<Sentence> sentences = Narrative.Render(
            Desks.Triage,
            await desks.Records.AnswersAsync(run, Desks.Ada, Desks.Stop),
            await desks.Records.VerdictsAsync(item.Alerts[0], Desks.Ada, Desks.Stop),
            actor => actor == Desks.Ada.Actor ? "Ada" : "Bo"
        );
        string[] texts = [.. sentences.Select(sentence => sentence.Text)];
        Assert.Contains("It was started by C:\\winword.exe.", texts);
        Assert.Contains(
            "Ada first answered «Did what the rule describes really happen?» with «no»; this was corrected later.",
            texts
        );
        Assert.Contains(
            "«Did what the rule describes really happen?»: Bo judged «yes» at 2026-03-02 09:00 UTC.",
            texts
        );
        Assert.Contains("Not answered: Is it expected on this entity, by this account?", texts);
        Assert.Equal(
            "Bo corrected the verdict to true positive (malware), impact high, confidence medium at 2026-03-02 09:00 UTC.",
            texts[^1]
        );
        string markdown = Narrative.ToMarkdown(Desks.Triage, sentences);
        Assert.Contains("## Verdict", markdown, StringComparison.Ordinal);
        Assert.Contains("C:\\\\winword.exe", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheTimelineIsInTheOrderOfTheLedgerAndNamesCorrections()
    {
        (Case item, RunId run) = await OpenAsync(desks.Finding(1));
        Act wrong = await AnswerAsync(run, "matches", new AnswerValue("yes-no", YesNo: "no"));
        AnswerValue yes = new("yes-no", YesNo: "yes");
        Desks.Done(await desks.RunDesk.AnswerAsync(run, "matches", yes, wrong.Records[0], Desks.Bo, Desks.Stop));
        Desks.Done(await desks.CaseDesk.JudgeAsync(item.Id, Desks.Benign, null, Desks.Ada, Desks.Stop));
        IReadOnlyList<Run> runs = await desks.Records.RunsAsync(item.Id, Desks.Ada, Desks.Stop);
        Timeline timeline = new(desks.Records, desks.Processes);
        TimelinePage page = await timeline.OfAsync(await NowAsync(item), runs, Desks.Stop);
        Assert.False(page.Cut);
        Assert.Equal(
            [
                "raised the alert «Title of r-1» on WS-041 from 1 finding",
                "opened the case «Title of r-1: WS-041» on 1 alert",
                "set the case to in progress",
                "began process triage 1.0.1",
                "answered «Did what the rule describes really happen?» with «no»",
                "corrected the answer to «Did what the rule describes really happen?» with «yes»",
                "judged benign (expected activity), confidence high",
            ],
            page.Entries.Select(entry => entry.Text)
        );
        Assert.True(page.Entries[5].Corrects);
    }

    [Fact]
    public async Task TheNarrativeCountsInTheSingularForOne()
    {
        (_, RunId run) = await OpenAsync(desks.Finding(1));
        await AnswerAsync(run, "findings", new AnswerValue("number", Number: 1, Unit: "findings"));
        Sentence sentence = Narrative
            .Render(
                Desks.Triage,
                await desks.Records.AnswersAsync(run, Desks.Ada, Desks.Stop),
                [],
                actor => actor.Value
            )
            .Single(s => s.Kind == SentenceKind.Fact);
        Assert.StartsWith("The alert holds 1 finding.", sentence.Text, StringComparison.Ordinal);
        Custodiet.Process.Definitions.Question question = Desks.Triage.Find("findings")!;
        Assert.Equal("2 findings", AnswerWords.Of(question, new AnswerValue("number", Number: 2, Unit: "findings")));
        Assert.Equal("0 findings", AnswerWords.Of(question, new AnswerValue("number", Number: 0, Unit: "findings")));
        Assert.Equal("1 minutes", AnswerWords.Of(question, new AnswerValue("number", Number: 1, Unit: "minutes")));
    }

    [Fact]
    public async Task AValueFromAnEventCannotActInMarkdown()
    {
        (_, RunId run) = await OpenAsync(desks.Finding(1));
        AnswerValue hostile = new("text", Text: "<script>alert(1)</script>\n# [x](javascript:1) `");
        await AnswerAsync(run, "parent", hostile);
        string markdown = Narrative.ToMarkdown(
            Desks.Triage,
            Narrative.Render(
                Desks.Triage,
                await desks.Records.AnswersAsync(run, Desks.Ada, Desks.Stop),
                [],
                actor => actor.Value
            )
        );
        Assert.Contains(
            "\\<script\\>alert(1)\\</script\\> \\# \\[x\\](javascript:1) \\`",
            markdown,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task TheReportCountsVerdictsAgesAndLags()
    {
        await desks.RaiseAsync(desks.Finding(1), desks.Finding(2, rule: "r-2"));
        Alert alert = desks.Records.Alerts.First();
        Desks.Done(await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Benign, Desks.Ada, Desks.Stop));
        desks.Time.Advance(TimeSpan.FromHours(3));
        JudgementReport report = await JudgementReport.ReadAsync(desks.Records, desks.Records, desks.Time, Desks.Stop);
        Assert.Equal((1, 1, TimeSpan.FromHours(3)), (report.Open, report.Judged, report.OldestOpen));
        Assert.Equal([new VerdictCount(Verdict.Benign, 1)], report.Verdicts);
        Assert.Equal(new Contemporaneity(1, TimeSpan.Zero, TimeSpan.Zero, 0), report.Contemporaneity);
    }

    [Fact]
    public void AnEmptyRunAsksTheFirstQuestionAndNothingThatHangsOnAnAnswer()
    {
        RunProgress progress = RunProgress.Of(Desks.Triage, []);
        Assert.Equal("rule", progress.Next!.Id);
        Assert.Equal(["matches"], progress.Steps[1].Questions.Where(q => q.Asked).Select(q => q.Question.Id));
        Assert.Equal(0, progress.Steps[2].Asked);
    }

    private async Task<(Case Case, RunId Run)> OpenAsync(params Finding[] findings)
    {
        IReadOnlyList<Alert> alerts = await desks.RaiseAsync(findings);
        Act act = Desks.Done(
            await desks.CaseDesk.OpenAsync(null, [.. alerts.Select(alert => alert.Id)], Desks.Ada, Desks.Stop)
        );
        return ((await desks.Records.CaseAsync(act.Case!.Value, Viewer.Service, Desks.Stop))!, act.Run!.Value);
    }

    private async Task<Case> NowAsync(Case item) =>
        (await desks.Records.CaseAsync(item.Id, Viewer.Service, Desks.Stop))!;

    private async Task<Act> AnswerAsync(RunId run, string question, AnswerValue value) =>
        Desks.Done(await desks.RunDesk.AnswerAsync(run, question, value, null, Desks.Ada, Desks.Stop));

    private async Task<ActOutcome> CloseAsync(Case item) =>
        await desks.CaseDesk.ChangeStateAsync(item.Id, CaseState.Closed, Desks.Ada, Desks.Stop);

    private async Task<ActOutcome> RestrictAsync(Case item, Viewer viewer, params ActorId[] people) =>
        await desks.CaseDesk.RestrictAsync(item.Id, people, viewer, Desks.Stop);
}
