using System.Numerics;

namespace Custodiet.Ledger.Tree;

/// <summary>
/// The tree of RFC 6962 built leaf by leaf: keeps one hash per set bit of the size, the roots of its perfect subtrees from
/// left to right.
/// </summary>
internal sealed class CompactRange
{
    private readonly List<TreeHash> peaks = [];

    /// <summary>Number of leaves.</summary>
    public long Size { get; private set; }

    /// <summary>The root at this size.</summary>
    public TreeHash Root
    {
        get
        {
            if (peaks.Count == 0)
            {
                return TreeHash.Empty;
            }
            TreeHash root = peaks[^1];
            for (int i = peaks.Count - 2; i >= 0; i--)
            {
                root = TreeHash.OfNode(peaks[i], root);
            }
            return root;
        }
    }

    /// <summary>A range over leaves whose perfect subtrees are known, largest first.</summary>
    public static CompactRange Of(long size, IReadOnlyList<TreeHash> peaks)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(peaks.Count, BitOperations.PopCount((ulong)size));
        CompactRange range = new() { Size = size };
        range.peaks.AddRange(peaks);
        return range;
    }

    /// <summary>Appends a leaf's hash.</summary>
    public void Append(TreeHash leaf)
    {
        TreeHash hash = leaf;
        // Each trailing one of the size is a perfect subtree that the new leaf completes to a larger one.
        for (long size = Size; (size & 1) == 1; size >>= 1)
        {
            hash = TreeHash.OfNode(peaks[^1], hash);
            peaks.RemoveAt(peaks.Count - 1);
        }
        peaks.Add(hash);
        Size++;
    }
}
