using Custodiet.Process.Facts;
using Custodiet.Records;
using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Process.Triage;

/// <summary>What a person's act left behind.</summary>
/// <param name="FirstIndex">Ledger index of its first record, or null when nothing had to change.</param>
/// <param name="Records">Its records, in order.</param>
/// <param name="Alerts">How many alerts it was about.</param>
/// <param name="Case">The case it opened or was about.</param>
/// <param name="Run">The run it started or was about.</param>
/// <param name="Verdict">The record of the (last) verdict: what a correction names as seen.</param>
public sealed record Act(
    long? FirstIndex,
    IReadOnlyList<RecordId> Records,
    int Alerts = 0,
    CaseId? Case = null,
    RunId? Run = null,
    RecordId? Verdict = null
);

/// <summary>What became of a person's act. Only <see cref="Done"/> changed anything.</summary>
public abstract record ActOutcome
{
    private ActOutcome() { }

    /// <summary>It is recorded.</summary>
    public sealed record Done(Act Act) : ActOutcome;

    /// <summary>Somebody else was first.</summary>
    /// <param name="What">What they did, as a predicate: «judged alert 12 as benign».</param>
    /// <param name="By">Who, if one person did it.</param>
    /// <param name="At">When.</param>
    public sealed record Conflict(string What, ActorId? By, DateTimeOffset? At) : ActOutcome
    {
        /// <summary>«Ada judged alert 12 as benign 3 s ago».</summary>
        /// <param name="nameOf">The name to show for a pseudonym.</param>
        /// <param name="now">Now.</param>
        public string Sentence(Func<ActorId, string> nameOf, DateTimeOffset now)
        {
            ArgumentNullException.ThrowIfNull(nameOf);
            string who = By is { } actor ? nameOf(actor) : "Somebody";
            return At is { } at ? $"{who} {What} {Duration.InWords(now - at)} ago" : $"{who} {What}";
        }
    }

    /// <summary>What was entered does not hold; nothing is recorded.</summary>
    public sealed record Refused(IReadOnlyList<Problem> Problems) : ActOutcome;

    /// <summary>The person's roles do not allow it.</summary>
    public sealed record NotAllowed(string Reason) : ActOutcome;

    /// <summary>There is no such thing, or this person may not see it.</summary>
    public sealed record NotFound(string What) : ActOutcome;

    /// <summary>The store does not take records at present.</summary>
    public sealed record Unavailable(string Reason) : ActOutcome;
}
