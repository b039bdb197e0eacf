using System.Globalization;
using System.Text.Json;
using Custodiet.People;
using Custodiet.Process.Triage;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Web.Queue;

namespace Custodiet.Web.Cases;

/// <summary>The acts of a case. Each is a form; its answer is the case's page again, or why nothing was changed.</summary>
internal static class CaseEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        RouteGroupBuilder acts = group.MapGroup("/cases/{number:long}").RequireAuthorization(Policies.Judge);
        Map(acts, "/answer", AnswerAsync);
        Map(acts, "/accept", AcceptAsync);
        Map(acts, "/verdict", JudgeAsync, CaseReader.VerdictStep);
        Map(acts, "/owner", OwnAsync);
        Map(acts, "/state", MoveAsync);
        Map(acts, "/restrict", RestrictAsync);
        Map(acts, "/alerts", ExtendAsync);
    }

    private static void Map(RouteGroupBuilder group, string path, CaseAct act, string? question = null) =>
        group.MapPost(
            path,
            (long number, IFormCollection form, HttpResponse response, CaseActs acts, CancellationToken cancellation) =>
                acts.DoAsync(number, act, form, response, question, cancellation)
        );

    private static ValueTask<ActOutcome> AnswerAsync(
        CaseActs acts,
        Case item,
        IFormCollection form,
        CancellationToken cancellation
    ) =>
        Run(form) is { } run
            ? acts.Runs.AnswerAsync(
                run,
                form["question"].ToString(),
                AnswerForm.Read(form),
                DecisionForm.Record(form["seen"]),
                acts.Viewer,
                cancellation
            )
            : ThereIsNo("run of that id");

    private static ValueTask<ActOutcome> AcceptAsync(
        CaseActs acts,
        Case item,
        IFormCollection form,
        CancellationToken cancellation
    ) =>
        Run(form) is { } run && Seen(form) is { } seen
            ? acts.Runs.AcceptFactsAsync(run, seen, acts.Viewer, cancellation)
            : ThereIsNo("fact in that form");

    private static ValueTask<ActOutcome> JudgeAsync(
        CaseActs acts,
        Case item,
        IFormCollection form,
        CancellationToken cancellation
    ) =>
        DecisionForm.Read(form) is { } decision
            ? acts.Cases.JudgeAsync(item.Id, decision, DecisionForm.Record(form["seen"]), acts.Viewer, cancellation)
            : ThereIsNo("complete verdict in that form");

    private static ValueTask<ActOutcome> OwnAsync(
        CaseActs acts,
        Case item,
        IFormCollection form,
        CancellationToken cancellation
    ) =>
        acts.Cases.AssignAsync(
            item.Id,
            form["owner"].ToString() is { Length: > 0 } owner ? new ActorId(owner) : null,
            acts.Viewer,
            cancellation
        );

    private static ValueTask<ActOutcome> MoveAsync(
        CaseActs acts,
        Case item,
        IFormCollection form,
        CancellationToken cancellation
    ) =>
        Enum.TryParse(form["state"], out CaseState state) && Enum.IsDefined(state)
            ? acts.Cases.ChangeStateAsync(item.Id, state, acts.Viewer, cancellation)
            : ThereIsNo("state of that name");

    private static ValueTask<ActOutcome> RestrictAsync(
        CaseActs acts,
        Case item,
        IFormCollection form,
        CancellationToken cancellation
    ) =>
        acts.Cases.RestrictAsync(
            item.Id,
            [.. form["person"].Where(p => !string.IsNullOrEmpty(p)).Select(p => new ActorId(p!))],
            acts.Viewer,
            cancellation
        );

    private static async ValueTask<ActOutcome> ExtendAsync(
        CaseActs acts,
        Case item,
        IFormCollection form,
        CancellationToken cancellation
    ) =>
        long.TryParse(form["alert"], NumberStyles.None, CultureInfo.InvariantCulture, out long wanted)
        && await acts.Judgements.AlertByNumberAsync(wanted, acts.Viewer, cancellation) is { } alert
            ? await acts.Cases.ExtendAsync(item.Id, [alert.Id], acts.Viewer, cancellation)
            : new ActOutcome.NotFound("alert of that number");

    private static ValueTask<ActOutcome> ThereIsNo(string what) =>
        ValueTask.FromResult<ActOutcome>(new ActOutcome.NotFound(what));

    private static RunId? Run(IFormCollection form) => Guid.TryParse(form["run"], out Guid id) ? new RunId(id) : null;

    private static Dictionary<string, AnswerValue>? Seen(IFormCollection form)
    {
        Dictionary<string, AnswerValue> seen = new(StringComparer.Ordinal);
        try
        {
            foreach ((string? question, string? value) in form["question"].Zip(form["value"]))
            {
                if (JsonSerializer.Deserialize<AnswerValue>(value ?? "", RecordBodyJson.Options) is { } read)
                {
                    seen[question ?? ""] = read;
                }
            }
        }
        catch (JsonException)
        {
            return null;
        }
        return seen.Count > 0 ? seen : null;
    }
}
