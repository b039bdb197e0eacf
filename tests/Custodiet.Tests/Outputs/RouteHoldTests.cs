using Custodiet.Outputs;
using Custodiet.Records.Ledger;

namespace Custodiet.Tests.Outputs;

/// <summary>A destination that is away holds the queue up to a bound, and never its inputs.</summary>
public class RouteHoldTests
{
    private const string Route = """
        id: on
        batch: {events: 100, seconds: 0}
        to: {http: {url: "URL/in", timeout_seconds: 5}}
        """;

    [Fact]
    public async Task TheQueueKeepsWhatARouteHasNotSentAndLetsItGoOnceItHas()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        bool away = true;
        receiver.Answer = (_, response) =>
        {
            response.StatusCode = away ? 503 : 200;
            return Task.CompletedTask;
        };
        await using OutputStage stage = await OutputStage.StartAsync(Url(receiver), heldBytesMax: 10 << 20);
        await stage.SendAsync(300, padding: 2_000);
        stage.Release();
        RouteStatus waits = await stage.UntilAsync(s => s.Condition == RouteCondition.Waiting);
        Assert.Equal(0, stage.Queue.State.FirstOffset);
        Assert.InRange(waits.HeldBytes, 500_000, 10 << 20);
        // What routes keep is beside the queue's own bytes: only the newest segment is left of these.
        Assert.InRange(stage.Queue.State.Bytes, 0, 70 << 10);
        Assert.True(waits.WaitingSeconds > 0);
        away = false;
        await stage.UntilAsync(s => s.Sent == 300);
        Assert.True(stage.Queue.State.FirstOffset > 200);
        Assert.Equal(0, stage.Queue.State.HeldBytes);
        Assert.Equal(Enumerable.Range(0, 300), receiver.Numbers);
    }

    [Fact]
    public async Task PastTheBoundTheOldestArePassedOverCountedAndRecorded()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        bool away = true;
        // A receiver that never answers is the worst: the attempt itself must end.
        receiver.Answer = (_, response) =>
            away ? Task.Delay(Timeout.Infinite, response.HttpContext.RequestAborted) : Task.CompletedTask;
        await using OutputStage stage = await OutputStage.StartAsync(Url(receiver), heldBytesMax: 200 << 10);
        await stage.SendAsync(50, padding: 2_000);
        await stage.UntilAsync(s => !receiver.Requests.IsEmpty);
        await stage.SendAsync(250, padding: 2_000);
        stage.Release();
        RouteStatus skipped = await stage.UntilAsync(s => s.Skipped > 0);
        Assert.InRange(stage.Queue.State.HeldBytes, 1, 200 << 10);
        RouteSkipped record = (await stage.SkipsAsync())[0];
        Assert.Equal(("on", 0L), (record.Route, record.FirstPosition));
        away = false;
        RouteStatus done = await stage.UntilAsync(s => s is { Waiting: 0 });
        Assert.Equal(300, done.Sent + done.Skipped);
        Assert.Equal((int)done.Skipped, receiver.Numbers.Min());
        Assert.Equal((int)done.Sent, receiver.Numbers.Distinct().Count());
        Assert.Equal(done.Skipped, (await stage.SkipsAsync()).Sum(s => s.NextPosition - s.FirstPosition));
    }

    [Fact]
    public async Task WhatWentWhileTheRouteWasNotThereIsRecordedOnceAtItsNextStart()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        await using OutputStage stage = await OutputStage.StartAsync(Url(receiver), heldBytesMax: 0);
        await stage.SendAsync(10, padding: 2_000);
        await stage.UntilAsync(s => s.Sent == 10);
        await stage.StopRoutesAsync();
        await stage.SendAsync(200, padding: 2_000);
        stage.Release();
        long first = stage.Queue.State.FirstOffset;
        Assert.True(first > 10);
        await stage.StopAsync();
        await stage.StartAsync();
        RouteStatus done = await stage.UntilAsync(s => s.Waiting == 0);
        Assert.Equal((first - 10, 210 - first + 10), (done.Skipped, done.Sent));
        RouteSkipped record = Assert.Single(await stage.SkipsAsync());
        Assert.Equal((10, first), (record.FirstPosition, record.NextPosition));
        await stage.StopAsync();
        await stage.StartAsync();
        await stage.UntilAsync(s => s.Skipped == first - 10);
        Assert.Single(await stage.SkipsAsync());
    }

    private static string Url(HttpReceiver receiver) => Route.Replace("URL", receiver.Url, StringComparison.Ordinal);
}
