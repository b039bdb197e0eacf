using Custodiet.Process.Definitions;
using Custodiet.Records.Judgement;

namespace Custodiet.Web;

/// <summary>A decision in the words of the process that it was made in.</summary>
internal static class DecisionWords
{
    /// <summary>The reason's label; its id where the process no longer offers it.</summary>
    public static string ReasonOf(this ProcessLibrary library, Decision decision) =>
        library.Find(ProcessLibrary.Triage)?.Verdict.Find(decision.Verdict)?.Find(decision.Reason)?.Label
        ?? decision.Reason;

    /// <summary>Verdict, reason, impact and confidence on one line.</summary>
    public static string Of(this ProcessLibrary library, Decision decision) =>
        $"{Words.Of(decision.Verdict)}: {library.ReasonOf(decision)}"
        + (decision.Impact is { } impact ? $", impact {impact.ToString().ToLowerInvariant()}" : "")
        + $", confidence {decision.Confidence.ToString().ToLowerInvariant()}";
}
