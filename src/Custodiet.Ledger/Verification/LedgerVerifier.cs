using System.Text;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Envelopes;
using Custodiet.Ledger.Tiles;
using Custodiet.Ledger.Tree;
using Custodiet.Records.Ledger;

namespace Custodiet.Ledger.Verification;

/// <summary>Something in a log that is not as it was signed.</summary>
/// <param name="Where">The file, below the log's prefix, or the record.</param>
/// <param name="What">What is wrong, as a sentence.</param>
public readonly record struct LedgerMismatch(string Where, string What);

/// <summary>What verifying a log gave.</summary>
/// <param name="Checkpoint">The checkpoint, or null when it is not signed by the key.</param>
/// <param name="Entries">Entries hashed.</param>
/// <param name="Bodies">Bodies compared with their envelopes.</param>
/// <param name="Erased">Bodies that were erased by a recorded act, and therefore cannot be compared.</param>
/// <param name="Mismatches">Everything that is wrong, up to <see cref="LedgerVerifier.MismatchesMax"/>.</param>
public sealed record LedgerVerification(
    Checkpoint? Checkpoint,
    long Entries,
    long Bodies,
    long Erased,
    IReadOnlyList<LedgerMismatch> Mismatches
)
{
    /// <summary>Whether everything is as it was signed.</summary>
    public bool Holds => Checkpoint is not null && Mismatches.Count == 0;
}

/// <summary>Salt and body of a record, for the comparison with its envelope.</summary>
/// <param name="Salt">The salt.</param>
/// <param name="Body">The body.</param>
/// <param name="Erased">Whether it was erased by a recorded act.</param>
public sealed record SealedBody(ReadOnlyMemory<byte> Salt, ReadOnlyMemory<byte> Body, bool Erased);

/// <summary>Gives the body of the record with that id, or null when there is none.</summary>
public delegate ValueTask<SealedBody?> BodyReader(RecordId id, CancellationToken cancellation);

/// <summary>Verifies a whole log: signature, every tile, every entry, and bodies if it can read them.</summary>
public static class LedgerVerifier
{
    /// <summary>How many mismatches are listed; verification goes no further.</summary>
    public const int MismatchesMax = 1_000;

