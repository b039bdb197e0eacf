using Custodiet.Process.Triage;

namespace Custodiet.Web;

/// <summary>What a page answers when an act did not happen: a status, and a sentence that the page shows.</summary>
internal static class ActAnswers
{
    /// <summary>The header that carries the sentence, percent-encoded because headers are ASCII.</summary>
    public const string ProblemHeader = "X-Problem";

    /// <summary>Tells why nothing was changed.</summary>
    /// <exception cref="InvalidOperationException">The act was done.</exception>
    public static IResult Of(ActOutcome outcome, HttpResponse response, NameTable names, DateTimeOffset now) =>
        outcome switch
        {
            ActOutcome.Conflict conflict => Told(
                response,
                StatusCodes.Status409Conflict,
                $"{conflict.Sentence(names.Of, now)}. Nothing was changed."
            ),
            ActOutcome.Refused refused => Told(
                response,
                StatusCodes.Status422UnprocessableEntity,
                string.Join(" ", refused.Problems.Select(p => p.Hint is null ? p.Message : $"{p.Message} ({p.Hint})"))
            ),
            ActOutcome.NotAllowed not => Told(response, StatusCodes.Status403Forbidden, not.Reason),
            ActOutcome.NotFound not => Told(
                response,
                StatusCodes.Status404NotFound,
                $"There is no {not.What}, or you may not see it."
            ),
            ActOutcome.Unavailable not => Told(response, StatusCodes.Status503ServiceUnavailable, not.Reason),
            _ => throw new InvalidOperationException("The act was done; there is nothing to tell."),
        };

    /// <summary>A status with a sentence.</summary>
    public static IResult Told(HttpResponse response, int status, string sentence)
    {
        response.Headers[ProblemHeader] = Uri.EscapeDataString(sentence);
        return TypedResults.Text(sentence, "text/plain; charset=utf-8", statusCode: status);
    }
}
