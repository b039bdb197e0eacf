using Custodiet.Records.Judgement;

namespace Custodiet.Process.Triage;

/// <summary>Verdicts in words, for sentences of processes that are not at hand.</summary>
internal static class VerdictWords
{
    public static string Of(Verdict verdict) =>
        verdict switch
        {
            Verdict.FalsePositive => "false positive",
            Verdict.TruePositive => "true positive",
            Verdict.Disregard => "disregard",
            Verdict.Suspicious => "suspicious",
            Verdict.Benign => "benign",
            Verdict.Test => "test",
            Verdict.InsufficientData => "insufficient data",
            Verdict.SecurityRisk => "security risk",
            Verdict.ManagedExternally => "managed externally",
            Verdict.Duplicate => "duplicate",
            Verdict.Other => "other",
            _ => "unknown",
        };
}
