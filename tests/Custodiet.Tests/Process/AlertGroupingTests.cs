using System.Globalization;
using Custodiet.Process.Alerts;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Process;

public sealed class AlertGroupingTests : IDisposable
{
    private readonly Desks desks = new();

    public void Dispose() => desks.Dispose();

    [Fact]
    public async Task FindingsOfOneRuleAboutOneEntityFormOneAlertWhateverTheCaseOfItsName()
    {
        IReadOnlyList<Alert> alerts = await desks.RaiseAsync(
            desks.Finding(1),
            desks.Finding(2, host: "ws-041"),
            desks.Finding(3, host: "WS-042"),
            desks.Finding(4, rule: "r-2")
        );
        Assert.Equal([2, 1, 1], alerts.Select(alert => alert.FindingCount));
    }

    [Fact]
    public async Task AFurtherBatchExtendsTheAlertOncePerBatch()
    {
        await desks.RaiseAsync(desks.Finding(1));
        await desks.RaiseAsync(desks.Finding(2), desks.Finding(3));
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(4)));
        Assert.Equal(4, alert.FindingCount);
        Assert.Equal(
            ["alert.raised/1", "alert.extended/1", "alert.extended/1"],
            desks.Records.Bodies.Select(body => body.Type)
        );
        AlertGroupingCounts counts = desks.Grouping.Counts;
        Assert.Equal((4, 1, 2), (counts.Findings, counts.Raised, counts.Extended));
    }

    [Fact]
    public async Task OutsideTheWindowANewAlertIsRaisedWithTheSameFingerprint()
    {
        IReadOnlyList<Alert> alerts = await desks.RaiseAsync(
            desks.Finding(1),
            desks.Finding(2, after: TimeSpan.FromHours(24)),
            desks.Finding(3, after: TimeSpan.FromHours(48.1))
        );
        Assert.Equal([2, 1], alerts.Select(alert => alert.FindingCount));
        Assert.Single(alerts.Select(alert => alert.Fingerprint).Distinct());
    }

    [Fact]
    public async Task OldEventsSentLateFormTheirOwnAlertAndDoNotDisturbTheNewOne()
    {
        await desks.RaiseAsync(desks.Finding(1));
        TimeSpan monthAgo = TimeSpan.FromDays(-30);
        await desks.RaiseAsync(desks.Finding(2, after: monthAgo));
        await desks.RaiseAsync(desks.Finding(3));
        IReadOnlyList<Alert> alerts = await desks.RaiseAsync(desks.Finding(4, after: monthAgo));
        Assert.Equal([2, 2], alerts.Select(alert => alert.FindingCount));
    }

    [Fact]
    public async Task AJudgedAlertIsNotExtended()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        Desks.Done(await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Benign, Desks.Ada, Desks.Stop));
        IReadOnlyList<Alert> alerts = await desks.RaiseAsync(desks.Finding(2));
        Assert.Equal([1, 1], alerts.Select(a => a.FindingCount));
        Assert.Equal(0, desks.Grouping.Counts.Conflicts);
    }

    [Fact]
    public async Task AVerdictThatComesBetweenPlanAndAppendIsNotJoinedByUnseenFindings()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        using AlertGrouping unaware = new(desks.Time);
        await unaware.LoadAsync(desks.Records, Desks.Stop);
        desks.Records.BeforeAppend = async () =>
            Desks.Done(await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Benign, Desks.Ada, Desks.Stop));
        await unaware.AppendAsync([desks.Finding(2)], r => r, desks.Records, desks.Records, Desks.Stop);
        Assert.Equal([1, 1], desks.Records.Alerts.Select(a => a.FindingCount));
        Assert.Equal(1, unaware.Counts.Conflicts);
    }

    [Fact]
    public async Task WhatElseHappensToAnAlertDoesNotKeepFindingsFromJoining()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        desks.Records.BeforeAppend = async () =>
            Desks.Done(await desks.AlertDesk.TakeAsync([alert.Id], false, Desks.Ada, Desks.Stop));
        Assert.Equal(2, Assert.Single(await desks.RaiseAsync(desks.Finding(2))).FindingCount);
    }

    [Fact]
    public async Task WhenAnAlertNeverStandsStillTheFindingsRaiseANewOne()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Finding(1)));
        async ValueTask Take()
        {
            Viewer viewer = (await desks.NowAsync(alert)).Assignee == Desks.Ada.Actor ? Desks.Bo : Desks.Ada;
            Desks.Done(await desks.AlertDesk.TakeAsync([alert.Id], true, viewer, Desks.Stop));
        }
        AppendOutcome outcome = await desks.Grouping.AppendAsync(
            [desks.Finding(2)],
            request =>
            {
                desks.Records.BeforeAppend = Take;
                return request;
            },
            desks.Records,
            desks.Records,
            Desks.Stop
        );
        Assert.IsType<AppendOutcome.Appended>(outcome);
        Assert.Equal([1, 1], desks.Records.Alerts.Select(a => a.FindingCount));
    }

    [Fact]
    public async Task AfterARestartTheAlertIsFoundAgain()
    {
        await desks.RaiseAsync(desks.Finding(1), desks.Finding(2, host: "WS-042"));
        Alert judged = desks.Records.Alerts.Last();
        Desks.Done(await desks.AlertDesk.JudgeAsync([judged.Id], Desks.Benign, Desks.Ada, Desks.Stop));
        using AlertGrouping restarted = new(desks.Time);
        await restarted.LoadAsync(desks.Records, Desks.Stop);
        Finding[] more = [desks.Finding(3), desks.Finding(4, host: "WS-042")];
        await restarted.AppendAsync(more, r => r, desks.Records, desks.Records, Desks.Stop);
        Assert.Equal([2, 1, 1], desks.Records.Alerts.Select(a => a.FindingCount));
        Assert.Equal(0, restarted.Counts.Conflicts);
    }

    [Fact]
    public async Task AnotherToolsFindingIsIdempotentOnItsReference()
    {
        await desks.RaiseAsync(desks.Foreign("A-1"));
        await desks.RaiseAsync(desks.Foreign("A-1"));
        Alert alert = Assert.Single(desks.Records.Alerts);
        Assert.Equal((1, "A-1"), (alert.FindingCount, alert.SourceRef));
        Assert.Equal(1, desks.Grouping.Counts.Repeated);
        Assert.Equal(1, desks.Records.Count);
    }

    [Fact]
    public async Task AnotherToolsUpdateUnderTheSameReferenceExtendsItsAlertAfterADayToo()
    {
        await desks.RaiseAsync(desks.Foreign("A-1"));
        desks.Time.Advance(TimeSpan.FromDays(3));
        Finding update = desks.Foreign("A-1", FindingId.Of("siem", "A-1 update 2"));
        using AlertGrouping restarted = new(desks.Time);
        await restarted.LoadAsync(desks.Records, Desks.Stop);
        for (int i = 0; i < 2; i++)
        {
            await restarted.AppendAsync([update], r => r, desks.Records, desks.Records, Desks.Stop);
        }
        Assert.Equal(2, Assert.Single(desks.Records.Alerts).FindingCount);
        Assert.Equal(1, restarted.Counts.Repeated);
    }

    [Fact]
    public async Task AJudgedAlertOfAnotherToolTakesNoRepeatAndAnUpdateRaisesANewOne()
    {
        Alert alert = Assert.Single(await desks.RaiseAsync(desks.Foreign("A-1")));
        Desks.Done(await desks.AlertDesk.JudgeAsync([alert.Id], Desks.Benign, Desks.Ada, Desks.Stop));
        Assert.Single(await desks.RaiseAsync(desks.Foreign("A-1")));
        IReadOnlyList<Alert> alerts = await desks.RaiseAsync(desks.Foreign("A-1", FindingId.Of("siem", "update")));
        Assert.Equal([1, 1], alerts.Select(a => a.FindingCount));
    }

    [Fact]
    public async Task ManyMembersAreListedInSeveralRecordsWithoutLosingOne()
    {
        Finding[] flood = [.. Enumerable.Range(0, 1_001).Select(i => desks.Finding(i))];
        Alert alert = Assert.Single(await desks.RaiseAsync(flood));
        Assert.Equal(1_001, alert.FindingCount);
        Assert.Equal(6, desks.Records.Count);
        int members = desks
            .Records.Bodies.Select(b => b is AlertRaised r ? r.Findings.Count : ((AlertExtended)b).Findings.Count)
            .Sum();
        Assert.Equal(1_001, members);
        Assert.All(desks.Records.Bodies, body => Assert.True(RecordBodyJson.Serialize(body).Length < 60_000));
    }

    [Fact]
    public async Task WhenTheTableIsFullTheLeastRecentlyUsedIsForgottenCountedAndNothingIsLost()
    {
        using Desks small = new(new AlertGroupingLimits { FingerprintsMax = 10 });
        for (int i = 0; i < 25; i++)
        {
            await small.RaiseAsync(small.Finding(i, host: i.ToString(CultureInfo.InvariantCulture)));
        }
        Assert.Equal((15, 10), (small.Grouping.Counts.Evicted, small.Grouping.Counts.Extendable));
        await small.RaiseAsync(small.Finding(100, host: "24"), small.Finding(101, host: "3"));
        Assert.Equal(26, small.Records.Alerts.Count);
        Assert.Equal(27, small.Records.Alerts.Sum(alert => alert.FindingCount));
    }

    [Fact]
    public async Task AnAppendThatIsRefusedChangesNothing()
    {
        desks.Records.Refuse("the disk is full");
        AppendOutcome outcome = await desks.Grouping.AppendAsync(
            [desks.Finding(1)],
            r => r,
            desks.Records,
            desks.Records,
            Desks.Stop
        );
        Assert.IsType<AppendOutcome.Refused>(outcome);
        Assert.Equal((0, 0), (desks.Grouping.Counts.Findings, desks.Grouping.Counts.Extendable));
    }

    [Fact]
    public async Task ThePositionBecomesDurableWithTheFindingsAndWithoutAny()
    {
        ConsumerPosition position = new("analytics", 42);
        await desks.Grouping.AppendAsync(
            [],
            r => r with { Position = position },
            desks.Records,
            desks.Records,
            Desks.Stop
        );
        Assert.Equal(position, Assert.Single(desks.Records.Requests).Position);
    }

    [Fact]
    public void TheFingerprintDoesNotSpellTheEntityAndKeepsSourcesApartWhenThereIsNone()
    {
        Finding none = desks.Finding(1) with { Entity = new Entity("", "") };
        Finding other = desks.Finding(2, host: "WS-099") with { Entity = new Entity("", "") };
        AlertPlan plan = desks.Grouping.Plan([
            none,
            other,
            desks.Finding(3) with
            {
                Rule = none.Rule with { Id = "é" + new string('x', 5_000) },
            },
        ]);
        Assert.Equal(3, plan.Raised);
        Assert.All(plan.Drafts, draft => Assert.Matches("^[0-9a-f]{32}$", ((AlertRaised)draft.Body).Fingerprint));
    }
}
