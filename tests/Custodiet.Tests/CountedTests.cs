using Custodiet.Records;

namespace Custodiet.Tests;

public class CountedTests
{
    [Theory]
    [InlineData(0, "0 findings")]
    [InlineData(1, "1 finding")]
    [InlineData(2, "2 findings")]
    [InlineData(1_204, "1,204 findings")]
    [InlineData(-1, "-1 findings")]
    public void TheNounFollowsItsNumber(long number, string text) => Assert.Equal(text, Counted.Of(number, "finding"));

    [Fact]
    public void ANounWithItsOwnPluralBringsIt()
    {
        Assert.Equal("1 person", Counted.Of(1, "person", "people"));
        Assert.Equal("3 people", Counted.Of(3, "person", "people"));
    }
}
