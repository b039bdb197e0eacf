using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Custodiet.Records.Events;

namespace Custodiet.Records.Findings;

/// <summary>How severe, with OCSF's numbers (<c>severity_id</c>, OCSF 1.8).</summary>
public enum Severity
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>Sigma's <c>informational</c>.</summary>
    Informational = 1,

    /// <summary>Low.</summary>
    Low = 2,

    /// <summary>Medium.</summary>
    Medium = 3,

    /// <summary>High.</summary>
    High = 4,

    /// <summary>Critical.</summary>
    Critical = 5,

    /// <summary>Fatal.</summary>
    Fatal = 6,
}

/// <summary>The name of a finding: equal inputs give equal ids, so that a finding made twice is stored once.</summary>
/// <param name="Value">The 128 bits.</param>
public readonly record struct FindingId(Guid Value)
{
    /// <summary>The id of what a rule found in an event.</summary>
    public static FindingId Of(long eventOffset, string ruleId)
    {
        Span<byte> offset = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(offset, eventOffset);
        return Hash(offset, Encoding.UTF8.GetBytes(ruleId));
    }

    /// <summary>The id of what another tool reported under its own reference.</summary>
    public static FindingId Of(string source, string sourceRef) =>
        Hash(Encoding.UTF8.GetBytes(source + "\n"), Encoding.UTF8.GetBytes(sourceRef));

    private static FindingId Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Span<byte> digest = stackalloc byte[32];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(first);
        hash.AppendData(second);
        hash.GetHashAndReset(digest);
        return new FindingId(new Guid(digest[..16], bigEndian: true));
    }

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>Which rule, exactly: a finding names its digest, and its author as the Detection Rule License asks.</summary>
/// <param name="Id">The rule's id.</param>
/// <param name="Title">Its title.</param>
/// <param name="Digest">SHA-256 of the rule's document, lower-case hex; empty for another tool's rule.</param>
/// <param name="Author">Its author, if it names one.</param>
public sealed record RuleReference(string Id, string Title, string Digest, string? Author);

/// <summary>What a finding is about.</summary>
/// <param name="Kind">For example <c>host</c>, <c>user</c>, <c>account</c>.</param>
/// <param name="Name">Its name as the event gives it.</param>
public readonly record struct Entity(string Kind, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind}:{Name}";
}

/// <summary>A name and a value taken from the event.</summary>
public readonly record struct FindingField(string Name, string Value);

/// <summary>A match of an analytic, or a finding that another tool sent.</summary>
/// <param name="Id">Derived from its inputs.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Severity">The rule's level.</param>
/// <param name="EventOffset">The event, or null when another tool found it.</param>
/// <param name="OccurredAt">When the event happened.</param>
/// <param name="Source">Where the event came from; for another tool, the tool and its sensor.</param>
/// <param name="Entity">What it is about: findings of one rule about one entity form one alert.</param>
/// <param name="Fields">What the analyst sees first: the fields the rule read, then the parser's headline fields. At most 64.</param>
/// <param name="SourceRef">The other tool's reference.</param>
/// <param name="Link">Deep link back into the other tool.</param>
/// <param name="Techniques">ATT&amp;CK technique ids from the rule's tags, such as <c>T1059.001</c>.</param>
public sealed record Finding(
    FindingId Id,
    RuleReference Rule,
    Severity Severity,
    long? EventOffset,
    DateTimeOffset OccurredAt,
    SourceKey Source,
    Entity Entity,
    IReadOnlyList<FindingField> Fields,
    string? SourceRef = null,
    string? Link = null,
    IReadOnlyList<string>? Techniques = null
);
