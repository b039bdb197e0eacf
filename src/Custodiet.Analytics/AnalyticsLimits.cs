namespace Custodiet.Analytics;

/// <summary>The bounds of the rule engine. Every one is far above what rules and events hold in practice, and reaching one is counted or reported.</summary>
public static class AnalyticsLimits
{
    /// <summary>Bytes of one value that rules look at: 65,536. A Windows command line has 32,767 characters at most.</summary>
    /// <remarks>
    /// Of a longer value the first so many bytes are searched, its true end is compared for <c>endswith</c>, and it equals nothing.
    /// Counted as <see cref="RuleSetStatistics.ValuesCut"/>.
    /// </remarks>
    public const int ValueBytesMax = 65_536;

    /// <summary>Characters of one pattern in a rule: 16,384. A longer one is a problem of the rule.</summary>
    public const int PatternCharactersMax = 16_384;

    /// <summary>Values of one rule after its modifiers multiplied them: 100,000.</summary>
    public const int RuleValuesMax = 100_000;

    /// <summary>Dashes that <c>windash</c> permutes in one value: 5, which gives 3,125 variants.</summary>
    public const int WindashDashesMax = 5;

    /// <summary>Nesting of a condition's parentheses and negations: 64.</summary>
    public const int ConditionDepthMax = 64;

    /// <summary>Fields of a finding: 64.</summary>
    public const int FindingFieldsMax = 64;

    /// <summary>Characters of one field of a finding: 4,096. A longer value ends in an ellipsis.</summary>
    public const int FindingValueCharactersMax = 4_096;

    /// <summary>Nesting of a flat event's JSON: 64.</summary>
    public const int EventDepthMax = 64;

    /// <summary>Values of one flat event: 4,096.</summary>
    public const int EventValuesMax = 4_096;

    /// <summary>Different sets of log sources that flat events may bring: 4,096. Events of further ones are unrouted.</summary>
    public const int EventLogSourcesMax = 4_096;
}
