using Custodiet.Records.People;

namespace Custodiet.People;

/// <summary>One thing that is wrong with what somebody typed.</summary>
/// <param name="Field">Which field: <c>name</c>, <c>password</c>, <c>roles</c>, <c>code</c>, <c>scopes</c>, <c>expires</c>, <c>time-zone</c>, <c>owner</c>, <c>passkey</c>.</param>
/// <param name="Message">What is wrong, as a sentence.</param>
internal sealed record FieldProblem(string Field, string Message);

/// <summary>What became of a change to an account.</summary>
internal abstract record AccountOutcome
{
    private AccountOutcome() { }

    /// <summary>Durable, with its record.</summary>
    /// <param name="Account">As it is now.</param>
    /// <param name="OneTimeCode">Lets the account's holder set a password within the hour; shown once and kept nowhere.</param>
    public sealed record Done(Account Account, string? OneTimeCode = null) : AccountOutcome;

    /// <summary>Nothing changed; here is everything that is wrong.</summary>
    public sealed record Invalid(IReadOnlyList<FieldProblem> Problems) : AccountOutcome
    {
        /// <summary>With one problem.</summary>
        public Invalid(string field, string message)
            : this([new FieldProblem(field, message)]) { }
    }

    /// <summary>Nothing changed, for a reason that is nobody's typing error; it says what to do.</summary>
    public sealed record Refused(string Reason) : AccountOutcome;
}

/// <summary>What became of a change to a token.</summary>
internal abstract record TokenOutcome
{
    private TokenOutcome() { }

    /// <summary>Durable, with its record.</summary>
    /// <param name="Token">As it is now.</param>
    /// <param name="Text">The token itself, only after it was made; shown once and kept nowhere.</param>
    public sealed record Done(ApiToken Token, string? Text = null) : TokenOutcome;

    /// <summary>Nothing changed; here is everything that is wrong.</summary>
    public sealed record Invalid(IReadOnlyList<FieldProblem> Problems) : TokenOutcome;

    /// <summary>Nothing changed, for a reason that is nobody's typing error; it says what to do.</summary>
    public sealed record Refused(string Reason) : TokenOutcome;
}
