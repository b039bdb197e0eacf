using Custodiet.Analytics;
using Custodiet.Cli;
using Custodiet.Configuration;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records.Events;
using Custodiet.Records.Stores;
using Custodiet.Reduction;

namespace Custodiet.Outputs;

/// <summary>How the settings have routes run.</summary>
/// <param name="Folder">Where the states of routes are.</param>
/// <param name="OutputsFolder">Where routes that write files do so.</param>
/// <param name="Hosts">Hosts that routes may speak to.</param>
/// <param name="Secrets">Secrets by name.</param>
internal sealed record RouteSettings(string Folder, string OutputsFolder, PermittedHosts Hosts, OutputSecrets Secrets)
{
    /// <summary>Reads the settings.</summary>
    /// <exception cref="CommandException"><c>outputs.hosts</c> cannot be read.</exception>
    public static RouteSettings From(Settings settings, string folder)
    {
        try
        {
            return new RouteSettings(
                folder,
                Path.GetFullPath(settings.Text("outputs.folder")),
                PermittedHosts.Parse(settings.Text("outputs.hosts")),
                OutputSecrets.From(settings)
            );
        }
        catch (FormatException wrong)
        {
            throw new CommandException(ExitCode.Usage, $"outputs.hosts: {wrong.Message}");
        }
    }
}

/// <summary>What routes share with the stream.</summary>
internal sealed record RouteParts(
    IEventQueue Queue,
    QueueHold Hold,
    IRecordStore Records,
    IJudgementReader Judgements,
    BoundParsers Parsers,
    FieldTable Fields,
    LogSourceTable LogSources,
    SourceTable Sources,
    Func<SourceKey, Criticality> CriticalityOf,
    Random Random,
    TimeProvider Time,
    ILogger Log
);

/// <summary>
/// All routes. Their positions hold the queue from the moment they are opened, whether they run or not; who runs the product runs them, a
/// command on the data folder does not.
/// </summary>
internal sealed class OutputRoutes : IAsyncDisposable
{
    private readonly List<RouteRunner> runners = [];
    private readonly List<RouteStatus> off = [];
    private readonly IEventQueue queue;

    private Task running = Task.CompletedTask;

    private OutputRoutes(IEventQueue queue) => this.queue = queue;

    /// <summary>Opens every route of the content where it stood; a new one begins with what comes from now on.</summary>
    public static async Task<OutputRoutes> OpenAsync(
        OutputContent content,
        RouteSettings settings,
        RouteParts parts,
        CancellationToken cancellation
    )
    {
        OutputRoutes routes = new(parts.Queue);
        foreach (RouteDefinition route in content.Routes)
        {
            if (route.To.Peer is { } peer && settings.Hosts.Refusal(peer.Host, peer.Port) is { } refusal)
            {
                parts.Log.RouteRefused(route.Id, refusal);
                routes.off.Add(Refused(route, refusal, parts.Time.GetUtcNow()));
                continue;
            }
            RouteRunner runner;
            try
            {
                runner = await OpenAsync(route, content, settings, parts, cancellation);
            }
            catch (InvalidDataException damaged)
            {
                parts.Log.RouteRefused(route.Id, damaged.Message);
                routes.off.Add(Refused(route, damaged.Message, parts.Time.GetUtcNow()));
                continue;
            }
            routes.runners.Add(runner);
            if (route.Items == RouteItems.Events)
            {
                parts.Hold.Follow(() => runner.Position, runner.PassBy);
            }
        }
        return routes;
    }

    /// <summary>Whether there is one to run.</summary>
    public bool Any => runners.Count > 0;

    /// <summary>The oldest event that a route has not decided; the largest number when there is none.</summary>
    public long Oldest =>
        runners
            .Where(runner => runner.SendsEvents)
            .Select(runner => runner.Position)
            .DefaultIfEmpty(long.MaxValue)
            .Min();

    /// <summary>Runs all of them until cancelled.</summary>
    public Task RunAsync(CancellationToken stop) =>
        running = Task.WhenAll(runners.Select(runner => Task.Run(() => runner.RunAsync(stop), CancellationToken.None)));

