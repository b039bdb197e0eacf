using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// Dotted JSON names as small numbers, found segment by segment without making a string: a node is a parent and a segment.
/// Belongs to one reader. Bounded, because senders choose the names: past the bound it answers <see cref="Overflow"/>,
/// and the reader starts it afresh before the next event.
/// </summary>
internal sealed class PathTable
{
    /// <summary>The event itself.</summary>
    public const int Root = 0;

    /// <summary>Stands for every name that found no room.</summary>
    public const int Overflow = 1;

    private const int FirstFree = 2;
    private const int ProbesMax = 64;
    private const int PoolBytesMax = 8 * 1024 * 1024;

    private readonly IReadOnlyDictionary<string, int> slots;
    private readonly int capacity;
    private readonly int nameLengthMax;
    private readonly ulong seed;
    private Entry[] entries = new Entry[1024];
    private int[] buckets = new int[4096];
    private byte[] pool = new byte[16 * 1024];
    private int poolUsed;
    private int count = FirstFree;
    private byte[] unescaped = new byte[256];

    /// <summary>Creates an empty table.</summary>
    /// <param name="slots">Dotted names that parsers ask for, with the number each of them gets.</param>
    /// <param name="limits">Its bounds.</param>
    public PathTable(IReadOnlyDictionary<string, int> slots, ParserLimits limits)
    {
        this.slots = slots;
        capacity = limits.Names;
        nameLengthMax = limits.NameLength;
        // A random seed, so that nobody outside can choose names that collide.
        seed = MemoryMarshal.Read<ulong>(RandomNumberGenerator.GetBytes(8)) | 1;
        Reset();
    }

    /// <summary>How many nodes there are; numbers are below this.</summary>
    public int Count => count;

    /// <summary>Whether there is too little room left for an event full of new names.</summary>
    public bool IsNearlyFull => count > capacity / 8 * 7 || poolUsed > PoolBytesMax / 8 * 7;

    /// <summary>Forgets all names.</summary>
    public void Reset()
    {
        Array.Clear(buckets);
        count = FirstFree;
        poolUsed = 0;
        entries[Root] = new Entry { Name = "", Slot = -1 };
        entries[Overflow] = new Entry { Name = "", Slot = -1 };
    }

    /// <summary>The whole dotted name of a node.</summary>
    public string NameOf(int node) => entries[node].Name;

    /// <summary>The number under which parsers ask for this node, or -1.</summary>
    public int SlotOf(int node) => entries[node].Slot;

    /// <summary>The node of a property whose name holds escapes.</summary>
    public int EscapedChild(int parent, ReadOnlySpan<byte> segment)
    {
        if (unescaped.Length < segment.Length)
        {
            unescaped = new byte[segment.Length];
        }
        int length = JsonText.Unescape(segment, unescaped);
        return Child(parent, unescaped.AsSpan(0, length));
    }

    /// <summary>The node of a property.</summary>
    public int Child(int parent, ReadOnlySpan<byte> segment)
    {
        ulong hash = Hash(segment, seed ^ (uint)parent);
        int mask = buckets.Length - 1;
        int place = (int)(hash >> 32) & mask;
        for (int probe = 0; probe < ProbesMax; probe++)
        {
            int node = buckets[place];
            if (node == 0)
            {
                return Add(parent, segment, hash, place);
            }
            ref Entry entry = ref entries[node];
            if (
                entry.Hash == hash
                && entry.Parent == parent
                && segment.SequenceEqual(pool.AsSpan(entry.Start, entry.Length))
            )
            {
                return node;
            }
            place = (place + 1) & mask;
        }
        return Overflow;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Add(int parent, ReadOnlySpan<byte> segment, ulong hash, int place)
    {
        string front = entries[parent].Name;
        if (
            parent == Overflow
            || count >= capacity
            || poolUsed + segment.Length > PoolBytesMax
            || front.Length + 1 + segment.Length > nameLengthMax
        )
        {
            return Overflow;
        }
        if (count == entries.Length)
        {
            Array.Resize(ref entries, count * 2);
        }
        if (poolUsed + segment.Length > pool.Length)
        {
            Array.Resize(ref pool, Math.Max(pool.Length * 2, poolUsed + segment.Length));
        }
        string own = Encoding.UTF8.GetString(segment);
        string name = parent == Root ? own : $"{front}.{own}";
        segment.CopyTo(pool.AsSpan(poolUsed));
        entries[count] = new Entry
        {
            Hash = hash,
            Parent = parent,
            Start = poolUsed,
            Length = segment.Length,
            Slot = slots.TryGetValue(name, out int slot) ? slot : -1,
            Name = name,
        };
        poolUsed += segment.Length;
        buckets[place] = count;
        int node = count++;
        if (count * 2 > buckets.Length)
        {
            Rehash();
        }
        return node;
    }

    private void Rehash()
    {
        buckets = new int[buckets.Length * 2];
        int mask = buckets.Length - 1;
        for (int node = FirstFree; node < count; node++)
        {
            int place = (int)(entries[node].Hash >> 32) & mask;
            while (buckets[place] != 0)
            {
                place = (place + 1) & mask;
            }
            buckets[place] = node;
        }
    }

    internal static ulong Hash(ReadOnlySpan<byte> bytes, ulong seed)
    {
        const ulong First = 0x9E3779B97F4A7C15;
        const ulong Second = 0xD6E8FEB86659FD93;
        ulong hash = seed + ((ulong)bytes.Length * First);
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        int at = 0;
        for (; at + 8 <= bytes.Length; at += 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at));
            hash = BitOperations.RotateLeft((hash ^ word) * First, 29);
        }
        ulong rest = 0;
        if (bytes.Length >= 8 && at < bytes.Length)
        {
            rest = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, bytes.Length - 8));
        }
        else
        {
            for (int shift = 0; at < bytes.Length; at++, shift += 8)
            {
                rest |= (ulong)Unsafe.Add(ref start, at) << shift;
            }
        }
        hash = (hash ^ rest) * Second;
        return (hash ^ (hash >> 31)) * First;
    }

    private struct Entry
    {
        public ulong Hash;
        public int Parent;
        public int Start;
        public int Length;
        public int Slot;
        public string Name;
    }
}
