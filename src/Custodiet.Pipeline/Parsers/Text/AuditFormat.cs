using System.Buffers;

namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// One record of the Linux audit system: <c>type=SYSCALL msg=audit(1700000000.123:456): key=value …</c>, with <c>node=</c> in front perhaps, or as
/// the kernel prints it, with a number for the type. Values in double quotes are as they are; names and arguments without quotes are hexadecimal;
/// a message in single quotes holds pairs of its own; behind the byte 1D come the interpreted values of log_format ENRICHED. The arguments
/// of EXECVE are also there joined, as <c>CommandLine</c>. Records of one event have the same <c>audit.serial</c>; they are not put together.
/// </summary>
/// <remarks>linux-audit documentation, "Audit Event Parsing Library" and "Field dictionary"; include/uapi/linux/audit.h for the numbers.</remarks>
internal sealed class AuditFormat : TextFormat
{
    // The stamp stands behind type and node; further in, it is somebody's text.
    private const int StampWithin = 512;

    private static readonly SearchValues<byte> stampBytes = SearchValues.Create("0123456789."u8);
    private static readonly byte[] time = "audit.time"u8.ToArray();
    private static readonly byte[] serial = "audit.serial"u8.ToArray();
    private static readonly byte[] words = "words"u8.ToArray();
    private static readonly byte[] type = "type"u8.ToArray();
    private static readonly byte[] commandLine = "CommandLine"u8.ToArray();

    /// <summary>Fields that the kernel writes in hexadecimal when they hold a blank, a quote or a control character.</summary>
    private static readonly byte[][] encoded =
    [
        "proctitle"u8.ToArray(),
        "comm"u8.ToArray(),
        "exe"u8.ToArray(),
        "name"u8.ToArray(),
        "cwd"u8.ToArray(),
        "path"u8.ToArray(),
        "acct"u8.ToArray(),
        "cmd"u8.ToArray(),
        "data"u8.ToArray(),
        "dir"u8.ToArray(),
        "file"u8.ToArray(),
        "grp"u8.ToArray(),
        "key"u8.ToArray(),
        "new-disk"u8.ToArray(),
        "new-net"u8.ToArray(),
        "ocomm"u8.ToArray(),
        "old-disk"u8.ToArray(),
        "old-net"u8.ToArray(),
        "sw"u8.ToArray(),
        "root_dir"u8.ToArray(),
        "vm"u8.ToArray(),
        "watch"u8.ToArray(),
    ];

    private static readonly (int Number, byte[] Name)[] types =
    [
        (1006, "LOGIN"u8.ToArray()),
        (1300, "SYSCALL"u8.ToArray()),
        (1302, "PATH"u8.ToArray()),
        (1305, "CONFIG_CHANGE"u8.ToArray()),
        (1306, "SOCKADDR"u8.ToArray()),
        (1307, "CWD"u8.ToArray()),
        (1309, "EXECVE"u8.ToArray()),
        (1320, "EOE"u8.ToArray()),
        (1325, "NETFILTER_CFG"u8.ToArray()),
        (1326, "SECCOMP"u8.ToArray()),
        (1327, "PROCTITLE"u8.ToArray()),
        (1334, "BPF"u8.ToArray()),
        (1400, "AVC"u8.ToArray()),
        (1701, "ANOM_ABEND"u8.ToArray()),
    ];

