namespace Custodiet.Ledger;

/// <summary>Where the log stands.</summary>
/// <param name="Origin">The log's name.</param>
/// <param name="VerifierKey">The public key to verify it with.</param>
/// <param name="FirstRecord">The record that is entry 0; larger than 0 when the log continues an older one.</param>
/// <param name="Size">Entries taken.</param>
/// <param name="SignedSize">Entries under the newest checkpoint.</param>
/// <param name="SignedRoot">The root of the newest checkpoint, hex; empty before the first.</param>
/// <param name="LastSignedAt">When this process signed last.</param>
/// <param name="VerifiedAt">When all records were last hashed again and found as signed.</param>
/// <param name="Refusal">Why the log takes nothing, and what to do; null in health.</param>
/// <param name="Rebuilding">Why the tiles are made again from the records, or null.</param>
public sealed record TileLogState(
    string Origin,
    string VerifierKey,
    long FirstRecord,
    long Size,
    long SignedSize,
    string SignedRoot,
    DateTimeOffset? LastSignedAt,
    DateTimeOffset? VerifiedAt,
    string? Refusal,
    string? Rebuilding
);
