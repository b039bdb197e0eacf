using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Reduction;

namespace Custodiet.Outputs;

/// <summary>The routes and reductions of content. A file that is not in order is left out and never stops another.</summary>
/// <param name="Routes">By id.</param>
/// <param name="Reductions">By id.</param>
internal sealed record OutputContent(
    IReadOnlyList<RouteDefinition> Routes,
    IReadOnlyList<ReductionDefinition> Reductions
)
{
    /// <summary>Routes at most: each reads the queue itself and holds up to two bodies of the largest size in memory. 32.</summary>
    public const int RoutesMax = 32;

    /// <summary>Reductions at most. 1,000.</summary>
    public const int ReductionsMax = 1_000;

    /// <summary>No routes, no reductions.</summary>
    public static OutputContent None { get; } = new([], []);

    /// <summary>Reads the files.</summary>
    public static OutputContent Read(
        IReadOnlyList<SourceText> routes,
        IReadOnlyList<SourceText> reductions,
        List<Problem> problems
    )
    {
        List<RouteDefinition> readRoutes = ReadAll(
            routes,
            text => RouteDefinition.Read(text, problems),
            route => (route.Id, route.Position),
            "route",
            RoutesMax,
            problems
        );
        List<ReductionDefinition> readReductions = ReadAll(
            reductions,
            text => ReductionDefinition.Read(text, problems),
            reduction => (reduction.Id, reduction.Position),
            "reduction",
            ReductionsMax,
            problems
        );
        foreach (IGrouping<string, RouteDefinition> file in FilesOfSeveral(readRoutes))
        {
            RouteDefinition later = file.Last();
            problems.Add(
                Error(
                    "route.path.duplicate",
                    $"«{later.Id}» writes to {file.Key}, as does {file.First().Position}; it is left out.",
                    later.Position
                )
            );
            readRoutes.Remove(later);
        }
        WarnOfRaw(readRoutes, readReductions, problems);
        return new OutputContent(readRoutes, readReductions);
    }

    private static IGrouping<string, RouteDefinition>[] FilesOfSeveral(List<RouteDefinition> routes) =>
        [
            .. routes
                .Where(route => route.To is DestinationDefinition.ToFile)
                .GroupBy(route => ((DestinationDefinition.ToFile)route.To).Path)
                .Where(group => group.Count() > 1),
        ];

    // What lost some fields could only be sent as something else than it was received.
    private static void WarnOfRaw(
        List<RouteDefinition> routes,
        List<ReductionDefinition> reductions,
        List<Problem> problems
    )
    {
        ReductionDefinition[] partial = [.. reductions.Where(r => r is { InRoutes: true, TakesEvents: false })];
        foreach (
            RouteDefinition route in routes.Where(r =>
                r is { Items: RouteItems.Events, Reduced: true, Format: RouteFormat.Raw }
            )
        )
        {
            problems.AddRange(
                partial.Select(reduction => new Problem(
                    ProblemLevel.Warning,
                    "route.raw.reduced",
                    $"«{route.Id}» sends events as received, so that the reduction «{reduction.Id}» takes nothing of them.",
                    route.Position,
                    "format: json, or at: archive in the reduction"
                ))
            );
        }
    }

    private static List<T> ReadAll<T>(
        IReadOnlyList<SourceText> texts,
        Func<SourceText, T?> read,
        Func<T, (string Id, TextPosition Position)> name,
        string kind,
        int atMost,
        List<Problem> problems
    )
        where T : class
    {
        Dictionary<string, T> byId = new(StringComparer.Ordinal);
        foreach (SourceText text in texts)
        {
            if (read(text) is not { } one)
            {
                continue;
            }
            (string id, TextPosition position) = name(one);
            if (byId.Count == atMost)
            {
                problems.Add(
                    Error($"{kind}.too-many", $"There are more than {atMost:N0} {kind}s; «{id}» is left out.", position)
                );
            }
            else if (!byId.TryAdd(id, one))
            {
                problems.Add(
                    Error(
                        $"{kind}.id.duplicate",
                        $"The id «{id}» is already that of {name(byId[id]).Position}; this {kind} is left out.",
                        position
                    )
                );
            }
        }
        return [.. byId.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value)];
    }

    private static Problem Error(string code, string message, TextPosition position) =>
        new(ProblemLevel.Error, code, message, position);
}
