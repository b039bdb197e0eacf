using Custodiet.Process.Triage;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;

namespace Custodiet.Tests.Process;

public sealed class AlertDeskTests : IDisposable
{
    private readonly Desks desks = new();

    public void Dispose() => desks.Dispose();

    [Fact]
    public async Task AVerdictFromTheQueueIsARunAndARecordInOneAppend()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        Act act = Desks.Done(await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Malware, Desks.Ada, Desks.Stop));
        Assert.Equal(
            ["alert.raised/1", "run.started/1", "verdict.given/1"],
            desks.Records.Bodies.Select(body => body.Type)
        );
        alert = await desks.NowAsync(alert);
        Assert.Equal(AlertState.Judged, alert.State);
        Assert.Equal(Desks.Malware, alert.Verdict!.Decision);
        Assert.Equal(act.Verdict, alert.Verdict.RecordId);
        VerdictGiven given = desks.Records.Bodies.OfType<VerdictGiven>().Single();
        Assert.Equal(Desks.Triage.Reference, given.Process);
        Assert.Equal(act.Run, given.Run);
    }

    [Fact]
    public async Task WhoeverComesSecondIsToldWhoWasFirst()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        Desks.Done(await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Benign, Desks.Ada, Desks.Stop));
        desks.Time.Advance(TimeSpan.FromSeconds(3));
        ActOutcome outcome = await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Malware, Desks.Bo, Desks.Stop);
        ActOutcome.Conflict conflict = Assert.IsType<ActOutcome.Conflict>(outcome);
        Assert.Equal("Ada judged alert 1 as benign 3 s ago", conflict.Sentence(_ => "Ada", desks.Time.GetUtcNow()));
    }

    [Fact]
    public async Task TwoWhoJudgeAtTheSameMomentLeaveOneVerdict()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        desks.Records.BeforeAppend = async () =>
            Desks.Done(await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Benign, Desks.Ada, Desks.Stop));
        ActOutcome outcome = await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Malware, Desks.Bo, Desks.Stop);
        Assert.Equal(Desks.Ada.Actor, Assert.IsType<ActOutcome.Conflict>(outcome).By);
        Assert.Single(desks.Records.Bodies.OfType<VerdictGiven>());
    }

    [Fact]
    public async Task FindingsThatJoinWhileSomebodyJudgesAreNoConflict()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        desks.Records.BeforeAppend = async () => await desks.RaiseAsync(desks.Finding(2));
        Desks.Done(await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Benign, Desks.Ada, Desks.Stop));
    }

    [Fact]
    public async Task ABulkDecisionIsOneRecordWithItsMembers()
    {
        AlertId[] ids = await ManyAsync(1_000);
        Act act = Desks.Done(await desks.AlertDesk.JudgeAsync(ids, Desks.Benign, Desks.Ada, Desks.Stop));
        Assert.Equal(1_000, act.Alerts);
        Assert.Equal(1_000, Assert.Single(desks.Records.Bodies.OfType<VerdictGiven>()).Alerts.Count);
        Assert.All(desks.Records.Alerts, alert => Assert.Equal(AlertState.Judged, alert.State));
    }

    [Fact]
    public async Task OneMoreThanTheLimitIsRefusedAndNothingIsRecorded()
    {
        AlertId[] ids =
        [
            .. Enumerable.Range(0, AlertDesk.AlertsPerActMax + 1).Select(_ => new AlertId(Guid.NewGuid())),
        ];
        Assert.IsType<ActOutcome.Refused>(await desks.AlertDesk.JudgeAsync(ids, Desks.Benign, Desks.Ada, Desks.Stop));
        Assert.IsType<ActOutcome.Refused>(await desks.AlertDesk.JudgeAsync([], Desks.Benign, Desks.Ada, Desks.Stop));
        Assert.Equal(0, desks.Records.Count);
    }

    [Fact]
    public async Task WhenOneOfManyIsJudgedAlreadyNoneIs()
    {
        AlertId[] ids = await ManyAsync(3);
        Desks.Done(await desks.AlertDesk.JudgeAsync([ids[1]], Desks.Benign, Desks.Bo, Desks.Stop));
        Assert.IsType<ActOutcome.Conflict>(await desks.AlertDesk.JudgeAsync(ids, Desks.Malware, Desks.Ada, Desks.Stop));
        Assert.Equal(1, desks.Records.Alerts.Count(alert => alert.State == AlertState.Judged));
    }

    [Fact]
    public async Task ACorrectionSupersedesTheVerdictThatWasSeenAndOnlyForItsMembers()
    {
        AlertId[] ids = await ManyAsync(3);
        Act first = Desks.Done(await desks.AlertDesk.JudgeAsync(ids, Desks.Benign, Desks.Ada, Desks.Stop));
        SeenVerdict[] seen = [new(ids[0], first.Verdict!.Value)];
        Act second = Desks.Done(await desks.AlertDesk.CorrectAsync(seen, Desks.Malware, Desks.Ada, Desks.Stop));
        StoredRecord record = (await desks.Records.FindAsync(second.Verdict!.Value, Desks.Stop))!;
        Assert.Equal(first.Verdict, record.Sealed.Supersedes);
        Assert.Equal(
            [Verdict.TruePositive, Verdict.Benign, Verdict.Benign],
            desks.Records.Alerts.Select(alert => alert.Verdict!.Decision.Verdict)
        );
        ActOutcome late = await desks.AlertDesk.CorrectAsync(seen, Desks.Benign, Desks.Bo, Desks.Stop);
        Assert.Equal(Desks.Ada.Actor, Assert.IsType<ActOutcome.Conflict>(late).By);
    }

    [Fact]
    public async Task ACorrectionOfSeveralVerdictsNamesEachThatItSupersedes()
    {
        AlertId[] ids = await ManyAsync(2);
        Act a = Desks.Done(await desks.AlertDesk.JudgeAsync([ids[0]], Desks.Benign, Desks.Ada, Desks.Stop));
        Act b = Desks.Done(await desks.AlertDesk.JudgeAsync([ids[1]], Desks.Benign, Desks.Ada, Desks.Stop));
        SeenVerdict[] seen = [new(ids[0], a.Verdict!.Value), new(ids[1], b.Verdict!.Value)];
        Act both = Desks.Done(await desks.AlertDesk.CorrectAsync(seen, Desks.Malware, Desks.Ada, Desks.Stop));
        RecordId?[] superseded = [.. desks.Records.Requests[^1].Drafts.Skip(1).Select(draft => draft.Supersedes)];
        Assert.Equal([a.Verdict, b.Verdict], superseded);
        Assert.Equal(3, both.Records.Count);
    }

    [Theory]
    [InlineData(Verdict.Benign, "malware", null, Confidence.High, "decision.reason")]
    [InlineData(Verdict.Benign, "expected", Impact.Low, Confidence.High, "decision.impact")]
    [InlineData(Verdict.TruePositive, "malware", null, Confidence.High, "decision.impact")]
    [InlineData(Verdict.Unknown, "expected", null, Confidence.High, "decision.verdict")]
    [InlineData(Verdict.Benign, "expected", null, (Confidence)0, "decision.confidence")]
    [InlineData((Verdict)42, "", null, Confidence.Low, "decision.verdict")]
    public async Task ADecisionThatTheProcessDoesNotOfferIsRefused(
        Verdict verdict,
        string reason,
        Impact? impact,
        Confidence confidence,
        string code
    )
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        Decision decision = new(verdict, reason, impact, confidence);
        ActOutcome outcome = await desks.AlertDesk.JudgeAsync([alert.Id], decision, Desks.Ada, Desks.Stop);
        Assert.Contains(Assert.IsType<ActOutcome.Refused>(outcome).Problems, problem => problem.Code == code);
        Assert.Equal(1, desks.Records.Count);
    }

    [Fact]
    public async Task AllMistakesOfADecisionAreNamedAtOnce()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        Decision decision = new(Verdict.TruePositive, "", null, (Confidence)9);
        ActOutcome outcome = await desks.AlertDesk.JudgeAsync([alert.Id], decision, Desks.Ada, Desks.Stop);
        Assert.Equal(
            ["decision.reason", "decision.impact", "decision.confidence"],
            Assert.IsType<ActOutcome.Refused>(outcome).Problems.Select(problem => problem.Code)
        );
    }

    [Fact]
    public async Task AnEngineerMayNotJudgeAndAFullStoreSaysSo()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        Assert.IsType<ActOutcome.NotAllowed>(
            await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Benign, Desks.Eve, Desks.Stop)
        );
        Assert.IsType<ActOutcome.NotFound>(
            await desks.AlertDesk.JudgeAsync([new AlertId(Guid.Empty)], Desks.Benign, Desks.Ada, Desks.Stop)
        );
        desks.Records.Refuse("the disk is full");
        ActOutcome outcome = await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Benign, Desks.Ada, Desks.Stop);
        Assert.Equal("the disk is full", Assert.IsType<ActOutcome.Unavailable>(outcome).Reason);
    }

    [Fact]
    public async Task AnAlertIsTakenOnceTakenOverOnPurposeAndPutBack()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        AlertId[] one = [alert.Id];
        Desks.Done(await desks.AlertDesk.TakeAsync(one, false, Desks.Ada, Desks.Stop));
        Assert.Null(Desks.Done(await desks.AlertDesk.TakeAsync(one, false, Desks.Ada, Desks.Stop)).FirstIndex);
        Assert.IsType<ActOutcome.Conflict>(await desks.AlertDesk.TakeAsync(one, false, Desks.Bo, Desks.Stop));
        Desks.Done(await desks.AlertDesk.TakeAsync(one, true, Desks.Bo, Desks.Stop));
        Assert.IsType<ActOutcome.Conflict>(await desks.AlertDesk.PutBackAsync(one, Desks.Ada, Desks.Stop));
        Desks.Done(await desks.AlertDesk.PutBackAsync(one, Desks.Bo, Desks.Stop));
        Assert.Equal(AlertState.New, (await desks.NowAsync(alert)).State);
    }

    private async Task<AlertId[]> ManyAsync(int count)
    {
        IReadOnlyList<Alert> alerts = await desks.RaiseAsync([
            .. Enumerable.Range(0, count).Select(i => desks.Finding(i, host: $"host-{i}")),
        ]);
        return [.. alerts.Select(alert => alert.Id)];
    }
}
