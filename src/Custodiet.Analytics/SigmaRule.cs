using Custodiet.Analytics.Language;
using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;

namespace Custodiet.Analytics;

/// <summary>One Sigma rule, read and checked. Immutable.</summary>
public sealed class SigmaRule
{
    internal SigmaRule(Expression condition)
    {
        Condition = condition;
        Fields = FieldsOf.Expression(condition);
        HasKeywords = FieldsOf.HasKeywords(condition);
    }

    /// <summary>Its id; the name or the title of a rule that has none.</summary>
    public required string Id { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>Its level as OCSF's severity; <see cref="Records.Findings.Severity.Unknown"/> when it names none.</summary>
    public Severity Severity { get; init; }

    /// <summary>Its status, for example <c>stable</c> or <c>experimental</c>.</summary>
    public string? Status { get; init; }

    /// <summary>Its author, whom the Detection Rule License asks a message about a match to name.</summary>
    public string? Author { get; init; }

    /// <summary>SHA-256 of its document's text in UTF-8, lower-case hex: of the whole file when it is the only one in it.</summary>
    public required string Digest { get; init; }

    /// <summary>Where its document begins.</summary>
    public required TextPosition Position { get; init; }

    /// <summary>The file it came from.</summary>
    public string File => Position.File;

    /// <summary>Which events it looks at.</summary>
    public required LogSource LogSource { get; init; }

    /// <summary>Its tags as written.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>ATT&amp;CK technique ids from its tags, such as <c>T1059.001</c>.</summary>
    public IReadOnlyList<string> Techniques { get; init; } = [];

    /// <summary>What it detects.</summary>
    public string? Description { get; init; }

    /// <summary>What else may look like it.</summary>
    public IReadOnlyList<string> FalsePositives { get; init; } = [];

    /// <summary>Where to read more.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>The fields it reads, each once, in the order of its text.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>Whether it searches all of an event's strings, not only named fields.</summary>
    public bool HasKeywords { get; }

    /// <summary>The rule as findings name it.</summary>
    public RuleReference Reference => new(Id, Title, Digest, Author);

    internal Expression Condition { get; }

    /// <summary>Reads the rules of a file. Never throws for what the file holds, and a bad rule never stops another.</summary>
    /// <remarks>
    /// The language is Sigma 2.1 without correlations, filters and placeholders, which are refused by name.
    /// </remarks>
    public static RuleParse Parse(SourceText text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new RuleReader(text).Read();
    }

    /// <summary>The rule's condition in words, one thought a line, indented by two spaces a level.</summary>
    public string Explain() => Explanation.Of(Condition);

    /// <inheritdoc/>
    public override string ToString() => $"{Title} ({Id})";
}
