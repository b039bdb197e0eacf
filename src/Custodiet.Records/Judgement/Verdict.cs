namespace Custodiet.Records.Judgement;

/// <summary>OCSF 1.8 <c>verdict_id</c>.</summary>
public enum Verdict
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>The rule or its data is wrong.</summary>
    FalsePositive = 1,

    /// <summary>It is what the rule says, and it is bad.</summary>
    TruePositive = 2,

    /// <summary>Not worth a decision.</summary>
    Disregard = 3,

    /// <summary>Suspicious, not proven.</summary>
    Suspicious = 4,

    /// <summary>It is what the rule says, and it is expected.</summary>
    Benign = 5,

    /// <summary>A test.</summary>
    Test = 6,

    /// <summary>The data does not allow a decision.</summary>
    InsufficientData = 7,

    /// <summary>A weakness, not an attack.</summary>
    SecurityRisk = 8,

    /// <summary>Someone else handles it.</summary>
    ManagedExternally = 9,

    /// <summary>Decided elsewhere already.</summary>
    Duplicate = 10,

    /// <summary>None of these.</summary>
    Other = 99,
}

/// <summary>OCSF 1.8 <c>impact_id</c>.</summary>
public enum Impact
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>Low.</summary>
    Low = 1,

    /// <summary>Medium.</summary>
    Medium = 2,

    /// <summary>High.</summary>
    High = 3,

    /// <summary>Critical.</summary>
    Critical = 4,
}

/// <summary>OCSF 1.8 <c>confidence_id</c>.</summary>
public enum Confidence
{
    /// <summary>Low.</summary>
    Low = 1,

    /// <summary>Medium.</summary>
    Medium = 2,

    /// <summary>High.</summary>
    High = 3,
}

/// <summary>A decision: verdict, the reason that goes with it, impact, confidence.</summary>
/// <param name="Verdict">OCSF verdict.</param>
/// <param name="Reason">An id from the process's list of reasons for this verdict; the list depends on the verdict.</param>
/// <param name="Impact">Only where the process asks for it; null is unanswered, which is not «unknown».</param>
/// <param name="Confidence">How sure.</param>
public sealed record Decision(Verdict Verdict, string Reason, Impact? Impact, Confidence Confidence);
