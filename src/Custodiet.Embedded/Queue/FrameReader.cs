using System.Buffers.Binary;

namespace Custodiet.Embedded.Queue;

/// <summary>What reading on gave.</summary>
internal enum FrameRead
{
    /// <summary>A whole frame.</summary>
    Frame,

    /// <summary>Nothing more before the limit, or zeros of reserved space.</summary>
    End,

    /// <summary>Something that is no frame.</summary>
    Bad,
}

/// <summary>Reads the frames of one segment in order, in large pieces, and checks each.</summary>
internal sealed class FrameReader(ISegmentFile file, ulong seed, long position, int bufferBytes = 1 << 20)
{
    private byte[] buffer = new byte[bufferBytes];
    private int start;
    private int filled;

    /// <summary>Where the next frame begins.</summary>
    public long Position { get; private set; } = position;

    /// <summary>The last frame's payload; valid until the next read.</summary>
    public ReadOnlySpan<byte> Payload => buffer.AsSpan(payloadStart, payloadLength);

    /// <summary>The last frame's head.</summary>
    public SegmentFrame.Head Head { get; private set; }

    /// <summary>What is wrong after <see cref="FrameRead.Bad"/>.</summary>
    public string Problem { get; private set; } = "";

    private int payloadStart;
    private int payloadLength;

    /// <summary>Reads the next frame that lies wholly before the limit.</summary>
    public FrameRead Next(long limit)
    {
        if (limit - Position < SegmentFrame.PrefixBytes || !Fill(SegmentFrame.PrefixBytes, limit))
        {
            return limit > Position && !RestIsZero(limit) ? Bad("a frame is cut off.") : FrameRead.End;
        }
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(start));
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(start + 4));
        if (length == 0 && crc == 0)
        {
            return FrameRead.End;
        }
        if (length < SegmentFrame.FixedBytes || length > limit - Position - SegmentFrame.PrefixBytes)
        {
            return Bad("a frame's length cannot be.");
        }
        int total = SegmentFrame.PrefixBytes + (int)length;
        if (!Fill(total, limit))
        {
            return Bad("a frame is cut off.");
        }
        ReadOnlySpan<byte> payload = buffer.AsSpan(start + SegmentFrame.PrefixBytes, (int)length);
        if (SegmentFrame.Checksum(payload, seed) != crc || SegmentFrame.ReadHead(payload) is not { } head)
        {
            return Bad("a frame's checksum does not match.");
        }
        Head = head;
        payloadStart = start + SegmentFrame.PrefixBytes;
        payloadLength = (int)length;
        start += total;
        Position += total;
        return FrameRead.Frame;
    }

    private FrameRead Bad(string problem)
    {
        Problem = problem;
        return FrameRead.Bad;
    }

    private bool RestIsZero(long limit)
    {
        int rest = (int)(limit - Position);
        return !Fill(rest, limit) || !buffer.AsSpan(start, rest).ContainsAnyExcept((byte)0);
    }

    private bool Fill(int wanted, long limit)
    {
        if (filled - start >= wanted)
        {
            return true;
        }
        buffer.AsSpan(start, filled - start).CopyTo(buffer);
        filled -= start;
        start = 0;
        if (wanted > buffer.Length)
        {
            Array.Resize(ref buffer, wanted);
        }
        // Never reads past the limit: behind it lies what may still be written.
        long readable = limit - Position;
        while (filled < wanted)
        {
            int space = (int)Math.Min(buffer.Length - filled, readable - filled);
            int read = space <= 0 ? 0 : file.Read(Position + filled, buffer.AsSpan(filled, space));
            if (read == 0)
            {
                return false;
            }
            filled += read;
        }
        return true;
    }
}
