using Custodiet.Analytics;
using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Findings;

namespace Custodiet.Outputs;

/// <summary>What a route sends.</summary>
internal enum RouteItems
{
    /// <summary>Events.</summary>
    Events,

    /// <summary>Findings, each with its alert.</summary>
    Findings,

    /// <summary>Verdicts.</summary>
    Verdicts,
}

/// <summary>In which form a route sends events.</summary>
internal enum RouteFormat
{
    /// <summary>As received.</summary>
    Raw,

    /// <summary>As one JSON object with our fields.</summary>
    Json,
}

/// <summary>How much one delivery holds.</summary>
/// <param name="Events">Items at most, 1 to 100,000. Default 1,000.</param>
/// <param name="Bytes">Bytes at most, a single larger item aside; 1 KiB to 16 MiB. Default 1 MiB.</param>
/// <param name="Wait">How long it waits for more, 0 to 60 seconds. Default 1.</param>
internal sealed record RouteBatch(int Events, int Bytes, TimeSpan Wait)
{
    public const int EventsMax = 100_000;
    public const int BytesMin = 1 << 10;
    public const int BytesMax = 16 << 20;
    public const int WaitSecondsMax = 60;

    /// <summary>What holds where nothing is said.</summary>
    public static RouteBatch Standard { get; } = new(1_000, 1 << 20, TimeSpan.FromSeconds(1));
}

/// <summary>A file of <c>routes/</c>: which items go on, in which form, and where to.</summary>
/// <param name="Id">Its id, under which its position and its figures are kept.</param>
/// <param name="Items">What it sends.</param>
/// <param name="When">Which events; everything when it sends something else.</param>
/// <param name="AtLeast">Which findings: at least this severe.</param>
/// <param name="Format">The form of events.</param>
/// <param name="Reduced">Whether reductions apply.</param>
/// <param name="Batch">How much one delivery holds.</param>
/// <param name="To">Where to.</param>
/// <param name="Position">Where it stands.</param>
internal sealed record RouteDefinition(
    string Id,
    RouteItems Items,
    EventFilter When,
    Severity AtLeast,
    RouteFormat Format,
    bool Reduced,
    RouteBatch Batch,
    DestinationDefinition To,
    TextPosition Position
)
{
    private static readonly string[] severities = ["informational", "low", "medium", "high", "critical", "fatal"];

    /// <summary>Reads a file.</summary>
    /// <returns>The route, or null when the file has an error.</returns>
    public static RouteDefinition? Read(SourceText text, List<Problem> problems)
    {
        List<Problem> found = [];
        RouteDefinition? read = ContentMap.Open(text, "A route", "route", found) is { } map ? Read(map, found) : null;
        problems.AddRange(found);
        return found.Any(problem => problem.Level == ProblemLevel.Error) ? null : read;
    }

    private static RouteDefinition? Read(ContentMap map, List<Problem> problems)
    {
        string id = map.Id();
        map.WholeNumber("version", 1);
        map.Optional("description");
        RouteItems items = map.OneOf("send", ["events", "findings", "verdicts"]) switch
        {
            "findings" => RouteItems.Findings,
            "verdicts" => RouteItems.Verdicts,
            _ => RouteItems.Events,
        };
        EventFilter when = EventFilter.Read(map.Map("when"), problems);
        Severity atLeast = map.Has("severity")
            ? (Severity)(Array.IndexOf(severities, map.OneOf("severity", severities)) + 1)
            : Severity.Unknown;
        RouteFormat format = map.OneOf("format", ["raw", "json"]) == "json" ? RouteFormat.Json : RouteFormat.Raw;
        if (items != RouteItems.Events)
        {
            foreach (string key in (string[])["when", "format", "reduce"])
            {
                Refuse(map, key, "only events have that");
            }
        }
        if (items != RouteItems.Findings)
        {
            Refuse(map, "severity", "only findings have that");
        }
        bool reduced = !map.Has("reduce") || map.Flag("reduce");
        RouteBatch batch = ReadBatch(map);
        DestinationDefinition? to = null;
        if (map.Map("to") is { } destination)
        {
            to = DestinationDefinition.Read(destination);
            destination.Close();
        }
        else if (!map.Has("to"))
        {
            map.Error("missing", "A route needs «to».", map.Position, "to: with one of file, http, syslog");
        }
        map.Close();
        return to is null
            ? null
            : new RouteDefinition(id, items, when, atLeast, format, reduced, batch, to, map.Position);
    }

    private static RouteBatch ReadBatch(ContentMap map)
    {
        RouteBatch standard = RouteBatch.Standard;
        if (map.Map("batch") is not { } batch)
        {
            return standard;
        }
        int events = Within(batch, "events", standard.Events, 1, RouteBatch.EventsMax);
        int bytes = Within(batch, "bytes", standard.Bytes, RouteBatch.BytesMin, RouteBatch.BytesMax);
        int wait = Within(batch, "seconds", (int)standard.Wait.TotalSeconds, 0, RouteBatch.WaitSecondsMax);
        batch.Close();
        return new RouteBatch(events, bytes, TimeSpan.FromSeconds(wait));
    }

    /// <summary>A whole number within a range; another is a problem.</summary>
    internal static int Within(ContentMap map, string key, int standard, int least, int most)
    {
        int value = map.WholeNumber(key, standard);
        if (value < least || value > most)
        {
            map.Error("range", $"«{key}» must be from {least:N0} to {most:N0}.", map.Find(key)!.Position);
        }
        return value;
    }

    private static void Refuse(ContentMap map, string key, string reason)
    {
        if (map.Find(key) is { } value)
        {
            map.Error("misplaced", $"«{key}» has no meaning here: {reason}.", value.Position);
        }
    }
}
