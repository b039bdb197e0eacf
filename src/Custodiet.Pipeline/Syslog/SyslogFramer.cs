using Custodiet.Pipeline.Framing;

namespace Custodiet.Pipeline.Syslog;

/// <summary>Messages that a stream carried and that were not taken.</summary>
/// <param name="TooLarge">Larger than the limit; skipped, and the stream went on behind them.</param>
/// <param name="CutOff">Counted messages that were not complete when the stream ended.</param>
public readonly record struct SyslogFaults(int TooLarge, int CutOff)
{
    /// <summary>All of them.</summary>
    public int Count => TooLarge + CutOff;
}

/// <summary>
/// Cuts a TCP or TLS stream into syslog messages (RFC 6587 section 3.4, RFC 5425 section 4.3). How a message is framed is seen message
/// by message: one that begins with a count and a space is octet counted; any other ends with a line feed (a carriage return before it
/// is no part of it) or, as some senders do, with a NUL. Messages are kept as they were received. Never throws for what a stream holds.
/// </summary>
/// <param name="messageBytesMax">Bytes of one message at most. A larger one is skipped and counted.</param>
public sealed class SyslogFramer(int messageBytesMax)
{
    /// <summary>Digits of a count at most. More of them are the beginning of a line.</summary>
    private const int CountDigitsMax = 9;

    private State state;
    private int digits;
    private int remaining;
    private int tooLarge;
    private int cutOff;

    private enum State
    {
        Start,
        Count,
        Counted,
        Line,
        SkippedCounted,
        SkippedLine,
    }

    /// <summary>Whether a message has begun and not ended.</summary>
    public bool IsInside => state != State.Start;

    /// <summary>Takes the next bytes of the stream; complete messages are ended in the target, an incomplete one stays open there.</summary>
    public void Push(ReadOnlySpan<byte> bytes, EventBuffer target)
    {
        ArgumentNullException.ThrowIfNull(target);
        while (bytes.Length > 0)
        {
            bytes = state switch
            {
                State.Start => Begin(bytes),
                State.Count => ReadCount(bytes, target),
                State.Counted or State.SkippedCounted => ReadCounted(bytes, target),
                _ => ReadLine(bytes, target),
            };
        }
    }

    /// <summary>
    /// Says that the stream has ended. A last line without its line feed is a message; a counted message that is not complete is none.
    /// </summary>
    public void End(EventBuffer target)
    {
        ArgumentNullException.ThrowIfNull(target);
        switch (state)
        {
            case State.Line or State.Count:
                EndLine(target);
                break;
            case State.Counted:
                target.Discard();
                cutOff++;
                break;
            default:
                break;
        }
        state = State.Start;
    }

    /// <summary>What was left out since the last call.</summary>
    public SyslogFaults TakeFaults()
    {
        SyslogFaults faults = new(tooLarge, cutOff);
        tooLarge = cutOff = 0;
        return faults;
    }

    private ReadOnlySpan<byte> Begin(ReadOnlySpan<byte> bytes)
    {
        // Between messages: a line feed behind a counted message, an empty line.
        if (bytes[0] is (byte)'\n' or (byte)'\r' or 0)
        {
            return bytes[1..];
        }
        digits = remaining = 0;
        state = bytes[0] is >= (byte)'1' and <= (byte)'9' ? State.Count : State.Line;
        return bytes;
    }

    private ReadOnlySpan<byte> ReadCount(ReadOnlySpan<byte> bytes, EventBuffer target)
    {
        byte next = bytes[0];
        if (next is >= (byte)'0' and <= (byte)'9' && digits < CountDigitsMax)
        {
            digits++;
            remaining = (remaining * 10) + (next - '0');
            // Kept, because a line may begin with digits too.
            target.Write(bytes[..1]);
            return bytes[1..];
        }
        if (next != (byte)' ')
        {
            state = State.Line;
            return bytes;
        }
        target.Discard();
        state = remaining > messageBytesMax ? State.SkippedCounted : State.Counted;
        tooLarge += state == State.SkippedCounted ? 1 : 0;
        return bytes[1..];
    }

    private ReadOnlySpan<byte> ReadCounted(ReadOnlySpan<byte> bytes, EventBuffer target)
    {
        int length = Math.Min(remaining, bytes.Length);
        if (state == State.Counted)
        {
            target.Write(bytes[..length]);
        }
        remaining -= length;
        if (remaining == 0)
        {
            if (state == State.Counted)
            {
                target.End();
            }
            state = State.Start;
        }
        return bytes[length..];
    }

    private ReadOnlySpan<byte> ReadLine(ReadOnlySpan<byte> bytes, EventBuffer target)
    {
        int end = bytes.IndexOfAny((byte)'\n', (byte)0);
        ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
        if (state == State.Line)
        {
            // One byte more may be the carriage return before the line feed.
            if ((long)target.OpenBytes + part.Length > messageBytesMax + 1L)
            {
                target.Discard();
                tooLarge++;
                state = State.SkippedLine;
            }
            else
            {
                target.Write(part);
            }
        }
        if (end < 0)
        {
            return default;
        }
        if (state == State.Line)
        {
            EndLine(target);
        }
        state = State.Start;
        return bytes[(end + 1)..];
    }

    private void EndLine(EventBuffer target)
    {
        if (target.Open is [.., (byte)'\r'])
        {
            target.Shorten(1);
        }
        if (target.OpenBytes > messageBytesMax)
        {
            target.Discard();
            tooLarge++;
        }
        else if (target.OpenBytes > 0)
        {
            target.End();
        }
    }
}
