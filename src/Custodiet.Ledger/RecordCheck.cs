using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Tree;

namespace Custodiet.Ledger;

/// <summary>Gives the envelopes of records from an index on, in order, at most so many; empty at the end.</summary>
public delegate ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> EnvelopeReader(
    long fromRecord,
    int limit,
    CancellationToken cancellation
);

/// <summary>Hashes the records of the store again and compares them with what was signed.</summary>
public static class RecordCheck
{
    private const int BatchRecords = 1_024;

    /// <summary>What is wrong, or null when every known checkpoint fits the records.</summary>
    /// <param name="known">Checkpoints of one log.</param>
    /// <param name="firstRecord">The record that is its entry 0.</param>
    /// <param name="read">Reads records.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async ValueTask<string?> RunAsync(
        IReadOnlyList<Checkpoint> known,
        long firstRecord,
        EnvelopeReader read,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(read);
        CompactRange range = new();
        long end = known.Count == 0 ? 0 : known.Max(checkpoint => checkpoint.Size);
        while (range.Size < end)
        {
            IReadOnlyList<ReadOnlyMemory<byte>> envelopes = await read(
                firstRecord + range.Size,
                (int)Math.Min(BatchRecords, end - range.Size),
                cancellation
            );
            if (envelopes.Count == 0)
            {
                return $"record {firstRecord + range.Size} cannot be read.";
            }
            foreach (ReadOnlyMemory<byte> envelope in envelopes)
            {
                range.Append(TreeHash.OfLeaf(envelope.Span));
                if (known.Any(checkpoint => checkpoint.Size == range.Size && checkpoint.Root != range.Root))
                {
                    return $"the first {range.Size} records are not those that were signed: the roots differ.";
                }
            }
        }
        return null;
    }
}
