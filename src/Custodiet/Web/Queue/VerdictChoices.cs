using System.Text.Json;
using Custodiet.Process.Definitions;

namespace Custodiet.Web.Queue;

/// <summary>The decision's choices as the keyboard script reads them.</summary>
internal sealed record VerdictChoices(
    string Text,
    IReadOnlyList<VerdictChoices.VerdictItem> Verdicts,
    IReadOnlyList<VerdictChoices.Item> Impacts,
    IReadOnlyList<VerdictChoices.Item> Confidences
)
{
    /// <summary>Camel case, with the encoder that escapes what could end a data block.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Something to choose.</summary>
    internal sealed record Item(string Value, string Label, string? Hint);

    /// <summary>A verdict with the reasons that go with it.</summary>
    internal sealed record VerdictItem(
        string Value,
        string Label,
        string? Hint,
        bool Impact,
        IReadOnlyList<Item> Reasons
    );

    /// <summary>The choices of a process's verdict step.</summary>
    public static VerdictChoices Of(VerdictStep step) =>
        new(
            step.Text,
            [
                .. step.Choices.Select(c => new VerdictItem(
                    c.Verdict.ToString(),
                    c.Label,
                    c.Hint,
                    c.ImpactRequired,
                    [.. c.Reasons.Select(r => new Item(r.Id, r.Label, r.Hint))]
                )),
            ],
            [.. step.Impacts.Select(i => new Item(i.Impact.ToString(), i.Label, i.Hint))],
            [.. step.Confidences.Select(c => new Item(c.Confidence.ToString(), c.Label, c.Hint))]
        );
}
