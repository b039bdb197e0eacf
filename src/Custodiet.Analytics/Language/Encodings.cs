using System.Text;

namespace Custodiet.Analytics.Language;

/// <summary>The modifiers that re-write a value before it is compared (sigma-specification 2.1, appendix modifiers).</summary>
internal static class Encodings
{
    private static readonly char[] Dashes = ['-', '/', '\u2013', '\u2014', '\u2015'];

    /// <summary>The three forms that the bytes take inside a Base64 text, one for each place they can begin at.</summary>
    public static IEnumerable<string> Base64Offsets(byte[] bytes)
    {
        for (int offset = 0; offset < 3; offset++)
        {
            byte[] shifted = [.. Enumerable.Repeat((byte)' ', offset), .. bytes];
            string encoded = Convert.ToBase64String(shifted);
            int start = offset switch
            {
                0 => 0,
                1 => 2,
                _ => 3,
            };
            int cut = (shifted.Length % 3) switch
            {
                0 => 0,
                1 => 3,
                _ => 2,
            };
            if (encoded.Length - cut > start)
            {
                yield return encoded[start..^cut];
            }
        }
    }

    public static byte[] Utf16(string text, string modifier) =>
        modifier switch
        {
            "utf16be" => Encoding.BigEndianUnicode.GetBytes(text),
            "utf16" => [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)],
            _ => Encoding.Unicode.GetBytes(text),
        };

    /// <summary>How many dashes of a pattern are the beginning of an option.</summary>
    public static int CountOptionDashes(Pattern pattern) =>
        pattern.Parts.Sum(p => Enumerable.Range(0, p.Text.Length).Count(i => IsOptionDash(p.Text, i)));

    /// <summary>The pattern with each option's dash in each spelling that Windows programs accept.</summary>
    public static IEnumerable<Pattern> WindashVariants(Pattern pattern)
    {
        List<IEnumerable<PatternPart>> variants =
        [
            [],
        ];
        foreach (PatternPart part in pattern.Parts)
        {
            List<string> texts = [""];
            for (int i = 0; i < part.Text.Length; i++)
            {
                char[] choices = IsOptionDash(part.Text, i) ? Dashes : [part.Text[i]];
                texts = [.. texts.SelectMany(t => choices.Select(c => t + c))];
            }
            variants =
            [
                .. variants.SelectMany(v =>
                    texts.Select(t => (IEnumerable<PatternPart>)[.. v, part with { Text = t }])
                ),
            ];
        }
        return variants.Select(Pattern.Of);
    }

    // As pySigma does: a dash or slash that begins a word. The specification says "all permutations", which would also
    // turn the slashes of a path and the hyphen of a word into dashes.
    private static bool IsOptionDash(string text, int i) =>
        text[i] is '-' or '/' && (i == 0 || !IsWord(text[i - 1])) && i + 1 < text.Length && IsWord(text[i + 1]);

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
