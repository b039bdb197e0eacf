namespace Custodiet.Records.Judgement;

/// <summary>Names an alert.</summary>
public readonly record struct AlertId(Guid Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>Names a case.</summary>
public readonly record struct CaseId(Guid Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>Names a run of a process.</summary>
public readonly record struct RunId(Guid Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>Names a decision.</summary>
public readonly record struct VerdictId(Guid Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>Which process, exactly.</summary>
/// <param name="Id">For example <c>triage</c>.</param>
/// <param name="Version">The definition's version, for example <c>1.0.0</c>.</param>
/// <param name="Digest">SHA-256 of the definition's file, lower-case hex.</param>
public sealed record ProcessReference(string Id, string Version, string Digest);