    /// <inheritdoc/>
    public override Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        int stamp = text[..Math.Min(text.Length, StampWithin)].IndexOf("audit("u8);
        if (stamp < 0 || !TryStamp(text, stamp + 6, out int dot, out int close))
        {
            return Decoding.NoMatch;
        }
        bool arguments = ReadFront(text[..stamp], origin, sink);
        sink.Slice(time, origin + stamp + 6, dot - stamp - 6);
        sink.Slice(serial, origin + dot + 1, close - dot - 1);
        int at = close + 1;
        at += at < text.Length && text[at] == (byte)':' ? 1 : 0;
        sink.Joined.Clear();
        bool whole = ReadPairs(text, at, text.Length, origin, arguments, sink, nested: false);
        if (sink.Joined.Length > 0)
        {
            sink.Copy(sink.NodeOf(commandLine), sink.Joined.Span);
        }
        if (sink.IsFull)
        {
            return Decoding.TooManyFields;
        }
        return whole ? Decoding.Read : Decoding.Malformed;
    }

    /// <summary>Whether <c>SECONDS.MILLISECONDS:SERIAL)</c> stands here.</summary>
    private static bool TryStamp(ReadOnlySpan<byte> text, int at, out int colon, out int close)
    {
        close = -1;
        int length = text[at..].IndexOfAnyExcept(stampBytes);
        colon = length < 3 ? -1 : at + length;
        if (colon < 0 || text[colon] != (byte)':')
        {
            return false;
        }
        length = text[(colon + 1)..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        close = length < 1 ? -1 : colon + 1 + length;
        return close > 0 && text[close] == (byte)')';
    }

    /// <summary>Adds type and node.</summary>
    /// <returns>Whether the fields a0, a1, … are a command's arguments rather than a system call's numbers.</returns>
    private static bool ReadFront(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        bool arguments = false;
        int at = 0;
        while ((at = Bytes.SkipBlanks(text, at)) < text.Length)
        {
            int length = text[at..].IndexOfAny((byte)' ', (byte)'\t');
            int end = length < 0 ? text.Length : at + length;
            ReadOnlySpan<byte> token = text[at..end];
            if (token.StartsWith("node="u8))
            {
                sink.Slice(token[..4], origin + at + 5, token.Length - 5);
            }
            else if (token.StartsWith("type="u8))
            {
                ReadOnlySpan<byte> name = token[5..];
                arguments = name.SequenceEqual("EXECVE"u8);
                if (NameOf(name) is { } known)
                {
                    arguments = known.AsSpan().SequenceEqual("EXECVE"u8);
                    sink.Copy(sink.NodeOf(type), known);
                }
                else
                {
                    sink.Slice(type, origin + at + 5, name.Length);
                }
            }
            at = end;
        }
        return arguments;
    }

    private static byte[]? NameOf(ReadOnlySpan<byte> number)
    {
        if (number.Length == 4 && TimeParts.Number(number, 0, 4, out int value))
        {
            foreach ((int known, byte[] name) in types)
            {
                if (known == value)
                {
                    return name;
                }
            }
        }
        return null;
    }

    /// <summary>Adds the pairs up to a place.</summary>
    /// <returns>Whether every quote was closed.</returns>
    private static bool ReadPairs(
        ReadOnlySpan<byte> text,
        int at,
        int end,
        int origin,
        bool arguments,
        FieldSink sink,
        bool nested
    )
    {
        bool whole = true;
        while ((at = SkipSeparators(text, at, end)) < end && !sink.IsFull)
        {
            int length = text[at..end].IndexOfAny("= \t\u001D"u8);
            if (length <= 0 || text[at + length] != (byte)'=')
            {
                length = length < 0 ? end - at : Math.Max(length, 1);
                sink.Slice(words, origin + at, length);
                at += length;
                continue;
            }
            ReadOnlySpan<byte> key = text.Slice(at, length);
            at += length + 1;
            byte first = at < end ? text[at] : (byte)0;
            if (first == (byte)'\'' && !nested)
            {
                int close = InnerEnd(text[..end], at + 1);
                whole &= close >= 0;
                close = close < 0 ? end : close;
                whole &= ReadPairs(text, at + 1, close, origin, arguments, sink, nested: true);
                at = close + 1;
                continue;
            }
            int from = at;
            int to;
            if (first == Bytes.Quote)
            {
                from++;
                to = QuoteEnd(text[..end], from);
                whole &= to >= 0;
                to = to < 0 ? end : to;
                at = to + 1;
                sink.Slice(key, origin + from, to - from);
                Join(key, text[from..to], arguments, sink);
                continue;
            }
            length = text[at..end].IndexOfAny(" \t\u001D"u8);
            to = length < 0 ? end : at + length;
            at = to;
            ReadPlain(key, text[from..to], origin + from, arguments, sink);
        }
        return whole;
    }

    private static void ReadPlain(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        int start,
        bool arguments,
        FieldSink sink
    )
    {
        if (value.Length >= 2 && value.Length % 2 == 0 && IsEncoded(key, arguments))
        {
            Span<byte> target = sink.Target.Reserve(value.Length / 2 * 3);
            int length = Bytes.FromHex(value, target);
            if (length >= 0)
            {
                length = Bytes.TrimmedLength(target[..length]);
                Join(key, target[..length], arguments, sink);
                sink.Commit(sink.NodeOf(key), length);
                return;
            }
        }
        sink.Slice(key, start, value.Length);
        Join(key, value, arguments, sink);
    }

    /// <summary>Takes an argument of EXECVE into the command line: a1 is a new word, a1[1] goes on with the word before.</summary>
    private static void Join(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool arguments, FieldSink sink)
    {
        if (!arguments || !IsArgument(key, out bool goesOn))
        {
            return;
        }
        if (sink.Joined.Length > 0 && !goesOn)
        {
            sink.Joined.Append(" "u8);
        }
        sink.Joined.Append(value);
    }

    private static bool IsEncoded(ReadOnlySpan<byte> key, bool arguments)
    {
        if (arguments && IsArgument(key, out _))
        {
            return true;
        }
        foreach (byte[] name in encoded)
        {
            if (key.SequenceEqual(name))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether a key is a7 or a7[2]; a7_len is none.</summary>
    private static bool IsArgument(ReadOnlySpan<byte> key, out bool goesOn)
    {
        goesOn = false;
        if (key.Length < 2 || key[0] != (byte)'a')
        {
            return false;
        }
        int digits = key[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (digits < 0)
        {
            return true;
        }
        ReadOnlySpan<byte> rest = key[(1 + digits)..];
        goesOn = !rest.SequenceEqual("[0]"u8);
        return digits > 0 && rest.Length > 2 && rest[0] == (byte)'[' && rest[^1] == (byte)']';
    }

    private static int SkipSeparators(ReadOnlySpan<byte> text, int at, int end)
    {
        while (at < end && (Bytes.IsBlank(text[at]) || text[at] is 0x1D or (byte)','))
        {
            at++;
        }
        return at;
    }

    /// <summary>The quote that ends a value: one before a separator or the end, for some writers forget to encode inner quotes.</summary>
    private static int QuoteEnd(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length)
        {
            int step = text[at..].IndexOf(Bytes.Quote);
            if (step < 0)
            {
                return -1;
            }
            at += step;
            if (at + 1 == text.Length || text[at + 1] is (byte)' ' or (byte)'\t' or 0x1D or (byte)',' or (byte)'\'')
            {
                return at;
            }
            at++;
        }
        return -1;
    }

    /// <summary>The quote that ends a message: the last one before the interpreted values.</summary>
    private static int InnerEnd(ReadOnlySpan<byte> text, int at)
    {
        int enriched = text[at..].IndexOf((byte)0x1D);
        int last = text[at..(enriched < 0 ? text.Length : at + enriched)].LastIndexOf((byte)'\'');
        return last < 0 ? -1 : at + last;
    }
}
