using System.Net;
using Custodiet.People;

namespace Custodiet.Tests.Telemetry;

/// <summary><c>/metrics</c> as the product serves it.</summary>
[Collection(WholeProcess.Name)]
public class MetricsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FromAnotherMachineATokenWithTheScopeIsNeeded()
    {
        await using ObservedHost host = await ObservedHost.StartAsync(
            load: false,
            values: ("trusted_proxies", "127.0.0.1")
        );
        using HttpResponseMessage none = await host.ScrapeFromElsewhereAsync(null);
        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
        Assert.DoesNotContain(
            "custodiet_",
            await none.Content.ReadAsStringAsync(Cancellation),
            StringComparison.Ordinal
        );
        using HttpResponseMessage other = await host.ScrapeFromElsewhereAsync(
            await host.TokenAsync(Scopes.EventsWrite)
        );
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        using HttpResponseMessage right = await host.ScrapeFromElsewhereAsync(
            await host.TokenAsync(Scopes.MetricsRead)
        );
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        using HttpResponseMessage person = await host.ScrapeFromElsewhereAsync(null, "text/html");
        Assert.Equal(HttpStatusCode.Redirect, person.StatusCode);
    }

    [Fact]
    public async Task TheyAreThereBeforeTheContentIsLoadedAndNoCounterIsMissingBecauseItIsZero()
    {
        await using ObservedHost host = await ObservedHost.StartAsync(load: false);
        Scrape scrape = await host.ScrapeUntilAsync(_ => true);
        Assert.Equal(0, scrape["custodiet_ready"]);
        foreach (string input in (string[])["http", "hec", "elasticsearch", "otlp", "cloudevents"])
        {
            Assert.Equal(0, scrape[$"custodiet_input_events_accepted_total{{input=\"{input}\"}}"]);
        }
        Assert.False(scrape.Has("custodiet_consumer_lag{consumer=\"analytics\"}"));
    }

    [Fact]
    public async Task WhatCameInIsCountedFromInputToArchiveAndBalances()
    {
        await using ObservedHost host = await ObservedHost.StartAsync(values: ("input.event_bytes_max", "1024"));
        string token = await host.TokenAsync(Scopes.EventsWrite);
        using HttpResponseMessage sent = await host.SendAsync(
            token,
            """{"a":1}""",
            """{"b":22}""",
            "no json",
            new string('x', 2_000)
        );
        Assert.True(sent.IsSuccessStatusCode);
        Scrape scrape = await host.ScrapeUntilAsync(s =>
            s.Has("custodiet_archive_events") && s["custodiet_archive_events"] == 3
        );
        scrape = await host.ScrapeUntilAsync(s =>
            s.Has("custodiet_stage_emitted_total{stage=\"archive\"}")
            && s["custodiet_stage_emitted_total{stage=\"archive\"}"] == 3
        );

        Assert.Equal(4, scrape["custodiet_input_events_received_total{input=\"http\"}"]);
        Assert.Equal(3, scrape["custodiet_input_events_accepted_total{input=\"http\"}"]);
        Assert.Equal(22, scrape["custodiet_input_size_accepted_bytes_total{input=\"http\"}"]);
        Assert.Equal(1, scrape.Sum("custodiet_input_events_rejected_total"));
        Assert.Equal(0, scrape["custodiet_input_events_in_flight{input=\"http\"}"]);
        Assert.Equal(0, scrape["custodiet_consumer_lag{consumer=\"analytics\"}"]);
        Assert.Equal(0, scrape["custodiet_consumer_lag_age_seconds{consumer=\"analytics\"}"]);
        foreach (string stage in (string[])["input", "queue", "parse", "analytics", "archive"])
        {
            Assert.Equal(0, scrape[$"custodiet_stage_in_flight{{stage=\"{stage}\"}}"]);
        }
        Assert.Equal(3, scrape["custodiet_stage_received_total{stage=\"parse\"}"]);
        Assert.Equal(2, scrape["custodiet_stage_emitted_total{stage=\"parse\"}"]);
        Assert.Equal(3, scrape.Sum("custodiet_source_events_total"));
        Assert.Equal(1, scrape["custodiet_ready"]);
        Assert.True(scrape["custodiet_ledger_size"] >= 3);
        Assert.True(scrape["custodiet_disk_free_bytes"] > 0);
        Assert.True(scrape["dotnet_process_memory_working_set_bytes"] > 1_000_000);
        Assert.True(scrape["process_unix_file_descriptor_count"] > 3);
        Assert.True(scrape.Sum("custodiet_queue_append_duration_seconds_count") >= 1);
        Assert.True(scrape.Sum("http_server_request_duration_seconds_count") >= 1);
        // Its own bounds, and not the library's: a flush takes a millisecond.
        Assert.Contains(
            scrape.Series,
            s =>
                s.StartsWith("custodiet_queue_append_duration_seconds_bucket", StringComparison.Ordinal)
                && s.Contains("le=\"0.001\"", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(scrape.Series, s => s.Contains("overflow", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenMetricsIsGivenToWhoAsksForIt()
    {
        await using ObservedHost host = await ObservedHost.StartAsync(load: false);
        using HttpRequestMessage request = new(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation(
            "Accept",
            "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
        );
        using HttpResponseMessage answer = await host.Client.SendAsync(request, Cancellation);
        Assert.Equal("application/openmetrics-text", answer.Content.Headers.ContentType!.MediaType);
        string text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.EndsWith("# EOF\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoLabelNamesASenderASensorOrAPerson()
    {
        await using ObservedHost host = await ObservedHost.StartAsync();
        string token = await host.TokenAsync(Scopes.EventsWrite);
        using HttpResponseMessage sent = await host.SendAsync(
            token,
            """{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon"}},"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS-SECRET-1","TimeCreated":{"#attributes":{"SystemTime":"2026-01-01T00:00:00Z"}}},"EventData":{"User":"CORP\\eve"}}}"""
        );
        Assert.True(sent.IsSuccessStatusCode);
        Scrape scrape = await host.ScrapeUntilAsync(s => s.Sum("custodiet_source_events_total") == 1);
        Assert.DoesNotContain(
            scrape.Series,
            s =>
                s.Contains("SECRET", StringComparison.OrdinalIgnoreCase)
                || s.Contains("eve\"", StringComparison.Ordinal)
        );
    }
}
