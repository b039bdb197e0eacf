namespace Custodiet.Records.Events;

/// <summary>How much depends on a source, as the people who run it declare.</summary>
public enum Criticality
{
    /// <summary>Chatter that is missed by nobody.</summary>
    Low,

    /// <summary>Nothing was declared, or that it is like most.</summary>
    Normal,

    /// <summary>What is missing from it is missed.</summary>
    High,

    /// <summary>Nothing of it may be missing.</summary>
    Critical,
}

/// <summary>What is declared of sources. Safe for many threads when the lookup is.</summary>
/// <param name="lookup">The criticality of a source.</param>
public sealed class SourceCriticality(Func<SourceKey, Criticality> lookup)
{
    /// <summary>Nothing is declared: every source is <see cref="Criticality.Normal"/>.</summary>
    public static SourceCriticality Undeclared { get; } = new(_ => Criticality.Normal);

    /// <summary>The criticality of a source.</summary>
    public Criticality Of(SourceKey source) => lookup(source);
}
