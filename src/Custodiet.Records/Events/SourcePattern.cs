namespace Custodiet.Records.Events;

/// <summary>Some sources, by wildcards: <c>*</c> stands for any run of characters, <c>?</c> for one. Letter case does not count.</summary>
/// <param name="Technology">For example <c>windows-*</c>.</param>
/// <param name="Sensor">For example <c>dc-??</c>.</param>
public sealed record SourcePattern(string Technology, string Sensor)
{
    /// <summary>Every source.</summary>
    public static readonly SourcePattern All = new("*", "*");

    /// <summary>Whether a source is one of them.</summary>
    public bool Matches(SourceKey source) => Fits(Technology, source.Technology) && Fits(Sensor, source.Sensor);

    /// <inheritdoc/>
    public override string ToString() => $"{Technology}@{Sensor}";

    // Greedy with one point of return: linear but for pathological patterns, and those are bounded by the text's length.
    private static bool Fits(string pattern, string text)
    {
        int p = 0;
        int t = 0;
        int star = -1;
        int resume = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = t;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || Same(pattern[p], text[t])))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++resume;
            }
            else
            {
                return false;
            }
        }
        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }
        return p == pattern.Length;
    }

    private static bool Same(char one, char other) => char.ToLowerInvariant(one) == char.ToLowerInvariant(other);
}
