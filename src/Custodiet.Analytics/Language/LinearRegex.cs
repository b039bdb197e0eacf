using System.Text.RegularExpressions;

namespace Custodiet.Analytics.Language;

/// <summary>
/// A regular expression that runs in time linear in the value, whatever the value is. Building its automaton takes
/// milliseconds, so that is done when it is first run: most rules of a set never run theirs.
/// </summary>
internal sealed class LinearRegex : IEquatable<LinearRegex>
{
    private const RegexOptions Always = RegexOptions.CultureInvariant;

    // What the linear engine may refuse: lookaround, back-references, conditions, atomic groups, and large counts.
    private static readonly Regex Doubtful = new(
        @"\\[1-9k]|\(\?(?:[=!>(]|<[=!])|\{\d*,?\d{3,}|\(\?<\w*-|\\G",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    );

    private readonly Lazy<Regex> regex;

    /// <param name="text">The expression.</param>
    /// <param name="options">Ignore case, multiline and single line.</param>
    /// <exception cref="ArgumentException">It is not valid.</exception>
    /// <exception cref="NotSupportedException">It cannot be run in linear time.</exception>
    public LinearRegex(string text, RegexOptions options)
    {
        Text = text;
        Options = options;
        _ = new Regex(text, options | Always);
        regex = new Lazy<Regex>(() => new Regex(text, options | Always | RegexOptions.NonBacktracking));
        if (Doubtful.IsMatch(text))
        {
            _ = regex.Value;
        }
    }

    public string Text { get; }

    public RegexOptions Options { get; }

    public bool IsMatch(ReadOnlySpan<char> value) => regex.Value.IsMatch(value);

    public bool Equals(LinearRegex? other) => other is not null && Text == other.Text && Options == other.Options;

    public override bool Equals(object? obj) => Equals(obj as LinearRegex);

    public override int GetHashCode() => HashCode.Combine(Text, Options);
}
