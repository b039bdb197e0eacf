using Custodiet.Outputs;
using Microsoft.AspNetCore.Http;

namespace Custodiet.Tests.Outputs;

/// <summary>Routes against a real HTTP server.</summary>
public class HttpRouteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Route(string url, string more = "") =>
        $$"""
            id: on
            batch: {events: 50, seconds: 0}
            {{more}}
            to:
              http:
                url: {{url}}/in?x=1
                headers:
                  X-Tenant: soc
                  Authorization: {secret: receiver, before: "Bearer "}
            """;

    [Fact]
    public async Task EventsArriveAsTheyWereReceivedOnceAndInOrder()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        await using OutputStage stage = await OutputStage.StartAsync(Route(receiver.Url));
        await File.WriteAllTextAsync(Path.Combine(stage.Secrets, "receiver"), "s3cret\n", Cancellation);
        await stage.SendAsync(400);
        RouteStatus status = await stage.UntilAsync(s => s.Waiting == 0);
        Assert.Equal((400L, 400L, 0L), (status.Received, status.Sent, status.Retries));
        Assert.Equal(Enumerable.Range(0, 400), receiver.Numbers);
        ReceivedRequest first = receiver.Requests.First();
        Assert.Equal("Bearer s3cret", first.Headers["Authorization"]);
        Assert.Equal("soc", first.Headers["X-Tenant"]);
        Assert.Equal("application/x-ndjson", first.Headers["Content-Type"]);
        Assert.All(receiver.Requests, r => Assert.InRange(r.Lines.Length, 1, 50));
        Assert.StartsWith(
            "{\"@timestamp\":\"2026-03-02T08:16:00Z\",\"host\":\"ws-0\"",
            first.Lines[0],
            StringComparison.Ordinal
        );
        Assert.Equal(receiver.Requests.Count, receiver.Requests.Select(r => r.Key).Distinct().Count());
    }

    [Fact]
    public async Task ASecretOfTheEncryptedStoreIsWaitedForAndAChangedOneIsUsedAtOnce()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        await using OutputStage stage = await OutputStage.StartAsync(Route(receiver.Url));
        await stage.StopAsync();
        stage.SecretsPlace = OutputSecrets.Store;
        stage.MakeKey();
        await stage.StartAsync();
        await stage.SendAsync(1);
        RouteStatus waits = await stage.UntilAsync(s => s.Retries > 0);
        Assert.Contains("There is no secret «receiver»", waits.Problem, StringComparison.Ordinal);
        stage.Store.Set("receiver", "two\nlines"u8, DateTimeOffset.UnixEpoch);
        waits = await stage.UntilAsync(s => s.Problem?.Contains("more than one line") == true);
        Assert.DoesNotContain("lines\n", waits.Problem, StringComparison.Ordinal);
        stage.Store.Set("receiver", "first"u8, DateTimeOffset.UnixEpoch);
        await stage.UntilAsync(s => s.Sent == 1);
        stage.Store.Set("receiver", "second"u8, DateTimeOffset.UnixEpoch);
        await stage.SendAsync(1);
        await stage.UntilAsync(s => s.Sent == 2);
        Assert.Equal(["Bearer first", "Bearer second"], receiver.Requests.Select(r => r.Headers["Authorization"]));
    }

    [Fact]
    public async Task WhatWasSentAndNotAnsweredIsSentAgainUnderItsKeyAlsoAfterARestart()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        await using OutputStage stage = await OutputStage.StartAsync(Route(receiver.Url));
        await File.WriteAllTextAsync(Path.Combine(stage.Secrets, "receiver"), "s3cret", Cancellation);
        bool away = true;
        receiver.Answer = (_, response) =>
        {
            response.StatusCode = away ? 500 : 200;
            return Task.CompletedTask;
        };
        await stage.SendAsync(40);
        RouteStatus waits = await stage.UntilAsync(s => s.Retries > 0);
        Assert.Equal((RouteCondition.Waiting, "HTTP 500"), (waits.Condition, waits.Problem));
        await stage.StopAsync();
        away = false;
        await stage.StartAsync();
        // What comes meanwhile does not make the batch another one.
        await stage.SendAsync(40);
        await stage.UntilAsync(s => s is { Waiting: 0, Sent: 80, Condition: RouteCondition.Sending });
        Assert.Equal(Enumerable.Range(0, 80), receiver.Numbers);
        Assert.Equal(receiver.Requests.First().Key, receiver.Taken.First().Key);
        Assert.Equal(receiver.Requests.First().Lines, receiver.Taken.First().Lines);
    }

    [Fact]
    public async Task ABusyReceiverSaysWhenToComeAgain()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        await using OutputStage stage = await OutputStage.StartAsync(Route(receiver.Url));
        await File.WriteAllTextAsync(Path.Combine(stage.Secrets, "receiver"), "s3cret", Cancellation);
        List<DateTimeOffset> at = [];
        receiver.Answer = (_, response) =>
        {
            at.Add(TimeProvider.System.GetUtcNow());
            if (at.Count == 1)
            {
                response.StatusCode = 429;
                response.Headers.RetryAfter = "3";
            }
            return Task.CompletedTask;
        };
        await stage.SendAsync(5);
        await stage.UntilAsync(s => s.Sent == 5);
        Assert.InRange((at[1] - at[0]).TotalSeconds, 2.9, 30);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    public async Task OneEventThatIsRefusedIsSetAsideAndTheOthersArrive(int refusal)
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        await using OutputStage stage = await OutputStage.StartAsync(Route(receiver.Url));
        await File.WriteAllTextAsync(Path.Combine(stage.Secrets, "receiver"), "s3cret", Cancellation);
        receiver.Answer = (request, response) =>
        {
            bool poison = request.Lines.Any(l => l.Contains("\"number\":17,", StringComparison.Ordinal));
            response.StatusCode = poison ? refusal : 200;
            return poison ? response.WriteAsync("cannot read that\n", Cancellation) : Task.CompletedTask;
        };
        await stage.SendAsync(100);
        RouteStatus status = await stage.UntilAsync(s => s.Waiting == 0);
        Assert.Equal((99L, 1L), (status.Sent, status.SetAside));
        Assert.Equal(Enumerable.Range(0, 100).Where(n => n != 17), receiver.Numbers);
        string aside = Assert.Single(await File.ReadAllLinesAsync(status.SetAsideFile, Cancellation));
        Assert.Contains($"\"reason\":\"HTTP {refusal} cannot read that\"", aside, StringComparison.Ordinal);
        Assert.Contains("\"position\":17,", aside, StringComparison.Ordinal);
        Assert.Contains("\\\"number\\\":17,", aside, StringComparison.Ordinal);
        // Halving finds it in few requests.
        Assert.InRange(receiver.Requests.Count, 5, 40);
    }

    [Fact]
    public async Task AReceiverThatRefusesEverythingIsWaitedForInsteadOfSettingEverythingAside()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        await using OutputStage stage = await OutputStage.StartAsync(Route(receiver.Url));
        await File.WriteAllTextAsync(Path.Combine(stage.Secrets, "receiver"), "s3cret", Cancellation);
        bool broken = true;
        receiver.Answer = (_, response) =>
        {
            response.StatusCode = broken ? 400 : 200;
            return Task.CompletedTask;
        };
        await stage.SendAsync(150);
        RouteStatus waits = await stage.UntilAsync(s => s.Condition == RouteCondition.Waiting);
        Assert.Equal((100L, 50L), (waits.SetAside, waits.Waiting));
        Assert.Contains("100 items in a row were refused", waits.Problem, StringComparison.Ordinal);
        broken = false;
        RouteStatus done = await stage.UntilAsync(s => s.Waiting == 0);
        Assert.Equal((100L, 50L, RouteCondition.Sending), (done.SetAside, done.Sent, done.Condition));
    }

    [Fact]
    public async Task AStateThatCannotBeReadTurnsItsRouteOffAndNothingElse()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        await using OutputStage stage = await OutputStage.StartAsync(Route(receiver.Url));
        await stage.StopAsync();
        await File.WriteAllTextAsync(Path.Combine(stage.States, "on", "state.json"), "{\"version\":", Cancellation);
        await stage.StartAsync();
        RouteStatus status = await stage.StatusAsync();
        Assert.Equal(RouteCondition.Off, status.Condition);
        Assert.Contains("state.json cannot be read", status.Problem, StringComparison.Ordinal);
        Assert.Equal(0, RouteState.FurthestOffset(stage.States));
    }

    [Fact]
    public async Task ASecretThatIsNotThereIsWaitedForAndARedirectIsNotFollowed()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        await using OutputStage stage = await OutputStage.StartAsync(Route(receiver.Url));
        await stage.SendAsync(5);
        RouteStatus waits = await stage.UntilAsync(s => s.Condition == RouteCondition.Waiting);
        Assert.Contains("secrets/receiver cannot be read", waits.Problem, StringComparison.Ordinal);
        Assert.Empty(receiver.Requests);
        receiver.Answer = (_, response) =>
        {
            response.Redirect("http://192.0.2.1/");
            return Task.CompletedTask;
        };
        await File.WriteAllTextAsync(Path.Combine(stage.Secrets, "receiver"), "s3cret", Cancellation);
        RouteStatus redirected = await stage.UntilAsync(s =>
            s.Problem?.StartsWith("HTTP 302", StringComparison.Ordinal) == true
        );
        Assert.Equal(0, redirected.Sent);
        receiver.Answer = (_, _) => Task.CompletedTask;
        await stage.UntilAsync(s => s.Sent == 5);
    }

    [Fact]
    public async Task AFilterChoosesBySourceLogSourceAndFieldsAndEventsGoAsJsonWithOurFields()
    {
        await using HttpReceiver receiver = await HttpReceiver.StartAsync();
        const string chosen = """
            format: json
            when:
              sensor: ws-1
              logsource: {product: windows, category: process_creation}
              detection:
                odd: {Image|endswith: '\x1.exe'}
                condition: odd
            """;
        await using OutputStage stage = await OutputStage.StartAsync(Route(receiver.Url, chosen));
        await File.WriteAllTextAsync(Path.Combine(stage.Secrets, "receiver"), "s3cret", Cancellation);
        await stage.SendAsync(30);
        RouteStatus status = await stage.UntilAsync(s => s.Waiting == 0);
        int[] expected = [.. Enumerable.Range(0, 30).Where(n => n % 3 == 1 && n % 2 == 1)];
        Assert.Equal(expected, receiver.Numbers);
        Assert.Equal((expected.Length, 30 - expected.Length), (status.Sent, status.Filtered));
        string line = receiver.Taken.First().Lines[0];
        Assert.StartsWith("{\"event_offset\":1,\"received_at\":\"", line, StringComparison.Ordinal);
        Assert.Contains(
            "\"event_at\":\"2026-03-02T08:16:00Z\",\"technology\":\"windows\",\"sensor\":\"ws-1\"",
            line,
            StringComparison.Ordinal
        );
        Assert.Contains("\"fields\":{", line, StringComparison.Ordinal);
        Assert.Contains("\"raw\":\"{\\\"@timestamp", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AHostThatNobodyPermittedIsNotSpokenTo()
    {
        await using OutputStage stage = await OutputStage.StartAsync(
            "id: on\nto: {http: {url: 'https://siem.example.org:8443/in'}}",
            heldBytesMax: 1 << 20,
            hosts: "other.example.org"
        );
        await stage.SendAsync(5);
        RouteStatus status = await stage.StatusAsync();
        Assert.Equal(RouteCondition.Off, status.Condition);
        Assert.Equal("siem.example.org:8443 is not among the hosts that outputs.hosts permits.", status.Problem);
    }
}
