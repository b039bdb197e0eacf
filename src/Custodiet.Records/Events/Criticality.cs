namespace Custodiet.Records.Events;

/// <summary>How much depends on a source. It decides what is shed first when not everything can be taken.</summary>
public enum Criticality
{
    /// <summary>Nice to have: shed first.</summary>
    Low,

    /// <summary>What is not declared.</summary>
    Normal,

    /// <summary>Analytics depend on it.</summary>
    High,

    /// <summary>Without it an intrusion would go unseen: shed last.</summary>
    Vital,
}
