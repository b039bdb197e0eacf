using System.Buffers;

namespace Custodiet.Pipeline.Parsers;

/// <summary>
/// ArcSight Common Event Format: <c>CEF:0|vendor|product|version|class|name|severity|key=value key=value</c>. In the header <c>\|</c> and
/// <c>\\</c> are escapes, in values <c>\=</c>, <c>\\</c>, <c>\n</c>, <c>\r</c>. A value goes on to the last blank before the next key. A custom field
/// (<c>cs1</c>) that has a label (<c>cs1Label</c>) is also there under its label.
/// </summary>
/// <remarks>Micro Focus, "Implementing ArcSight Common Event Format (CEF)", version 26.</remarks>
internal sealed class CefFormat : TextFormat
{
    /// <summary>Labels of one event at most; further ones stay fields like any other.</summary>
    public const int LabelsMax = 64;

    private static readonly byte[][] header =
    [
        "DeviceVendor"u8.ToArray(),
        "DeviceProduct"u8.ToArray(),
        "DeviceVersion"u8.ToArray(),
        "DeviceEventClassID"u8.ToArray(),
        "Name"u8.ToArray(),
        "Severity"u8.ToArray(),
    ];

    private static readonly SearchValues<byte> keyBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-[]"u8
    );

    private static readonly SearchValues<byte> stops = SearchValues.Create(" =\\"u8);

    /// <inheritdoc/>
    public override Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        if (!text.StartsWith("CEF:"u8))
        {
            return Decoding.NoMatch;
        }
        int at = text.IndexOf((byte)'|') + 1;
        foreach (byte[] name in header)
        {
            int bar = at == 0 ? -1 : HeaderEnd(text, at, out _);
            if (bar < 0 && at > 0 && at < text.Length && ReferenceEquals(name, header[^1]))
            {
                // Without an extension some leave out the last bar.
                bar = text.Length;
            }
            if (bar < 0)
            {
                return Decoding.Malformed;
            }
            AddHeader(text, origin, name, at, bar, sink);
            at = bar + 1;
        }
        ReadExtension(text, origin, at, sink);
        return sink.IsFull ? Decoding.TooManyFields : Decoding.Read;
    }

    /// <summary>The place of the bar that ends a header field, or -1.</summary>
    public static int HeaderEnd(ReadOnlySpan<byte> text, int at, out bool escaped) =>
        Bytes.ClosingQuote(text, at, (byte)'|', out escaped);

    /// <summary>Adds a header field without its escapes.</summary>
    public static void AddHeader(ReadOnlySpan<byte> text, int origin, byte[] name, int from, int to, FieldSink sink)
    {
        ReadOnlySpan<byte> value = text[from..to];
        if (!value.Contains(Bytes.Backslash))
        {
            sink.Slice(name, origin + from, value.Length);
            return;
        }
        int length = Bytes.Unescape(value, (byte)'|', sink.Target.Reserve(value.Length));
        sink.Commit(sink.NodeOf(name), length);
    }

    private static void ReadExtension(ReadOnlySpan<byte> text, int origin, int at, FieldSink sink)
    {
        Span<Label> labels = stackalloc Label[LabelsMax];
        int labelCount = 0;
        int first = sink.Target.Fields.Length;
        Pair pair = default;
        at = Math.Min(at, text.Length);
        int blank = at - 1;
        while (at < text.Length && !sink.IsFull)
        {
            int step = text[at..].IndexOfAny(stops);
            if (step < 0)
            {
                break;
            }
            at += step;
            switch (text[at])
            {
                case (byte)' ':
                    blank = at;
                    break;
                case Bytes.Backslash:
                    pair.Escaped = true;
                    at++;
                    break;
                default:
                    ReadOnlySpan<byte> key = text[(blank + 1)..at];
                    if (key.IsEmpty || key.ContainsAnyExcept(keyBytes))
                    {
                        // An equals sign that its writer forgot to escape, as in a URL.
                        break;
                    }
                    pair.Flush(text, origin, blank, sink);
                    if (key.EndsWith("Label"u8) && key.Length > 5 && labelCount < LabelsMax)
                    {
                        labels[labelCount++] = new Label(blank + 1, key.Length - 5, sink.Target.Fields.Length);
                    }
                    pair = new Pair
                    {
                        Node = sink.NodeOf(key),
                        From = at + 1,
                        IsOpen = true,
                    };
                    break;
            }
            at++;
        }
        pair.Flush(text, origin, text.Length, sink);
        for (int i = 0; i < labelCount; i++)
        {
            AddLabelled(text, labels[i], first, sink);
        }
    }

    private static void AddLabelled(ReadOnlySpan<byte> text, Label label, int first, FieldSink sink)
    {
        if (label.Field >= sink.Target.Fields.Length)
        {
            return;
        }
        int node = sink.NodeOf(text.Slice(label.KeyFrom, label.KeyLength));
        ReadOnlySpan<byte> name = sink.Target.ValueOf(sink.Target.Fields[label.Field]);
        if (name.IsEmpty)
        {
            return;
        }
        int labelled = sink.NodeOf(name);
        int count = sink.Target.Fields.Length;
        for (int i = first; i < count; i++)
        {
            if (sink.Target.Fields[i].Field == node)
            {
                sink.Slice(labelled, sink.Target.Fields[i].Start, sink.Target.Fields[i].Length);
                return;
            }
        }
    }

    /// <summary>A label: the key of what it names, without «Label», and the field that holds it.</summary>
    private readonly record struct Label(int KeyFrom, int KeyLength, int Field);

    /// <summary>A pair whose value is not at its end yet.</summary>
    private struct Pair
    {
        public int Node;
        public int From;
        public bool IsOpen;
        public bool Escaped;

        /// <summary>Adds the pair.</summary>
        public readonly void Flush(ReadOnlySpan<byte> text, int origin, int to, FieldSink sink)
        {
            if (!IsOpen)
            {
                return;
            }
            ReadOnlySpan<byte> value = to > From ? text[From..to] : default;
            value = value[..Bytes.TrimmedLength(value)];
            if (!Escaped)
            {
                sink.Slice(Node, origin + From, value.Length);
                return;
            }
            Span<byte> target = sink.Target.Reserve(value.Length);
            int written = 0;
            for (int at = 0; at < value.Length; at++)
            {
                byte next = value[at] == Bytes.Backslash && at + 1 < value.Length ? value[at + 1] : (byte)0;
                if (next is (byte)'=' or Bytes.Backslash or (byte)'n' or (byte)'r' or (byte)'|')
                {
                    target[written++] = next switch
                    {
                        (byte)'n' => (byte)'\n',
                        (byte)'r' => (byte)'\r',
                        _ => next,
                    };
                    at++;
                }
                else
                {
                    target[written++] = value[at];
                }
            }
            sink.Commit(Node, written);
        }
    }
}
