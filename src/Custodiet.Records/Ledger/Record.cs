using Custodiet.Records.People;

namespace Custodiet.Records.Ledger;

/// <summary>The name of a record: UUIDv7, hence sortable by time.</summary>
public readonly record struct RecordId(Guid Value)
{
    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");
}

/// <summary>A record that somebody wants to make: the only way to change anything that matters.</summary>
/// <param name="Body">What happened, typed. It may hold personal data and can be erased later.</param>
/// <param name="Stream">What it happened to, for example <c>alert/0193…</c>; records of one stream are ordered.</param>
/// <param name="Actor">Who did it, as a pseudonym.</param>
/// <param name="OccurredAt">When it happened; when it is recorded is the store's to say.</param>
/// <param name="Supersedes">The record that this one corrects.</param>
public sealed record RecordDraft(
    RecordBody Body,
    string Stream,
    ActorId Actor,
    DateTimeOffset OccurredAt,
    RecordId? Supersedes = null
);

/// <summary>A record sealed for the ledger: what is appended.</summary>
/// <param name="Id">The record's name.</param>
/// <param name="Type">Type and version, for example <c>verdict.given/1</c>.</param>
/// <param name="Stream">What it happened to.</param>
/// <param name="Actor">Who.</param>
/// <param name="OccurredAt">When it happened.</param>
/// <param name="RecordedAt">When it was recorded.</param>
/// <param name="Supersedes">What it corrects.</param>
/// <param name="Envelope">The canonical envelope, the exact bytes of the ledger's entry. At most 65,535 bytes.</param>
/// <param name="Salt">16 random bytes that make the body's digest unguessable.</param>
/// <param name="Body">The body as UTF-8 JSON.</param>
public sealed record SealedRecord(
    RecordId Id,
    string Type,
    string Stream,
    ActorId Actor,
    DateTimeOffset OccurredAt,
    DateTimeOffset RecordedAt,
    RecordId? Supersedes,
    ReadOnlyMemory<byte> Envelope,
    ReadOnlyMemory<byte> Salt,
    ReadOnlyMemory<byte> Body
);

/// <summary>A record as it stands in the store.</summary>
/// <param name="Index">Its place in the ledger, from 0.</param>
/// <param name="Sealed">The record. Where the body was erased there is no salt, and the body is what the erasure left of it, or empty.</param>
/// <param name="Erased">Whether the body was erased by a recorded act.</param>
public sealed record StoredRecord(long Index, SealedRecord Sealed, bool Erased);

/// <summary>Turns a draft into a sealed record at the moment of recording. The ledger's project implements it.</summary>
public delegate SealedRecord Sealer(RecordDraft draft, DateTimeOffset recordedAt);