    /// <summary>How all of them stand, by id.</summary>
    public async ValueTask<IReadOnlyList<RouteStatus>> StatusAsync(CancellationToken cancellation)
    {
        List<RouteStatus> all = [.. off];
        long held = queue.State.HeldBytes;
        foreach (RouteRunner runner in runners)
        {
            all.Add(await runner.StatusAsync(held, cancellation));
        }
        return [.. all.OrderBy(status => status.Route, StringComparer.Ordinal)];
    }

    /// <summary>After <see cref="RunAsync"/> was cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (RouteRunner runner in runners)
        {
            await runner.DisposeAsync();
        }
    }

    private static async Task<RouteRunner> OpenAsync(
        RouteDefinition route,
        OutputContent content,
        RouteSettings settings,
        RouteParts parts,
        CancellationToken cancellation
    )
    {
        ItemEncoder encoder = new(route, parts.Fields, parts.Sources, parts.LogSources);
        IRouteSource source =
            route.Items == RouteItems.Events
                ? new QueueSource(parts.Queue, route, WorkOf(route, content, encoder, parts), parts.Time)
                : new RecordSource(route, parts.Records, parts.Judgements, encoder, parts.Time);
        string folder = Path.Combine(settings.Folder, route.Id);
        Directory.CreateDirectory(folder);
        RouteState? state = RouteState.Read(folder);
        if (state is null || state.Items != route.Items.ToString())
        {
            long end = await source.EndAsync(cancellation);
            state = new RouteState
            {
                Items = route.Items.ToString(),
                Instance = Guid.CreateVersion7(parts.Time.GetUtcNow()).ToString("N"),
                Began = end,
                Position = end,
                SendingTo = end,
            };
            state.Write(folder);
        }
        RunnerParts given = new(parts.Records, parts.Hold.Release, parts.Random, parts.Time, parts.Log);
        return new RouteRunner(
            route,
            folder,
            state,
            source,
            runner => DestinationOf(route, runner, settings, parts.Time),
            given
        );
    }

    private static IDestination DestinationOf(
        RouteDefinition route,
        RouteRunner runner,
        RouteSettings settings,
        TimeProvider time
    ) =>
        route.To switch
        {
            DestinationDefinition.ToFile file => new FileDestination(
                file,
                settings.OutputsFolder,
                () => runner.File,
                runner.SetFile,
                time
            ),
            DestinationDefinition.ToHttp http => new HttpDestination(http, settings.Secrets, time),
            DestinationDefinition.ToSyslog syslog => new SyslogDestination(syslog, settings.Secrets, time),
            _ => throw new InvalidOperationException($"The destination {route.To.GetType().Name} is not known here."),
        };

    private static EventWork WorkOf(RouteDefinition route, OutputContent content, ItemEncoder encoder, RouteParts parts)
    {
        Reducer? reducer = route.Reduced
            ? Reductions
                .Compile(
                    // What lost some fields cannot be sent as received; such reductions take nothing of it.
                    content.Reductions.Where(r => r.InRoutes && (r.TakesEvents || route.Format == RouteFormat.Json)),
                    parts.Fields,
                    parts.LogSources,
                    parts.Sources,
                    parts.CriticalityOf
                )
                .NewReducer()
            : null;
        EventFilterEvaluator? filter = route.When.IsEverything
            ? null
            : EventFilterSet
                .Compile([route.When], parts.Fields, parts.LogSources, parts.Sources, parts.CriticalityOf)
                .NewEvaluator();
        bool reads =
            reducer is not null
            || filter is not null
            || route.Format == RouteFormat.Json
            || route.To is DestinationDefinition.ToSyslog;
        return new EventWork(reads ? parts.Parsers.NewReader() : null, filter, reducer, parts.Sources, encoder);
    }

    private static RouteStatus Refused(RouteDefinition route, string refusal, DateTimeOffset now) =>
        new(
            route.Id,
            route.Items.ToString().ToLowerInvariant(),
            route.To.Words,
            RouteCondition.Off,
            refusal,
            now,
            0,
            0,
            new Dictionary<string, long>(),
            0,
            0,
            0,
            0,
            0,
            null,
            0,
            0,
            0,
            0,
            ""
        );
}
