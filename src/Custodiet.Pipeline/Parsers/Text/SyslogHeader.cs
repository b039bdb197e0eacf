using System.Buffers;

namespace Custodiet.Pipeline.Parsers;

/// <summary>A stretch of a line.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes; 0 when the line does not have it.</param>
internal readonly record struct Stretch(int Start, int Length)
{
    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> line) => line.Slice(Start, Length);
}

/// <summary>
/// What stands in front of a syslog message: <c>&lt;34&gt;1 2026-03-02T08:16:00Z host app 123 ID [sd x="y"] message</c> (RFC 5424), or
/// <c>&lt;34&gt;Mar  2 08:16:00 host app[123]: message</c> (RFC 3164) in its variants: no priority, as in files; ISO time; a year, a fraction or a
/// zone at the time; a sequence number before it; no host; no time; no application. Never throws; whatever is no header is message.
/// </summary>
internal struct SyslogHeader
{
    /// <summary>Bytes of host, application, process id or message id at most. RFC 5424 allows 255 for the longest.</summary>
    public const int PartMax = 255;

    /// <summary>Bytes of a tag at most. RFC 3164 says 32; programs write longer ones.</summary>
    public const int TagMax = 128;

    private static readonly SearchValues<byte> tagBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./()@+#$~"u8
    );

    private static readonly SearchValues<byte> hostBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:%[]"u8
    );

    /// <summary>Facility times 8 plus severity, or -1.</summary>
    public int Priority { get; private set; }

    /// <summary>The time as written.</summary>
    public Stretch Time { get; private set; }

    /// <summary>The host.</summary>
    public Stretch Host { get; private set; }

    /// <summary>The application.</summary>
    public Stretch App { get; private set; }

    /// <summary>The process id.</summary>
    public Stretch Process { get; private set; }

    /// <summary>The message id of RFC 5424.</summary>
    public Stretch MessageId { get; private set; }

    /// <summary>The structured data of RFC 5424, with its brackets.</summary>
    public Stretch Data { get; private set; }

    /// <summary>Where the message begins.</summary>
    public int Message { get; private set; }

    /// <summary>Reads a header.</summary>
    /// <returns>False when the line has none.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out SyslogHeader header)
    {
        header = new SyslogHeader { Priority = -1 };
        int at = header.ReadPriority(line);
        if (at > 0 && line[at..].StartsWith("1 "u8) && header.TryReadNew(line, at + 2))
        {
            return true;
        }
        bool marked = at > 0;
        int timeEnd = header.ReadTime(line, at);
        if (timeEnd < 0)
        {
            header.Message = at;
            header.ReadTag(line, at, required: false);
            return marked;
        }
        return header.ReadOld(line, timeEnd, marked);
    }

    private int ReadPriority(ReadOnlySpan<byte> line)
    {
        int value = 0;
        int at = 1;
        if (line.IsEmpty || line[0] != (byte)'<')
        {
            return 0;
        }
        while (at < line.Length && at < 4 && char.IsAsciiDigit((char)line[at]))
        {
            value = (value * 10) + (line[at++] - '0');
        }
        if (at == 1 || at == line.Length || line[at] != (byte)'>' || value > 191)
        {
            return 0;
        }
        Priority = value;
        return at + 1;
    }

    /// <summary>RFC 5424 behind its version. Nothing is kept when it does not hold up.</summary>
    private bool TryReadNew(ReadOnlySpan<byte> line, int at)
    {
        SyslogHeader read = this;
        if (
            !Token(line, ref at, out Stretch time)
            || !Token(line, ref at, out Stretch host)
            || !Token(line, ref at, out Stretch app)
            || !Token(line, ref at, out Stretch process)
            || !Token(line, ref at, out Stretch id)
            || (time.Length > 0 && !IsIsoDate(time.Of(line)))
            || at >= line.Length
        )
        {
            return false;
        }
        int end = DataEnd(line, at);
        if (end > at + 1)
        {
            read.Data = new Stretch(at, end - at);
        }
        else if (end < 0)
        {
            // Broken structured data is left to be read as message.
            end = at;
        }
        end += end < line.Length && line[end] == (byte)' ' && end > at ? 1 : 0;
        end += line[end..].StartsWith("\uFEFF"u8) ? 3 : 0;
        read.Time = time;
        read.Host = host;
        read.App = app;
        read.Process = process;
        read.MessageId = id;
        read.Message = end;
        this = read;
        return true;
    }

    /// <summary>A token and the blank behind it; a single hyphen is an absent one.</summary>
    private static bool Token(ReadOnlySpan<byte> line, ref int at, out Stretch token)
    {
        ReadOnlySpan<byte> rest = line[at..];
        int length = rest[..Math.Min(rest.Length, PartMax + 1)].IndexOf((byte)' ');
        token = length == 1 && rest[0] == (byte)'-' ? default : new Stretch(at, Math.Max(length, 0));
        at += length + 1;
        return length > 0;
    }

    /// <summary>The place behind the structured data; -1 when it is broken.</summary>
    private static int DataEnd(ReadOnlySpan<byte> line, int at)
    {
        if (line[at] == (byte)'-')
        {
            return at + 1;
        }
        if (line[at] != (byte)'[')
        {
            return -1;
        }
        while (at < line.Length && line[at] == (byte)'[')
        {
            at++;
            while (true)
            {
                int step = at >= line.Length ? -1 : line[at..].IndexOfAny((byte)']', Bytes.Quote);
                if (step < 0)
                {
                    return -1;
                }
                at += step + 1;
                if (line[at - 1] == (byte)']')
                {
                    break;
                }
                int close = Bytes.ClosingQuote(line, at, Bytes.Quote, out _);
                if (close < 0)
                {
                    return -1;
                }
                at = close + 1;
            }
        }
        return at;
    }

    /// <summary>The time at a place.</summary>
    /// <returns>The place behind it, or -1.</returns>
    private int ReadTime(ReadOnlySpan<byte> line, int at)
    {
        // Cisco counts its messages: <189>123: Mar  2 08:16:00: %SYS-5-…, and marks a clock that is not set by * or a point.
        int digits = Priority < 0 ? 0 : line[at..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits is > 0 and < 11 && line[(at + digits)..].StartsWith(": "u8))
        {
            at += digits + 2;
        }
        at += at < line.Length && Priority >= 0 && line[at] is (byte)'*' or (byte)'.' ? 1 : 0;
        int length = MonthNameTime.LengthAt(line[at..]);
        if (length == 0 && IsIsoDate(line[at..]))
        {
            length = line[at..].IndexOf((byte)' ');
            length = length < 0 ? line.Length - at : length;
            length -= line[at + length - 1] == (byte)':' ? 1 : 0;
            length = TimeText.TryRead(line.Slice(at, length), TimeFormat.Iso8601, out _) ? length : 0;
        }
        if (length == 0)
        {
            return -1;
        }
        ReadOnlySpan<byte> rest = line[(at + length)..];
        length += rest.StartsWith(" UTC"u8) && (rest.Length == 4 || rest[4] is (byte)' ' or (byte)':') ? 4 : 0;
        Time = new Stretch(at, length);
        return at + length;
    }

    private static bool IsIsoDate(ReadOnlySpan<byte> text) =>
        text.Length >= 19
        && text[4] == (byte)'-'
        && text[7] == (byte)'-'
        && text[10] is (byte)'T' or (byte)'t'
        && char.IsAsciiDigit((char)text[0]);

    /// <summary>RFC 3164 behind its time.</summary>
    private bool ReadOld(ReadOnlySpan<byte> line, int at, bool marked)
    {
        at += at < line.Length && line[at] == (byte)':' ? 1 : 0;
        if (at < line.Length && line[at] != (byte)' ')
        {
            return false;
        }
        at = Bytes.SkipBlanks(line, at);
        Message = at;
        if (ReadTag(line, at, required: true))
        {
            // The first word ends in a colon: a program's name, and no host before it.
            return true;
        }
        ReadOnlySpan<byte> rest = line[at..];
        int length = rest[..Math.Min(rest.Length, PartMax + 1)].IndexOf((byte)' ');
        bool named = length > 0 && !rest[..length].ContainsAnyExcept(hostBytes) && rest[0] != (byte)'%';
        if (named)
        {
            Host = new Stretch(at, length);
            at = Bytes.SkipBlanks(line, at + length);
            // Cisco's firewalls: «Mar 02 2026 08:16:00 fw1 : %ASA-6-302013: …».
            at += line[at..].StartsWith(": "u8) ? 2 : 0;
            Message = at;
        }
        bool tagged = ReadTag(line, at, required: false);
        // Without a priority the line may be anybody's that begins with a date: an ISO date needs a host and a program to be syslog.
        return marked || tagged || (named && line[Time.Start] is >= (byte)'A');
    }

    /// <summary>The program's name and process id, when they stand here: <c>name:</c>, <c>name[123]:</c>, <c>name[123] </c>.</summary>
    /// <param name="line">The line.</param>
    /// <param name="at">Where.</param>
    /// <param name="required">Whether only a colon makes it a name.</param>
    private bool ReadTag(ReadOnlySpan<byte> line, int at, bool required)
    {
        ReadOnlySpan<byte> rest = line[at..];
        int length = rest.IndexOfAnyExcept(tagBytes);
        if (length is <= 0 or > TagMax)
        {
            return false;
        }
        int end = length;
        Stretch process = default;
        if (rest[end] == (byte)'[')
        {
            int close = rest[end..Math.Min(rest.Length, end + TagMax)].IndexOf((byte)']');
            if (close <= 1)
            {
                return false;
            }
            process = new Stretch(at + end + 1, close - 1);
            end += close + 1;
        }
        bool colon = end < rest.Length && rest[end] == (byte)':';
        bool isName =
            (colon && (end + 1 == rest.Length || Bytes.IsBlank(rest[end + 1])))
            || (!required && process.Length > 0 && end < rest.Length && rest[end] == (byte)' ');
        if (!isName)
        {
            return false;
        }
        App = new Stretch(at, length);
        Process = process;
        Message = Bytes.SkipBlanks(line, at + end + (colon ? 1 : 0));
        return true;
    }
}
