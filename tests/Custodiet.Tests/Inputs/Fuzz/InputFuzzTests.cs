using Custodiet.Inputs;
using Custodiet.Tests.Pipeline;

namespace Custodiet.Tests.Inputs.Fuzz;

/// <summary>
/// Every input decoder against bodies that were changed at random, always the same ones; the benchmarks' command <c>fuzz</c> goes on for
/// as long as one likes.
/// </summary>
public class InputFuzzTests(SharedInputHost shared) : IClassFixture<SharedInputHost>
{
    private const int Seed = 20_260_302;

    private static readonly FuzzTarget[] targets =
    [
        .. FuzzTargets.Events,
        FuzzTargets.Findings(Path.Combine(TestPaths.Content, "mappings")),
    ];

    public static TheoryData<string> Targets => [.. targets.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void ADecoderKeepsItsPromisesWhateverTheBytesAre(string name)
    {
        Reading parsers = new();
        FuzzReport report = FuzzRun.Run(
            targets.Single(t => t.Name == name),
            Seed,
            first: 0,
            until: number => number == 1_500,
            read: item => parsers.Read(item),
            TimeProvider.System
        );
        Assert.True(report.Finding is null, report.Finding?.ToString());
        // A quarter of the bodies or more still give events: the changes do not only break.
        Assert.True(report.Events > 375, $"{report.Events} events of {report.Cases} bodies");
    }

    [Fact]
    public async Task EveryHttpInputAnswersWhateverTheBytesAreAndItsBalanceHolds()
    {
        InputHost host = shared.Begin();
        Dictionary<string, int> taken = [];
        for (int number = 0; number < 400; number++)
        {
            (string path, int status, _) = await HttpFuzz.SendAsync(
                host.Client,
                host.Token,
                Seed,
                number,
                TestContext.Current.CancellationToken
            );
            Assert.True(HttpFuzz.IsExpected(status), $"case {number}, {path}: {status}");
            taken[path] = taken.GetValueOrDefault(path) + (status == 200 ? 1 : 0);
        }
        Assert.All(taken, path => Assert.True(path.Value > 5, $"{path.Key} took {path.Value}"));
        long accepted = 0;
        foreach (string input in (string[])["http", "hec", "elasticsearch", "otlp", "cloudevents"])
        {
            InputStatus status = host.Status(input);
            Assert.Equal((input, 0L), (input, status.InFlight));
            accepted += status.Accepted;
        }
        Assert.Equal(accepted, (await host.EventsAsync()).Count);
    }
}
