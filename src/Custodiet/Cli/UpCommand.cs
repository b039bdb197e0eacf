using System.CommandLine;
using Custodiet.Api;
using Custodiet.Archive;
using Custodiet.Configuration;
using Custodiet.Inputs;
using Custodiet.People;
using Custodiet.Records;
using Custodiet.Streaming;
using Custodiet.Telemetry;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Custodiet.Cli;

/// <summary><c>custodiet up</c>: runs the product until it is stopped.</summary>
internal static class UpCommand
{
    /// <summary>How long inputs may take to end what they have begun, after SIGTERM.</summary>
    public static readonly TimeSpan InputsStopTimeMax = TimeSpan.FromSeconds(20);

    /// <summary>How long the whole may take to come to rest after SIGTERM; then the process ends as a killed one does, which loses nothing acknowledged.</summary>
    public static readonly TimeSpan StopTimeMax = TimeSpan.FromSeconds(60);

    public static Command Create()
    {
        Option<string?> urls = new("--urls")
        {
            Description = "Addresses to listen on, separated by semicolons. Default: http://127.0.0.1:8087.",
        };
        Option<bool> sample = new("--sample")
        {
            Description = "Play the sample company: fourteen past days, then live.",
        };
        Option<int?> sampleDays = new("--sample-days")
        {
            Description = "Past days of the sample company. Default: 14.",
        };
        Option<string[]> content = new("--content")
        {
            Description = "More content folders.",
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string[]> rules = new("--rules")
        {
            Description = "More Sigma rule files or folders.",
            AllowMultipleArgumentsPerToken = true,
        };
        Command command = new("up", "Start the product.") { urls, sample, sampleDays, content, rules };
        command.SetAction(
            async (parse, cancellation) =>
            {
                Dictionary<string, string?> options = new()
                {
                    ["urls"] = parse.GetValue(urls),
                    ["content"] = Joined(parse.GetValue(content)),
                    ["rules"] = Joined(parse.GetValue(rules)),
                };
                bool play = parse.GetValue(sample);
                Settings settings = SessionFinder.ReadSettings(parse, options, play ? "custodiet-sample" : "custodiet");
                int days = play ? parse.GetValue(sampleDays) ?? SampleFeed.DefaultDays : 0;
                return await RunAsync(settings, days, cancellation);
            }
        );
        return command;
    }

    private static string? Joined(string[]? paths) => paths is { Length: > 0 } ? string.Join(':', paths) : null;

    private static async Task<int> RunAsync(Settings settings, int sampleDays, CancellationToken cancellation)
    {
        NativeHeap.LimitArenas(2);
        using ILoggerFactory logs = Logging.Create(settings);
        await using Flow flow = await Flow.OpenAsync(settings, TimeProvider.System, logs, cancellation);
        ILogger log = logs.CreateLogger("Custodiet.Service");
        log.Started(Flow.Version, flow.Folder.Root);
        if (flow.WasInterrupted)
        {
            log.Interrupted();
        }
        foreach (string damage in flow.Queue.Recovery.SetAside)
        {
            log.QueueDamaged(damage);
        }
        foreach (string remark in flow.StartRemarks)
        {
            Console.Out.WriteLine(remark);
        }
        // The content is read while the server starts; neither waits for the other.
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task stream = Task.Run(() => LoadAndRunAsync(flow, log, stop.Token), CancellationToken.None);
        try
        {
            return await ServeAsync(flow, settings, logs, log, sampleDays, stream, stop, cancellation);
        }
        finally
        {
            await stop.CancelAsync();
            // What it failed with, if it did, was answered for above.
            await stream.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<int> ServeAsync(
        Flow flow,
        Settings settings,
        ILoggerFactory logs,
        ILogger log,
        int sampleDays,
        Task stream,
        CancellationTokenSource stop,
        CancellationToken cancellation
    )
    {
        await using WebApplication app = Server.Build(flow, settings, logs);
        using SetupCode setup = app.Services.GetRequiredService<SetupCode>();
        string? code = await setup.PrepareAsync(cancellation);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException busy)
        {
            throw new CommandException(ExitCode.Unavailable, $"{busy.Message} Choose another address with --urls.");
        }
        await using SyslogInputs syslog = flow.Syslog;
        await syslog.StartAsync();
        Announce(app, flow, settings, code);
        ServiceManager.Ready();

        Task feed = sampleDays > 0 ? PlayAsync(flow, sampleDays, stop.Token) : Task.Delay(Timeout.Infinite, stop.Token);
        Task stopped = Task.Delay(Timeout.Infinite, cancellation);
        Task first = await Task.WhenAny(stream, feed, stopped);
        ServiceManager.Stopping();
        // Inputs close first, then what was taken is brought to rest.
        await Task.WhenAll(app.StopAsync(CancellationToken.None), syslog.DisposeAsync().AsTask());
        await stop.CancelAsync();
        await Task.WhenAll(stream, feed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await flow.RestAsync();
        if (first != stopped && first.IsFaulted)
        {
            if (first.Exception!.InnerException is CommandException refused)
            {
                throw refused;
            }
            log.FlowBroke(first.Exception!.InnerException!);
            Output.Remark($"custodiet: stopped, because a part of the flow failed: {first.Exception!.InnerException}");
            return ExitCode.Unavailable;
        }
        log.Stopped();
        Console.Out.WriteLine("Custodiet stopped; everything acknowledged is on disk.");
        return ExitCode.Done;
    }

    private static async Task LoadAndRunAsync(Flow flow, ILogger log, CancellationToken cancellation)
    {
        await flow.LoadAsync(cancellation);
        Console.Out.WriteLine(flow.ContentRemark);
        if (flow.Content.Problems.Count(p => p.Level == ProblemLevel.Error) is > 0 and int problems)
        {
            log.ContentLeftOut(problems);
        }
        // Loading leaves more garbage than what it loaded; given back now, it is not resident for the months to come.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        await flow.RunAsync(withRoutes: true, cancellation);
    }

    private static async Task PlayAsync(Flow flow, int days, CancellationToken cancellation)
    {
        await flow.Loaded.WaitAsync(cancellation);
        await SampleFeed.RunAsync(flow, days, Console.Out.WriteLine, cancellation);
    }

    private static void Announce(WebApplication app, Flow flow, Settings settings, string? code)
    {
        IServerAddressesFeature? addresses = app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>();
        string[] web =
        [
            .. (addresses?.Addresses ?? []).Where(a =>
                a.StartsWith("http", StringComparison.Ordinal) && !a.Contains("unix:", StringComparison.Ordinal)
            ),
        ];
        Console.Out.WriteLine($"Data folder: {flow.Folder.Root}");
        if (code is not null)
        {
            Console.Out.WriteLine(
                $"No account yet. Open {web.FirstOrDefault()}/setup and enter this code, which works once:"
            );
            Console.Out.WriteLine($"  one-time code: {code}");
        }
        foreach (string remark in flow.Syslog.Remarks)
        {
            Console.Out.WriteLine(remark);
        }
        if (settings.Flag("server.plain_http"))
        {
            foreach (
                string url in settings
                    .List("urls")
                    .Where(u => ServerSettings.Endpoint(u) is { IsTls: false, IsLoopback: false })
            )
            {
                Console.Out.WriteLine(
                    $"WARNING: {url} is reached from other machines without TLS (server.plain_http): passwords and tokens cross the network for all to read."
                );
            }
        }
        foreach (string address in web)
        {
            Console.Out.WriteLine($"Custodiet listens on {address}");
        }
    }
}
