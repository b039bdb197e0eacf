using Custodiet.Telemetry;

namespace Custodiet.Tests.Telemetry;

public class BoundedLabelsTests
{
    [Fact]
    public void TheFirstValuesAreShownAndLaterOnesShareOneLabelAndAreCounted()
    {
        BoundedLabels labels = new(2);
        Assert.Equal("a", labels.Of("a"));
        Assert.Equal("b", labels.Of("b"));
        Assert.Equal(BoundedLabels.Others, labels.Of("c"));
        Assert.Equal(BoundedLabels.Others, labels.Of("c"));
        Assert.Equal("a", labels.Of("a"));
        Assert.Equal(1, labels.Folded);
    }

    [Fact]
    public void WhatIsRememberedOfFoldedValuesIsBoundedToo()
    {
        BoundedLabels labels = new(10);
        foreach (int value in Enumerable.Range(0, 1_000))
        {
            labels.Of($"v{value}");
        }
        Assert.Equal(10, labels.Folded);
    }
}
