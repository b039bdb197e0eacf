using System.Numerics;

namespace Custodiet.Records;

/// <summary>
/// Large buffers, rented and given back. What lies idle is bounded in bytes over all sizes, which the framework's shared pool does not do:
/// it keeps dozens of buffers per size and processor.
/// </summary>
/// <param name="idleBytesMax">Bytes that may lie idle; a buffer given back beyond it is left to the collector.</param>
public sealed class BufferPool(long idleBytesMax)
{
    private const int SmallestBits = 12;

    private readonly Lock gate = new();
    private readonly Stack<byte[]>[] idle =
    [
        .. Enumerable.Range(SmallestBits, 31 - SmallestBits).Select(_ => new Stack<byte[]>()),
    ];
    private long idleBytes;

    /// <summary>The pool of request bodies and queued batches: at most 24 MiB lie idle.</summary>
    public static BufferPool Shared { get; } = new(24L << 20);

    /// <summary>Bytes that lie idle now.</summary>
    public long IdleBytes => Interlocked.Read(ref idleBytes);

    /// <summary>A buffer of at least this length, its content undefined. Up to 1 GiB.</summary>
    public byte[] Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 1 << 30);
        int bits = BitsOf(length);
        lock (gate)
        {
            if (idle[bits - SmallestBits].TryPop(out byte[]? buffer))
            {
                idleBytes -= buffer.Length;
                return buffer;
            }
        }
        return GC.AllocateUninitializedArray<byte>(1 << bits);
    }

    /// <summary>Takes back a buffer that <see cref="Rent"/> gave; nothing may refer to it any more.</summary>
    public void Return(byte[] buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        int bits = BitsOf(buffer.Length);
        if (buffer.Length != 1 << bits)
        {
            throw new ArgumentException($"A buffer of {buffer.Length:N0} bytes is none of this pool.", nameof(buffer));
        }
        lock (gate)
        {
            if (idleBytes + buffer.Length <= idleBytesMax)
            {
                idleBytes += buffer.Length;
                idle[bits - SmallestBits].Push(buffer);
            }
        }
    }

    private static int BitsOf(int length) =>
        Math.Max(SmallestBits, BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)length)));
}
