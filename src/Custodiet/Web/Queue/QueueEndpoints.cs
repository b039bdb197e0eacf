using Custodiet.People;
using Custodiet.Records.Judgement;
using Custodiet.Records.Stores;
using Custodiet.Web.Alerts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Custodiet.Web.Queue;

/// <summary>The fragments and acts of the queue.</summary>
internal static partial class QueueEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/queue/preview/{number:long}", PreviewAsync).RequireAuthorization(Policies.Read);
        group.MapGet("/queue/live", Live).RequireAuthorization(Policies.Read);
    }

    private static async Task<IResult> PreviewAsync(
        long number,
        IJudgementReader judgements,
        Visit visit,
        CancellationToken cancellation
    )
    {
        Alert? alert = await judgements.AlertByNumberAsync(number, visit.Viewer, cancellation);
        return alert is null
            ? TypedResults.NotFound()
            : new RazorComponentResult<Preview>(new Dictionary<string, object?> { ["Item"] = alert });
    }

    private static ServerSentEventsResult<string> Live(
        HttpRequest request,
        ArrivalFeed feed,
        TimeProvider time,
        IHostApplicationLifetime host,
        CancellationToken cancellation
    ) =>
        TypedResults.ServerSentEvents(
            QueueLive.CountAsync(feed, QueueQuery.From(request.Query), time, host.ApplicationStopping, cancellation)
        );
}
