using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Custodiet.Tests.EndToEnd;
using Custodiet.Tests.People;

namespace Custodiet.Benchmarks;

/// <summary>
/// What a person waits for: the first page after a start, the queue page, and the answer to a verdict with the next alert in it.
/// The published product is a process of its own; times are taken at the client, over HTTP on loopback, one request at a time.
/// </summary>
internal static partial class PagesBenchmark
{
    private const int AlertsPerBody = 5_000;

    private const int Hosts = 2_000;

    private const string Password = "a measured passphrase";

    public static async Task<int> RunAsync(
        string[] rules,
        int alerts,
        TextWriter output,
        CancellationToken cancellation
    )
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-pages-").FullName;
        string[] options = rules.Length == 0 ? [] : ["--rules", .. rules];
        await using (
            ProductProcess product = await ProductProcess.StartAsync(BenchmarkPaths.Root, folder, options, cancellation)
        )
        {
            using Browser first = new(product.Address, cancellation);
            using HttpResponseMessage made = await first.SubmitAsync(
                "/setup",
                "setup",
                ("Code", product.SetupCode ?? ""),
                ("Name", "ann"),
                ("Password", Password),
                ("Again", Password)
            );
            if ((int)made.StatusCode >= 400)
            {
                throw new InvalidOperationException($"The first account was not made: {made.StatusCode}");
            }
            using HttpClient client = await product.ClientAsync(BenchmarkPaths.Root, "engineer", cancellation);
            long sending = Stopwatch.GetTimestamp();
            await SendAsync(client, alerts, cancellation);
            Line(output, "findings taken, s", Stopwatch.GetElapsedTime(sending).TotalSeconds, "N1");
            await product.StopAsync(cancellation);
        }

        // The same folder again: a start with all that is in it.
        long starting = Stopwatch.GetTimestamp();
        await using ProductProcess again = await ProductProcess.StartAsync(
            BenchmarkPaths.Root,
            folder,
            options,
            cancellation
        );
        double listening = Stopwatch.GetElapsedTime(starting).TotalSeconds;
        using Browser browser = new(again.Address, cancellation);
        await browser.PageAsync("/sign-in");
        Line(output, "start to listening, s", listening, "N2");
        Line(output, "start to first page, s", Stopwatch.GetElapsedTime(starting).TotalSeconds, "N2");
        using HttpResponseMessage signedIn = await browser.SignInAsync("ann", Password);
        Report(output, "home", await TimesAsync(20, () => browser.PageAsync("/")));
        string page = "";
        Report(output, "queue page", await TimesAsync(50, async () => page = await browser.PageAsync("/queue")));
        string[] searches =
        [
            "/queue?order=oldest",
            "/queue?severity=critical",
            "/queue?entity=host-17",
            "/cases",
            "/sources",
            "/analytics",
        ];
        foreach (string search in searches)
        {
            Report(output, search, await TimesAsync(20, () => browser.PageAsync(search)));
        }
        Report(output, "verdict to next", await JudgeAsync(browser, page, cancellation));
        Line(output, "resident MB, peak", ProcessUse.Of(again.Id).PeakResidentBytes / 1e6, "N0");
        await again.StopAsync(cancellation);
        Directory.Delete(folder, recursive: true);
        return 0;
    }

    private static async Task SendAsync(HttpClient client, int alerts, CancellationToken cancellation)
    {
        string[] severities = ["low", "warning", "high", "critical"];
        for (int from = 0; from < alerts; from += AlertsPerBody)
        {
            object body = new
            {
                version = "4",
                groupKey = "g",
                status = "firing",
                receiver = "custodiet",
                externalURL = "https://alerts.example",
                alerts = Enumerable
                    .Range(from, Math.Min(AlertsPerBody, alerts - from))
                    .Select(i => new
                    {
                        status = "firing",
                        labels = new Dictionary<string, string>
                        {
                            ["alertname"] = $"Rule{i / Hosts}",
                            ["severity"] = severities[i % severities.Length],
                            ["instance"] = $"host-{i % Hosts}",
                        },
                        annotations = new { summary = $"Something at host-{i % Hosts}" },
                        startsAt = DateTimeOffset.UnixEpoch.AddSeconds(1_790_000_000 + i),
                        fingerprint = i.ToString("x8", CultureInfo.InvariantCulture),
                    }),
            };
            using HttpResponseMessage response = await client.PostAsJsonAsync("/api/v1/findings", body, cancellation);
            if (!response.IsSuccessStatusCode)
            {
                throw new InvalidOperationException(await response.Content.ReadAsStringAsync(cancellation));
            }
        }
    }

    /// <summary>Judges the alerts of the first page one after another, as the keyboard does; each answer holds the next row.</summary>
    private static async Task<double[]> JudgeAsync(Browser browser, string page, CancellationToken cancellation)
    {
        (string Name, string Value) token = Browser
            .Hidden(
                page.Replace("id=\"verdict-form\"", "value=\"verdict-form\"", StringComparison.Ordinal),
                "verdict-form"
            )
            .First(f => f.Name == "__RequestVerificationToken");
        string after = After().Match(page).Groups[1].Value;
        List<double> times = [];
        foreach (string number in Rows().Matches(page).Select(m => m.Groups[1].Value).Distinct().Take(40))
        {
            long started = Stopwatch.GetTimestamp();
            using HttpResponseMessage answer = await browser.PostAsync(
                "/queue/verdict",
                token,
                ("query", ""),
                ("from", "queue"),
                ("after", after),
                ("verdict", "FalsePositive"),
                ("reason", "bad-logic"),
                ("impact", ""),
                ("confidence", "High"),
                ("alert", number)
            );
            string text = await answer.Content.ReadAsStringAsync(cancellation);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (!answer.IsSuccessStatusCode || !Rows().IsMatch(text))
            {
                throw new InvalidOperationException(
                    $"The verdict on {number} was answered {answer.StatusCode}: {text}"
                );
            }
            after = After().Match(text) is { Success: true } cursor ? cursor.Groups[1].Value : after;
        }
        return [.. times];
    }

    private static async Task<double[]> TimesAsync(int count, Func<Task<string>> get)
    {
        double[] times = new double[count];
        for (int i = 0; i < count; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await get();
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
        return times;
    }

    private static void Report(TextWriter output, string name, double[] times)
    {
        double first = times[0];
        Array.Sort(times);
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{name, -34} first {first:F0} ms, median {times[times.Length / 2]:F0} ms, 95 % {times[times.Length * 95 / 100]:F0} ms, most {times[^1]:F0} ms ({times.Length} times)"
            )
        );
    }

    private static void Line(TextWriter output, string name, double value, string format) =>
        output.WriteLine($"{name, -34} {value.ToString(format, CultureInfo.InvariantCulture)}");

    [GeneratedRegex("data-after=\"([^\"]*)\"")]
    private static partial Regex After();

    [GeneratedRegex("data-number=\"(\\d+)\"")]
    private static partial Regex Rows();
}
