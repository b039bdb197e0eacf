using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
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
            Technology = "windows-sysmon",
            Sensor = "WS-017",
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
    public void ASensorNarrowsToItself()
    {
        QueueQuery query = QueueQuery.Parse("technology=windows-sysmon&sensor=WS-017");
        Assert.True(query.IsNarrowed);
        Assert.Equal(("windows-sysmon", "WS-017"), (query.ToFilter(me).Technology, query.ToFilter(me).Sensor));
    }

    [Fact]
    public void MineAndUnassignedAreFiltersOfTheReader()
    {
        Assert.Equal(me, QueueQuery.Parse("assignee=me").ToFilter(me).Assignee);
        AlertFilter nobody = QueueQuery.Parse("assignee=none").ToFilter(me);
        Assert.True(nobody.Unassigned);
        Assert.Null(nobody.Assignee);
    }
}
