using System.Buffers.Binary;
using Custodiet.Ledger.Tree;

namespace Custodiet.Ledger.Tiles;

/// <summary>Entries one after another, each behind its length as a big-endian uint16 (C2SP tlog-tiles).</summary>
internal static class EntryBundle
{
    /// <summary>The entries, or null when the bytes are not exactly a number of entries.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>>? Parse(ReadOnlyMemory<byte> bundle)
    {
        List<ReadOnlyMemory<byte>> entries = [];
        while (!bundle.IsEmpty)
        {
            if (bundle.Length < 2)
            {
                return null;
            }
            int length = BinaryPrimitives.ReadUInt16BigEndian(bundle.Span);
            if (bundle.Length < 2 + length)
            {
                return null;
            }
            entries.Add(bundle.Slice(2, length));
            bundle = bundle[(2 + length)..];
        }
        return entries;
    }

    /// <summary>The leaf hashes of a bundle; the bundle is overwritten on the way. Null when it is malformed.</summary>
    public static List<TreeHash>? HashAndSpoil(Span<byte> bundle)
    {
        List<TreeHash> hashes = new(TilePath.Width);
        while (!bundle.IsEmpty)
        {
            if (bundle.Length < 2 || bundle.Length < 2 + BinaryPrimitives.ReadUInt16BigEndian(bundle))
            {
                return null;
            }
            int length = BinaryPrimitives.ReadUInt16BigEndian(bundle);
            // The byte before the entry becomes RFC 6962's leaf prefix, so that nothing is copied.
            bundle[1] = 0x00;
            hashes.Add(TreeHash.OfPrefixed(bundle.Slice(1, 1 + length)));
            bundle = bundle[(2 + length)..];
        }
        return hashes;
    }
}
