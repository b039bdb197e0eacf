using System.Text.Json;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Tests.Embedded.Records;

namespace Custodiet.Tests.Outputs;

/// <summary>Findings and verdicts go on as events do, except for those of restricted cases.</summary>
public class RecordRouteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindingsOfAtLeastASeverityAreSentWithTheirAlertAndRestrictedOnesAreWithheld()
    {
        await using OutputStage stage = await OutputStage.StartAsync(Route("findings", "severity: high"));
        Scene scene = new(stage.Records);
        AlertId secret = await scene.RaiseAsync(scene.Finding(severity: Severity.Critical));
        await stage.UntilAsync(s => s.Sent == 1);
        CaseId restricted = await scene.OpenAsync(Scene.Ann, secret);
        await scene.AppendedAsync(Scene.Draft(new CaseRestricted(restricted, [Scene.Ann]), $"case/{restricted}"));
        await scene.ExtendAsync(secret, scene.Finding(severity: Severity.Critical));
        AlertId open = await scene.RaiseAsync(
            scene.Finding(entity: "WS-2", severity: Severity.High),
            scene.Finding(entity: "WS-2", severity: Severity.Low)
        );
        var status = await stage.UntilAsync(s => s is { Received: 4, Waiting: 0 });
        Assert.Equal((2L, 1L, 1L), (status.Sent, status.Withheld, status.Filtered));
        JsonElement[] lines = await LinesAsync(stage);
        Assert.Equal([secret.ToString(), open.ToString()], lines.Select(l => l.GetProperty("alert_id").ToString()));
        Assert.Equal("critical", lines[0].GetProperty("severity").GetString());
        Assert.Equal(2, lines[1].GetProperty("alert_number").GetInt64());
    }

    [Fact]
    public async Task VerdictsAreSentOnceAlsoAfterARestart()
    {
        await using OutputStage stage = await OutputStage.StartAsync(Route("verdicts"));
        Scene scene = new(stage.Records);
        AlertId alert = await scene.RaiseAsync(scene.Finding());
        await scene.JudgeAsync(Scene.Benign, null, [alert]);
        await stage.UntilAsync(s => s.Sent == 1);
        await stage.StopAsync();
        await stage.StartAsync();
        scene = new Scene(stage.Records);
        AlertId other = await scene.RaiseAsync(scene.Finding(rule: "r-2", entity: "WS-9"));
        await scene.JudgeAsync(Scene.TruePositive, null, [other]);
        await stage.UntilAsync(s => s.Sent == 2);
        JsonElement[] lines = await LinesAsync(stage);
        Assert.Equal(["known-tool", "intrusion"], lines.Select(l => l.GetProperty("reason").GetString()));
        Assert.Equal(Scene.Ann.ToString(), lines[0].GetProperty("judged_by").GetString());
    }

    private static string Route(string send, string more = "") =>
        $$"""
            id: on
            send: {{send}}
            batch: {seconds: 0}
            {{more}}
            to:
              file: {path: out.jsonl}
            """;

    private static async Task<JsonElement[]> LinesAsync(OutputStage stage) =>
        [
            .. (await File.ReadAllLinesAsync(Path.Combine(stage.Files, "out.jsonl"), Cancellation)).Select(l =>
                JsonDocument.Parse(l).RootElement
            ),
        ];
}
