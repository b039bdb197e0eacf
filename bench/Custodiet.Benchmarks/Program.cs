using System.CommandLine;
using Custodiet.Benchmarks;
using Custodiet.Tests.EndToEnd;

Option<string[]> rules = new("--rules")
{
    Description = "Sigma rule files or folders.",
    Required = true,
    AllowMultipleArgumentsPerToken = true,
};
Option<string[]> events = new("--events")
{
    Description = "Files of JSON lines, plain or gzip.",
    Required = true,
    AllowMultipleArgumentsPerToken = true,
};

Option<int> threads = new("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
Command sigma = new("sigma", "JSON in, matches out, without a server.") { rules, events, threads };
sigma.SetAction(parse =>
    SigmaBenchmark.Run(
        parse.GetRequiredValue(rules),
        parse.GetRequiredValue(events),
        parse.GetValue(threads),
        Console.Out
    )
);

Option<int> repeat = new("--repeat") { Description = "How often the events are sent.", DefaultValueFactory = _ => 1 };
Option<int> senders = new("--senders") { Description = "Connections that send at once.", DefaultValueFactory = _ => 2 };
Command flow = new(
    "flow",
    "The published product end to end over HTTP: CPU seconds of the product alone, and the share of each stage."
)
{
    rules,
    events,
    repeat,
    senders,
};
flow.SetAction(
    (parse, cancellation) =>
        FlowBenchmark.RunAsync(
            parse.GetRequiredValue(rules),
            parse.GetRequiredValue(events),
            parse.GetValue(repeat),
            parse.GetValue(senders),
            Console.Out,
            cancellation
        )
);

Option<int> times = new("--times") { Description = "Kills.", DefaultValueFactory = _ => 100 };
Option<int> count = new("--count") { Description = "Events.", DefaultValueFactory = _ => 200_000 };
Option<int> seed = new("--seed") { Description = "Seed of what is left to chance.", DefaultValueFactory = _ => 1 };
Command kill = new("kill", "kill -9 at random moments while events are sent with retries; then everything is counted.")
{
    times,
    count,
    seed,
};
kill.SetAction(
    async (parse, cancellation) =>
    {
        string folder = Directory.CreateTempSubdirectory("custodiet-kill-").FullName;
        KillReport report = await KillRun.RunAsync(
            BenchmarkPaths.Root,
            folder,
            parse.GetValue(count),
            parse.GetValue(times),
            parse.GetValue(seed),
            Console.Out.WriteLine,
            cancellation
        );
        Console.Out.WriteLine(report);
        bool held =
            report.Stored == report.Acknowledged
            && report.DistinctNumbers == report.Acknowledged
            && report.DistinctOffsets == report.Stored;
        Console.Out.WriteLine(held ? "Held: nothing acknowledged is missing, nothing is there twice." : "NOT held.");
        Directory.Delete(folder, recursive: true);
        return held ? 0 : 1;
    }
);

Option<string[]> lines = new("--events")
{
    Description =
        "Files of lines, JSON or text, plain or gzip. Default: the samples of the starter parsers, parser by parser.",
    AllowMultipleArgumentsPerToken = true,
};
Command parsers = new("parsers", "Bytes to events, without rules or storage: CPU and allocated bytes an event.")
{
    lines,
    count,
};
parsers.SetAction(parse => ParserBenchmark.Run(parse.GetValue(lines) ?? [], parse.GetValue(count), Console.Out));

Option<string[]> pageRules = new("--rules")
{
    Description = "Sigma rule files or folders beside the starter rules.",
    AllowMultipleArgumentsPerToken = true,
};
Option<int> alerts = new("--alerts") { Description = "Alerts in the queue.", DefaultValueFactory = _ => 100_000 };
Command pages = new(
    "pages",
    "Start to first page, queue page and verdict to next alert, with many alerts in the queue."
)
{
    pageRules,
    alerts,
};
pages.SetAction(
    (parse, cancellation) =>
        PagesBenchmark.RunAsync(parse.GetValue(pageRules) ?? [], parse.GetValue(alerts), Console.Out, cancellation)
);

Option<int> seconds = new("--seconds") { Description = "Seconds altogether.", DefaultValueFactory = _ => 60 };
Option<string?> only = new("--only") { Description = "One decoder, by the name that the run prints." };
Option<long> first = new("--case") { Description = "The first case, to see a finding again." };
Command fuzz = new("fuzz", "Hostile bodies for every input decoder, and for the HTTP inputs of the published product.")
{
    seconds,
    seed,
    only,
    first,
};
fuzz.SetAction(
    (parse, cancellation) =>
        FuzzBenchmark.RunAsync(
            parse.GetValue(seconds),
            parse.GetValue(seed),
            parse.GetValue(only),
            parse.GetValue(first),
            Console.Out,
            cancellation
        )
);

return await new RootCommand("Measures Custodiet.") { sigma, parsers, flow, pages, kill, fuzz }
    .Parse(args)
    .InvokeAsync();
