namespace Custodiet.Analytics.Language;

/// <summary>What a rule asks of an event.</summary>
internal abstract record Expression;

internal sealed record AllOf(IReadOnlyList<Expression> Parts) : Expression;

internal sealed record AnyOf(IReadOnlyList<Expression> Parts) : Expression;

internal sealed record Not(Expression Part) : Expression;

internal sealed record Leaf(Test Test) : Expression;

/// <summary>A search identifier of the rule, kept so that the rule can be said in words.</summary>
internal sealed record Named(string Name, Expression Part) : Expression;

/// <summary>One line of a detection as its author wrote it, and what it means once the modifiers are applied.</summary>
internal sealed record Item(
    string? Field,
    IReadOnlyList<string> Modifiers,
    IReadOnlyList<string> Values,
    Expression Meaning
) : Expression;
