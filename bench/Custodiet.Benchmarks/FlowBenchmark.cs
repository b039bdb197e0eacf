using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Custodiet.Tests.EndToEnd;

namespace Custodiet.Benchmarks;

/// <summary>
/// End to end: the published product as a process of its own, all rules, archive and ledger on. The load generator is this process and
/// is not counted; the product's CPU seconds come from the kernel.
/// </summary>
internal static class FlowBenchmark
{
    private const int BatchBytes = 1 << 20;

    public static async Task<int> RunAsync(
        string[] rules,
        string[] files,
        int repeat,
        int senders,
        TextWriter output,
        CancellationToken cancellation
    )
    {
        List<byte[]> lines = EventFiles.Read(files);
        List<byte[]> batches = Batches(lines);
        long bytes = lines.Sum(l => (long)l.Length) * repeat;
        long events = (long)lines.Count * repeat;
        string folder = Directory.CreateTempSubdirectory("custodiet-bench-").FullName;
        string[] options = ["--rules", .. rules];
        long beforeStart = Stopwatch.GetTimestamp();
        await using ProductProcess product = await ProductProcess.StartAsync(
            BenchmarkPaths.Root,
            folder,
            options,
            cancellation
        );
        double startSeconds = Stopwatch.GetElapsedTime(beforeStart).TotalSeconds;
        using HttpClient client = await product.ClientAsync(BenchmarkPaths.Root, "engineer", cancellation);

        // One pass warms the just-in-time compiler; it is part of no figure.
        await SendAsync(client, batches.Take(40).ToList(), 1, senders, cancellation);
        long warm = await SettleAsync(client, cancellation);
        ProcessUse before = ProcessUse.Of(product.Id);
        long started = Stopwatch.GetTimestamp();
        await SendAsync(client, batches, repeat, senders, cancellation);
        double sendSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long archived = await SettleAsync(client, cancellation) - warm;
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        ProcessUse after = ProcessUse.Of(product.Id);
        double cpu = after.CpuSeconds - before.CpuSeconds;
        double megabytes = bytes / 1e6;

        void Line(string name, string value) => output.WriteLine($"{name, -34} {value}");
        string N(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
        Line("events sent", N(events, "N0"));
        Line("events archived", N(archived, "N0"));
        Line("megabytes of event JSON", N(megabytes, "N1"));
        Line("start to listening, s", N(startSeconds, "N2"));
        Line("seconds until sent", N(sendSeconds, "N2"));
        Line("seconds until archived", N(seconds, "N2"));
        Line("CPU seconds of the product", N(cpu, "N2"));
        Line("MB per CPU second", N(megabytes / cpu, "N1"));
        Line("MB/s on two cores (computed)", N(2 * megabytes / cpu, "N1"));
        Line("MB/s wall, generator beside it", N(megabytes / seconds, "N1"));
        Line("microseconds of CPU per event", N(cpu / events * 1e6, "N1"));
        Line("resident MB, peak", N(after.PeakResidentBytes / 1e6, "N0"));
        JsonElement findings = await ProductProcess.QueryAsync(
            client,
            "SELECT (SELECT count(*) FROM findings), (SELECT count(*) FROM alerts)",
            cancellation
        );
        Line("findings, alerts", $"{findings[0][0]}, {findings[0][1]}");
        await product.StopAsync(cancellation);
        Directory.Delete(folder, recursive: true);
        return archived == events ? 0 : 1;
    }

    private static List<byte[]> Batches(List<byte[]> lines)
    {
        List<byte[]> batches = [];
        using MemoryStream batch = new();
        foreach (byte[] line in lines)
        {
            batch.Write(line);
            batch.WriteByte((byte)'\n');
            if (batch.Length >= BatchBytes)
            {
                batches.Add(batch.ToArray());
                batch.SetLength(0);
            }
        }
        if (batch.Length > 0)
        {
            batches.Add(batch.ToArray());
        }
        return batches;
    }

    private static async Task SendAsync(
        HttpClient client,
        List<byte[]> batches,
        int repeat,
        int senders,
        CancellationToken cancellation
    )
    {
        int next = -1;
        async Task SendSomeAsync()
        {
            while (true)
            {
                int number = Interlocked.Increment(ref next);
                if (number >= batches.Count * repeat)
                {
                    return;
                }
                while (true)
                {
                    using ByteArrayContent content = new(batches[number % batches.Count]);
                    content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
                    using HttpResponseMessage response = await client.PostAsync(
                        "/api/v1/events",
                        content,
                        cancellation
                    );
                    if (response.StatusCode == HttpStatusCode.OK)
                    {
                        break;
                    }
                    await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), cancellation);
                }
            }
        }
        await Task.WhenAll(Enumerable.Range(0, senders).Select(_ => SendSomeAsync()));
    }

    /// <summary>Waits until queue, analytics and archive are level, and answers the offset.</summary>
    private static async Task<long> SettleAsync(HttpClient client, CancellationToken cancellation)
    {
        while (true)
        {
            using JsonDocument status = JsonDocument.Parse(await client.GetStringAsync("/api/v1/status", cancellation));
            long next = status.RootElement.GetProperty("nextOffset").GetInt64();
            if (
                status.RootElement.GetProperty("archivedTo").GetInt64() == next
                && status.RootElement.GetProperty("analysedTo").GetInt64() == next
            )
            {
                return next;
            }
            await Task.Delay(100, cancellation);
        }
    }
}
