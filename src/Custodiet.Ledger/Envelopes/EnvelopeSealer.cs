using System.Security.Cryptography;
using Custodiet.Records.Ledger;

namespace Custodiet.Ledger.Envelopes;

/// <summary>Turns drafts into sealed records: gives them a name and a salt and makes the envelope.</summary>
public static class EnvelopeSealer
{
    /// <summary>
    /// Seals a draft at the moment of recording; matches <see cref="Sealer"/>. Times are cut to whole microseconds, so that
    /// the store and the envelope say the same.
    /// </summary>
    /// <exception cref="ArgumentException">Type, stream or actor is empty, too long or no valid Unicode.</exception>
    public static SealedRecord Seal(RecordDraft draft, DateTimeOffset recordedAt)
    {
        ArgumentNullException.ThrowIfNull(draft);
        byte[] salt = RandomNumberGenerator.GetBytes(Envelope.SaltBytes);
        byte[] body = RecordBodyJson.Serialize(draft.Body);
        Envelope envelope = new(
            new RecordId(Guid.CreateVersion7(recordedAt)),
            draft.Body.Type,
            draft.Stream,
            draft.Actor,
            Envelope.WholeMicroseconds(draft.OccurredAt),
            Envelope.WholeMicroseconds(recordedAt),
            draft.Supersedes,
            Envelope.DigestOf(salt, body)
        );
        return new SealedRecord(
            envelope.Id,
            envelope.Type,
            envelope.Stream,
            envelope.Actor,
            envelope.OccurredAt,
            envelope.RecordedAt,
            envelope.Supersedes,
            envelope.ToBytes(),
            salt,
            body
        );
    }
}
