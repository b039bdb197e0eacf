using Custodiet.Records.Judgement;

namespace Custodiet.Process.Conditions;

/// <summary>
/// A condition over earlier answers, for example <c>expected == 'no' and (hosts &gt; 1 or 'lateral' in signs)</c>.
/// It is three-valued: what hangs on an unanswered question is neither true nor false, and the question behind it is not asked yet.
/// </summary>
public sealed class Condition
{
    private readonly ConditionNode root;

    internal Condition(string text, ConditionNode root)
    {
        Text = text;
        this.root = root;
        Questions = [.. root.Names.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>The questions it looks at.</summary>
    public IReadOnlyList<string> Questions { get; }

    /// <summary>Whether it holds; null when an answer that it needs is missing.</summary>
    /// <param name="answers">The answers so far, by question id.</param>
    public bool? Holds(IReadOnlyDictionary<string, AnswerValue> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        return root.Evaluate(answers);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
