using Custodiet.Records.Events;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Custodiet.Web.Queue;

namespace Custodiet.Tests.Web;

public class QueueQueryTests
{
    private static readonly ActorId me = new("p-1");

    [Fact]
    public void AViewIsWhatItsAddressSays()
    {
        QueueQuery query = new()
        {
            State = "judged",
            AtLeast = Severity.High,
            Title = "a & b",
            Entity = "ws-*",
            Rule = "r?1",
            Assignee = "me",
            Verdict = Verdict.Benign,
            Order = AlertOrder.Newest,
            ByRule = true,
            After = "c+/=",
            Preview = 12,
        };
        Assert.Equal(query, QueueQuery.Parse(query.QueryString));
        Assert.Equal("/queue", new QueueQuery().Url);
    }

    [Theory]
    [InlineData("severity=99&state=nonsense&order=7&preview=x")]
    [InlineData("severity=&state=&title=%20%20")]
    [InlineData("")]
    public void WhatCannotBeReadIsLeftOut(string address) => Assert.Equal(new QueueQuery(), QueueQuery.Parse(address));

    [Fact]
    public void MineAndUnassignedAreFiltersOfTheReader()
    {
        Assert.Equal(me, QueueQuery.Parse("assignee=me").ToFilter(me).Assignee);
        AlertFilter nobody = QueueQuery.Parse("assignee=none").ToFilter(me);
        Assert.True(nobody.Unassigned);
        Assert.Null(nobody.Assignee);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("severity=high", true)]
    [InlineData("severity=critical", false)]
    [InlineData("entity=WS-*", true)]
    [InlineData("entity=WS-", false)]
    [InlineData("entity=ws-(1", true)]
    [InlineData("technology=*sysmon", true)]
    [InlineData("title=REG", true)]
    [InlineData("rule=other", false)]
    [InlineData("state=judged", false)]
    [InlineData("assignee=me", false)]
    [InlineData("assignee=none", true)]
    public void OnlyAlertsThatTheViewWouldShowAreAnnounced(string address, bool shown)
    {
        AlertRaised raised = new(
            new AlertId(Guid.NewGuid()),
            "f",
            new RuleReference("r-1", "Reg.exe tampers", "", null),
            Severity.High,
            new SourceKey("windows-sysmon", "ws-(1"),
            new Entity("host", "ws-(1"),
            [],
            [],
            null,
            null
        );
        Assert.Equal(shown, QueueLive.Shows(QueueQuery.Parse(address), raised));
    }
}
