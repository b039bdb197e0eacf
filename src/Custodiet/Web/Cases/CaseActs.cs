using Custodiet.Process.Runs;
using Custodiet.Process.Triage;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Cases;

/// <summary>An act on a case: reads the form and hands it to the desk that owns the act.</summary>
/// <param name="acts">The desks, and who acts.</param>
/// <param name="item">The case, as whoever acts may see it.</param>
/// <param name="form">What was sent.</param>
/// <param name="cancellation">Ends the wait.</param>
internal delegate ValueTask<ActOutcome> CaseAct(
    CaseActs acts,
    Case item,
    IFormCollection form,
    CancellationToken cancellation
);

/// <summary>What all acts on a case have in common: finding it with the reader's eyes, the desks, and answering.</summary>
internal sealed class CaseActs(IJudgementReader judgements, CaseDesk cases, RunDesk runs, Names people, Visit visit)
{
    /// <summary>Finds alerts and cases.</summary>
    public IJudgementReader Judgements => judgements;

    /// <summary>Acts on the case itself.</summary>
    public CaseDesk Cases => cases;

    /// <summary>Acts on its run.</summary>
    public RunDesk Runs => runs;

    /// <summary>Who acts.</summary>
    public Viewer Viewer => visit.Viewer;

    /// <summary>Does an act and leads back to the case: to the next question, or to the one named.</summary>
    public async Task<IResult> DoAsync(
        long number,
        CaseAct act,
        IFormCollection form,
        HttpResponse response,
        string? question,
        CancellationToken cancellation
    )
    {
        Case? item = await judgements.CaseByNumberAsync(number, Viewer, cancellation);
        ActOutcome outcome = item is null
            ? new ActOutcome.NotFound($"case {number}")
            : await act(this, item, form, cancellation);
        return outcome is ActOutcome.Done
            ? TypedResults.LocalRedirect(question is null ? $"/cases/{number}" : $"/cases/{number}?question={question}")
            : ActAnswers.Of(outcome, response, await people.ReadAsync(cancellation), visit.Now);
    }
}
