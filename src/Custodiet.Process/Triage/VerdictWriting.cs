using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet.Process.Triage;

/// <summary>How one decision becomes records.</summary>
internal sealed record VerdictWriting(
    Decision Decision,
    CaseId? Case,
    RunId Run,
    ProcessReference Process,
    ActorId By,
    DateTimeOffset At
)
{
    /// <summary>
    /// One record for all alerts that have no verdict, and one for each verdict that is superseded: a record can name only one that it corrects.
    /// Mostly that is one record.
    /// </summary>
    public IEnumerable<RecordDraft> Drafts(IReadOnlyList<Alert> alerts, string stream) =>
        alerts
            .GroupBy(alert => alert.Verdict?.RecordId)
            .Select(group => Draft([.. group.Select(alert => alert.Id)], stream, group.Key));

    /// <summary>One record.</summary>
    public RecordDraft Draft(IReadOnlyList<AlertId> alerts, string stream, RecordId? supersedes)
    {
        VerdictId verdict = new(Guid.CreateVersion7(At));
        return new RecordDraft(
            new VerdictGiven(verdict, alerts, Case, Run, Process, Decision),
            stream,
            By,
            At,
            supersedes
        );
    }

    /// <summary>«Ada judged alert 12 as benign».</summary>
    public static ActOutcome.Conflict AlreadyJudged(string what, StandingVerdict standing) =>
        new($"judged {what} as {VerdictWords.Of(standing.Decision.Verdict)}", standing.By, standing.At);
}
