using Custodiet.Process.Definitions;
using Custodiet.Process.Triage;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Narration;

/// <summary>Decisions in words.</summary>
public static class DecisionWords
{
    /// <summary>«true positive (malware), impact high, confidence medium». What the process does not name any more is shown by its id.</summary>
    /// <param name="step">The verdict step of the process it was decided under, or null when that is not loaded.</param>
    /// <param name="decision">The decision.</param>
    public static string Of(VerdictStep? step, Decision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        VerdictChoice? choice = step?.Find(decision.Verdict);
        string verdict = choice?.Label.ToLowerInvariant() ?? VerdictWords.Of(decision.Verdict);
        string reason = choice?.Find(decision.Reason)?.Label ?? decision.Reason;
        string impact = decision.Impact is { } given
            ? $", impact {step?.Impacts.FirstOrDefault(i => i.Impact == given)?.Label ?? given.ToString().ToLowerInvariant()}"
            : "";
        return $"{verdict} ({reason}){impact}, confidence {decision.Confidence.ToString().ToLowerInvariant()}";
    }
}
