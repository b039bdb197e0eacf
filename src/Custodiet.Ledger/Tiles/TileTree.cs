using Custodiet.Ledger.Tree;

namespace Custodiet.Ledger.Tiles;

/// <summary>Reads nodes of a tree of a given size out of its tiles. Remembers the tiles it read.</summary>
internal sealed class TileTree(ITileSource source, long size)
{
    private readonly Dictionary<(int Level, long Index), TreeHash[]> tiles = [];

    /// <summary>The root of a perfect subtree.</summary>
    /// <exception cref="InvalidDataException">A tile is missing or has the wrong length.</exception>
    public async ValueTask<TreeHash> NodeAsync(int level, long index, CancellationToken cancellation)
    {
        int tileLevel = level / 8;
        int span = 1 << (level % 8);
        long first = index * span;
        TreeHash[] tile = await TileAsync(tileLevel, first / TilePath.Width, cancellation);
        int start = (int)(first % TilePath.Width);
        if (start + span > tile.Length)
        {
            throw new InvalidDataException($"The tree of {size} entries has no node {index} at level {level}.");
        }
        return Fold(tile.AsSpan(start, span));
    }

    /// <summary>The root of the whole tree.</summary>
    public ValueTask<TreeHash> RootAsync(CancellationToken cancellation) =>
        MerkleProof.RangeAsync(0, size, NodeAsync, cancellation);

    /// <summary>The hashes of a tile as this size has it: all of a full one, or the first of a partial one.</summary>
    public async ValueTask<TreeHash[]> TileAsync(int level, long index, CancellationToken cancellation)
    {
        if (tiles.TryGetValue((level, index), out TreeHash[]? known))
        {
            return known;
        }
        int width = WidthAt(size, level, index);
        if (width == 0)
        {
            return [];
        }
        string path = TilePath.Hashes(level, index, width);
        byte[] bytes =
            await source.ReadAsync(path, cancellation)
            ?? await source.ReadAsync(TilePath.Hashes(level, index), cancellation)
            ?? throw new InvalidDataException($"{path} is missing.");
        if (bytes.Length % TreeHash.Bytes != 0 || bytes.Length < width * TreeHash.Bytes)
        {
            throw new InvalidDataException($"{path} has {bytes.Length} bytes, {width * TreeHash.Bytes} are needed.");
        }
        TreeHash[] tile = Parse(bytes.AsSpan(0, width * TreeHash.Bytes));
        tiles.Add((level, index), tile);
        return tile;
    }

    /// <summary>How many hashes of a tile a tree of that size has: 0 to 256.</summary>
    public static int WidthAt(long size, int level, long index)
    {
        long hashes = level >= 8 ? 0 : size >> (8 * level);
        return (int)Math.Clamp(hashes - (index * TilePath.Width), 0, TilePath.Width);
    }

    public static TreeHash[] Parse(ReadOnlySpan<byte> bytes)
    {
        TreeHash[] hashes = new TreeHash[bytes.Length / TreeHash.Bytes];
        for (int i = 0; i < hashes.Length; i++)
        {
            hashes[i] = new TreeHash(bytes.Slice(i * TreeHash.Bytes, TreeHash.Bytes));
        }
        return hashes;
    }

    /// <summary>The root over a power of two of hashes.</summary>
    public static TreeHash Fold(ReadOnlySpan<TreeHash> hashes)
    {
        Span<TreeHash> level = stackalloc TreeHash[hashes.Length];
        hashes.CopyTo(level);
        for (int width = hashes.Length; width > 1; width /= 2)
        {
            for (int i = 0; i < width / 2; i++)
            {
                level[i] = TreeHash.OfNode(level[2 * i], level[(2 * i) + 1]);
            }
        }
        return level[0];
    }
}
