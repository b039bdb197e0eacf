using System.Buffers;
using System.Globalization;

namespace Custodiet.Pipeline.Framing;

/// <summary>
/// Cuts a request body into events: NDJSON, or a JSON array when the first byte that is not white space is <c>[</c>.
/// It rejects only for framing and size; whether an event can be read is the parser's business. Never throws for what a body holds.
/// </summary>
public static class EventFraming
{
    private static readonly FramingLimits Defaults = new();
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> ScalarEnd = SearchValues.Create(",]\""u8);

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
        int first = SkipSpace(text, start);
        Frames frames = new(target, limits);
        FramingRefusal? refusal =
            first < text.Length && text[first] == (byte)'['
                ? FrameArray(text, first + 1, frames)
                : FrameLines(text, start, frames);
        return refusal is null ? frames.Finish() : new FramedEvents([], ReadOnlyMemory<byte>.Empty, [], refusal);
    }

    private static FramingRefusal? FrameLines(ReadOnlySpan<byte> text, int start, Frames frames)
    {
        long line = 0;
        while (start < text.Length)
        {
            line++;
            int length = text[start..].IndexOf((byte)'\n');
            int end = length < 0 ? text.Length : start + length;
            ReadOnlySpan<byte> item = Trim(text[start..end]);
            if (item.Length > 0 && !frames.Take(item, line))
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
        at = SkipSpace(text, at);
        if (at < text.Length && text[at] == (byte)']')
        {
            return AfterArray(text, at + 1, ref lines);
        }
        while (true)
        {
            at = SkipSpace(text, at);
            int end = ElementEnd(text, at);
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
            if (!frames.Take(Trim(text[at..end]), ++element))
            {
                return TooMany(frames.Limits, line, at);
            }
            at = SkipSpace(text, end);
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
        at = SkipSpace(text, at);
        return at == text.Length ? null : Broken(text, at, ref lines, "Something stands behind the end of the array.");
    }

    /// <summary>
    /// The place after the element, or -1 when the text ends inside it. Depth is only counted: a hundred thousand nested
    /// brackets cost a counter, not a stack, and a bracket of the wrong kind makes an event that is kept as unparsed.
    /// </summary>
    private static int ElementEnd(ReadOnlySpan<byte> text, int at)
    {
        if (at == text.Length)
        {
            return -1;
        }
        switch (text[at])
        {
            case (byte)'"':
                return StringEndsAt(text, at + 1);
            case (byte)'{' or (byte)'[':
                break;
            default:
                int scalar = text[at..].IndexOfAny(ScalarEnd);
                return scalar < 0 ? -1 : at + scalar;
        }
        int depth = 0;
        while (true)
        {
            int step = text[at..].IndexOfAny(Structure);
            if (step < 0)
            {
                return -1;
            }
            at += step;
            switch (text[at++])
            {
                case (byte)'"':
                    at = StringEndsAt(text, at);
                    if (at < 0)
                    {
                        return -1;
                    }
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                default:
                    if (--depth == 0)
                    {
                        return at;
                    }
                    break;
            }
        }
    }

    private static int StringEndsAt(ReadOnlySpan<byte> text, int at)
    {
        while (true)
        {
            int step = at >= text.Length ? -1 : text[at..].IndexOfAny(StringEnd);
            if (step < 0)
            {
                return -1;
            }
            at += step;
            if (text[at] == (byte)'"')
            {
                return at + 1;
            }
            at += 2;
        }
    }

    private static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && IsSpace(text[at]))
        {
            at++;
        }
        return at;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> item)
    {
        while (item.Length > 0 && IsSpace(item[0]))
        {
            item = item[1..];
        }
        while (item.Length > 0 && IsSpace(item[^1]))
        {
            item = item[..^1];
        }
        return item;
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

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

        /// <summary>Takes or rejects one event.</summary>
        /// <returns>False when the batch has too many.</returns>
        public bool Take(ReadOnlySpan<byte> item, long line)
        {
            if (lengths.Count + rejections.Count >= limits.BatchEvents)
            {
                return false;
            }
            if (item[0] != (byte)'{')
            {
                rejections.Add(
                    new FramingRejection(
                        line,
                        FramingFault.NotAnObject,
                        "It does not begin with «{», so it is not a JSON object."
                    )
                );
            }
            else if (item.Length > limits.EventBytes)
            {
                rejections.Add(
                    new FramingRejection(
                        line,
                        FramingFault.EventTooLarge,
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"It has {item.Length} bytes; the limit for one event is {limits.EventBytes}."
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
            return true;
        }

        public FramedEvents Finish() => new(lengths, bytes[..used], rejections, null);
    }
}
