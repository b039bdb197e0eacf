using System.Text.Json.Serialization;
using Custodiet.Records.Events;

namespace Custodiet.Records.Ledger;

/// <summary>Events left the archive. Recorded before their file is deleted.</summary>
/// <param name="Deletion">Its id; the archive and this record name the same deletion.</param>
/// <param name="Cause">Why: by age, by budget, or as part of an erasure.</param>
/// <param name="Rule">The rule of the policy that said so, or the erasure's id.</param>
/// <param name="Segment">The segment that held them.</param>
/// <param name="SegmentSha256">That segment's digest, as <c>segment.archived</c> recorded it.</param>
/// <param name="Replacement">The segment that holds what was kept of it, or null when nothing was.</param>
/// <param name="Events">How many events.</param>
/// <param name="RawBytes">Their bytes as received.</param>
/// <param name="ReceivedFrom">Earliest receipt in the segment.</param>
/// <param name="ReceivedTo">Latest receipt in the segment.</param>
/// <param name="Sources">How many of which source, the largest first; at most 200, the rest under <c>(others)</c>.</param>
public sealed record EventsDeleted(
    string Deletion,
    DeletionCause Cause,
    string Rule,
    string Segment,
    string SegmentSha256,
    string? Replacement,
    long Events,
    long RawBytes,
    DateTimeOffset ReceivedFrom,
    DateTimeOffset ReceivedTo,
    IReadOnlyList<SourceCount> Sources
) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "events.deleted/1";
}

/// <summary>Why events leave the archive.</summary>
public enum DeletionCause
{
    /// <summary>They are older than the policy keeps them.</summary>
    Age,

    /// <summary>The archive, or their part of it, is larger than the policy allows.</summary>
    Budget,

    /// <summary>They speak of a person whose data is erased.</summary>
    Erasure,
}

/// <summary>How many events of a source.</summary>
public sealed record SourceCount(SourceKey Source, long Events);

/// <summary>Events of these sources and this time must not be deleted from now on, whatever the policy says.</summary>
/// <param name="Hold">Its id.</param>
/// <param name="Name">What people call it, for example a matter's number.</param>
/// <param name="Reason">Why, as one of the known reasons.</param>
/// <param name="Sources">Which sources.</param>
/// <param name="From">Events that happened or were received since then; null: from the beginning.</param>
/// <param name="To">Events that happened or were received until then; null: without end.</param>
public sealed record HoldPlaced(
    string Hold,
    string Name,
    HoldReason Reason,
    SourcePattern Sources,
    DateTimeOffset? From,
    DateTimeOffset? To
) : RecordBody
{
    /// <summary>The stream of all holds.</summary>
    public const string Stream = "holds";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "hold.placed/1";
}

/// <summary>Why something is held.</summary>
public enum HoldReason
{
    /// <summary>A lawsuit, or one to be expected.</summary>
    Litigation,

    /// <summary>An authority asked for it.</summary>
    Authority,

    /// <summary>An incident is being investigated.</summary>
    Incident,

    /// <summary>An audit needs it.</summary>
    Audit,
}

/// <summary>A hold ended: the policy is in force again for what it held.</summary>
public sealed record HoldLifted(string Hold) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "hold.lifted/1";
}

/// <summary>A person's data was erased. Who it was is not said, and cannot be found out from here.</summary>
/// <param name="Erasure">Its id.</param>
/// <param name="Reason">Why, as one of the known reasons.</param>
/// <param name="Identifiers">How many identifiers were looked for.</param>
/// <param name="EventsErased">Events deleted from the archive.</param>
/// <param name="EventsHeld">Events that a hold keeps; they were left.</param>
/// <param name="RecordsErased">Records whose body was erased.</param>
/// <param name="FindingsRedacted">Findings whose values were erased.</param>
public sealed record ErasureDone(
    string Erasure,
    ErasureReason Reason,
    int Identifiers,
    long EventsErased,
    long EventsHeld,
    int RecordsErased,
    int FindingsRedacted
) : RecordBody
{
    /// <summary>The stream of all erasures.</summary>
    public const string Stream = "erasures";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "erasure.done/1";
}

/// <summary>Why a person's data is erased.</summary>
public enum ErasureReason
{
    /// <summary>The person asked for it (GDPR, Article 17).</summary>
    Request,

    /// <summary>The purpose it was kept for is gone.</summary>
    PurposeEnded,

    /// <summary>It was taken in by mistake.</summary>
    Mistake,

    /// <summary>A court or an authority ordered it.</summary>
    Order,
}

/// <summary>A record's body was erased. What it said apart from the person stands here, so that nothing else is lost.</summary>
/// <param name="Erased">The record.</param>
/// <param name="Index">Its place in the ledger.</param>
/// <param name="Erasure">The erasure that this is part of.</param>
/// <param name="Remainder">The body with every value that named the person replaced, or null when nothing of it is left.</param>
public sealed record RecordErased(RecordId Erased, long Index, string Erasure, RecordBody? Remainder) : RecordBody
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "record.erased/1";
}
