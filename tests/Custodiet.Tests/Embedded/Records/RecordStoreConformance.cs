using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>What every record store must do, whatever it is made of. Expected values are the doc comments of <see cref="IRecordStore"/>.</summary>
public abstract class RecordStoreConformance : IAsyncLifetime
{
    private OpenedStore? opened;

    protected FakeTimeProvider Time { get; } = new(Scene.Start);

    protected OpenedStore Store => opened!;

    private protected Scene Scene { get; private set; } = null!;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected abstract ValueTask<OpenedStore> OpenAsync(Sealer seal, TimeProvider time);

    public async ValueTask InitializeAsync()
    {
        opened = await OpenAsync(Scene.Sealer(), Time);
        Scene = new Scene(opened.Records);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task ANewStoreIsEmpty()
    {
        Assert.Equal(0, Store.Records.Count);
        Assert.Empty(await Store.Records.ReadAsync(0, 10, Stop));
        Assert.Empty(await Store.Records.FindingsAfterAsync(0, 10, Stop));
        Assert.Equal(0, await Store.Records.PositionAsync("analytics", Stop));
        Assert.Null(await Store.Records.FindAsync(new RecordId(Guid.NewGuid()), Stop));
        Assert.Equal(new JudgementCounts(0, 0, null, 0, 0), await Store.Judgements.CountsAsync(Stop));
    }

    [Fact]
    public async Task RecordsAreNumberedFromZeroWithoutAGapAndComeBackAsTheyWereSealed()
    {
        RecordDraft one = Scene.Draft(new ServiceStarted("1", true), "service");
        RecordDraft two = Scene.Draft(new ServiceStarted("2", false), "service", Scene.Bob);
        AppendOutcome.Appended first = await Scene.AppendedAsync(one, two);
        AppendOutcome.Appended second = await Scene.AppendedAsync(
            Scene.Draft(new ServiceStarted("3", true), "other", Scene.Ann, first.Ids[0])
        );

        Assert.Equal(0, first.FirstIndex);
        Assert.Equal(2, second.FirstIndex);
        Assert.Equal(3, Store.Records.Count);
        IReadOnlyList<StoredRecord> all = await Store.Records.ReadAsync(0, 100, Stop);
        Assert.Equal([0L, 1, 2], all.Select(record => record.Index));
        Assert.Equal([.. first.Ids, .. second.Ids], all.Select(record => record.Sealed.Id));
        Assert.Equal(two.Body, RecordBodyJson.Deserialize(all[1].Sealed.Body.Span));
        Assert.Equal("service.started/1", all[1].Sealed.Type);
        Assert.Equal(Scene.Bob, all[1].Sealed.Actor);
        Assert.Equal(two.OccurredAt, all[1].Sealed.OccurredAt);
        Assert.Equal(first.Ids[0], all[2].Sealed.Supersedes);
        Assert.False(all[1].Erased);
        Assert.Equal(1L, Assert.Single(await Store.Records.ReadAsync(1, 1, Stop)).Index);
        Assert.Equal([0L, 1], (await Store.Records.ReadStreamAsync("service", 9, Stop)).Select(r => r.Index));
        Assert.Equal(2, (await Store.Records.FindAsync(second.Ids[0], Stop))!.Index);
    }

    [Fact]
    public async Task WhenTheClockJumpsBackRecordedTimesStandStill()
    {
        await Scene.AppendedAsync(Scene.Draft(new ServiceStarted("1", true), "service"));
        Time.AdjustTime(Scene.Start.AddDays(-1));
        await Scene.AppendedAsync(Scene.Draft(new ServiceStarted("2", true), "service"));
        Time.AdjustTime(Scene.Start.AddDays(1));
        await Scene.AppendedAsync(Scene.Draft(new ServiceStarted("3", true), "service"));

        IReadOnlyList<StoredRecord> all = await Store.Records.ReadAsync(0, 9, Stop);
        Assert.Equal(
            [Scene.Start, Scene.Start, Scene.Start.AddDays(1)],
            all.Select(record => record.Sealed.RecordedAt)
        );
    }

    [Fact]
    public async Task AnExpectationThatDoesNotHoldIsAConflictAndNothingIsAppended()
    {
        AlertId alert = await Scene.RaiseAsync();
        RecordDraft draft = Scene.Draft(new AlertAssigned(alert, Scene.Bob), $"alert/{alert}");

        AppendOutcome wrong = await Store.Records.AppendAsync(
            new AppendRequest
            {
                Drafts = [draft],
                Expectations = [new StreamExpectation($"alert/{alert}", null)],
                Position = new ConsumerPosition("analytics", 9),
            },
            Stop
        );
        Assert.Equal(new AppendOutcome.Conflict($"alert/{alert}", 0), wrong);
        Assert.Equal(1, Store.Records.Count);
        Assert.Equal(0, await Store.Records.PositionAsync("analytics", Stop));

        await Scene.AppendedAsync(
            new AppendRequest { Drafts = [draft], Expectations = [new StreamExpectation($"alert/{alert}", 0)] }
        );
        await Scene.AppendedAsync(
            new AppendRequest
            {
                Drafts = [Scene.Draft(new ServiceStarted("1", true), "new")],
                Expectations = [new StreamExpectation("new", null)],
            }
        );
    }

    [Fact]
    public async Task OfTwoPeopleWhoJudgeTheSameAlertOneGetsAConflictWhateverTheStreamOfTheRecord()
    {
        AlertId one = await Scene.RaiseAsync();
        AlertId two = await Scene.RaiseAsync();
        await Scene.JudgeAsync(Scene.Benign, null, [one, two]);

        AppendOutcome late = await Store.Records.AppendAsync(
            new AppendRequest
            {
                Drafts = [Scene.Draft(new AlertAssigned(two, Scene.Bob), $"alert/{two}")],
                Expectations = [new StreamExpectation($"alert/{two}", 1)],
            },
            Stop
        );
        Assert.Equal(new AppendOutcome.Conflict($"alert/{two}", 2), late);
        Assert.Equal(2, (await Store.Judgements.AlertAsync(two, Viewer.Service, Stop))!.LastIndex);
    }

    [Fact]
    public async Task ARecordAboutAnUnknownAlertIsABugAndTakesNothingWithIt()
    {
        AlertId unknown = new(Guid.NewGuid());
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await Store.Records.AppendAsync(
                new AppendRequest
                {
                    Drafts =
                    [
                        Scene.Draft(new ServiceStarted("1", true), "service"),
                        Scene.Draft(new AlertAssigned(unknown, Scene.Ann), $"alert/{unknown}"),
                    ],
                },
                Stop
            )
        );
        Assert.Equal(0, Store.Records.Count);
        Assert.Equal(0, (await Scene.AppendedAsync(Scene.Draft(new ServiceStarted("1", true), "s"))).FirstIndex);
    }

