using Custodiet.People;
using Custodiet.Pipeline.Mappings;
using Custodiet.Records;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;
using Custodiet.Records.Stores;
using Custodiet.Streaming;

namespace Custodiet.Api;

/// <summary>What became of findings that another tool sent.</summary>
/// <param name="Accepted">Findings stored; one that is there already under its source and reference is counted here too.</param>
/// <param name="Alerts">The alerts they belong to, with the address of each.</param>
/// <param name="Problems">What could not be read, by place in the body.</param>
internal sealed record FindingsAnswer(int Accepted, IReadOnlyList<FindingAlert> Alerts, IReadOnlyList<string> Problems);

/// <summary>A finding and the alert it belongs to.</summary>
internal sealed record FindingAlert(string SourceRef, string Finding, Guid Alert, long Number, string Url);

/// <summary><c>POST /api/v1/findings</c>: alerts of other tools, read by a mapping; idempotent on source and reference.</summary>
internal static class FindingsApi
{
    /// <summary>Bytes of one body.</summary>
    private const int BodyBytesMax = 8 << 20;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/findings", PostAsync)
            .RequireAuthorization(Policies.FindingsWrite)
            .WithSummary(
                "Send alerts of another tool; ?mapping=ID names how they are read, otherwise the mapping that recognises them does."
            )
            .Produces<FindingsAnswer>()
            .ProducesProblem(422);

    private static async Task<IResult> PostAsync(
        string? mapping,
        HttpContext http,
        RequestBodies bodies,
        LoadedContent content,
        AlertIntake alerts,
        IJudgementReader reader,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        using BodyRead body = await bodies.ReadAsync(http.Request, BodyBytesMax, cancellation);
        if (body.Problem is { } problem)
        {
            return Results.Problem(problem.Reason, statusCode: problem.Status);
        }
        MappingOutcome outcome = content.Mappings.Map(body.Bytes, mapping, time.GetUtcNow());
        string[] problems = [.. outcome.Problems.Select(p => p.ToString())];
        if (outcome.Problems.Any(p => p.Level == ProblemLevel.Error))
        {
            return Results.Problem(string.Join(' ', problems), statusCode: 422, title: "Nothing was taken");
        }
        if (outcome.Findings.Count > 0)
        {
            AppendOutcome stored = await alerts.AppendAsync(
                outcome.Findings,
                new AppendRequest(),
                persistent: false,
                cancellation
            );
            if (stored is AppendOutcome.Refused refused)
            {
                http.Response.Headers.RetryAfter = "5";
                return Results.Problem(refused.Reason, statusCode: 503, title: "Nothing was taken");
            }
        }
        List<FindingAlert> answers = [];
        foreach (Finding finding in outcome.Findings)
        {
            Alert? alert = await reader.AlertBySourceRefAsync(
                finding.Source.Technology,
                finding.SourceRef ?? "",
                cancellation
            );
            if (alert is not null)
            {
                string url = $"{http.Request.Scheme}://{http.Request.Host}/queue?alert={alert.Number}";
                answers.Add(
                    new FindingAlert(finding.SourceRef ?? "", finding.Id.ToString(), alert.Id.Value, alert.Number, url)
                );
            }
        }
        return Results.Ok(new FindingsAnswer(outcome.Findings.Count, answers, problems));
    }
}
