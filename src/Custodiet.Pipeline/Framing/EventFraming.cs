using System.Globalization;
using System.Text.Json;

namespace Custodiet.Pipeline.Framing;

/// <summary>
/// Cuts a body into events: a line is an event, be it JSON or text. Three kinds of body are more than lines: a JSON array of objects; one JSON object
/// written over several lines; and, as a line or as the whole body, a document that is nothing but <c>{"Records": […]}</c> (<see cref="RecordsDocument"/>),
/// whose records are the events. It rejects only for framing and size; whether an event can be read is the parser's business. Never throws for
/// what a body holds.
/// </summary>
public static class EventFraming
{
    private static readonly FramingLimits Defaults = new();

    // Deeper than any parser reads; a document over several lines that nests deeper is taken as lines.
    private const int DocumentDepthMax = 1_000;

    /// <summary>Cuts a decompressed body into events, copying them.</summary>
    /// <param name="body">The body; the result does not refer to it.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    public static FramedEvents Frame(ReadOnlyMemory<byte> body, FramingLimits? limits = null)
    {
        limits ??= Defaults;
        return body.Length > limits.BatchBytes
            ? TooLarge(body.Length, limits)
            : Frame(body.Span, GC.AllocateUninitializedArray<byte>(body.Length), limits);
    }

    /// <summary>
    /// Cuts a decompressed body into events inside its own memory, which is several times faster than fresh memory for large bodies.
    /// </summary>
    /// <param name="body">The body. It is overwritten, and the result refers to it.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    public static FramedEvents FrameInPlace(Memory<byte> body, FramingLimits? limits = null)
    {
        limits ??= Defaults;
        // Safe because events only move towards the front, over what has been read already.
        return body.Length > limits.BatchBytes ? TooLarge(body.Length, limits) : Frame(body.Span, body, limits);
    }

    private static FramedEvents Frame(ReadOnlySpan<byte> text, Memory<byte> target, FramingLimits limits)
    {
        int start = text.StartsWith("\uFEFF"u8) ? 3 : 0;
        int first = JsonScan.SkipSpace(text, start);
        Frames frames = new(target, limits);
        FramingRefusal? refusal;
        if (IsArray(text, first))
        {
            refusal = FrameArray(text, first + 1, frames);
        }
        else if (IsDocument(text, first, out int end))
        {
            refusal = frames.TakeDocument(text[first..end], 1) ? null : TooMany(limits, 1, first);
        }
        else
        {
            refusal = FrameLines(text, start, frames);
        }
        return refusal is null ? frames.Finish() : new FramedEvents([], ReadOnlyMemory<byte>.Empty, [], refusal);
    }

    /// <summary>Whether a body is an array of objects. A log line in brackets is none: <c>[Mon Mar 02 08:16:00 2026] …</c></summary>
    private static bool IsArray(ReadOnlySpan<byte> text, int at)
    {
        if (at == text.Length || text[at] != (byte)'[')
        {
            return false;
        }
        at = JsonScan.SkipSpace(text, at + 1);
        return at == text.Length
            || text[at] == (byte)'{'
            || (text[at] == (byte)']' && JsonScan.SkipSpace(text, at + 1) == text.Length);
    }

