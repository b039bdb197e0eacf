using System.Globalization;
using Custodiet.Documents;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;
using Custodiet.Tests.EndToEnd;
using Custodiet.Tests.Inputs.Fuzz;

namespace Custodiet.Benchmarks;

/// <summary>
/// The suite's fuzzing of the input decoders, for longer and from other seeds: a share of the time for each decoder in this process, and one
/// for the HTTP inputs of the published product.
/// </summary>
internal static class FuzzBenchmark
{
    /// <summary>Runs it; the exit code is 1 when something was found, and then the body lies in a file.</summary>
    /// <param name="seconds">Time altogether.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="only">The one decoder to run, or null for all and HTTP.</param>
    /// <param name="first">The number of the first case.</param>
    /// <param name="output">Where to print.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static async Task<int> RunAsync(
        int seconds,
        int seed,
        string? only,
        long first,
        TextWriter output,
        CancellationToken cancellation
    )
    {
        TimeProvider time = TimeProvider.System;
        FuzzTarget[] targets =
        [
            .. FuzzTargets
                .Events.Append(FuzzTargets.Findings(Content("mappings")))
                .Where(t => only is null || t.Name == only),
        ];
        TimeSpan share = TimeSpan.FromSeconds((double)seconds / (targets.Length + (only is null ? 1 : 0)));
        EventReader reader = ParserSet
            .Load(Texts("parsers"), Texts("logsources"))
            .Set!.Bind(new FieldTable(), new LogSourceTable(), new SourceTable())
            .NewReader();
        Event item = new();
        int found = 0;
        foreach (FuzzTarget target in targets)
        {
            long started = time.GetTimestamp();
            FuzzReport report = FuzzRun.Run(
                target,
                seed,
                first,
                until: number =>
                    cancellation.IsCancellationRequested
                    || (number % 64 == 0 && number > first && time.GetElapsedTime(started) > share),
                read: bytes => reader.Read(0, 0, bytes, item),
                time
            );
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{target.Name, -20} {report.Cases, 12:N0} bodies {report.Bytes / 1e6, 10:N1} MB {report.Events, 12:N0} events, at most {report.Slowest.TotalMilliseconds:N1} ms and {report.MostAllocated / 1e6:N1} MB a body"
                )
            );
            if (report.Finding is { } finding)
            {
                found++;
                string file = Path.Combine(Path.GetTempPath(), $"custodiet-fuzz-{target.Name}-{seed}-{finding.Case}");
                await File.WriteAllBytesAsync(file, finding.Body, cancellation);
                output.WriteLine(
                    $"FOUND: {finding}\nin {file}; again: --seed {seed} --case {finding.Case} --only {target.Name}"
                );
            }
        }
        if (only is null)
        {
            found += await HttpAsync(share, seed, first, output, time, cancellation) ? 0 : 1;
        }
        output.WriteLine(found == 0 ? "Held: every decoder kept its promises." : $"{found} found.");
        return found == 0 ? 0 : 1;
    }

    private static async Task<bool> HttpAsync(
        TimeSpan share,
        int seed,
        long first,
        TextWriter output,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-fuzz-").FullName;
        try
        {
            await using ProductProcess product = await ProductProcess.StartAsync(
                BenchmarkPaths.Root,
                folder,
                [],
                cancellation
            );
            using HttpClient client = await product.ClientAsync(BenchmarkPaths.Root, "engineer", cancellation);
            string token = client.DefaultRequestHeaders.Authorization!.Parameter!;
            long started = time.GetTimestamp();
            SortedDictionary<int, long> statuses = [];
            long number = first;
            for (; time.GetElapsedTime(started) < share && !cancellation.IsCancellationRequested; number++)
            {
                (string path, int status, _) = await HttpFuzz.SendAsync(client, token, seed, number, cancellation);
                statuses[status] = statuses.GetValueOrDefault(status) + 1;
                if (!HttpFuzz.IsExpected(status))
                {
                    output.WriteLine($"FOUND: HTTP {path}, seed {seed}, case {number}: {status}\n{product.Log}");
                    return false;
                }
            }
            output.WriteLine(
                $"{"HTTP", -20} {number - first, 12:N0} requests: "
                    + string.Join(", ", statuses.Select(s => $"{s.Value:N0} × {s.Key}"))
            );
            return true;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Content(string folder) => Path.Combine(BenchmarkPaths.Root, "content", folder);

    private static SourceText[] Texts(string folder) =>
        [
            .. Directory
                .EnumerateFiles(Content(folder), "*.yml")
                .Order(StringComparer.Ordinal)
                .Select(file => new SourceText(file, File.ReadAllText(file))),
        ];
}
