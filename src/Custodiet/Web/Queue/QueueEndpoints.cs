using System.Globalization;
using Custodiet.People;
using Custodiet.Process.Triage;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;
using Custodiet.Web.Alerts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Custodiet.Web.Queue;

/// <summary>The fragments and acts of the queue. Acts are forms, so that the framework checks their antiforgery token.</summary>
internal static class QueueEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/queue/preview/{number:long}", PreviewAsync).RequireAuthorization(Policies.Read);
        group.MapGet("/queue/live", LiveAsync).RequireAuthorization(Policies.Read);
        group.MapPost("/queue/verdict", JudgeAsync).RequireAuthorization(Policies.Judge);
        group.MapPost("/queue/take", TakeAsync).RequireAuthorization(Policies.Judge);
        group.MapPost("/queue/escalate", EscalateAsync).RequireAuthorization(Policies.Judge);
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

    private static async Task<ServerSentEventsResult<string>> LiveAsync(
        HttpRequest request,
        QueueLive live,
        IJudgementReader judgements,
        Visit visit,
        IHostApplicationLifetime host,
        CancellationToken cancellation
    )
    {
        long newest = (await judgements.CountsAsync(cancellation)).Raised;
        long since = Number(request.Headers["Last-Event-ID"]) ?? Number(request.Query["since"]) ?? newest;
        AlertFilter filter = QueueQuery.From(request.Query).ToFilter(visit.Actor) with
        {
            // A page that knows newer alerts than there are looked at another data folder.
            RaisedAfter = Math.Min(since, newest),
        };
        return TypedResults.ServerSentEvents(
            live.CountAsync(filter, visit.Viewer, host.ApplicationStopping, cancellation)
        );
    }

    private static async Task<IResult> JudgeAsync(
        IFormCollection form,
        HttpResponse response,
        AlertDesk desk,
        QueueActs acts,
        CancellationToken cancellation
    )
    {
        if (DecisionForm.Read(form) is not { } decision)
        {
            const string incomplete =
                "A verdict needs its reason and confidence, and an impact where the process asks for one.";
            return ActAnswers.Told(response, StatusCodes.Status422UnprocessableEntity, incomplete);
        }
        IReadOnlyList<Alert> alerts = await acts.ReadAsync(Numbers(form), cancellation);
        List<RecordId> seen = [.. form["seen"].Select(DecisionForm.Record).OfType<RecordId>()];
        ActOutcome outcome =
            seen.Count == 0
                ? await desk.JudgeAsync([.. alerts.Select(a => a.Id)], decision, acts.Visit.Viewer, cancellation)
            : seen.Count == alerts.Count
                ? await desk.CorrectAsync(
                    [.. alerts.Zip(seen, (alert, record) => new SeenVerdict(alert.Id, record))],
                    decision,
                    acts.Visit.Viewer,
                    cancellation
                )
            : new ActOutcome.NotFound("alert of that number");
        return outcome is ActOutcome.Done done
            ? await acts.JudgedAsync(form, alerts, done.Act, response, cancellation)
            : ActAnswers.Of(outcome, response, await acts.NamesAsync(cancellation), acts.Visit.Now);
    }

    private static async Task<IResult> TakeAsync(
        IFormCollection form,
        HttpResponse response,
        AlertDesk desk,
        QueueActs acts,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<Alert> alerts = await acts.ReadAsync(Numbers(form), cancellation);
        AlertId[] ids = [.. alerts.Select(a => a.Id)];
        ActOutcome outcome =
            form["release"] == "true"
                ? await desk.PutBackAsync(ids, acts.Visit.Viewer, cancellation)
                : await desk.TakeAsync(ids, takeOver: false, acts.Visit.Viewer, cancellation);
        return outcome is ActOutcome.Done
            ? await acts.TakenAsync(form, alerts, response, cancellation)
            : ActAnswers.Of(outcome, response, await acts.NamesAsync(cancellation), acts.Visit.Now);
    }

    private static async Task<IResult> EscalateAsync(
        IFormCollection form,
        HttpResponse response,
        CaseDesk desk,
        IJudgementReader judgements,
        QueueActs acts,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<Alert> alerts = await acts.ReadAsync(Numbers(form), cancellation);
        ActOutcome outcome = await desk.OpenAsync(null, [.. alerts.Select(a => a.Id)], acts.Visit.Viewer, cancellation);
        if (outcome is not ActOutcome.Done { Act.Case: { } id })
        {
            return ActAnswers.Of(outcome, response, await acts.NamesAsync(cancellation), acts.Visit.Now);
        }
        Case? opened = await judgements.CaseAsync(id, acts.Visit.Viewer, cancellation);
        response.Headers["HX-Redirect"] = opened is null ? "/cases" : $"/cases/{opened.Number}";
        return TypedResults.Ok();
    }

    private static IReadOnlyList<long> Numbers(IFormCollection form) =>
        [.. form["alert"].Take(AlertDesk.AlertsPerActMax + 1).Select(text => Number(text) ?? -1).Distinct()];

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
