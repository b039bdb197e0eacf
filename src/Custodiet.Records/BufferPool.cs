using System.Numerics;

namespace Custodiet.Records;

/// <summary>
/// Large buffers, rented and given back. What lies idle is bounded in bytes over all sizes, which the framework's shared pool does not do:
/// it keeps dozens of buffers per size and processor.
/// </summary>
/// <param name="idleBytesMax">Bytes that may lie idle; a buffer given back beyond it is left to the collector.</param>
public sealed class BufferPool(long idleBytesMax)
{
    // Four sizes per doubling: a batch of a little over 1 MiB holds 1.25 MiB, not 2.
    private const int SmallestBits = 12;
    private const int Classes = (30 - SmallestBits) * 4 + 1;

    private readonly Lock gate = new();
    private readonly Stack<byte[]>[] idle = [.. Enumerable.Range(0, Classes).Select(_ => new Stack<byte[]>())];
    private long idleBytes;

    /// <summary>The pool of request bodies and queued batches: at most 32 MiB lie idle.</summary>
    public static BufferPool Shared { get; } = new(32L << 20);

    /// <summary>Bytes that lie idle now.</summary>
    public long IdleBytes => Interlocked.Read(ref idleBytes);

    /// <summary>A buffer of at least this length, its content undefined. Up to 1 GiB.</summary>
    public byte[] Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 1 << 30);
        int size = ClassOf(length);
        lock (gate)
        {
            if (idle[size].TryPop(out byte[]? buffer))
            {
                idleBytes -= buffer.Length;
                return buffer;
            }
        }
        return GC.AllocateUninitializedArray<byte>(LengthOf(size));
    }

    /// <summary>Takes back a buffer that <see cref="Rent"/> gave; nothing may refer to it any more.</summary>
    public void Return(byte[] buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        int size = ClassOf(buffer.Length);
        if (buffer.Length != LengthOf(size))
        {
            throw new ArgumentException($"A buffer of {buffer.Length:N0} bytes is none of this pool.", nameof(buffer));
        }
        lock (gate)
        {
            if (idleBytes + buffer.Length <= idleBytesMax)
            {
                idleBytes += buffer.Length;
                idle[size].Push(buffer);
            }
        }
    }

    private static int ClassOf(int length)
    {
        if (length <= 1 << SmallestBits)
        {
            return 0;
        }
        int bits = BitOperations.Log2((uint)(length - 1));
        return (bits - SmallestBits) * 4 + (((length - 1) >> (bits - 2)) & 3) + 1;
    }

    private static int LengthOf(int size) => (4 + (size & 3)) << ((size >> 2) + SmallestBits - 2);
}
