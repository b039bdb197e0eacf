using Custodiet.Process.Definitions;
using Custodiet.Records.Judgement;

namespace Custodiet.Web;

/// <summary>A decision in the words of the process that it was made in.</summary>
internal static class DecisionText
{
    /// <summary>The reason's label; its id where the process no longer offers it.</summary>
    public static string ReasonOf(this ProcessLibrary library, Decision decision) =>
        library.ReasonOf(decision.Verdict, decision.Reason);

    /// <summary>The same for a verdict and its reason.</summary>
    public static string ReasonOf(this ProcessLibrary library, Verdict verdict, string reason) =>
        library.Find(ProcessLibrary.Triage)?.Verdict.Find(verdict)?.Find(reason)?.Label ?? reason;

    /// <summary>Verdict, reason, impact and confidence on one line.</summary>
    public static string Of(this ProcessLibrary library, Decision decision) =>
        $"{Words.Of(decision.Verdict)}: {library.ReasonOf(decision)}"
        + (decision.Impact is { } impact ? $", impact {impact.ToString().ToLowerInvariant()}" : "")
        + $", confidence {decision.Confidence.ToString().ToLowerInvariant()}";
}
