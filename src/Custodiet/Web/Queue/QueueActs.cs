using Custodiet.Process.Triage;
using Custodiet.Records.Judgement;
using Custodiet.Records.Stores;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Custodiet.Web.Queue;

/// <summary>What the acts of the queue have in common: reading the alerts they are about, and answering with rows.</summary>
internal sealed class QueueActs(IJudgementReader judgements, Names people, Visit visit)
{
    /// <summary>Who acts.</summary>
    public Visit Visit => visit;

    /// <summary>The names to tell people by.</summary>
    public ValueTask<NameTable> NamesAsync(CancellationToken cancellation) => people.ReadAsync(cancellation);

    /// <summary>The alerts of these numbers that the reader may see, in order.</summary>
    public async ValueTask<IReadOnlyList<Alert>> ReadAsync(IReadOnlyList<long> numbers, CancellationToken cancellation)
    {
        List<Alert> alerts = new(numbers.Count);
        foreach (long number in numbers)
        {
            if (await judgements.AlertByNumberAsync(number, visit.Viewer, cancellation) is { } alert)
            {
                alerts.Add(alert);
            }
        }
        return alerts;
    }

    /// <summary>Answers a verdict.</summary>
    public async ValueTask<IResult> JudgedAsync(
        IFormCollection form,
        IReadOnlyList<Alert> alerts,
        Act act,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        if (form["from"] == "alert")
        {
            return Reload(response);
        }
        QueueQuery query = QueueQuery.Parse(form["query"]);
        string? after = form["after"].ToString() is { Length: > 0 } cursor ? cursor : null;
        Page<Alert>? next =
            query.VerdictRemoves && after is not null && form["seen"].Count == 0
                ? await judgements.AlertsAsync(
                    query.ToFilter(visit.Actor),
                    query.Order,
                    after,
                    alerts.Count,
                    visit.Viewer,
                    cancellation
                )
                : null;
        return new RazorComponentResult<Judged>(
            new Dictionary<string, object?>
            {
                ["Query"] = query,
                ["Alerts"] = await AgainAsync(alerts, cancellation),
                ["Next"] = next,
                ["Names"] = await people.ReadAsync(cancellation),
                ["Record"] = act.Verdict?.ToString(),
            }
        );
    }

    /// <summary>Answers taking and putting back.</summary>
    public async ValueTask<IResult> TakenAsync(
        IFormCollection form,
        IReadOnlyList<Alert> alerts,
        HttpResponse response,
        CancellationToken cancellation
    ) =>
        form["from"] == "alert"
            ? Reload(response)
            : new RazorComponentResult<TakenRows>(
                new Dictionary<string, object?>
                {
                    ["Alerts"] = await AgainAsync(alerts, cancellation),
                    ["Names"] = await people.ReadAsync(cancellation),
                }
            );

    private ValueTask<IReadOnlyList<Alert>> AgainAsync(IReadOnlyList<Alert> alerts, CancellationToken cancellation) =>
        ReadAsync([.. alerts.Select(a => a.Number)], cancellation);

    private static Ok Reload(HttpResponse response)
    {
        response.Headers["HX-Refresh"] = "true";
        return TypedResults.Ok();
    }
}
