namespace Custodiet.Tests.EndToEnd;

/// <summary>kill -9 while events arrive. A hundred kills: <c>dotnet run -c Release --project bench/Custodiet.Benchmarks -- kill</c>.</summary>
public class KillTests
{
    [Fact]
    public async Task AfterFiveKillsNothingAcknowledgedIsMissingAndNothingIsThereTwice()
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-kill-").FullName;
        try
        {
            KillReport report = await KillRun.RunAsync(
                TestPaths.Root,
                folder,
                events: 200_000,
                kills: 5,
                seed: 5,
                TestContext.Current.SendDiagnosticMessage,
                TestContext.Current.CancellationToken
            );
            Assert.Equal(report.Acknowledged, report.Stored);
            Assert.Equal(report.Acknowledged, report.DistinctNumbers);
            Assert.Equal(report.Stored, report.DistinctOffsets);
            Assert.Equal(5, report.Verifications);
            Assert.True(report.Acknowledged >= 200_000);
            // One event in five hundred matches one starter rule.
            Assert.Equal(report.Acknowledged / 500, report.Findings);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
