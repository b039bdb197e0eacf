using System.Globalization;
using Custodiet.People;
using Custodiet.Records;

namespace Custodiet.Web.SignIn;

/// <summary>How pages answer what went wrong.</summary>
internal static class SignInAnswers
{
    /// <summary>Status and sentence for a step that did not lead on.</summary>
    public static List<string> Refuse(HttpContext http, SignInStep step, string wrong)
    {
        if (step.Result == SignInResultKind.Wait)
        {
            return TooMany(http, step.WaitSeconds);
        }
        http.Response.StatusCode = StatusCodes.Status400BadRequest;
        return [wrong];
    }

    /// <summary>429 and its sentence.</summary>
    public static List<string> TooMany(HttpContext http, int waitSeconds)
    {
        http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        http.Response.Headers.RetryAfter = waitSeconds.ToString(CultureInfo.InvariantCulture);
        return [$"Too many attempts. Try again in {Counted.Of(waitSeconds, "second")}."];
    }

    /// <summary>Everything that is wrong with a change to an account; empty when it is done.</summary>
    public static List<string> Problems(HttpContext http, AccountOutcome outcome) =>
        outcome switch
        {
            AccountOutcome.Invalid invalid => Say(http, invalid.Problems),
            AccountOutcome.Refused refused => Say(http, StatusCodes.Status409Conflict, refused.Reason),
            _ => [],
        };

    /// <summary>Everything that is wrong with a change to a token; empty when it is done.</summary>
    public static List<string> Problems(HttpContext http, TokenOutcome outcome) =>
        outcome switch
        {
            TokenOutcome.Invalid invalid => Say(http, invalid.Problems),
            TokenOutcome.Refused refused => Say(http, StatusCodes.Status409Conflict, refused.Reason),
            _ => [],
        };

    /// <summary>One sentence with a status.</summary>
    public static List<string> Say(HttpContext http, int status, string message)
    {
        http.Response.StatusCode = status;
        return [message];
    }

    private static List<string> Say(HttpContext http, IReadOnlyList<FieldProblem> problems)
    {
        http.Response.StatusCode = StatusCodes.Status400BadRequest;
        return [.. problems.Select(problem => problem.Message)];
    }
}
