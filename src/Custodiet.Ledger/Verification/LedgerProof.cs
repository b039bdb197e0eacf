using System.Globalization;
using System.Text;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Ledger.Tiles;
using Custodiet.Ledger.Tree;

namespace Custodiet.Ledger.Verification;

/// <summary>The proof that an entry is in a log, checked without the log (C2SP tlog-proof; file extension <c>.tlog-proof</c>).</summary>
/// <param name="Index">The entry's place in the log, from 0.</param>
/// <param name="Hashes">Inclusion proof, from the leaf's sibling up.</param>
/// <param name="Note">The checkpoint, as it was signed.</param>
/// <param name="Extra">Base64 data for the application that nobody vouches for, or null. Custodiet puts the envelope here.</param>
public sealed record LedgerProof(long Index, IReadOnlyList<TreeHash> Hashes, string Note, byte[]? Extra = null)
{
    private const string FirstLine = "c2sp.org/tlog-proof@v1";

    /// <summary>The text form.</summary>
    public string ToText()
    {
        StringBuilder text = new(FirstLine);
        text.Append('\n');
        if (Extra is not null)
        {
            text.Append("extra ").Append(Convert.ToBase64String(Extra)).Append('\n');
        }
        text.Append(CultureInfo.InvariantCulture, $"index {Index}\n");
        foreach (TreeHash hash in Hashes)
        {
            text.Append(hash.ToBase64()).Append('\n');
        }
        return text.Append('\n').Append(Note).ToString();
    }

    /// <summary>Reads the text form; null with what is wrong. Never throws for hostile input.</summary>
    public static LedgerProof? Parse(string text, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        problem = $"The proof is not '{FirstLine}', 'index N', hashes, an empty line and a checkpoint.";
        int split = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || text.Length > SignedNote.BytesMax * 4)
        {
            return null;
        }
        string[] lines = text[..split].Split('\n');
        int at = 1;
        byte[]? extra = null;
        if (lines.Length > at && lines[at].StartsWith("extra ", StringComparison.Ordinal))
        {
            extra = StrictBase64.Decode(lines[at]["extra ".Length..]);
            at++;
            if (extra is null)
            {
                return null;
            }
        }
        if (
            lines[0] != FirstLine
            || lines.Length <= at
            || !lines[at].StartsWith("index ", StringComparison.Ordinal)
            || !long.TryParse(lines[at].AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out long index)
            || lines[at][6..] != index.ToString(CultureInfo.InvariantCulture)
            || lines.Length - at - 1 > MerkleProof.HashesMax
        )
        {
            return null;
        }
        List<TreeHash> hashes = [];
        foreach (string line in lines.AsSpan(at + 1))
        {
            if (TreeHash.FromBase64(line) is not { } hash)
            {
                return null;
            }
            hashes.Add(hash);
        }
        problem = "";
        return new LedgerProof(index, hashes, text[(split + 2)..], extra);
    }

    /// <summary>Whether an entry stands in the log at the proof's index; otherwise says why not.</summary>
    public bool Verify(ReadOnlySpan<byte> entry, NoteVerifier verifier, out string problem)
    {
        if (Checkpoint.Open(Note, verifier, out problem) is not { } checkpoint)
        {
            return false;
        }
        if (!MerkleProof.VerifyInclusion(TreeHash.OfLeaf(entry), Index, checkpoint.Size, Hashes, checkpoint.Root))
        {
            problem = $"The entry is not number {Index} of the log that was signed.";
            return false;
        }
        return true;
    }

    internal static async ValueTask<LedgerProof?> MakeAsync(
        string folder,
        Checkpoint? checkpoint,
        long index,
        CancellationToken cancellation
    )
    {
        if (checkpoint is null || index >= checkpoint.Size)
        {
            return null;
        }
        FolderTileSource source = new(folder);
        TileTree tree = new(source, checkpoint.Size);
        IReadOnlyList<TreeHash> hashes = await MerkleProof.InclusionAsync(
            index,
            checkpoint.Size,
            tree.NodeAsync,
            cancellation
        );
        ReadOnlyMemory<byte> entry = await EntryAsync(source, checkpoint.Size, index, cancellation);
        if (!MerkleProof.VerifyInclusion(TreeHash.OfLeaf(entry.Span), index, checkpoint.Size, hashes, checkpoint.Root))
        {
            throw new InvalidDataException("The tiles do not hash to the signed root; verify the ledger.");
        }
        return new LedgerProof(index, hashes, checkpoint.Note, entry.ToArray());
    }

    private static async ValueTask<ReadOnlyMemory<byte>> EntryAsync(
        FolderTileSource source,
        long size,
        long index,
        CancellationToken cancellation
    )
    {
        long bundle = index / TilePath.Width;
        string path = TilePath.Entries(bundle, TileTree.WidthAt(size, 0, bundle));
        byte[]? bytes =
            await source.ReadAsync(path, cancellation)
            ?? await source.ReadAsync(TilePath.Entries(bundle), cancellation);
        int at = (int)(index % TilePath.Width);
        return bytes is not null && EntryBundle.Parse(bytes) is { } entries && at < entries.Count
            ? entries[at]
            : throw new InvalidDataException($"{path} is missing or malformed.");
    }
}
