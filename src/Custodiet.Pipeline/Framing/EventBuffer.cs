using System.Buffers;

namespace Custodiet.Pipeline.Framing;

/// <summary>
/// Events gathered for one append, one after another without separators. One event may be open: bytes are added to it until it is
/// ended, and it stays open over <see cref="Clear"/>. Not safe for several threads.
/// </summary>
public sealed class EventBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstBytes = 4_096;
    private readonly List<int> lengths = [];
    private byte[] buffer = [];
    private int ended;
    private int used;

    /// <summary>Length of each ended event in bytes.</summary>
    public IReadOnlyList<int> Lengths => lengths;

    /// <summary>The ended events. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, ended);

    /// <summary>Ended events.</summary>
    public int Count => lengths.Count;

    /// <summary>Bytes of the open event.</summary>
    public int OpenBytes => used - ended;

    /// <summary>The open event so far. Valid until the next write.</summary>
    public ReadOnlySpan<byte> Open => buffer.AsSpan(ended, used - ended);

    /// <summary>Adds an event as a whole. No event may be open.</summary>
    public void Add(ReadOnlySpan<byte> item)
    {
        Write(item);
        End();
    }

    /// <summary>Adds bytes to the open event.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        used += bytes.Length;
    }

    /// <summary>Takes bytes off the end of the open event.</summary>
    public void Shorten(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, OpenBytes);
        used -= count;
    }

    /// <summary>Ends the open event, which may be empty.</summary>
    public void End()
    {
        lengths.Add(used - ended);
        ended = used;
    }

    /// <summary>Leaves the open event out.</summary>
    public void Discard() => used = ended;

    /// <summary>Forgets the ended events; an open one goes on.</summary>
    public void Clear()
    {
        buffer.AsSpan(ended, used - ended).CopyTo(buffer);
        used -= ended;
        ended = 0;
        lengths.Clear();
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, buffer.Length - used);
        used += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(Math.Max(sizeHint, 1));
        return buffer.AsMemory(used);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => Room(Math.Max(sizeHint, 1));

    /// <summary>Gives the memory back. The buffer is empty and can be used again.</summary>
    public void Dispose()
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        buffer = [];
        used = ended = 0;
        lengths.Clear();
    }

    private Span<byte> Room(int count)
    {
        Grow(count);
        return buffer.AsSpan(used);
    }

    private void Grow(int count)
    {
        if (count <= buffer.Length - used)
        {
            return;
        }
        long wanted = Math.Max(Math.Max(FirstBytes, (long)used + count), Math.Min(buffer.Length * 2L, Array.MaxLength));
        byte[] larger = ArrayPool<byte>.Shared.Rent(checked((int)wanted));
        buffer.AsSpan(0, used).CopyTo(larger);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        buffer = larger;
    }
}
