namespace Custodiet.Records.People;

/// <summary>What someone may do. Every route names the roles that may use it.</summary>
public enum Role
{
    /// <summary>Judges alerts and works cases.</summary>
    Analyst,

    /// <summary>Sees and changes sources, content and operations; sends events.</summary>
    Engineer,

    /// <summary>Reads everything, restricts cases, approves.</summary>
    Lead,

    /// <summary>Reads the ledger and datasets; changes nothing.</summary>
    Auditor,

    /// <summary>Manages accounts and tokens.</summary>
    Admin,
}

/// <summary>A pseudonym that stands for a person, a token or the service in records and datasets. Names are kept elsewhere.</summary>
/// <param name="Value">For example <c>p-7c1f09ab3d2e</c>, <c>t-…</c> for a token, or <c>service</c>.</param>
public readonly record struct ActorId(string Value)
{
    /// <summary>Custodiet itself.</summary>
    public static readonly ActorId Service = new("service");

    /// <summary>Whoever has a shell on the machine as the service's user.</summary>
    public static readonly ActorId Console = new("console");

    /// <inheritdoc/>
    public override string ToString() => Value ?? "";
}

/// <summary>Who reads: decides which restricted cases are visible.</summary>
/// <param name="Actor">The reader.</param>
/// <param name="Roles">The reader's roles.</param>
public sealed record Viewer(ActorId Actor, IReadOnlySet<Role> Roles)
{
    /// <summary>The service itself, which sees everything in order to derive from it; never used on behalf of a person.</summary>
    public static readonly Viewer Service = new(ActorId.Service, new HashSet<Role>());

    /// <summary>Whether a case restricted to these people is visible. An empty list is a case that is not restricted.</summary>
    public bool MaySee(IReadOnlyList<ActorId> restrictedTo) =>
        restrictedTo.Count == 0 || Actor == ActorId.Service || restrictedTo.Contains(Actor);
}
