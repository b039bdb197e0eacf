namespace Custodiet.Pipeline.Parsers;

/// <summary>Numbers kept under byte keys, so that a value seen before costs a hash and a comparison instead of a string. Belongs to one reader.</summary>
/// <param name="capacity">Keys at most; a full table starts afresh, for what it holds can be found again.</param>
internal sealed class ByteKeyTable(int capacity)
{
    private readonly Dictionary<ulong, (byte[] Key, int Value)> entries = [];

    /// <summary>The number under a key.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, out int value)
    {
        if (
            entries.TryGetValue(PathTable.Hash(key, 0), out (byte[] Key, int Value) entry)
            && key.SequenceEqual(entry.Key)
        )
        {
            value = entry.Value;
            return true;
        }
        value = 0;
        return false;
    }

    /// <summary>Keeps a number. Of two keys with one hash the later stays.</summary>
    public void Set(ReadOnlySpan<byte> key, int value)
    {
        if (entries.Count >= capacity)
        {
            entries.Clear();
        }
        entries[PathTable.Hash(key, 0)] = (key.ToArray(), value);
    }
}
