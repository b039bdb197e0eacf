using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Time.Testing;

namespace Custodiet.Tests.Embedded.Records;

/// <summary>How alerts are filtered, ordered, paged, counted and grouped. Expected values are the doc comments of <see cref="AlertFilter"/>.</summary>
public abstract class AlertListConformance : IAsyncLifetime
{
    private OpenedStore? opened;

    private Scene Scene { get; set; } = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IJudgementReader Reader => opened!.Judgements;

    protected abstract ValueTask<OpenedStore> OpenAsync(Sealer seal, TimeProvider time);

    public async ValueTask InitializeAsync()
    {
        opened = await OpenAsync(Scene.Sealer(), new FakeTimeProvider(Scene.Start));
        Scene = new Scene(opened.Records);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await opened!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task TheOrderOfWorkIsSeverityAndThenAge()
    {
        foreach (
            Severity severity in new[] { Severity.Low, Severity.High, Severity.Low, Severity.Critical, Severity.High }
        )
        {
            await Scene.RaiseAsync(Scene.Finding(severity: severity));
        }
        long[] work = await NumbersAsync(new AlertFilter(), AlertOrder.Work);
        long[] newest = await NumbersAsync(new AlertFilter(), AlertOrder.Newest);
        long[] oldest = await NumbersAsync(new AlertFilter(), AlertOrder.Oldest);
        Assert.Equal([4L, 2, 5, 1, 3], work);
        Assert.Equal([5L, 4, 3, 2, 1], newest);
        Assert.Equal([1L, 2, 3, 4, 5], oldest);
    }

    [Theory]
    [InlineData(AlertOrder.Work)]
    [InlineData(AlertOrder.Newest)]
    [InlineData(AlertOrder.Oldest)]
    public async Task PagesOfEverySizeShowEachAlertOnceInOrder(AlertOrder order)
    {
        List<AlertId> ids = [];
        for (int i = 0; i < 23; i++)
        {
            // Equal severities and equal times on purpose: the number must decide.
            Finding finding = Scene.Finding(severity: (Severity)(1 + (i % 3)), at: Scene.Start.AddMinutes(i * 7 % 4));
            ids.Add(await Scene.RaiseAsync(finding));
        }
        await Scene.JudgeAsync(Scene.Benign, null, [ids[3], ids[4], ids[15]]);
        long[] whole = await NumbersAsync(new AlertFilter(), order);
        Assert.Equal(23, whole.Length);
        for (int size = 1; size < 25; size++)
        {
            List<long> paged = [];
            string? cursor = null;
            do
            {
                Page<Alert> page = await Reader.AlertsAsync(new(), order, cursor, size, Viewer.Service, Stop);
                Assert.InRange(page.Items.Count, 1, size);
                paged.AddRange(page.Items.Select(alert => alert.Number));
                cursor = page.NextCursor;
            } while (cursor is not null);
            Assert.Equal(whole, paged);
        }
    }

    [Theory]
    [InlineData("not a cursor")]
    [InlineData("MC4x")]
    [InlineData("////")]
    [InlineData("MS4xLjE")]
    [InlineData("MC45OTk5OTk5OTk5OTk5OTk5OTk5OS4x")]
    public async Task ACursorThatIsNoneOfOursStartsAtTheBeginning(string cursor)
    {
        await Scene.RaiseAsync();
        Page<Alert> page = await Reader.AlertsAsync(new(), AlertOrder.Work, cursor, 10, Viewer.Service, Stop);
        Assert.Single(page.Items);
        Assert.Empty((await Reader.CasesAsync([], cursor, 10, Viewer.Service, Stop)).Items);
    }

    [Fact]
    public async Task EveryPartOfAFilterHolds()
    {
        AlertId one = await Scene.RaiseAsync(
            Scene.Finding(
                "r-1",
                "WS-1",
                Severity.Low,
                source: new SourceKey("Windows", "WS-1"),
                title: "Straße 100% sure"
            )
        );
        AlertId two = await Scene.RaiseAsync(
            Scene.Finding("r-2", "ws_1", Severity.High, source: new SourceKey("aws-cloudtrail", "1234"), title: "Login")
        );
        await Scene.RaiseAsync(
            Scene.Finding(
                "r-2",
                @"DOM\Jürgen",
                Severity.Critical,
                source: new SourceKey("windows", "DC"),
                title: "Login"
            )
        );
        await Scene.AppendedAsync(Scene.Draft(new AlertAssigned(two, Scene.Bob), $"alert/{two}"));
        await Scene.JudgeAsync(Scene.Benign, null, [one]);

        await FindsAsync([1], new AlertFilter { States = [AlertState.Judged] });
        await FindsAsync([2], new AlertFilter { States = [AlertState.InProgress] });
        await FindsAsync([2, 3], new AlertFilter { States = [AlertState.New, AlertState.InProgress] });
        await FindsAsync([1, 3], new AlertFilter { States = [AlertState.New, AlertState.Judged] });
        await FindsAsync([2, 3], new AlertFilter { AtLeast = Severity.High });
        await FindsAsync([2, 3], new AlertFilter { RuleId = "r-2" });
        await FindsAsync([], new AlertFilter { RuleId = "R-2" });
        await FindsAsync([1], new AlertFilter { Entity = "ws-1" });
        await FindsAsync([1, 2], new AlertFilter { Entity = "WS*1" });
        await FindsAsync([2], new AlertFilter { Entity = "WS_*" });
        await FindsAsync([3], new AlertFilter { Entity = @"dom\*" });
        await FindsAsync([3], new AlertFilter { Entity = "*jÜRGEN" });
        await FindsAsync([], new AlertFilter { Entity = "%" });
        await FindsAsync([], new AlertFilter { Entity = "%*" });
        await FindsAsync([1, 2, 3], new AlertFilter { Entity = "***" });
        await FindsAsync([], new AlertFilter { Entity = new string('*', 1_001) });
        await FindsAsync([1, 3], new AlertFilter { Technology = "WINDOWS" });
        await FindsAsync([2], new AlertFilter { Technology = "aws*" });
        await FindsAsync([2], new AlertFilter { Sensor = "*23*" });
        await FindsAsync([1], new AlertFilter { Title = "100% S" });
        await FindsAsync([2, 3], new AlertFilter { Title = "login" });
        await FindsAsync([], new AlertFilter { Title = "log%n" });
        await FindsAsync([2], new AlertFilter { Assignee = Scene.Bob });
        await FindsAsync([1, 3], new AlertFilter { Unassigned = true });
        await FindsAsync([1], new AlertFilter { Verdict = Verdict.Benign });
        await FindsAsync([], new AlertFilter { Verdict = Verdict.Benign, States = [AlertState.New] });
        await FindsAsync([1, 2, 3], new AlertFilter { RaisedAfter = 0 });
        await FindsAsync([2, 3], new AlertFilter { RaisedAfter = 1 });
        await FindsAsync([3], new AlertFilter { RaisedAfter = 1, Unassigned = true });
        await FindsAsync([], new AlertFilter { RaisedAfter = (await Reader.CountsAsync(Stop)).Raised });
        await FindsAsync(
            [3],
            new AlertFilter
            {
                RuleId = "r-2",
                Unassigned = true,
                AtLeast = Severity.Low,
            }
        );
        await FindsAsync([], new AlertFilter { Entity = "' OR 1=1 --" });
        await FindsAsync([], new AlertFilter { Entity = "" });
    }

    [Fact]
    public async Task CountsStopAtTheirBound()
    {
        for (int i = 0; i < 5; i++)
        {
            await Scene.RaiseAsync();
        }
        Assert.Equal(3, await Reader.CountAsync(new AlertFilter(), 3, Viewer.Service, Stop));
        Assert.Equal(5, await Reader.CountAsync(new AlertFilter(), 9, Viewer.Service, Stop));
        Assert.Equal(0, await Reader.CountAsync(new AlertFilter(), 0, Viewer.Service, Stop));
    }

    [Fact]
    public async Task GroupsAreByRuleMostSevereFirst()
    {
        AlertId one = await Scene.RaiseAsync(Scene.Finding("r-1", "A"), Scene.Finding("r-1", "A"));
        await Scene.RaiseAsync(Scene.Finding("r-1", "B", title: "A newer title"));
        await Scene.RaiseAsync(Scene.Finding("r-2", "B", Severity.Critical, at: Scene.Start.AddDays(1)));
        await Scene.JudgeAsync(Scene.Benign, null, [one]);
        IReadOnlyList<AlertGroup> groups = await Reader.AlertsByRuleAsync(new(), 9, Viewer.Service, Stop);
        Assert.Equal(
            [("r-2", 1, 1, Severity.Critical), ("r-1", 2, 3, Severity.Medium)],
            groups.Select(group => (group.Rule.Id, group.Alerts, group.Findings, group.Severity))
        );
        Assert.Equal("A newer title", groups[1].Rule.Title);
        Assert.Equal(Scene.Start.AddDays(1), groups[0].LastEventAt);
        Assert.Single(await Reader.AlertsByRuleAsync(new(), 1, Viewer.Service, Stop));
        AlertFilter open = new() { States = [AlertState.New] };
        Assert.Equal([1, 1], (await Reader.AlertsByRuleAsync(open, 9, Viewer.Service, Stop)).Select(g => g.Alerts));
    }

    private async Task FindsAsync(long[] numbers, AlertFilter filter)
    {
        foreach (AlertOrder order in Enum.GetValues<AlertOrder>())
        {
            Assert.Equal(numbers, (await NumbersAsync(filter, order)).Order());
        }
        Assert.Equal(numbers.Length, await Reader.CountAsync(filter, 99, Scene.Sees(Scene.Ann), Stop));
        IReadOnlyList<AlertGroup> groups = await Reader.AlertsByRuleAsync(filter, 99, Viewer.Service, Stop);
        Assert.Equal(numbers.Length, groups.Sum(group => group.Alerts));
    }

    private async Task<long[]> NumbersAsync(AlertFilter filter, AlertOrder order) =>
        [.. (await Reader.AlertsAsync(filter, order, null, 99, Viewer.Service, Stop)).Items.Select(a => a.Number)];
}
