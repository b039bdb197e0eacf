namespace Custodiet.Analytics;

/// <summary>Byte strings to small numbers, without making a string to look one up. Not safe for several threads.</summary>
internal sealed class Utf8Table
{
    private readonly int capacity;
    private int[] slots = new int[256];
    private readonly List<(byte[] Key, int Value)> entries = [];

    public Utf8Table(int capacity)
    {
        this.capacity = capacity;
    }

    public bool IsFull => entries.Count >= capacity;

    public bool TryGet(ReadOnlySpan<byte> key, out int value)
    {
        for (int slot = Slot(key); slots[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            (byte[] known, int number) = entries[slots[slot] - 1];
            if (key.SequenceEqual(known))
            {
                value = number;
                return true;
            }
        }
        value = 0;
        return false;
    }

    /// <summary>Adds a key that is not there. The caller checks <see cref="IsFull"/> first.</summary>
    public void Add(ReadOnlySpan<byte> key, int value)
    {
        entries.Add((key.ToArray(), value));
        if (entries.Count * 3 > slots.Length)
        {
            slots = new int[slots.Length * 2];
            for (int i = 0; i < entries.Count; i++)
            {
                Place(entries[i].Key, i + 1);
            }
        }
        else
        {
            Place(key, entries.Count);
        }
    }

    private void Place(ReadOnlySpan<byte> key, int entry)
    {
        int slot = Slot(key);
        while (slots[slot] != 0)
        {
            slot = (slot + 1) & (slots.Length - 1);
        }
        slots[slot] = entry;
    }

    private int Slot(ReadOnlySpan<byte> key)
    {
        uint hash = 2166136261;
        foreach (byte b in key)
        {
            hash = (hash ^ b) * 16777619;
        }
        return (int)((hash ^ (hash >> 15)) & (uint)(slots.Length - 1));
    }
}
