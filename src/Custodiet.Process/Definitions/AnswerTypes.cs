namespace Custodiet.Process.Definitions;

/// <summary>The types an answer can have.</summary>
internal static class AnswerTypes
{
    /// <summary>All types, as content names them.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "choice",
        "choices",
        "yes-no",
        "number",
        "instant",
        "duration",
        "entity",
        "observable",
        "technique",
        "text",
    ];

    /// <summary>The answers of a yes-no question.</summary>
    public static readonly IReadOnlyList<string> YesNo = ["yes", "no", "cannot-tell"];
}
