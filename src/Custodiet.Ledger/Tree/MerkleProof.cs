using System.Numerics;

namespace Custodiet.Ledger.Tree;

/// <summary>Gives the root of a perfect subtree: level 0 are leaves, level n spans 2^n of them, index counts from the left.</summary>
internal delegate ValueTask<TreeHash> NodeReader(int level, long index, CancellationToken cancellation);

/// <summary>Proofs of RFC 6962 §2.1.1 (inclusion) and §2.1.2 (consistency): making them and checking them.</summary>
public static class MerkleProof
{
    /// <summary>The most hashes that a proof can have.</summary>
    public const int HashesMax = 64;

    /// <summary>Whether a leaf stands at an index of a tree with that size and root. Never throws for a hostile proof.</summary>
    public static bool VerifyInclusion(
        TreeHash leaf,
        long index,
        long size,
        IReadOnlyList<TreeHash> proof,
        TreeHash root
    )
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index < 0 || index >= size || proof.Count > HashesMax)
        {
            return false;
        }
        int used = 0;
        TreeHash hash = leaf;
        long last = size - 1;
        for (long at = index; last > 0; at >>= 1, last >>= 1)
        {
            if ((at & 1) == 1 || at < last)
            {
                if (used == proof.Count)
                {
                    return false;
                }
                hash = (at & 1) == 1 ? TreeHash.OfNode(proof[used], hash) : TreeHash.OfNode(hash, proof[used]);
                used++;
            }
        }
        return used == proof.Count && hash == root;
    }

    /// <summary>Whether a tree grew from a smaller one without any change to it. Never throws for a hostile proof.</summary>
    public static bool VerifyConsistency(
        long oldSize,
        TreeHash oldRoot,
        long newSize,
        TreeHash newRoot,
        IReadOnlyList<TreeHash> proof
    )
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (oldSize < 0 || oldSize > newSize || proof.Count > HashesMax)
        {
            return false;
        }
        if (oldSize == 0)
        {
            return proof.Count == 0 && oldRoot == TreeHash.Empty;
        }
        if (oldSize == newSize)
        {
            return proof.Count == 0 && oldRoot == newRoot;
        }
        return Fold(oldSize, oldRoot, newSize, proof) is { } folded && folded.Old == oldRoot && folded.New == newRoot;
    }

    /// <summary>The inclusion proof of a leaf, from its sibling up to the root's child.</summary>
    internal static async ValueTask<IReadOnlyList<TreeHash>> InclusionAsync(
        long index,
        long size,
        NodeReader read,
        CancellationToken cancellation
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        List<TreeHash> proof = [];
        long start = 0;
        long end = size;
        while (end - start > 1)
        {
            long middle = start + SplitOf(end - start);
            bool left = index < middle;
            proof.Add(await RangeAsync(left ? middle : start, left ? end : middle, read, cancellation));
            (start, end) = left ? (start, middle) : (middle, end);
        }
        proof.Reverse();
        return proof;
    }

    /// <summary>The proof that the tree of the new size holds the tree of the old size unchanged.</summary>
    internal static async ValueTask<IReadOnlyList<TreeHash>> ConsistencyAsync(
        long oldSize,
        long newSize,
        NodeReader read,
        CancellationToken cancellation
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(oldSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(oldSize, newSize);
        List<TreeHash> proof = [];
        if (oldSize == 0 || oldSize == newSize)
        {
            return proof;
        }
        long start = 0;
        long end = newSize;
        while (oldSize < end)
        {
            long middle = start + SplitOf(end - start);
            bool left = oldSize <= middle;
            proof.Add(await RangeAsync(left ? middle : start, left ? end : middle, read, cancellation));
            (start, end) = left ? (start, middle) : (middle, end);
        }
        if (start > 0)
        {
            // The old tree's own last subtree is known to the verifier only when it is the whole old tree.
            proof.Add(await RangeAsync(start, end, read, cancellation));
        }
        proof.Reverse();
        return proof;
    }

    /// <summary>The hash of the leaves from start (inclusive) to end (exclusive), as RFC 6962's MTH splits them.</summary>
    internal static async ValueTask<TreeHash> RangeAsync(
        long start,
        long end,
        NodeReader read,
        CancellationToken cancellation
    )
    {
        if (start == end)
        {
            return TreeHash.Empty;
        }
        Stack<TreeHash> left = new();
        while (true)
        {
            long width = end - start;
            if (BitOperations.IsPow2(width))
            {
                int level = BitOperations.Log2((ulong)width);
                TreeHash hash = await read(level, start >> level, cancellation);
                while (left.TryPop(out TreeHash before))
                {
                    hash = TreeHash.OfNode(before, hash);
                }
                return hash;
            }
            long split = SplitOf(width);
            int splitLevel = BitOperations.Log2((ulong)split);
            left.Push(await read(splitLevel, start >> splitLevel, cancellation));
            start += split;
        }
    }

    private static long SplitOf(long width) => 1L << BitOperations.Log2((ulong)(width - 1));

    // RFC 9162 §2.1.4.2, which spells out the check of RFC 6962 proofs as a loop.
    private static (TreeHash Old, TreeHash New)? Fold(
        long oldSize,
        TreeHash oldRoot,
        long newSize,
        IReadOnlyList<TreeHash> proof
    )
    {
        // An old tree that is one perfect subtree is not in the proof: the verifier knows its hash already.
        bool perfect = BitOperations.IsPow2(oldSize);
        if (proof.Count == 0)
        {
            return null;
        }
        int used = perfect ? 0 : 1;
        TreeHash oldHash = perfect ? oldRoot : proof[0];
        TreeHash newHash = oldHash;
        int trailingOnes = BitOperations.TrailingZeroCount(oldSize);
        long old = (oldSize - 1) >> trailingOnes;
        long last = (newSize - 1) >> trailingOnes;
        for (; used < proof.Count; used++, old >>= 1, last >>= 1)
        {
            if (last == 0)
            {
                return null;
            }
            if ((old & 1) == 0 && old != last)
            {
                newHash = TreeHash.OfNode(newHash, proof[used]);
                continue;
            }
            oldHash = TreeHash.OfNode(proof[used], oldHash);
            newHash = TreeHash.OfNode(proof[used], newHash);
            for (; (old & 1) == 0 && old != 0; old >>= 1)
            {
                last >>= 1;
            }
        }
        return last == 0 ? (oldHash, newHash) : null;
    }
}
