using System.Buffers;
using System.Text;

namespace Custodiet.Pipeline.Parsers;

/// <summary>How key=value text is written.</summary>
internal sealed record KeyValueOptions
{
    /// <summary>What stands between pairs. A blank stands for any run of blanks; around another separator blanks are skipped.</summary>
    public byte Separator { get; init; } = (byte)' ';

    /// <summary>What stands between key and value.</summary>
    public byte Assign { get; init; } = (byte)'=';

    /// <summary>The field for the text in front of the first pair; null to treat it as words.</summary>
    public string? Prefix { get; init; }

    /// <summary>The field for words that belong to no pair, one value each. Default <c>words</c>.</summary>
    public string Words { get; init; } = "words";

    /// <summary>Pairs at least, else the text is not of this format. Default 1.</summary>
    public int PairsMin { get; init; } = 1;

    /// <summary>Whether words that belong to no pair mean that the text is not of this format.</summary>
    public bool Strict { get; init; }
}

/// <summary>
/// <c>key=value key="quoted value"</c>. A key is letters, digits and <c>_ . - : @ / # [ ]</c>, and begins with
/// none of <c>. - : [ ]</c>. A value is in double or single quotes, with
/// backslashes before quotes and backslashes, or goes on to the separator.
/// </summary>
internal sealed class KeyValueFormat : TextFormat
{
    private readonly KeyValueOptions options;
    private readonly SearchValues<byte> keyBytes;
    private readonly SearchValues<byte> ends;
    private readonly byte[] words;
    private readonly byte[]? prefix;

    /// <summary>Creates the format.</summary>
    public KeyValueFormat(KeyValueOptions options)
    {
        this.options = options;
        string keys = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-:@/#[]";
        keyBytes = SearchValues.Create(
            Encoding.ASCII.GetBytes(keys).Where(b => b != options.Assign && b != options.Separator).ToArray()
        );
        ends = options.Separator == (byte)' ' ? SearchValues.Create(" \t"u8) : SearchValues.Create([options.Separator]);
        words = Encoding.UTF8.GetBytes(options.Words);
        prefix = options.Prefix is { } name ? Encoding.UTF8.GetBytes(name) : null;
    }

    /// <inheritdoc/>
    public override Decoding Read(ReadOnlySpan<byte> text, int origin, FieldSink sink)
    {
        int pairs = 0;
        int at = 0;
        while ((at = SkipSeparators(text, at)) < text.Length && !sink.IsFull)
        {
            int keyEnd = KeyEnd(text, at);
            if (keyEnd < 0)
            {
                int end = EndFrom(text, at);
                if (pairs > 0 || prefix is null)
                {
                    if (options.Strict)
                    {
                        return Decoding.NoMatch;
                    }
                    sink.Slice(words, origin + at, Bytes.TrimmedLength(text[at..end]));
                }
                at = end;
                continue;
            }
            if (pairs++ == 0 && prefix is not null && Bytes.TrimmedLength(text[..at]) is > 0 and var length)
            {
                sink.Slice(prefix, origin, length);
            }
            at = ReadValue(text, origin, sink.NodeOf(text[at..keyEnd]), keyEnd + 1, sink);
            if (at < 0)
            {
                return pairs >= options.PairsMin ? Decoding.Malformed : Decoding.NoMatch;
            }
        }
        if (sink.IsFull)
        {
            return Decoding.TooManyFields;
        }
        return pairs >= options.PairsMin ? Decoding.Read : Decoding.NoMatch;
    }

    /// <summary>Adds the value.</summary>
    /// <returns>The place behind it, or -1 when its quote is not closed.</returns>
    private int ReadValue(ReadOnlySpan<byte> text, int origin, int node, int at, FieldSink sink)
    {
        if (at < text.Length && text[at] is Bytes.Quote or (byte)'\'')
        {
            byte quote = text[at];
            int close = Bytes.ClosingQuote(text, at + 1, quote, out bool escaped);
            if (close < 0)
            {
                sink.Slice(node, origin + at + 1, text.Length - at - 1);
                return -1;
            }
            ReadOnlySpan<byte> value = text[(at + 1)..close];
            if (escaped)
            {
                int length = Bytes.Unescape(value, quote, sink.Target.Reserve(value.Length));
                sink.Commit(node, length);
            }
            else
            {
                sink.Slice(node, origin + at + 1, value.Length);
            }
            return close + 1;
        }
        int end = EndFrom(text, at);
        sink.Slice(node, origin + at, Bytes.TrimmedLength(text[at..end]));
        return end;
    }

    private int SkipSeparators(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && (Bytes.IsBlank(text[at]) || text[at] == options.Separator))
        {
            at++;
        }
        return at;
    }

    private int EndFrom(ReadOnlySpan<byte> text, int at)
    {
        int length = text[at..].IndexOfAny(ends);
        return length < 0 ? text.Length : at + length;
    }

    /// <summary>The place of the assignment behind a key, or -1 when no key stands here.</summary>
    private int KeyEnd(ReadOnlySpan<byte> text, int at)
    {
        if (text[at] is (byte)'[' or (byte)']' or (byte)':' or (byte)'.' or (byte)'-')
        {
            return -1;
        }
        int length = text[at..].IndexOfAnyExcept(keyBytes);
        return length > 0 && text[at + length] == options.Assign ? at + length : -1;
    }
}
