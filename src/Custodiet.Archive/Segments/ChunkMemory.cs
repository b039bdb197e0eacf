using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Custodiet.Archive;

/// <summary>Blocks of memory outside the collected heap: the Parquet writer reads values in place, hence they may not move.</summary>
internal sealed unsafe class ChunkMemory : IDisposable
{
    /// <summary>Bytes of one block.</summary>
    public const int BlockBytes = 256 << 10;

    private const int IdleBlocksMax = 128;

    private readonly ConcurrentBag<nint> idle = [];
    private int idleCount;
    private volatile bool disposed;

    /// <summary>A block; the caller owns it until it is returned.</summary>
    public nint Rent()
    {
        if (idle.TryTake(out nint block))
        {
            Interlocked.Decrement(ref idleCount);
            return block;
        }
        return (nint)NativeMemory.Alloc(BlockBytes);
    }

    /// <summary>Takes a block back.</summary>
    public void Return(nint block)
    {
        if (disposed || Interlocked.Increment(ref idleCount) > IdleBlocksMax)
        {
            Interlocked.Decrement(ref idleCount);
            NativeMemory.Free((void*)block);
            return;
        }
        idle.Add(block);
    }

    /// <summary>Frees the idle blocks; those still rented are freed when they come back.</summary>
    public void Dispose()
    {
        disposed = true;
        while (idle.TryTake(out nint block))
        {
            NativeMemory.Free((void*)block);
        }
    }
}

/// <summary>The C library's heap, which keeps what native writers and queries have freed.</summary>
public static partial class NativeHeap
{
    // From malloc.h of the GNU C library.
    private const int ArenaMax = -8;

    /// <summary>
    /// Keeps the heap in few arenas; called before native code starts threads. By default each thread may open one, eight for every
    /// processor, and each keeps its own freed memory.
    /// </summary>
    public static void LimitArenas(int arenas)
    {
        try
        {
            _ = Option(ArenaMax, arenas);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has one heap.
        }
    }

    /// <summary>Gives freed memory back to the system; does nothing where the C library has no such call.</summary>
    public static void Trim()
    {
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no malloc_trim; it gives memory back by itself.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Option(int name, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}

/// <summary>Bytes that are copied in one after another and freed together.</summary>
internal sealed unsafe class ChunkArena(ChunkMemory memory)
{
    // A batch of one event must not hold a whole block while it waits to be written.
    private const int FirstBlockBytes = 16 << 10;

    private readonly List<nint> blocks = [];
    private readonly List<nint> large = [];
    private byte* next;
    private int left;

    /// <summary>Memory held.</summary>
    public long Bytes { get; private set; }

    /// <summary>Copies bytes in and says where they are until <see cref="Clear"/>.</summary>
    public nint Copy(ReadOnlySpan<byte> bytes)
    {
        byte* target = Allocate(bytes.Length);
        bytes.CopyTo(new Span<byte>(target, bytes.Length));
        return (nint)target;
    }

    /// <summary>Gives all memory back.</summary>
    public void Clear()
    {
        foreach (nint block in blocks)
        {
            memory.Return(block);
        }
        foreach (nint block in large)
        {
            NativeMemory.Free((void*)block);
        }
        blocks.Clear();
        large.Clear();
        next = null;
        left = 0;
        Bytes = 0;
    }

    private byte* Allocate(int length)
    {
        if (length > left)
        {
            if (length > ChunkMemory.BlockBytes / 4)
            {
                return Own(length);
            }
            left = Bytes == 0 && length <= FirstBlockBytes ? FirstBlockBytes : ChunkMemory.BlockBytes;
            if (left == FirstBlockBytes)
            {
                next = Own(left);
            }
            else
            {
                next = (byte*)memory.Rent();
                blocks.Add((nint)next);
                Bytes += left;
            }
        }
        byte* found = next;
        next += length;
        left -= length;
        return found;
    }

    private byte* Own(int length)
    {
        byte* own = (byte*)NativeMemory.Alloc((nuint)length);
        large.Add((nint)own);
        Bytes += length;
        return own;
    }
}
