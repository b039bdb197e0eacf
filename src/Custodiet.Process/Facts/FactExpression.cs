namespace Custodiet.Process.Facts;

/// <summary>Where a fact is read, for example <c>finding.rule</c>, <c>event.ParentImage</c>, <c>history.same_rule_entity(30d)</c>.</summary>
/// <param name="Root">The part before the dot: <c>finding</c>, <c>event</c>, <c>alert</c>, <c>history</c>, <c>source</c>.</param>
/// <param name="Name">The part after it; for <c>event</c> a native field's name, dots included.</param>
/// <param name="Window">The time in brackets, or null.</param>
public sealed record FactExpression(string Root, string Name, TimeSpan? Window)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Window is { } window ? $"{Root}.{Name}({Duration.Format(window)})" : $"{Root}.{Name}";
}
