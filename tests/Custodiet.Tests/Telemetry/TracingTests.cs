using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Custodiet.Embedded.Queue;
using Custodiet.People;
using Custodiet.Records;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Tests.Telemetry;

/// <summary>Traces as a receiver gets them.</summary>
[Collection(WholeProcess.Name)]
public class TracingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ABatchIsOneTraceFromTheRequestToTheArchiveAndAnActOneFromTheRequestToTheSignature()
    {
        await using OtlpReceiver receiver = await OtlpReceiver.StartAsync();
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "Authorization=Bearer needle-header", Cancellation);
        try
        {
            await using ObservedHost host = await ObservedHost.StartAsync(
                values:
                [
                    ("telemetry.otlp_endpoint", receiver.Address.ToString()),
                    ("telemetry.otlp_headers", $"file:{file}"),
                    ("telemetry.trace_percent", "100"),
                ]
            );
            using HttpResponseMessage sent = await host.SendAsync(
                await host.TokenAsync(Scopes.EventsWrite),
                """{"a":"needle-event"}"""
            );
            Assert.Equal(HttpStatusCode.OK, sent.StatusCode);
            using HttpRequestMessage hold = new(HttpMethod.Post, "/api/v1/holds?q=needle-query")
            {
                Content = JsonContent.Create(new { name = "needle-name", reason = "incident" }),
            };
            hold.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await host.TokenAsync(Role.Lead));
            using HttpResponseMessage held = await host.Client.SendAsync(hold, Cancellation);
            Assert.True(held.IsSuccessStatusCode, await held.Content.ReadAsStringAsync(Cancellation));

            string[] batch = ["POST /api/v1/events", "queue append", "stream commit", "archive segment"];
            string[] act = ["POST /api/v1/holds", "record append", "ledger integrate", "ledger sign"];
            IReadOnlyList<ReceivedSpan> spans = await receiver.UntilAsync(spans =>
                batch.All(Trace(spans, "queue append").Contains)
                && act.All(Trace(spans, "hold.placed/1", byType: true).Contains)
            );
            // Parents are spans of the same trace.
            ReceivedSpan append = spans.Single(span => span.Name == "queue append");
            Assert.Equal(append.Id, spans.First(span => span.Name == "stream commit").Parent);
            Assert.Contains("custodiet.input=http", append.Attributes);
            Assert.DoesNotContain(
                spans,
                span =>
                    span.ToString().Contains("needle", StringComparison.Ordinal)
                    || span.Attributes.Any(a => a.Contains("needle", StringComparison.Ordinal))
            );
            Assert.All(receiver.Authorizations, header => Assert.Equal("Bearer needle-header", header));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task WhoReadsABatchOfTheQueueFindsItsTrace()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-tracing-");
        try
        {
            const long first = 1_000_000;
            const int batches = 200;
            await using SegmentQueue queue = await SegmentQueue.OpenAsync(
                new SegmentQueueOptions(folder.FullName)
                {
                    FreeDiskFloorBytes = 0,
                    CommitInterval = TimeSpan.Zero,
                    // Offsets of its own: what is remembered is the process's.
                    NextOffsetAtLeast = first,
                },
                TimeProvider.System,
                [],
                Cancellation
            );
            // Looked up at once when the batch is there, as the stream does.
            Task<int> reading = Task.Run(
                async () =>
                {
                    int found = 0;
                    await foreach (QueuedBatch batch in queue.ReadAsync(first, Cancellation))
                    {
                        found += Tracing.Batches.Find(batch.FirstOffset, batch.NextOffset).Count;
                        if (batch.NextOffset == first + batches)
                        {
                            break;
                        }
                    }
                    return found;
                },
                Cancellation
            );
            for (int number = 0; number < batches; number++)
            {
                using Activity activity = new("recorded");
                activity.Start();
                activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
                await queue.AppendAsync(new EventBatch("test", null, 0, [1], "1"u8.ToArray()), Cancellation);
            }
            Assert.Equal(batches, await reading);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void WithoutAListenerNothingIsMadeAndNothingRemembered()
    {
        TraceMemory memory = new();
        memory.Remember(1, null);
        using Activity unrecorded = new("unrecorded");
        unrecorded.Start();
        memory.Remember(2, unrecorded);
        Assert.Empty(memory.Find(0, long.MaxValue));
        Assert.Null(Tracing.Continue("span", []));
    }

    [Fact]
    public void WhatIsRememberedIsBoundedAndTheNewestStays()
    {
        TraceMemory memory = new();
        for (int number = 0; number < TraceMemory.Max + 5; number++)
        {
            using Activity activity = new("recorded");
            activity.Start();
            activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
            memory.Remember(number, activity);
        }
        Assert.Empty(memory.Find(0, 5));
        Assert.Single(memory.Find(5, 6));
        Assert.Equal(Tracing.LinksMax + 1, memory.Find(0, long.MaxValue).Count);
    }

    // The names of the spans in the trace that a span is in, or that are linked to it: one signature covers several acts.
    private static HashSet<string> Trace(IReadOnlyList<ReceivedSpan> spans, string name, bool byType = false)
    {
        string? trace = spans
            .FirstOrDefault(span =>
                byType ? span.Attributes.Contains($"custodiet.record.type={name}") : span.Name == name
            )
            ?.Trace;
        return
        [
            .. spans
                .Where(span => span.Trace == trace || (trace is not null && span.LinkedTraces.Contains(trace)))
                .Select(span => span.Name),
        ];
    }
}
