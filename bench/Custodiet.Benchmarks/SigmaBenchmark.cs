using System.Globalization;
using System.IO.Compression;
using Custodiet.Analytics;
using Custodiet.Documents;
using Custodiet.Records.Events;

namespace Custodiet.Benchmarks;

/// <summary>
/// Measures the rule engine alone: flat events are decoded from JSON and matched against rules, nothing is stored.
/// The events are read into memory first; every thread takes a share of them in order.
/// </summary>
public static class SigmaBenchmark
{
    /// <summary>Runs it and prints the figures.</summary>
    /// <param name="rulePaths">Files and folders of Sigma rules.</param>
    /// <param name="eventPaths">Files of flat JSON lines, plain or gzip.</param>
    /// <param name="threads">Threads that decode and match.</param>
    /// <param name="count">Events to evaluate: the files are cycled or cut to as many; 0 for all of them once.</param>
    /// <param name="logSource">Only rules of exactly this log source, as <c>product/category/service</c> with <c>*</c>; null for all.</param>
    /// <param name="passes">How often it is measured; the pass with the least CPU time is printed.</param>
    /// <param name="output">Where to print.</param>
    /// <returns>0, or 2 when there is nothing to measure.</returns>
    public static int Run(
        IReadOnlyList<string> rulePaths,
        IReadOnlyList<string> eventPaths,
        int threads,
        TextWriter output,
        int count = 0,
        string? logSource = null,
        int passes = 3
    )
    {
        TimeProvider time = TimeProvider.System;
        long started = time.GetTimestamp();
        RuleParse[] parses =
        [
            .. rulePaths.SelectMany(RuleFiles).Select(f => SigmaRule.Parse(new SourceText(f, File.ReadAllText(f)))),
        ];
        SigmaRule[] rules =
        [
            .. parses.SelectMany(p => p.Rules).Where(r => logSource is null || r.LogSource.ToString() == logSource),
        ];
        TimeSpan parsed = time.GetElapsedTime(started);
        FieldTable fields = new();
        LogSourceTable logSources = new();
        started = time.GetTimestamp();
        RuleSet set = RuleSet.Compile(rules, fields, logSources);
        TimeSpan compiled = time.GetElapsedTime(started);
        List<byte[]> lines = [.. eventPaths.SelectMany(ReadLines)];
        if (rules.Length == 0 || lines.Count == 0)
        {
            output.WriteLine("no rules or no events");
            return 2;
        }
        count = count == 0 ? lines.Count : count;
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"rules {set.Rules.Count} refused {parses.Sum(p => p.Refused.Count)} parse_seconds {parsed.TotalSeconds:F3} compile_seconds {compiled.TotalSeconds:F3}"
            )
        );
        Pass best = Measure(set, fields, logSources, lines, count, threads, time);
        for (int i = 1; i < passes; i++)
        {
            Pass pass = Measure(set, fields, logSources, lines, count, threads, time);
            best = pass.CpuSeconds < best.CpuSeconds ? pass : best;
        }
        Print(output, best, set, threads);
        return 0;
    }

    private static void Print(TextWriter output, Pass pass, RuleSet set, int threads)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"threads {threads} events {pass.Events} bytes {pass.Bytes} seconds {pass.Seconds:F3} cpu_seconds {pass.CpuSeconds:F3} matches {pass.Matches} resident_bytes {process.WorkingSet64}"
            )
        );
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"events_per_second {pass.Events / pass.Seconds:F0} megabytes_per_second {pass.Bytes / pass.Seconds / 1e6:F1} candidates_per_event {(double)pass.Candidates / pass.Events:F2} allocated_per_event {(double)pass.Allocated / pass.Events:F1} plans {set.PlanCount}"
            )
        );
    }

    private static Pass Measure(
        RuleSet set,
        FieldTable fields,
        LogSourceTable logSources,
        List<byte[]> lines,
        int count,
        int threads,
        TimeProvider time
    )
    {
        Pass[] parts = new Pass[threads];
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        process.Refresh();
        TimeSpan cpu = process.TotalProcessorTime;
        long started = time.GetTimestamp();
        Thread[] workers =
        [
            .. Enumerable
                .Range(0, threads)
                .Select(t => new Thread(() =>
                    parts[t] = MeasureShare(
                        set,
                        new FlatEventReader(fields, logSources, set.Rules.Select(r => r.LogSource)),
                        lines,
                        (int)((long)count * t / threads),
                        (int)((long)count * (t + 1) / threads)
                    )
                )),
        ];
        foreach (Thread worker in workers)
        {
            worker.Start();
        }
        foreach (Thread worker in workers)
        {
            worker.Join();
        }
        double seconds = time.GetElapsedTime(started).TotalSeconds;
        process.Refresh();
        return new Pass(
            parts.Sum(p => p.Events),
            parts.Sum(p => p.Bytes),
            parts.Sum(p => p.Matches),
            parts.Sum(p => p.Candidates),
            parts.Sum(p => p.Allocated),
            seconds,
            (process.TotalProcessorTime - cpu).TotalSeconds
        );
    }

    private static Pass MeasureShare(RuleSet set, FlatEventReader reader, List<byte[]> lines, int from, int to)
    {
        Evaluator evaluator = set.NewEvaluator();
        Event e = new();
        List<int> matches = [];
        long bytes = 0;
        long found = 0;
        long candidates = 0;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = from; i < to; i++)
        {
            byte[] line = lines[i % lines.Count];
            bytes += line.Length;
            if (reader.TryRead(line, e))
            {
                matches.Clear();
                evaluator.Evaluate(e, matches);
                found += matches.Count;
                candidates += evaluator.LastCandidates;
            }
        }
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        return new Pass(to - from, bytes, found, candidates, allocated, 0, 0);
    }

    private static IEnumerable<string> RuleFiles(string path) =>
        Directory.Exists(path)
            ? Directory
                .EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(f => Path.GetExtension(f) is ".yml" or ".yaml")
                .Order(StringComparer.Ordinal)
            : [path];

    private static IEnumerable<byte[]> ReadLines(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using StreamReader reader = new(plain);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                yield return System.Text.Encoding.UTF8.GetBytes(line);
            }
        }
    }

    private readonly record struct Pass(
        long Events,
        long Bytes,
        long Matches,
        long Candidates,
        long Allocated,
        double Seconds,
        double CpuSeconds
    );
}