    [Fact]
    public async Task AppendsOfManyCallersAllSucceedAndAreNumberedOnce()
    {
        AppendOutcome.Appended[] all = await Task.WhenAll(
            Enumerable
                .Range(0, 300)
                .Select(i => Scene.AppendedAsync(Scene.Draft(new ServiceStarted($"{i}", true), $"s/{i}")))
        );
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (long)i), all.Select(a => a.FirstIndex).Order());
        Assert.Equal(300, Store.Records.Count);
    }

    [Fact]
    public async Task ABadAppendAmongManyHurtsNoOther()
    {
        AlertId alert = await Scene.RaiseAsync();
        StreamExpectation expectation = new($"alert/{alert}", 0);
        Task<AppendOutcome>[] rivals =
        [
            .. Enumerable
                .Range(0, 50)
                .Select(async i =>
                    await Store.Records.AppendAsync(
                        new AppendRequest
                        {
                            Drafts = [Scene.Draft(new AlertAssigned(alert, new ActorId($"p-{i}")), $"alert/{alert}")],
                            Expectations = [expectation],
                        },
                        Stop
                    )
                ),
        ];
        AppendOutcome[] outcomes = await Task.WhenAll(rivals);
        Assert.Single(outcomes.OfType<AppendOutcome.Appended>());
        Assert.Equal(49, outcomes.OfType<AppendOutcome.Conflict>().Count());
        Assert.Equal(2, Store.Records.Count);
    }

    [Fact]
    public async Task FindingsAreStoredOnceInOrderAndBelongToTheAlertThatNamesThem()
    {
        Finding first = Scene.Finding();
        Finding second = Scene.Finding();
        AlertId alert = await Scene.RaiseAsync(first);
        await Scene.ExtendAsync(alert, first, second, second);

        IReadOnlyList<StoredFinding> stored = await Store.Records.FindingsAfterAsync(0, 10, Stop);
        Assert.Equal([1L, 2], stored.Select(finding => finding.Sequence));
        Assert.All(stored, finding => Assert.Equal(alert, finding.Alert));
        Assert.Equivalent(second, stored[1].Finding);
        Assert.Equal(second.Id, Assert.Single(await Store.Records.FindingsAfterAsync(1, 10, Stop)).Finding.Id);
        Assert.Equal(2, (await Store.Judgements.AlertAsync(alert, Viewer.Service, Stop))!.FindingCount);
        Assert.Equal(2, (await Store.Judgements.CountsAsync(Stop)).Findings);
    }

    [Fact]
    public async Task APositionKeysAndTotalsAreStoredWithTheRecords()
    {
        SourceStatistics source = new(new SourceKey("windows", "WS-1"), "sysmon", 10, 1_000, 1, 2, 3);
        StageTotals stage = new("parse", 10, 8, 1, new Dictionary<string, long> { ["not json"] = 1 });
        long now = EventTime.ToMicros(Scene.Start);
        await Scene.AppendedAsync(
            new AppendRequest
            {
                Position = new ConsumerPosition("analytics", 10),
                Keys = [new BatchKey("a", 0, 4, now - 2), new BatchKey("b", 4, 6, now - 1)],
                Sources = [source],
                Stages = [stage],
            }
        );
        await Scene.AppendedAsync(
            new AppendRequest
            {
                Position = new ConsumerPosition("analytics", 20),
                Keys = [new BatchKey("c", 10, 10, now)],
                Sources = [source with { Events = 20 }],
                Stages = [stage with { Received = 20, Emitted = 18 }],
            }
        );
        Assert.Equal(0, Store.Records.Count);
        Assert.Equal(20, await Store.Records.PositionAsync("analytics", Stop));
        Assert.Equal(0, await Store.Records.PositionAsync("archive", Stop));
        Assert.Equal(["c", "b"], (await Store.Records.KeysAsync(now - 1, 9, Stop)).Select(key => key.Key));
        Assert.Equal(new BatchKey("c", 10, 10, now), Assert.Single(await Store.Records.KeysAsync(0, 1, Stop)));
        Assert.Equal(source with { Events = 20 }, Assert.Single(await Store.Totals.SourcesAsync(Stop)));
        StageTotals totals = Assert.Single(await Store.Totals.StagesAsync(Stop));
        Assert.Equal((20, 18, 1L), (totals.Received, totals.Emitted, totals.Dropped["not json"]));
    }

    [Fact]
    public async Task ARefusalHoldsForEveryAppendAndNamesItsReasonButSignInGoesOn()
    {
        Store.Records.Refuse("the ledger is shorter than its checkpoint");
        Store.Records.Refuse("a second reason");
        AppendOutcome outcome = await Store.Records.AppendAsync(
            new AppendRequest { Drafts = [Scene.Draft(new ServiceStarted("1", true), "service")] },
            Stop
        );
        Assert.Equal(new AppendOutcome.Refused("the ledger is shorter than its checkpoint"), outcome);
        Account account = new()
        {
            Id = Scene.Ann,
            Name = "ann",
            Roles = [Role.Lead],
            SecurityStamp = "s",
        };
        Assert.IsType<AppendOutcome.Refused>(
            await Store.Accounts.SaveAsync(
                account,
                [Scene.Draft(new AccountAdded(Scene.Ann, AccountKind.Person, "ann", [Role.Lead]), "account/p-ann")],
                Stop
            )
        );
        Assert.IsType<AppendOutcome.Appended>(await Store.Accounts.SaveAsync(account, [], Stop));
        Assert.Equal(0, Store.Records.Count);
    }

    [Fact]
    public async Task CommittedIsRaisedWithTheNewCountAndAHandlerThatThrowsHurtsNobody()
    {
        List<long> seen = [];
        TaskCompletionSource second = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Records.Committed += _ => throw new InvalidOperationException("a broken listener");
        Store.Records.Committed += count =>
        {
            seen.Add(count);
            if (count == 2)
            {
                second.SetResult();
            }
        };
        await Scene.AppendedAsync(Scene.Draft(new ServiceStarted("1", true), "service"));
        await Scene.AppendedAsync(Scene.Draft(new ServiceStarted("2", true), "service"));
        await second.Task.WaitAsync(Stop);
        Assert.Equal([1L, 2], seen);
    }

    [Fact]
    public async Task WhatWasCancelledBeforeItBeganIsNotAppended()
    {
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Store.Records.AppendAsync(
                new AppendRequest { Drafts = [Scene.Draft(new ServiceStarted("1", true), "service")] },
                cancelled.Token
            )
        );
        Assert.Equal(0, Store.Records.Count);
    }
}
