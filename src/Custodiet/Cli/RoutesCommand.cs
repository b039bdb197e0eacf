using System.CommandLine;
using System.Globalization;
using Custodiet.Outputs;
using Custodiet.Records;

namespace Custodiet.Cli;

/// <summary><c>custodiet routes</c>: where events go on, and the balance of each route.</summary>
internal static class RoutesCommand
{
    public static Command Create()
    {
        Command command = new("routes", "Routes with their balance, and what they wait for.");
        command.SetAction(
            async (parse, cancellation) =>
            {
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                IReadOnlyList<RouteStatus> routes = (await session.StatusAsync(cancellation)).Routes;
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(new { routes });
                }
                else
                {
                    Print(routes);
                }
                bool inOrder = routes.All(r =>
                    r is { Balances: true, Condition: RouteCondition.Idle or RouteCondition.Sending }
                );
                return inOrder ? ExitCode.Done : ExitCode.Problems;
            }
        );
        return command;
    }

    private static void Print(IReadOnlyList<RouteStatus> routes)
    {
        if (routes.Count == 0)
        {
            Output.Remark("There is no route; docs/send-on.md says how to write one.");
            return;
        }
        Output.WriteTable(
            [
                "route",
                "to",
                "condition",
                "received",
                "sent",
                "filtered",
                "reduced",
                "set aside",
                "skipped",
                "withheld",
                "waiting",
                "retries",
            ],
            routes.Select(r =>
                (IReadOnlyList<string>)
                    [
                        r.Route,
                        r.Destination,
                        r.Condition.ToString().ToLowerInvariant(),
                        Number(r.Received),
                        Number(r.Sent),
                        Number(r.Filtered),
                        Number(r.Reduced.Values.Sum()),
                        Number(r.SetAside),
                        Number(r.Skipped),
                        Number(r.Withheld),
                        Waiting(r),
                        Number(r.Retries),
                    ]
            )
        );
        foreach (RouteStatus route in routes)
        {
            if (route.Problem is { } problem)
            {
                Output.Remark(
                    string.Create(CultureInfo.InvariantCulture, $"{route.Route}, since {route.Since:u}: {problem}")
                );
            }
            foreach ((string by, long count) in route.Reduced)
            {
                Output.Remark($"{route.Route}: {Counted.Of(count, "event")} left out by {by}");
            }
            if (route.SetAside > 0)
            {
                Output.Remark(
                    $"{route.Route}: {Counted.Of(route.SetAside, "item")} set aside, in {route.SetAsideFile}"
                );
            }
        }
        if (routes[0].HeldBytes > 0)
        {
            Output.Remark($"the queue keeps {Counted.Of(routes[0].HeldBytes, "byte")} for routes");
        }
    }

    private static string Waiting(RouteStatus route) =>
        route.WaitingSeconds is > 0 and double seconds
            ? $"{Number(route.Waiting)} for {Number((long)seconds)} s"
            : Number(route.Waiting);

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
