using System.Buffers;
using System.Buffers.Binary;
using Custodiet.Ledger.Tree;

namespace Custodiet.Ledger.Tiles;

/// <summary>Grows a log's tiles entry by entry. Full tiles are written at once, partial ones when a checkpoint needs them.</summary>
internal sealed class TileWriter(string folder)
{
    private readonly DurableFiles files = new(folder);
    private readonly List<List<TreeHash>> edge = [];
    private readonly List<string> fullSinceFlush = [];
    private readonly ArrayBufferWriter<byte> bundle = new();
    private CompactRange range = new();

    /// <summary>Number of entries.</summary>
    public long Size => range.Size;

    /// <summary>The root at this size.</summary>
    public TreeHash Root => range.Root;

    /// <summary>The entries of the partial bundle, with their lengths.</summary>
    public ReadOnlyMemory<byte> Bundle => bundle.WrittenMemory.ToArray();

    /// <summary>Begins at a size whose tiles are there already.</summary>
    /// <exception cref="InvalidDataException">A tile or bundle is missing or does not fit the others.</exception>
    public async ValueTask LoadAsync(long size, CancellationToken cancellation)
    {
        FolderTileSource source = new(folder);
        TileTree tree = new(source, size);
        List<TreeHash> peaks = [];
        for (int level = 62; level >= 0; level--)
        {
            if ((size >> level & 1) == 1)
            {
                peaks.Add(await tree.NodeAsync(level, (size >> level) - 1, cancellation));
            }
        }
        range = CompactRange.Of(size, peaks);
        edge.Clear();
        for (int level = 0; level < 8 && size >> (8 * level) > 0; level++)
        {
            long hashes = size >> (8 * level);
            edge.Add(
                hashes % TilePath.Width == 0
                    ? []
                    : [.. await tree.TileAsync(level, hashes / TilePath.Width, cancellation)]
            );
        }
        await LoadBundleAsync(source, size, cancellation);
    }

    /// <summary>Says that a call failed: load again before the next append.</summary>
    public void Suspect() => files.Suspect();

    /// <summary>Appends an entry.</summary>
    public void Append(ReadOnlySpan<byte> entry)
    {
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)entry.Length));
        bundle.Write(length);
        bundle.Write(entry);
        TreeHash leaf = TreeHash.OfLeaf(entry);
        long index = range.Size;
        range.Append(leaf);
        if ((index + 1) % TilePath.Width == 0)
        {
            WriteFull(TilePath.Entries(index / TilePath.Width), bundle.WrittenSpan);
            bundle.ResetWrittenCount();
        }
        Push(0, index, leaf);
    }

    /// <summary>Writes the partial tiles of the present size and makes all tiles durable.</summary>
    public void Flush()
    {
        int width = (int)(Size % TilePath.Width);
        if (width > 0)
        {
            files.Write(TilePath.Entries(Size / TilePath.Width, width), bundle.WrittenSpan);
        }
        for (int level = 0; level < edge.Count; level++)
        {
            if (edge[level].Count > 0)
            {
                long tile = (Size >> (8 * level)) / TilePath.Width;
                files.Write(TilePath.Hashes(level, tile, edge[level].Count), Bytes(edge[level]));
            }
        }
        files.Flush();
    }

    /// <summary>Deletes partial tiles whose full tile is durable; call after <see cref="Flush"/>.</summary>
    public void CleanUp()
    {
        foreach (string full in fullSinceFlush)
        {
            string partials = Path.Combine(folder, full) + ".p";
            if (Directory.Exists(partials))
            {
                Directory.Delete(partials, recursive: true);
            }
        }
        fullSinceFlush.Clear();
    }

    private async ValueTask LoadBundleAsync(FolderTileSource source, long size, CancellationToken cancellation)
    {
        bundle.ResetWrittenCount();
        int width = (int)(size % TilePath.Width);
        if (width == 0)
        {
            return;
        }
        string path = TilePath.Entries(size / TilePath.Width, width);
        byte[]? bytes =
            await source.ReadAsync(path, cancellation)
            ?? await source.ReadAsync(TilePath.Entries(size / TilePath.Width), cancellation);
        if (bytes is null || EntryBundle.Parse(bytes) is not { } entries || entries.Count < width)
        {
            throw new InvalidDataException($"{path} is missing or malformed.");
        }
        for (int i = 0; i < width; i++)
        {
            if (TreeHash.OfLeaf(entries[i].Span) != edge[0][i])
            {
                throw new InvalidDataException($"{path}: entry {i} does not hash to its leaf.");
            }
        }
        bundle.Write(bytes.AsSpan(0, entries.Take(width).Sum(entry => 2 + entry.Length)));
    }

    private void Push(int level, long index, TreeHash hash)
    {
        if (level == edge.Count)
        {
            edge.Add([]);
        }
        List<TreeHash> tile = edge[level];
        tile.Add(hash);
        if (tile.Count < TilePath.Width)
        {
            return;
        }
        WriteFull(TilePath.Hashes(level, index / TilePath.Width), Bytes(tile));
        TreeHash root = TileTree.Fold(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(tile));
        tile.Clear();
        Push(level + 1, index / TilePath.Width, root);
    }

    private void WriteFull(string path, ReadOnlySpan<byte> content)
    {
        files.Write(path, content);
        fullSinceFlush.Add(path);
    }

    private static byte[] Bytes(List<TreeHash> hashes)
    {
        byte[] bytes = new byte[hashes.Count * TreeHash.Bytes];
        for (int i = 0; i < hashes.Count; i++)
        {
            hashes[i].CopyTo(bytes.AsSpan(i * TreeHash.Bytes));
        }
        return bytes;
    }
}
