namespace Custodiet.Pipeline.Parsers;

/// <summary>A syslog header as fields. The names are the RFCs' own words, below <c>syslog.</c></summary>
internal static class SyslogFields
{
    // RFC 5424, table 1, with the keywords of <syslog.h>.
    private static readonly byte[][] facilities = Words(
        "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7"
    );

    // RFC 5424, table 2.
    private static readonly byte[][] severities = Words("emerg alert crit err warning notice info debug");

    /// <summary>Adds what a header has.</summary>
    /// <param name="header">The header.</param>
    /// <param name="line">The line it was read from.</param>
    /// <param name="origin">Where the same line begins in the event's values.</param>
    /// <param name="sink">Where fields go.</param>
    public static void Add(in SyslogHeader header, ReadOnlySpan<byte> line, int origin, FieldSink sink)
    {
        if (header.Priority >= 0)
        {
            sink.Copy(sink.NodeOf("syslog.facility"u8), facilities[header.Priority >> 3]);
            sink.Copy(sink.NodeOf("syslog.severity"u8), severities[header.Priority & 7]);
        }
        AddPart("syslog.timestamp"u8, header.Time, origin, sink);
        AddPart("syslog.host"u8, header.Host, origin, sink);
        AddPart("syslog.app"u8, header.App, origin, sink);
        AddPart("syslog.procid"u8, header.Process, origin, sink);
        AddPart("syslog.msgid"u8, header.MessageId, origin, sink);
        if (header.Data.Length > 0)
        {
            AddData(header.Data.Of(line), origin + header.Data.Start, sink);
        }
    }

    /// <summary>Adds structured data as <c>syslog.sd.ID.PARAMETER</c>.</summary>
    private static void AddData(ReadOnlySpan<byte> data, int origin, FieldSink sink)
    {
        Span<byte> name = stackalloc byte[10 + (2 * SyslogHeader.PartMax)];
        "syslog.sd."u8.CopyTo(name);
        int at = 0;
        while (at < data.Length && data[at] == (byte)'[')
        {
            ReadOnlySpan<byte> id = Until(data, at + 1, " ]"u8);
            at += 1 + id.Length;
            while (at < data.Length && data[at] == (byte)' ')
            {
                ReadOnlySpan<byte> key = Until(data, at + 1, "=] "u8);
                int value = at + key.Length + 3;
                if (value > data.Length || data[value - 2] != (byte)'=' || data[value - 1] != Bytes.Quote)
                {
                    return;
                }
                int close = Bytes.ClosingQuote(data, value, Bytes.Quote, out bool escaped);
                if (close < 0)
                {
                    return;
                }
                int length = 10 + id.Length + 1 + key.Length;
                if (length <= name.Length)
                {
                    id.CopyTo(name[10..]);
                    name[10 + id.Length] = (byte)'.';
                    key.CopyTo(name[(11 + id.Length)..]);
                    AddParameter(name[..length], data[value..close], origin + value, escaped, sink);
                }
                at = close + 1;
            }
            at++;
        }
    }

    private static void AddParameter(
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> value,
        int start,
        bool escaped,
        FieldSink sink
    )
    {
        if (!escaped)
        {
            sink.Slice(name, start, value.Length);
            return;
        }
        Span<byte> target = sink.Target.Reserve(value.Length);
        int written = 0;
        for (int at = 0; at < value.Length; at++)
        {
            // RFC 5424, 6.3.3: a backslash before ", \ and ] only.
            at +=
                value[at] == Bytes.Backslash
                && at + 1 < value.Length
                && value[at + 1] is Bytes.Quote or Bytes.Backslash or (byte)']'
                    ? 1
                    : 0;
            target[written++] = value[at];
        }
        sink.Commit(sink.NodeOf(name), written);
    }

    private static ReadOnlySpan<byte> Until(ReadOnlySpan<byte> text, int at, ReadOnlySpan<byte> ends)
    {
        ReadOnlySpan<byte> rest = at < text.Length ? text[at..] : default;
        int length = rest.IndexOfAny(ends);
        return length < 0 ? rest : rest[..length];
    }

    private static void AddPart(ReadOnlySpan<byte> name, Stretch part, int origin, FieldSink sink)
    {
        if (part.Length > 0)
        {
            sink.Slice(name, origin + part.Start, part.Length);
        }
    }

    private static byte[][] Words(string words) => [.. words.Split(' ').Select(System.Text.Encoding.ASCII.GetBytes)];
}
