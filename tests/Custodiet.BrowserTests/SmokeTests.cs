namespace Custodiet.BrowserTests;

public class SmokeTests
{
    [Fact]
    public void TheBrowserTestsAreFound() => Assert.NotNull(typeof(SmokeTests).Assembly);
}
