using System.Globalization;
using System.Text.Json;
using Custodiet.People;
using Custodiet.Process.Runs;
using Custodiet.Process.Triage;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;
using Custodiet.Records.Stores;
using Custodiet.Web.Queue;

namespace Custodiet.Web.Cases;

/// <summary>The acts of a case. Each is a form; its answer is the case's page again, or why nothing was changed.</summary>
internal static class CaseEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(RouteGroupBuilder group)
    {
        RouteGroupBuilder acts = group.MapGroup("/cases/{number:long}").RequireAuthorization(Policies.Judge);
        acts.MapPost("/answer", AnswerAsync);
        acts.MapPost("/accept", AcceptAsync);
        acts.MapPost("/verdict", JudgeAsync);
        acts.MapPost("/owner", OwnAsync);
        acts.MapPost("/state", MoveAsync);
        acts.MapPost("/restrict", RestrictAsync);
        acts.MapPost("/alerts", ExtendAsync);
    }

    private static Task<IResult> AnswerAsync(
        long number,
        IFormCollection form,
        RunDesk desk,
        CaseActs acts,
        CancellationToken cancellation
    ) =>
        acts.DoAsync(
            number,
            (_, viewer) =>
                Run(form) is { } run
                    ? desk.AnswerAsync(
                        run,
                        form["question"].ToString(),
                        AnswerForm.Read(form),
                        DecisionForm.Record(form["seen"]),
                        viewer,
                        cancellation
                    )
                    : ValueTask.FromResult<ActOutcome>(new ActOutcome.NotFound("run of that id")),
            cancellation
        );

    private static Task<IResult> AcceptAsync(
        long number,
        IFormCollection form,
        RunDesk desk,
        CaseActs acts,
        CancellationToken cancellation
    ) =>
        acts.DoAsync(
            number,
            (_, viewer) =>
                Run(form) is { } run && Seen(form) is { } seen
                    ? desk.AcceptFactsAsync(run, seen, viewer, cancellation)
                    : ValueTask.FromResult<ActOutcome>(new ActOutcome.NotFound("fact in that form")),
            cancellation
        );

    private static Task<IResult> JudgeAsync(
        long number,
        IFormCollection form,
        CaseDesk desk,
        CaseActs acts,
        CancellationToken cancellation
    ) =>
        acts.DoAsync(
            number,
            (item, viewer) =>
                DecisionForm.Read(form) is { } decision
                    ? desk.JudgeAsync(item.Id, decision, DecisionForm.Record(form["seen"]), viewer, cancellation)
                    : ValueTask.FromResult<ActOutcome>(new ActOutcome.NotFound("complete verdict in that form")),
            cancellation,
            CaseReader.VerdictStep
        );

    private static Task<IResult> OwnAsync(
        long number,
        IFormCollection form,
        CaseDesk desk,
        CaseActs acts,
        CancellationToken cancellation
    ) =>
        acts.DoAsync(
            number,
            (item, viewer) =>
                desk.AssignAsync(
                    item.Id,
                    form["owner"].ToString() is { Length: > 0 } owner ? new ActorId(owner) : null,
                    viewer,
                    cancellation
                ),
            cancellation
        );

    private static Task<IResult> MoveAsync(
        long number,
        IFormCollection form,
        CaseDesk desk,
        CaseActs acts,
        CancellationToken cancellation
    ) =>
        acts.DoAsync(
            number,
            (item, viewer) =>
                Enum.TryParse(form["state"], out CaseState state) && Enum.IsDefined(state)
                    ? desk.ChangeStateAsync(item.Id, state, viewer, cancellation)
                    : ValueTask.FromResult<ActOutcome>(new ActOutcome.NotFound("state of that name")),
            cancellation
        );

    private static Task<IResult> RestrictAsync(
        long number,
        IFormCollection form,
        CaseDesk desk,
        CaseActs acts,
        CancellationToken cancellation
    ) =>
        acts.DoAsync(
            number,
            (item, viewer) =>
                desk.RestrictAsync(
                    item.Id,
                    [.. form["person"].Where(p => !string.IsNullOrEmpty(p)).Select(p => new ActorId(p!))],
                    viewer,
                    cancellation
                ),
            cancellation
        );

    private static Task<IResult> ExtendAsync(
        long number,
        IFormCollection form,
        CaseDesk desk,
        IJudgementReader judgements,
        CaseActs acts,
        CancellationToken cancellation
    ) =>
        acts.DoAsync(
            number,
            async (item, viewer) =>
                long.TryParse(form["alert"], NumberStyles.None, CultureInfo.InvariantCulture, out long wanted)
                && await judgements.AlertByNumberAsync(wanted, viewer, cancellation) is { } alert
                    ? await desk.ExtendAsync(item.Id, [alert.Id], viewer, cancellation)
                    : new ActOutcome.NotFound("alert of that number"),
            cancellation
        );

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
