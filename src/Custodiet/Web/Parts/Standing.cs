namespace Custodiet.Web.Parts;

/// <summary>What is known about something: unknown is a state of its own and never looks like good.</summary>
public enum Standing
{
    /// <summary>No data, no probe, no test.</summary>
    Unknown,

    /// <summary>Measured and as it should be.</summary>
    Good,

    /// <summary>Measured and worth a look.</summary>
    Warning,

    /// <summary>Measured and wrong.</summary>
    Bad,

    /// <summary>A plain figure without a judgement.</summary>
    Figure,
}
