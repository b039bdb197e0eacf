using System.Text;

namespace Custodiet.Process.Narration;

/// <summary>Text inside Markdown.</summary>
internal static class Markdown
{
    /// <summary>Escapes what CommonMark 0.31 (section 2.4) lets be escaped and could act, and keeps the text on one line: values come from events.</summary>
    public static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length + 16);
        foreach (char c in text)
        {
            if (char.IsControl(c))
            {
                escaped.Append(' ');
                continue;
            }
            if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '#' or '|' or '!' or '&' or '~')
            {
                escaped.Append('\\');
            }
            escaped.Append(c);
        }
        return escaped.ToString();
    }
}
