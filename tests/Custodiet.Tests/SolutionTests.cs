namespace Custodiet.Tests;

public class SolutionTests
{
    [Fact]
    public void TheRepositoryRootIsFoundFromTheTests() =>
        Assert.True(File.Exists(Path.Combine(TestPaths.Root, "Custodiet.slnx")));
}
