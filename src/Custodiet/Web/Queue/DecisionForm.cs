using Custodiet.Records.Judgement;
using Custodiet.Records.Ledger;

namespace Custodiet.Web.Queue;

/// <summary>A decision as forms carry it: names of OCSF values, never numbers.</summary>
internal static class DecisionForm
{
    /// <summary>The decision, or null when a part that every decision has is missing or is no such value.</summary>
    public static Decision? Read(IFormCollection form)
    {
        Verdict? verdict = Named<Verdict>(form["verdict"]);
        Confidence? confidence = Named<Confidence>(form["confidence"]);
        string impact = form["impact"].ToString();
        Impact? impactValue = Named<Impact>(impact);
        return
            verdict is null
            || confidence is null
            || form["reason"].ToString() is not { Length: > 0 } reason
            || (impact.Length > 0 && impactValue is null)
            ? null
            : new Decision(verdict.Value, reason, impactValue, confidence.Value);
    }

    /// <summary>A record's name, or null.</summary>
    public static RecordId? Record(string? text) => Guid.TryParse(text, out Guid id) ? new RecordId(id) : null;

    private static T? Named<T>(string? word)
        where T : struct, Enum =>
        word is { Length: > 0 }
        && char.IsLetter(word[0])
        && Enum.TryParse(word, ignoreCase: true, out T value)
        && Enum.IsDefined(value)
            ? value
            : null;
}
