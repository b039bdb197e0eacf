using System.Text;
using Custodiet.Api;
using Custodiet.Configuration;
using Custodiet.Records;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Reduction;

/// <summary>Reductions in the product: behind analytics, in the archive and in routes, with every event counted.</summary>
public sealed class ReductionTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-reduction-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task RulesSeeEveryEventAFindingKeepsItsEventAndEveryRowIsThere()
    {
        Write(
            "reductions/chatter.yml",
            """
            id: chatter
            when: {sensor: ws-1}
            drop: event
            """
        );
        Write(
            "reductions/trim.yml",
            """
            id: trim
            when: {sensor: ws-2}
            drop: {fields: ['Padding*']}
            """
        );
        Write(
            "reductions/sample.yml",
            """
            id: sample
            priority: 200
            when: {sensor: ws-3}
            keep_one_in: 10
            """
        );
        await using (Flow flow = await OpenAsync())
        {
            // Three of the chatty events save a registry hive, which a starter rule finds.
            await SendAsync(flow, 30, "ws-1", @"C:\\chatty.exe", "none");
            await SendAsync(flow, 3, "ws-1", @"C:\\reg.exe", @"reg.exe save HKLM\\SAM C:\\Temp\\sam.hiv");
            await SendAsync(flow, 5, "ws-2", @"C:\\a.exe", "none");
            await SendAsync(flow, 1_000, "ws-3", @"C:\\a.exe", "none");
            await SendAsync(flow, 2, "ws-4", @"C:\\a.exe", "none");
            await RunUntilArchivedAsync(flow, 1_040);
            // One in ten by a mixture of the offset: here 119 of 1,000, always the same ones.
            Assert.Equal(
                [
                    "ws-1 chatter 30 30 0",
                    "ws-1 whole 3 3 3",
                    "ws-2 trim 5 5 0",
                    "ws-3 sample 881 881 0",
                    "ws-3 whole 119 119 119",
                    "ws-4 whole 2 2 2",
                ],
                await ReadAsync(
                    flow,
                    "SELECT concat_ws(' ', sensor, coalesce(reduced, 'whole'), count(*), count(*) FILTER (WHERE received_bytes > 100), count(raw)) FROM events GROUP BY sensor, reduced ORDER BY ALL"
                )
            );
            Assert.Equal(
                ["none|missing|missing"],
                await ReadAsync(
                    flow,
                    "SELECT DISTINCT concat_ws('|', fields['CommandLine'], coalesce(fields['Padding1'], 'missing'), coalesce(raw, 'missing')) FROM events WHERE sensor = 'ws-2'"
                )
            );
            Assert.Equal(["3"], await ReadAsync(flow, "SELECT count(*) FROM findings"));
            StageTotals reduce = (await flow.Records.StagesAsync(Cancellation)).Single(s => s.Stage == "reduce");
            Assert.Equal((1_040L, 1_040L - 30 - 881), (reduce.Received, reduce.Emitted));
            Assert.Equal((30L, 881L), (reduce.Dropped["chatter"], reduce.Dropped["sample"]));
        }
        // A restart neither repeats nor forgets a count.
        await using (Flow flow = await OpenAsync())
        {
            await SendAsync(flow, 4, "ws-1", @"C:\\chatty.exe", "none");
            await RunUntilArchivedAsync(flow, 1_044);
            StageTotals reduce = (await flow.Records.StagesAsync(Cancellation)).Single(s => s.Stage == "reduce");
            Assert.Equal((1_044L, 34L), (reduce.Received, reduce.Dropped["chatter"]));
        }
    }

    [Fact]
    public async Task ARouteLeavesOutWhatIsReducedAndSaysSo()
    {
        Write("reductions/low.yml", "id: low\nwhen: {sensor: ws-1}\ndrop: event\nat: routes");
        Write("reductions/trim.yml", "id: trim\nwhen: {sensor: ws-2}\ndrop: {fields: [Padding1]}\nat: [routes]");
        Write("routes/all.yml", "id: all\nformat: json\nbatch: {seconds: 0}\nto: {file: {path: all.jsonl}}");
        Write("routes/whole.yml", "id: whole\nreduce: false\nbatch: {seconds: 0}\nto: {file: {path: whole.jsonl}}");
        await using Flow flow = await OpenAsync();
        await SendAsync(flow, 10, "ws-1", @"C:\\a.exe", "none");
        await SendAsync(flow, 10, "ws-2", @"C:\\a.exe", "none");
        await RunUntilArchivedAsync(
            flow,
            20,
            async () => (await flow.Outputs.StatusAsync(Cancellation)).All(r => r.Waiting == 0)
        );
        IReadOnlyList<Custodiet.Outputs.RouteStatus> routes = await flow.Outputs.StatusAsync(Cancellation);
        Assert.All(routes, r => Assert.True(r.Balances, r.ToString()));
        Assert.Equal([(10L, 10L), (0L, 20L)], routes.Select(r => (r.Reduced.Values.Sum(), r.Sent)));
        Assert.Equal(10, routes[0].Reduced["low, windows"]);
        Assert.True(routes[0].ReducedBytes > 2_000);
        string[] lines = await File.ReadAllLinesAsync(
            Path.Combine(folder.FullName, "data", "outputs", "all.jsonl"),
            Cancellation
        );
        Assert.All(lines, line => Assert.Contains("\"reduced\":\"trim\",\"fields\":{", line, StringComparison.Ordinal));
        Assert.All(lines, line => Assert.DoesNotContain("Padding1", line, StringComparison.Ordinal));
        // The archive has both whole.
        Assert.Equal(["20 0"], await ReadAsync(flow, "SELECT concat_ws(' ', count(raw), count(reduced)) FROM events"));
    }

    private static async Task SendAsync(Flow flow, int count, string host, string image, string command)
    {
        string line =
            $$"""{"@timestamp":"2026-03-02T08:16:00Z","host":"{{host}}","product":"windows","category":"process_creation","Image":"{{image}}","CommandLine":"{{command}}","Padding1":"{{new string('x', 100)}}"}""";
        byte[] body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line + "\n", count)));
        IntakeOutcome outcome = await flow.Intake.TakeAsync("test", body, null, Cancellation);
        Assert.Equal(count, Assert.IsType<IntakeOutcome.Taken>(outcome).Answer.Accepted);
    }

    private static async Task RunUntilArchivedAsync(Flow flow, long events, Func<Task<bool>>? andAlso = null)
    {
        using CancellationTokenSource stop = new();
        Task running = flow.RunAsync(withRoutes: true, stop.Token);
        for (int attempt = 0; attempt < 600; attempt++)
        {
            if (
                flow.Archive.NextOffset == events
                && flow.Stream.AnalysedTo == events
                && (andAlso is null || await andAlso())
            )
            {
                break;
            }
            Assert.False(running.IsCompleted, running.Exception?.ToString());
            await Task.Delay(50, Cancellation);
        }
        await stop.CancelAsync();
        await Custodiet.Streaming.EventStream.Quiet(running);
        await flow.RestAsync();
        Assert.Equal((events, events), (flow.Archive.NextOffset, flow.Stream.AnalysedTo));
    }

    private static async Task<string[]> ReadAsync(Flow flow, string sql)
    {
        QueryOutcome outcome = await flow.Datasets.QueryAsync(sql, QueryLimits.Default, Viewer.Service, Cancellation);
        return [.. Assert.IsType<QueryOutcome.Answered>(outcome).Answer.Rows.Select(row => row[0]!.ToString()!)];
    }

    private void Write(string name, string text)
    {
        string file = Path.Combine(folder.FullName, "content", name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private async Task<Flow> OpenAsync()
    {
        Dictionary<string, string?> options = new()
        {
            ["data"] = Path.Combine(folder.FullName, "data"),
            ["content"] = Path.Combine(folder.FullName, "content"),
        };
        (Settings? settings, IReadOnlyList<Problem> problems) = Settings.Read(options);
        Assert.Empty(problems);
        Flow flow = await Flow.OpenAsync(settings!, TimeProvider.System, NullLoggerFactory.Instance, Cancellation);
        await flow.LoadAsync(Cancellation);
        Assert.DoesNotContain(flow.Content.Problems, p => p.Level == ProblemLevel.Error);
        return flow;
    }
}