    /// <summary>
    /// Whether a body is one object that goes on past its first line, and nothing else. It must be valid: of lines that are broken each in
    /// its own way, two together can look like one object.
    /// </summary>
    private static bool IsDocument(ReadOnlySpan<byte> text, int at, out int end)
    {
        end = -1;
        if (at == text.Length || text[at] != (byte)'{')
        {
            return false;
        }
        end = JsonScan.ElementEnd(text, at);
        if (end < 0 || !text[at..end].Contains((byte)'\n') || JsonScan.SkipSpace(text, end) != text.Length)
        {
            return false;
        }
        try
        {
            Utf8JsonReader reader = new(text[at..end], new JsonReaderOptions { MaxDepth = DocumentDepthMax });
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static FramingRefusal? FrameLines(ReadOnlySpan<byte> text, int start, Frames frames)
    {
        long line = 0;
        while (start < text.Length)
        {
            line++;
            int length = text[start..].IndexOf((byte)'\n');
            int end = length < 0 ? text.Length : start + length;
            ReadOnlySpan<byte> item = TrimLine(text[start..end]);
            if (item.Length > 0 && !frames.TakeDocument(item, line))
            {
                return TooMany(frames.Limits, line, start);
            }
            start = end + 1;
        }
        return null;
    }

    private static FramingRefusal? FrameArray(ReadOnlySpan<byte> text, int at, Frames frames)
    {
        LineCount lines = new();
        long element = 0;
        at = JsonScan.SkipSpace(text, at);
        if (at < text.Length && text[at] == (byte)']')
        {
            return AfterArray(text, at + 1, ref lines);
        }
        while (true)
        {
            at = JsonScan.SkipSpace(text, at);
            int end = JsonScan.ElementEnd(text, at);
            if (end < 0)
            {
                return Broken(text, text.Length, ref lines, "The array ends inside an element.");
            }
            if (end == at)
            {
                return Broken(text, at, ref lines, "An element was expected here.");
            }
            // Counted before the element is moved: in place, it is moved over what was counted.
            long line = lines.UpTo(text, at);
            lines.UpTo(text, end);
            if (!frames.TakeElement(Trim(text[at..end]), ++element))
            {
                return TooMany(frames.Limits, line, at);
            }
            at = JsonScan.SkipSpace(text, end);
            if (at == text.Length)
            {
                return Broken(text, at, ref lines, "The array is not closed.");
            }
            if (text[at] == (byte)']')
            {
                return AfterArray(text, at + 1, ref lines);
            }
            if (text[at] != (byte)',')
            {
                return Broken(text, at, ref lines, "A comma or the end of the array was expected here.");
            }
            at++;
        }
    }

    private static FramingRefusal? AfterArray(ReadOnlySpan<byte> text, int at, ref LineCount lines)
    {
        at = JsonScan.SkipSpace(text, at);
        return at == text.Length ? null : Broken(text, at, ref lines, "Something stands behind the end of the array.");
    }

    /// <summary>A line without white space around it when it is JSON, and without the carriage return when it is text, whose blanks may be columns.</summary>
    private static ReadOnlySpan<byte> TrimLine(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> trimmed = Trim(line);
        return trimmed.IsEmpty || trimmed[0] == (byte)'{' ? trimmed : line.TrimEnd((byte)'\r');
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> item) => item.Trim(" \t\r\n"u8);

    private static FramingRefusal Broken(ReadOnlySpan<byte> text, int at, ref LineCount lines, string reason) =>
        new(FramingFault.ArrayBroken, reason, lines.UpTo(text, at), at);

    private static FramingRefusal TooMany(FramingLimits limits, long line, int at) =>
        new(
            FramingFault.TooManyEvents,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The batch has more than {limits.BatchEvents} events, which is the limit."
            ),
            line,
            at
        );

    private static FramedEvents TooLarge(int length, FramingLimits limits) =>
        new(
            [],
            ReadOnlyMemory<byte>.Empty,
            [],
            new FramingRefusal(
                FramingFault.BatchTooLarge,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The batch has {length} bytes; the limit is {limits.BatchBytes}."
                ),
                1,
                0
            )
        );

    /// <summary>The line of a place in a text that is read from front to back.</summary>
    private ref struct LineCount
    {
        private long breaks;
        private int counted;

        public long UpTo(ReadOnlySpan<byte> text, int at)
        {
            breaks += text[counted..at].Count((byte)'\n');
            counted = at;
            return breaks + 1;
        }
    }

    private sealed class Frames(Memory<byte> bytes, FramingLimits limits)
    {
        private readonly List<int> lengths = [];
        private readonly List<FramingRejection> rejections = [];
        private int used;

        public FramingLimits Limits => limits;

        /// <summary>Takes or rejects one element of an array, which must be an object.</summary>
        /// <returns>False when the batch has too many events.</returns>
        public bool TakeElement(ReadOnlySpan<byte> item, long element)
        {
            if (item[0] == (byte)'{')
            {
                return Take(item, element, "It");
            }
            rejections.Add(
                new FramingRejection(
                    element,
                    FramingFault.NotAnObject,
                    "It does not begin with «{», so it is not a JSON object."
                )
            );
            return !IsFull;
        }

        /// <summary>Takes or rejects a line or a whole body: one event, or each record of a document that holds nothing else.</summary>
        /// <returns>False when the batch has too many events.</returns>
        public bool TakeDocument(ReadOnlySpan<byte> item, long line)
        {
            int records = RecordsDocument.Count(item, out int at);
            if (records == 0)
            {
                return Take(item, line, "It");
            }
            for (int record = 1; record <= records; record++)
            {
                ReadOnlySpan<byte> one = RecordsDocument.Next(item, ref at);
                if (!Take(one, line, $"Record {record}"))
                {
                    return false;
                }
            }
            return true;
        }

        private bool IsFull => lengths.Count + rejections.Count > limits.BatchEvents;

        private bool Take(ReadOnlySpan<byte> item, long line, string what)
        {
            if (item.Length > limits.EventBytes)
            {
                rejections.Add(
                    new FramingRejection(
                        line,
                        FramingFault.EventTooLarge,
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{what} has {item.Length} bytes; the limit for one event is {limits.EventBytes}."
                        )
                    )
                );
            }
            else
            {
                item.CopyTo(bytes.Span[used..]);
                used += item.Length;
                lengths.Add(item.Length);
            }
            return !IsFull;
        }

        public FramedEvents Finish() => new(lengths, bytes[..used], rejections, null);
    }
}