    /// <summary>Verifies a log in a folder.</summary>
    /// <param name="folder">The folder with <c>checkpoint</c> and <c>tile/</c>.</param>
    /// <param name="verifier">The key to trust.</param>
    /// <param name="bodies">Reads bodies, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    public static ValueTask<LedgerVerification> VerifyDirectoryAsync(
        string folder,
        NoteVerifier verifier,
        BodyReader? bodies,
        CancellationToken cancellation
    ) => new Run(new FolderTileSource(folder), verifier, bodies).VerifyAsync(cancellation);

    /// <summary>Verifies a log behind a URL prefix.</summary>
    /// <param name="http">The client, with authorisation if the server asks for it.</param>
    /// <param name="prefix">The log's prefix.</param>
    /// <param name="verifier">The key to trust.</param>
    /// <param name="bodies">Reads bodies, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    public static ValueTask<LedgerVerification> VerifyUrlAsync(
        HttpClient http,
        Uri prefix,
        NoteVerifier verifier,
        BodyReader? bodies,
        CancellationToken cancellation
    ) => new Run(new HttpTileSource(http, prefix), verifier, bodies).VerifyAsync(cancellation);

    private sealed class Run(ITileSource source, NoteVerifier verifier, BodyReader? bodies)
    {
        private readonly List<LedgerMismatch> mismatches = [];
        private long entries;
        private long bodiesCompared;
        private long erased;

        public async ValueTask<LedgerVerification> VerifyAsync(CancellationToken cancellation)
        {
            Checkpoint? checkpoint = await ReadCheckpointAsync(cancellation);
            if (checkpoint is not null)
            {
                await VerifyTreeAsync(checkpoint, cancellation);
            }
            return new LedgerVerification(checkpoint, entries, bodiesCompared, erased, mismatches);
        }

        private async ValueTask<Checkpoint?> ReadCheckpointAsync(CancellationToken cancellation)
        {
            byte[]? note = await ReadAsync("checkpoint", cancellation);
            if (note is null)
            {
                Report("checkpoint", "It is missing.");
                return null;
            }
            Checkpoint? checkpoint = Checkpoint.Open(Encoding.UTF8.GetString(note), verifier, out string problem);
            if (checkpoint is null)
            {
                Report("checkpoint", problem);
            }
            return checkpoint;
        }

        // Entries give leaf hashes; full tiles of one level give the hashes of the next. Each tile on the way is compared.
        private async ValueTask VerifyTreeAsync(Checkpoint checkpoint, CancellationToken cancellation)
        {
            CompactRange range = new();
            List<TreeHash> above = [];
            for (long tile = 0; tile * TilePath.Width < checkpoint.Size; tile++)
            {
                int width = TileTree.WidthAt(checkpoint.Size, 0, tile);
                List<TreeHash>? leaves = await VerifyBundleAsync(tile, width, cancellation);
                if (leaves is null || mismatches.Count >= MismatchesMax)
                {
                    return;
                }
                await VerifyTileAsync(0, tile, leaves, cancellation);
                leaves.ForEach(range.Append);
                AddFull(above, leaves);
            }
            for (int level = 1; above.Count > 0 && mismatches.Count < MismatchesMax; level++)
            {
                List<TreeHash> next = [];
                for (int tile = 0; tile * TilePath.Width < above.Count; tile++)
                {
                    int start = tile * TilePath.Width;
                    List<TreeHash> hashes = above.GetRange(start, Math.Min(TilePath.Width, above.Count - start));
                    await VerifyTileAsync(level, tile, hashes, cancellation);
                    AddFull(next, hashes);
                }
                above = next;
            }
            if (range.Root != checkpoint.Root)
            {
                Report("checkpoint", $"The {range.Size} entries do not hash to the signed root.");
            }
        }

        private static void AddFull(List<TreeHash> above, List<TreeHash> hashes)
        {
            if (hashes.Count == TilePath.Width)
            {
                above.Add(TileTree.Fold(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(hashes)));
            }
        }

        private async ValueTask<List<TreeHash>?> VerifyBundleAsync(long tile, int width, CancellationToken cancellation)
        {
            string path = TilePath.Entries(tile, width);
            byte[]? bytes = await ReadAsync(path, cancellation);
            byte[]? full =
                bytes is null && width < TilePath.Width ? await ReadAsync(TilePath.Entries(tile), cancellation) : null;
            byte[]? bundle = bytes ?? full;
            if (bundle is null)
            {
                Report(path, "It is missing.");
                return null;
            }
            await VerifyPartialsAsync(
                TilePath.Entries(tile),
                width,
                bundle,
                part => EntryBundle.Parse(part)?.Count,
                cancellation
            );
            if (bodies is not null)
            {
                await VerifyBodiesAsync(path, bundle, width, cancellation);
            }
            List<TreeHash>? leaves = EntryBundle.HashAndSpoil(bundle);
            if (leaves is null || leaves.Count < width || (full is null && leaves.Count > width))
            {
                Report(path, $"It does not hold {width} entries.");
                return null;
            }
            entries += width;
            return leaves.Count == width ? leaves : leaves.GetRange(0, width);
        }

        private async ValueTask VerifyTileAsync(
            int level,
            long tile,
            List<TreeHash> hashes,
            CancellationToken cancellation
        )
        {
            string path = TilePath.Hashes(level, tile, hashes.Count);
            byte[]? bytes = await ReadAsync(path, cancellation);
            if (bytes is null && hashes.Count < TilePath.Width)
            {
                bytes = await ReadAsync(TilePath.Hashes(level, tile), cancellation);
                bytes = bytes?.AsSpan(0, Math.Min(bytes.Length, hashes.Count * TreeHash.Bytes)).ToArray();
            }
            if (bytes is null)
            {
                Report(path, "It is missing.");
                return;
            }
            if (bytes.Length != hashes.Count * TreeHash.Bytes)
            {
                Report(path, $"It has {bytes.Length} bytes, {hashes.Count * TreeHash.Bytes} are needed.");
                return;
            }
            for (int i = 0; i < hashes.Count; i++)
            {
                if (new TreeHash(bytes.AsSpan(i * TreeHash.Bytes, TreeHash.Bytes)) != hashes[i])
                {
                    Report(path, $"Hash {i} is not the hash of what lies below it.");
                }
            }
            await VerifyPartialsAsync(
                TilePath.Hashes(level, tile),
                hashes.Count,
                bytes,
                part => part.Length % TreeHash.Bytes == 0 ? part.Length / TreeHash.Bytes : null,
                cancellation
            );
        }

        // Older checkpoints name narrower tiles; each must be the beginning of the wider one.
        private async ValueTask VerifyPartialsAsync(
            string fullPath,
            int width,
            ReadOnlyMemory<byte> whole,
            Func<ReadOnlyMemory<byte>, int?> countOf,
            CancellationToken cancellation
        )
        {
            foreach (int partial in source.PartialWidths(fullPath))
            {
                string path = $"{fullPath}.p/{partial}";
                if (partial < width && await ReadAsync(path, cancellation) is { } bytes)
                {
                    if (!whole.Span.StartsWith(bytes) || countOf(bytes) != partial)
                    {
                        Report(path, "It is not the beginning of the wider tile.");
                    }
                }
            }
        }

        private async ValueTask VerifyBodiesAsync(string path, byte[] bundle, int width, CancellationToken cancellation)
        {
            IReadOnlyList<ReadOnlyMemory<byte>> list = EntryBundle.Parse(bundle) ?? [];
            foreach (ReadOnlyMemory<byte> entry in list.Take(width))
            {
                EnvelopeParse parse = Envelope.Parse(entry.Span);
                if (parse.Envelope is not { } envelope)
                {
                    Report(path, $"An entry is no envelope. {parse.Problems[0]}");
                    continue;
                }
                SealedBody? body = await bodies!(envelope.Id, cancellation);
                if (body is null)
                {
                    Report($"record {envelope.Id}", "The record store does not have it.");
                }
                else if (body.Erased)
                {
                    erased++;
                }
                else if (!envelope.Matches(body.Salt.Span, body.Body.Span))
                {
                    Report($"record {envelope.Id}", "Its body is not the one that was sealed.");
                }
                else
                {
                    bodiesCompared++;
                }
            }
        }

        private async ValueTask<byte[]?> ReadAsync(string path, CancellationToken cancellation)
        {
            try
            {
                return await source.ReadAsync(path, cancellation);
            }
            catch (IOException error)
            {
                Report(path, $"It cannot be read: {error.Message}");
                return null;
            }
        }

        private void Report(string where, string what)
        {
            if (mismatches.Count < MismatchesMax)
            {
                mismatches.Add(new LedgerMismatch(where, what));
            }
        }
    }
}
