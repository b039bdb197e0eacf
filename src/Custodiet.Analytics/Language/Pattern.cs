using System.Text;

namespace Custodiet.Analytics.Language;

internal enum PartKind
{
    Literal,
    AnyRun,
    OneCharacter,
}

internal readonly record struct PatternPart(PartKind Kind, string Text);

internal enum PatternShape
{
    /// <summary>Only <c>*</c>: any value.</summary>
    Anything,
    Exact,
    StartsWith,
    EndsWith,
    Contains,

    /// <summary>Wildcards at other places.</summary>
    Wildcards,
}

/// <summary>A Sigma string after its escapes were read (sigma-specification 2.1, «Escaping»): literals and wildcards.</summary>
internal sealed class Pattern : IEquatable<Pattern>
{
    private static readonly PatternPart AnyRun = new(PartKind.AnyRun, "");

    private Pattern(IReadOnlyList<PatternPart> parts)
    {
        Parts = parts;
        Shape = ShapeOf(parts);
        Literal = LongestLiteral(parts);
    }

    public IReadOnlyList<PatternPart> Parts { get; }

    public PatternShape Shape { get; }

    /// <summary>The literal of a simple shape; of other shapes the longest one, which every match contains.</summary>
    public string Literal { get; }

    public bool HasWildcards => Parts.Any(p => p.Kind != PartKind.Literal);

    public static Pattern Parse(string text)
    {
        List<PatternPart> parts = [];
        StringBuilder literal = new();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\' && i + 1 < text.Length && text[i + 1] is '*' or '?' or '\\')
            {
                literal.Append(text[++i]);
            }
            else if (c is '*' or '?')
            {
                Flush();
                parts.Add(new PatternPart(c == '*' ? PartKind.AnyRun : PartKind.OneCharacter, ""));
            }
            else
            {
                literal.Append(c);
            }
        }
        Flush();
        return Of(parts);

        void Flush()
        {
            if (literal.Length > 0)
            {
                parts.Add(new PatternPart(PartKind.Literal, literal.ToString()));
                literal.Clear();
            }
        }
    }

    /// <summary>A pattern without wildcards, whatever characters it has.</summary>
    public static Pattern OfLiteral(string text) =>
        text.Length == 0 ? new Pattern([]) : new Pattern([new PatternPart(PartKind.Literal, text)]);

    /// <summary>A pattern of parts, with runs of <c>*</c> and of literals joined.</summary>
    public static Pattern Of(IEnumerable<PatternPart> parts)
    {
        List<PatternPart> joined = [];
        foreach (PatternPart part in parts)
        {
            PatternPart last = joined.Count > 0 ? joined[^1] : new PatternPart(PartKind.OneCharacter, "");
            if (part.Kind == PartKind.AnyRun && last.Kind == PartKind.AnyRun)
            {
                continue;
            }
            if (part.Kind == PartKind.Literal && last.Kind == PartKind.Literal && joined.Count > 0)
            {
                joined[^1] = last with { Text = last.Text + part.Text };
                continue;
            }
            joined.Add(part);
        }
        return new Pattern(joined);
    }

    public Pattern Containing() => Of([AnyRun, .. Parts, AnyRun]);

    public Pattern Starting() => Of([.. Parts, AnyRun]);

    public Pattern Ending() => Of([AnyRun, .. Parts]);

    public Pattern Folded() => Of(Parts.Select(p => p with { Text = Folding.Fold(p.Text) }));

    public bool Equals(Pattern? other) => other is not null && Parts.SequenceEqual(other.Parts);

    public override bool Equals(object? obj) => Equals(obj as Pattern);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (PatternPart part in Parts)
        {
            hash.Add(part);
        }
        return hash.ToHashCode();
    }

    private static PatternShape ShapeOf(IReadOnlyList<PatternPart> parts) =>
        parts.Select(p => p.Kind).ToArray() switch
        {
            [] or [PartKind.Literal] => PatternShape.Exact,
            [PartKind.AnyRun] => PatternShape.Anything,
            [PartKind.Literal, PartKind.AnyRun] => PatternShape.StartsWith,
            [PartKind.AnyRun, PartKind.Literal] => PatternShape.EndsWith,
            [PartKind.AnyRun, PartKind.Literal, PartKind.AnyRun] => PatternShape.Contains,
            _ => PatternShape.Wildcards,
        };

    private static string LongestLiteral(IReadOnlyList<PatternPart> parts) =>
        parts.Where(p => p.Kind == PartKind.Literal).Select(p => p.Text).MaxBy(t => t.Length) ?? "";
}
