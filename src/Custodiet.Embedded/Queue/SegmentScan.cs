using Custodiet.Records.Stores;

namespace Custodiet.Embedded.Queue;

/// <summary>What a segment holds.</summary>
/// <param name="NextOffset">Number of the event after the last good one.</param>
/// <param name="End">Where the last good frame ends, in bytes.</param>
/// <param name="Batches">Good frames.</param>
/// <param name="Keys">Their keys.</param>
/// <param name="Problem">Why reading ended before the limit, or empty.</param>
internal sealed record SegmentContent(
    long NextOffset,
    long End,
    long Batches,
    IReadOnlyList<BatchKey> Keys,
    string Problem
);

/// <summary>What lies behind the last good frame of the newest segment.</summary>
/// <param name="TornBytes">Bytes up to the last that is not zero.</param>
/// <param name="DurableOffset">The furthest event that a later good frame names as durable, or 0.</param>
internal readonly record struct SegmentTail(long TornBytes, long DurableOffset);

/// <summary>Reads segments when the queue is opened.</summary>
internal static class SegmentScan
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Reads a segment up to an event (exclusive), or as far as it goes.</summary>
    public static SegmentContent Read(ISegmentFile file, SegmentHeader header, long? endOffset)
    {
        long limit = file.Length;
        FrameReader reader = new(file, header.Seed, SegmentHeader.Bytes);
        List<BatchKey> keys = [];
        long next = header.FirstOffset;
        long batches = 0;
        string problem = "";
        while (endOffset is null || next < endOffset)
        {
            long position = reader.Position;
            FrameRead read = reader.Next(limit);
            if (read != FrameRead.Frame)
            {
                problem = reader.Problem;
                break;
            }
            SegmentFrame.Head head = reader.Head;
            if (head.FirstOffset != next)
            {
                problem = $"a frame begins with event {head.FirstOffset}.";
                return new SegmentContent(next, position, batches, keys, problem);
            }
            if (SegmentFrame.KeyOf(reader.Payload, head) is { } key)
            {
                keys.Add(new BatchKey(key, next, head.Count, head.ReceivedMicros));
            }
            next = head.NextOffset;
            batches++;
        }
        return new SegmentContent(next, reader.Position, batches, keys, problem);
    }

    /// <summary>Looks at what follows the last good frame, so that damage is not taken for a torn write.</summary>
    public static SegmentTail ReadTail(ISegmentFile file, SegmentHeader header, long end)
    {
        long length = file.Length;
        long lastByte = end;
        SegmentTail tail = default;
        byte[] chunk = new byte[ChunkBytes];
        long position = end;
        while (position < length)
        {
            int filled = ReadFully(file, position, chunk);
            if (filled == 0)
            {
                break;
            }
            ReadOnlySpan<byte> bytes = chunk.AsSpan(0, filled);
            int last = bytes.LastIndexOfAnyExcept((byte)0);
            lastByte = last < 0 ? lastByte : position + last + 1;
            for (int at = 0; at < filled; at++)
            {
                int found = bytes[at..].IndexOf(SegmentFrame.Magic);
                if (found < 0)
                {
                    break;
                }
                at += found;
                long frame = position + at - SegmentFrame.PrefixBytes;
                tail = frame > end ? Consider(file, header, frame, length, tail) : tail;
            }
            if (filled < chunk.Length)
            {
                break;
            }
            // Steps back a little, so that a magic across two pieces is seen.
            position += filled - SegmentFrame.Magic.Length + 1;
        }
        return tail with { TornBytes = lastByte - end };
    }

    private static SegmentTail Consider(
        ISegmentFile file,
        SegmentHeader header,
        long position,
        long length,
        SegmentTail tail
    )
    {
        FrameReader reader = new(file, header.Seed, position, bufferBytes: 4_096);
        return reader.Next(length) == FrameRead.Frame
            ? tail with
            {
                DurableOffset = Math.Max(tail.DurableOffset, reader.Head.DurableOffset),
            }
            : tail;
    }

    /// <summary>Whether everything from a position on is zero.</summary>
    public static bool IsZeroFrom(ISegmentFile file, long position)
    {
        byte[] chunk = new byte[ChunkBytes];
        for (int filled; (filled = ReadFully(file, position, chunk)) > 0; position += filled)
        {
            if (chunk.AsSpan(0, filled).ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }
        return true;
    }

    public static int ReadFully(ISegmentFile file, long position, Span<byte> buffer)
    {
        int filled = 0;
        for (int read; filled < buffer.Length; filled += read)
        {
            read = file.Read(position + filled, buffer[filled..]);
            if (read == 0)
            {
                break;
            }
        }
        return filled;
    }
}
