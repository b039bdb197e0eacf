using System.Text;
using Custodiet.Analytics.Language;

namespace Custodiet.Analytics.Matching;

/// <summary>Finds a text that every match of a regular expression contains, so that the expression is run only where the text is.</summary>
/// <remarks>It understands the plain parts of an expression and gives up on the rest: finding nothing is always correct.</remarks>
internal static class RequiredLiteral
{
    /// <summary>Literals shorter than this save too little.</summary>
    public const int LengthMin = 3;

    /// <summary>The longest required run of ASCII characters, or null.</summary>
    public static string? Of(LinearRegex regex)
    {
        string text = regex.Text;
        // Extended syntax gives spaces and «#» another meaning.
        if (HasExtendedOption(text))
        {
            return null;
        }
        string best = "";
        Scan(text, 0, text.Length, ref best);
        return best.Length >= LengthMin ? best : null;
    }

    private static bool HasExtendedOption(string text)
    {
        for (
            int i = text.IndexOf("(?", StringComparison.Ordinal);
            i >= 0;
            i = text.IndexOf("(?", i + 1, StringComparison.Ordinal)
        )
        {
            int end = i + 2;
            while (end < text.Length && (char.IsAsciiLetter(text[end]) || text[end] == '-'))
            {
                end++;
            }
            if (text.AsSpan(i, end - i).Contains('x'))
            {
                return true;
            }
        }
        return false;
    }

    private static void Scan(string text, int start, int end, ref string best)
    {
        if (HasAlternation(text, start, end))
        {
            return;
        }
        StringBuilder run = new();
        int i = start;
        while (i < end)
        {
            int next = Element(text, i, end, out char? literal);
            bool optional = next < end && text[next] is '?' or '*' || (next < end && text[next] == '{');
            bool repeated = next < end && text[next] == '+';
            if (literal is { } c && !optional)
            {
                run.Append(c);
            }
            if (literal is null || optional || repeated)
            {
                Keep(run, ref best);
                if (text[i] == '(' && !optional)
                {
                    ScanGroup(text, i, next, ref best);
                }
            }
            i = AfterQuantifier(text, next, end);
        }
        Keep(run, ref best);
    }

    private static void ScanGroup(string text, int open, int next, ref string best)
    {
        int inner = open + 1;
        if (inner < next && text[inner] == '?')
        {
            // Only «(?:» is looked into: other groups may be options, names or conditions.
            if (inner + 1 >= next || text[inner + 1] != ':')
            {
                return;
            }
            inner += 2;
        }
        Scan(text, inner, next - 1, ref best);
    }

    private static void Keep(StringBuilder run, ref string best)
    {
        if (run.Length > best.Length)
        {
            best = run.ToString();
        }
        run.Clear();
    }

    private static bool HasAlternation(string text, int start, int end)
    {
        for (int i = start; i < end; i = Element(text, i, end, out _))
        {
            if (text[i] == '|')
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Passes over one character, escape, class or group.</summary>
    private static int Element(string text, int i, int end, out char? literal)
    {
        literal = null;
        switch (text[i])
        {
            case '\\':
                if (i + 1 >= end)
                {
                    return end;
                }
                char escaped = text[i + 1];
                if (char.IsAsciiLetterOrDigit(escaped))
                {
                    return Math.Min(end, i + EscapeLength(text, i, end));
                }
                literal = escaped < 0x80 ? escaped : null;
                return i + 2;
            case '[':
                return AfterClass(text, i, end);
            case '(':
                return AfterGroup(text, i, end);
            case '.' or '^' or '$' or '|' or ')':
                return i + 1;
            default:
                literal = text[i] < 0x80 ? text[i] : null;
                return i + 1;
        }
    }

    // A class or an anchor has two characters, the code of a character more.
    private static int EscapeLength(string text, int i, int end)
    {
        switch (text[i + 1])
        {
            case 'x':
                return 4;
            case 'u':
                return 6;
            case 'c':
                return 3;
            case >= '0' and <= '9':
                int digits = 1;
                while (i + digits < end && char.IsAsciiDigit(text[i + digits]))
                {
                    digits++;
                }
                return digits;
            default:
                return 2;
        }
    }

    private static int AfterClass(string text, int i, int end)
    {
        i += 1;
        if (i < end && text[i] == '^')
        {
            i++;
        }
        if (i < end && text[i] == ']')
        {
            i++;
        }
        while (i < end && text[i] != ']')
        {
            bool subtraction = text[i] == '-' && i + 1 < end && text[i + 1] == '[';
            i =
                subtraction ? AfterClass(text, i + 1, end)
                : text[i] == '\\' ? i + 2
                : i + 1;
        }
        return Math.Min(end, i + 1);
    }

    private static int AfterGroup(string text, int i, int end)
    {
        i++;
        while (i < end && text[i] != ')')
        {
            i = text[i] switch
            {
                '\\' => i + 2,
                '[' => AfterClass(text, i, end),
                '(' => AfterGroup(text, i, end),
                _ => i + 1,
            };
        }
        return Math.Min(end, i + 1);
    }

    private static int AfterQuantifier(string text, int i, int end)
    {
        int start = i;
        if (i < end && text[i] is '?' or '*' or '+')
        {
            i++;
        }
        else if (i < end && text[i] == '{')
        {
            int close = text.IndexOf('}', i);
            i = close < 0 || close >= end ? i + 1 : close + 1;
        }
        return i > start && i < end && text[i] == '?' ? i + 1 : i;
    }
}
