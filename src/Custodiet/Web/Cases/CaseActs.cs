using Custodiet.Process.Triage;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Cases;

/// <summary>What the acts of a case have in common: finding it with the reader's eyes, and answering.</summary>
internal sealed class CaseActs(IJudgementReader judgements, Names people, Visit visit, IHttpContextAccessor accessor)
{
    /// <summary>Does an act and leads back to the case: to the next question, or to the one named.</summary>
    public async Task<IResult> DoAsync(
        long number,
        Func<Case, Viewer, ValueTask<ActOutcome>> act,
        CancellationToken cancellation,
        string? question = null
    )
    {
        Case? item = await judgements.CaseByNumberAsync(number, visit.Viewer, cancellation);
        ActOutcome outcome = item is null ? new ActOutcome.NotFound($"case {number}") : await act(item, visit.Viewer);
        return outcome is ActOutcome.Done
            ? TypedResults.LocalRedirect(question is null ? $"/cases/{number}" : $"/cases/{number}?question={question}")
            : ActAnswers.Of(outcome, accessor.HttpContext!.Response, await people.ReadAsync(cancellation), visit.Now);
    }
}
