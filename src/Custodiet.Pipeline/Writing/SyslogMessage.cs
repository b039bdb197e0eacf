using System.Buffers;
using System.Globalization;
using System.Text;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Writing;

/// <summary>Writes syslog messages (RFC 5424) and frames them (RFC 6587 section 3.4.1, octet counting).</summary>
public static class SyslogMessage
{
    // RFC 5424 section 6: the lengths of HOSTNAME and APP-NAME.
    private const int HostMax = 255;
    private const int AppMax = 48;

    /// <summary>
    /// Writes one message. Bytes that begin with a priority are a syslog message already and are written as they are; others get a header
    /// with the event's time, its sensor as host and its technology as program.
    /// </summary>
    /// <param name="item">The event.</param>
    /// <param name="source">Its source.</param>
    /// <param name="body">What the message says: its raw bytes, or the event as JSON.</param>
    /// <param name="priority">Facility × 8 + severity, 0 to 191, of messages that have none.</param>
    /// <param name="target">Where the message goes.</param>
    public static void Write(
        Event item,
        SourceKey source,
        ReadOnlySpan<byte> body,
        int priority,
        IBufferWriter<byte> target
    )
    {
        ArgumentNullException.ThrowIfNull(item);
        if (!HasPriority(body))
        {
            WriteHeader(EventTime.FromMicros(item.EventMicros), source.Sensor, source.Technology, priority, target);
        }
        target.Write(body);
    }

    /// <summary>Writes the header of a message and the blank behind it. Of names, what is not printable ASCII becomes <c>_</c>.</summary>
    public static void WriteHeader(DateTimeOffset at, string host, string app, int priority, IBufferWriter<byte> target)
    {
        string time = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        string header = string.Create(
            CultureInfo.InvariantCulture,
            $"<{priority}>1 {time} {Name(host, HostMax)} {Name(app, AppMax)} - - - "
        );
        target.Write(Encoding.ASCII.GetBytes(header));
    }

    /// <summary>The count and the blank before a message of so many bytes.</summary>
    public static string Count(int bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes} ");

    private static bool HasPriority(ReadOnlySpan<byte> body)
    {
        int end = body[..Math.Min(body.Length, 5)].IndexOf((byte)'>');
        return end is >= 2 and <= 4
            && body[0] == '<'
            && int.TryParse(body[1..end], NumberStyles.None, CultureInfo.InvariantCulture, out int priority)
            && priority <= 191;
    }

    private static string Name(string text, int max)
    {
        string name = new([.. text.Take(max).Select(c => c is > ' ' and < '\x7F' ? c : '_')]);
        return name.Length == 0 ? "-" : name;
    }
}
