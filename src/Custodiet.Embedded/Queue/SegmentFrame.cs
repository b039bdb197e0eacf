using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Custodiet.Records;
using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Queue;

/// <summary>
/// One batch on disk, little-endian. Frame: payload length u32, CRC-32 u32 over the segment's seed and the payload, payload.
/// Payload: magic <c>CQF1</c>, first offset i64, durable offset i64, received microseconds i64, events u32, bytes u32,
/// input length u16, key length u16 (65,535: no key), input, key, length of each event u32, the events.
/// </summary>
/// <remarks>
/// The durable offset is the number up to which events were on disk when the frame was written. A frame that reads well
/// behind one that does not therefore tells damage (the broken one was acknowledged) from a torn write (it was not).
/// </remarks>
internal static class SegmentFrame
{
    public const int PrefixBytes = 8;
    public const int FixedBytes = 40;
    public const int KeyBytesMax = 200;
    private const ushort NoKey = ushort.MaxValue;

    public static ReadOnlySpan<byte> Magic => "CQF1"u8;

    /// <summary>What a payload says before its texts.</summary>
    public readonly record struct Head(
        long FirstOffset,
        long DurableOffset,
        long ReceivedMicros,
        int Count,
        int BytesLength,
        int InputLength,
        int KeyLength
    )
    {
        public long NextOffset => FirstOffset + Count;
    }

    /// <summary>Everything of a frame before the events; offsets and checksum come later, when the writer knows them.</summary>
    public static byte[] Begin(EventBatch batch)
    {
        byte[] input = Encoding.UTF8.GetBytes(batch.Input);
        byte[] key = batch.IdempotencyKey is null ? [] : Encoding.UTF8.GetBytes(batch.IdempotencyKey);
        byte[] head = new byte[PrefixBytes + FixedBytes + input.Length + key.Length + (batch.Lengths.Count * 4)];
        Span<byte> payload = head.AsSpan(PrefixBytes);
        Magic.CopyTo(payload);
        BinaryPrimitives.WriteInt64LittleEndian(payload[20..], batch.ReceivedMicros);
        BinaryPrimitives.WriteInt32LittleEndian(payload[28..], batch.Lengths.Count);
        BinaryPrimitives.WriteInt32LittleEndian(payload[32..], batch.Bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[36..], (ushort)input.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(
            payload[38..],
            batch.IdempotencyKey is null ? NoKey : (ushort)key.Length
        );
        input.CopyTo(payload[FixedBytes..]);
        key.CopyTo(payload[(FixedBytes + input.Length)..]);
        Span<byte> lengths = payload[(FixedBytes + input.Length + key.Length)..];
        for (int i = 0; i < batch.Lengths.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(lengths[(i * 4)..], batch.Lengths[i]);
        }
        return head;
    }

    /// <summary>Fills in what the writer decides.</summary>
    public static void Finish(byte[] head, ReadOnlySpan<byte> events, long firstOffset, long durableOffset, ulong seed)
    {
        Span<byte> payload = head.AsSpan(PrefixBytes);
        BinaryPrimitives.WriteInt64LittleEndian(payload[4..], firstOffset);
        BinaryPrimitives.WriteInt64LittleEndian(payload[12..], durableOffset);
        Crc32 crc = Start(seed);
        crc.Append(payload);
        crc.Append(events);
        BinaryPrimitives.WriteInt32LittleEndian(head, payload.Length + events.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), crc.GetCurrentHashAsUInt32());
    }

    public static uint Checksum(ReadOnlySpan<byte> payload, ulong seed)
    {
        Crc32 crc = Start(seed);
        crc.Append(payload);
        return crc.GetCurrentHashAsUInt32();
    }

    /// <summary>The payload's head, or null when its parts do not fit together.</summary>
    public static Head? ReadHead(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedBytes || !payload.StartsWith(Magic))
        {
            return null;
        }
        int key = BinaryPrimitives.ReadUInt16LittleEndian(payload[38..]);
        Head head = new(
            BinaryPrimitives.ReadInt64LittleEndian(payload[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(payload[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(payload[20..]),
            BinaryPrimitives.ReadInt32LittleEndian(payload[28..]),
            BinaryPrimitives.ReadInt32LittleEndian(payload[32..]),
            BinaryPrimitives.ReadUInt16LittleEndian(payload[36..]),
            key == NoKey ? -1 : key
        );
        long length =
            FixedBytes + head.InputLength + Math.Max(head.KeyLength, 0) + (4L * head.Count) + head.BytesLength;
        return head.Count > 0 && head.BytesLength >= 0 && head.FirstOffset >= 0 && length == payload.Length
            ? head
            : null;
    }

    public static string? KeyOf(ReadOnlySpan<byte> payload, Head head) =>
        head.KeyLength < 0
            ? null
            : Encoding.UTF8.GetString(payload.Slice(FixedBytes + head.InputLength, head.KeyLength));

    /// <summary>The batch, copied out of the buffer into one of its own that can be given back.</summary>
    public static QueuedBatch Decode(ReadOnlySpan<byte> payload, Head head)
    {
        int start = FixedBytes + head.InputLength + Math.Max(head.KeyLength, 0);
        int[] lengths = new int[head.Count];
        for (int i = 0; i < lengths.Length; i++)
        {
            lengths[i] = BinaryPrimitives.ReadInt32LittleEndian(payload[(start + (i * 4))..]);
        }
        RentedBytes rented = new(head.BytesLength);
        payload[(start + (lengths.Length * 4))..].CopyTo(rented.Memory.Span);
        string input = Encoding.UTF8.GetString(payload.Slice(FixedBytes, head.InputLength));
        return new QueuedBatch(
            head.FirstOffset,
            new EventBatch(input, KeyOf(payload, head), head.ReceivedMicros, lengths, rented.Memory)
        )
        {
            Buffer = rented,
        };
    }

    private static Crc32 Start(ulong seed)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, seed);
        Crc32 crc = new();
        crc.Append(bytes);
        return crc;
    }
}

/// <summary>A buffer from the pool, given back once however often it is disposed.</summary>
internal sealed class RentedBytes(int length) : IDisposable
{
    private byte[]? buffer = BufferPool.Shared.Rent(length);

    public Memory<byte> Memory =>
        (buffer ?? throw new ObjectDisposedException(nameof(RentedBytes))).AsMemory(0, length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } held)
        {
            BufferPool.Shared.Return(held);
        }
    }
}
