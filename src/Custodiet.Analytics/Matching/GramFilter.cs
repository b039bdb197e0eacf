using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Custodiet.Analytics.Matching;

/// <summary>One literal and the pattern it stands for.</summary>
internal readonly record struct PatternLiteral(int Pattern, byte[] Bytes);

/// <summary>
/// Finds which of many literals a value contains: each literal is filed under one short run of its bytes (a gram), and a bitmap
/// that stays in the processor's cache says for most places of a value that none of the grams begins there.
/// </summary>
internal sealed class GramFilter
{
    private const uint Multiplier = 0x9E3779B1u;

    // Sixteen bits a literal: about one place in sixteen looks further for nothing.
    private const int BitsPerEntryLog = 4;

    private readonly int width;
    private readonly uint mask;
    private readonly uint[] bitmap;
    private readonly int bitmapShift;
    private readonly int bucketShift;
    private readonly int[] bucketStarts;
    private readonly Entry[] entries;
    private readonly byte[] text;

    /// <param name="literals">At least one; each has at least <paramref name="width"/> bytes.</param>
    /// <param name="width">Bytes of a gram: 2 or 4.</param>
    /// <param name="offsetOf">Where in a literal the gram to file it under begins.</param>
    public GramFilter(IReadOnlyList<PatternLiteral> literals, int width, Func<byte[], int> offsetOf)
    {
        this.width = width;
        mask = width == 4 ? uint.MaxValue : 0xFFFFu;
        int bucketBits = Math.Clamp(BitLength(literals.Count * 2), 4, 20);
        int bitmapBits = Math.Clamp(bucketBits + BitsPerEntryLog, 10, 22);
        bucketShift = 32 - bucketBits;
        bitmapShift = 32 - bitmapBits;
        bitmap = new uint[1 << (bitmapBits - 5)];
        text = [.. literals.SelectMany(l => l.Bytes)];
        List<(uint Hash, Entry Entry)> filed = [];
        int start = 0;
        foreach (PatternLiteral literal in literals)
        {
            int offset = offsetOf(literal.Bytes);
            uint hash = (GramAt(literal.Bytes, offset) & mask) * Multiplier;
            bitmap[hash >> bitmapShift >> 5] |= 1u << (int)(hash >> bitmapShift);
            filed.Add((hash, new Entry(literal.Pattern, offset, start, literal.Bytes.Length)));
            start += literal.Bytes.Length;
        }
        filed.Sort((a, b) => (a.Hash >> bucketShift).CompareTo(b.Hash >> bucketShift));
        entries = [.. filed.Select(f => f.Entry)];
        bucketStarts = new int[(1 << bucketBits) + 1];
        foreach ((uint hash, _) in filed)
        {
            bucketStarts[(hash >> bucketShift) + 1]++;
        }
        for (int i = 1; i < bucketStarts.Length; i++)
        {
            bucketStarts[i] += bucketStarts[i - 1];
        }
    }

    /// <summary>Raises every pattern whose literal the value contains.</summary>
    /// <param name="value">The folded value. Four more bytes can be read after it.</param>
    /// <param name="patterns">The plan's patterns.</param>
    /// <param name="state">Where to note them.</param>
    public void Scan(ReadOnlySpan<byte> value, PatternTable patterns, MatchState state)
    {
        int last = value.Length - width;
        ref byte first = ref MemoryMarshal.GetReference(value);
        ref uint bits = ref MemoryMarshal.GetArrayDataReference(bitmap);
        uint gramMask = mask;
        int shift = bitmapShift;
        for (int i = 0; i <= last; i++)
        {
            uint gram = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, i)) & gramMask;
            uint hash = gram * Multiplier;
            uint place = hash >> shift;
            if ((Unsafe.Add(ref bits, place >> 5) & (1u << (int)place)) != 0)
            {
                Verify(value, i, hash, patterns, state);
            }
        }
    }

    private void Verify(ReadOnlySpan<byte> value, int position, uint hash, PatternTable patterns, MatchState state)
    {
        uint bucket = hash >> bucketShift;
        for (int i = bucketStarts[bucket]; i < bucketStarts[bucket + 1]; i++)
        {
            ref readonly Entry entry = ref entries[i];
            int start = position - entry.Offset;
            if (
                start >= 0
                && start + entry.Length <= value.Length
                && value.Slice(start, entry.Length).SequenceEqual(text.AsSpan(entry.Start, entry.Length))
            )
            {
                patterns.Raise(entry.Pattern, state);
            }
        }
    }

    private static uint GramAt(byte[] literal, int offset)
    {
        uint gram = 0;
        for (int i = 0; i < 4 && offset + i < literal.Length; i++)
        {
            gram |= (uint)literal[offset + i] << (8 * i);
        }
        return gram;
    }

    private static int BitLength(int value) => 32 - int.LeadingZeroCount(Math.Max(1, value - 1));

    private readonly record struct Entry(int Pattern, int Offset, int Start, int Length);
}
