using Custodiet.Process.Definitions;
using Custodiet.Records;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Triage;

/// <summary>Compares a decision with what its process offers and requires.</summary>
public static class DecisionCheck
{
    /// <summary>Everything that is wrong with a decision; empty when nothing is.</summary>
    public static IReadOnlyList<Problem> Check(Decision decision, ProcessDefinition process)
    {
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(process);
        VerdictStep step = process.Verdict;
        List<Problem> problems = [];
        VerdictChoice? choice = step.Find(decision.Verdict);
        if (choice is null)
        {
            string known = string.Join(", ", step.Choices.Select(c => c.Label));
            problems.Add(
                Desk.Mistake(
                    "decision.verdict",
                    $"The process does not offer verdict {(int)decision.Verdict}.",
                    "verdict",
                    known
                )
            );
        }
        else
        {
            CheckReasonAndImpact(decision, choice, step, problems);
        }
        if (step.Confidences.All(c => c.Confidence != decision.Confidence))
        {
            string known = string.Join(", ", step.Confidences.Select(c => c.Label));
            problems.Add(
                Desk.Mistake("decision.confidence", "How sure? A confidence is missing.", "confidence", known)
            );
        }
        return problems;
    }

    private static void CheckReasonAndImpact(
        Decision decision,
        VerdictChoice choice,
        VerdictStep step,
        List<Problem> problems
    )
    {
        if (choice.Find(decision.Reason) is null)
        {
            string known = string.Join(", ", choice.Reasons.Select(r => r.Label));
            string message = string.IsNullOrEmpty(decision.Reason)
                ? $"{choice.Label} needs a reason."
                : $"«{decision.Reason}» is no reason for {choice.Label}.";
            problems.Add(Desk.Mistake("decision.reason", message, "reason", known));
        }
        if (!choice.ImpactRequired && decision.Impact is not null)
        {
            problems.Add(Desk.Mistake("decision.impact", $"{choice.Label} has no impact.", "impact"));
        }
        if (choice.ImpactRequired && step.Impacts.All(i => i.Impact != decision.Impact))
        {
            string known = string.Join(", ", step.Impacts.Select(i => i.Label));
            problems.Add(Desk.Mistake("decision.impact", $"{choice.Label} needs an impact.", "impact", known));
        }
    }
}
