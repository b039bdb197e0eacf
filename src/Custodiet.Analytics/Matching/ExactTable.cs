using System.Buffers.Binary;

namespace Custodiet.Analytics.Matching;

/// <summary>Finds the patterns whose literal a value is.</summary>
internal sealed class ExactTable
{
    private readonly int lengthMax;
    private readonly int[] slots;
    private readonly (int Pattern, byte[] Bytes, bool Number)[] entries;

    /// <param name="literals">At least one. One text may stand here as text and as number.</param>
    public ExactTable(IReadOnlyList<(int Pattern, byte[] Bytes, bool Number)> literals)
    {
        entries = [.. literals];
        lengthMax = entries.Max(e => e.Bytes.Length);
        slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)entries.Length * 4)];
        for (int i = 0; i < entries.Length; i++)
        {
            uint slot = Slot(entries[i].Bytes);
            while (slots[slot] != 0)
            {
                slot = (slot + 1) & (uint)(slots.Length - 1);
            }
            slots[slot] = i + 1;
        }
    }

    /// <summary>Raises every pattern that is this value.</summary>
    /// <param name="value">The folded value.</param>
    /// <param name="numbersOnly">Whether only patterns that are numbers count: the value is a number's other spelling.</param>
    /// <param name="patterns">The plan's patterns.</param>
    /// <param name="state">Where to note them.</param>
    public void Scan(ReadOnlySpan<byte> value, bool numbersOnly, PatternTable patterns, MatchState state)
    {
        if (value.Length > lengthMax)
        {
            return;
        }
        for (uint slot = Slot(value); slots[slot] != 0; slot = (slot + 1) & (uint)(slots.Length - 1))
        {
            ref readonly (int Pattern, byte[] Bytes, bool Number) entry = ref entries[slots[slot] - 1];
            if (value.SequenceEqual(entry.Bytes) && (entry.Number || !numbersOnly))
            {
                patterns.Raise(entry.Pattern, state);
            }
        }
    }

    // Both ends and the length tell literals apart well enough, whatever their length.
    private uint Slot(ReadOnlySpan<byte> value)
    {
        ulong ends;
        if (value.Length >= 8)
        {
            ends =
                BinaryPrimitives.ReadUInt64LittleEndian(value)
                ^ ulong.RotateLeft(BinaryPrimitives.ReadUInt64LittleEndian(value[^8..]), 29);
        }
        else
        {
            ends = 0;
            foreach (byte b in value)
            {
                ends = (ends << 8) | b;
            }
        }
        ulong mixed = (ends + ((ulong)value.Length << 56)) * 0x9E3779B97F4A7C15ul;
        return (uint)(mixed >> 32) & (uint)(slots.Length - 1);
    }
}
