namespace Custodiet.Pipeline.Framing;

/// <summary>
/// A document that is nothing but a list of records: one object with one key, <c>Records</c> (AWS CloudTrail's files) or <c>records</c> (Azure Monitor's
/// exports), whose value is a list of objects. The wrapper says nothing that a record does not, so each record is an event of its own with
/// its own bytes. A document that says anything else, or whose list is empty or holds anything but objects, is left whole.
/// </summary>
internal static class RecordsDocument
{
    /// <summary>How many records a document has; 0 when it is none.</summary>
    /// <param name="text">A line or a body without white space around it.</param>
    /// <param name="first">Where the first record begins.</param>
    public static int Count(ReadOnlySpan<byte> text, out int first)
    {
        first = Begin(text);
        if (first < 0)
        {
            return 0;
        }
        int count = 0;
        int at = first;
        while (true)
        {
            if (at == text.Length || text[at] != (byte)'{')
            {
                return 0;
            }
            int end = JsonScan.ElementEnd(text, at);
            if (end < 0)
            {
                return 0;
            }
            count++;
            at = JsonScan.SkipSpace(text, end);
            if (at == text.Length || text[at] is not ((byte)',' or (byte)']'))
            {
                return 0;
            }
            if (text[at] == (byte)']')
            {
                int close = JsonScan.SkipSpace(text, at + 1);
                return close == text.Length - 1 && text[close] == (byte)'}' ? count : 0;
            }
            at = JsonScan.SkipSpace(text, at + 1);
        }
    }

    /// <summary>The record at a place, which then is that of the next.</summary>
    public static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> text, ref int at)
    {
        int start = at;
        int end = JsonScan.ElementEnd(text, at);
        // Behind a record stands a comma or the end of the list: Count has seen it.
        at = JsonScan.SkipSpace(text, JsonScan.SkipSpace(text, end) + 1);
        return text[start..end];
    }

    /// <summary>Where the first record would begin, or -1.</summary>
    private static int Begin(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] != (byte)'{')
        {
            return -1;
        }
        int at = JsonScan.SkipSpace(text, 1);
        if (!text[at..].StartsWith("\"Records\""u8) && !text[at..].StartsWith("\"records\""u8))
        {
            return -1;
        }
        at = JsonScan.SkipSpace(text, at + 9);
        if (at == text.Length || text[at] != (byte)':')
        {
            return -1;
        }
        at = JsonScan.SkipSpace(text, at + 1);
        return at < text.Length && text[at] == (byte)'[' ? JsonScan.SkipSpace(text, at + 1) : -1;
    }
}
