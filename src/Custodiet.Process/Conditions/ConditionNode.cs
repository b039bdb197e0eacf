using Custodiet.Records.Judgement;

namespace Custodiet.Process.Conditions;

/// <summary>A part of a condition. Null is «not known yet» (Kleene's third value).</summary>
internal abstract record ConditionNode
{
    public abstract IEnumerable<string> Names { get; }

    public abstract bool? Evaluate(IReadOnlyDictionary<string, AnswerValue> answers);
}

internal sealed record AndNode(ConditionNode Left, ConditionNode Right) : ConditionNode
{
    public override IEnumerable<string> Names => Left.Names.Concat(Right.Names);

    public override bool? Evaluate(IReadOnlyDictionary<string, AnswerValue> answers) =>
        Left.Evaluate(answers) & Right.Evaluate(answers);
}

internal sealed record OrNode(ConditionNode Left, ConditionNode Right) : ConditionNode
{
    public override IEnumerable<string> Names => Left.Names.Concat(Right.Names);

    public override bool? Evaluate(IReadOnlyDictionary<string, AnswerValue> answers) =>
        Left.Evaluate(answers) | Right.Evaluate(answers);
}

internal sealed record NotNode(ConditionNode Inner) : ConditionNode
{
    public override IEnumerable<string> Names => Inner.Names;

    public override bool? Evaluate(IReadOnlyDictionary<string, AnswerValue> answers) => !Inner.Evaluate(answers);
}

/// <summary><c>answered(x)</c>: the one form that is known even when the answer is missing.</summary>
internal sealed record AnsweredNode(string Question) : ConditionNode
{
    public override IEnumerable<string> Names => [Question];

    public override bool? Evaluate(IReadOnlyDictionary<string, AnswerValue> answers) => answers.ContainsKey(Question);
}

/// <summary><c>x == 'a'</c>, <c>x in ['a', 'b']</c>, <c>'a' in x</c>: whether the answer is, or holds, one of these texts.</summary>
internal sealed record TextNode(string Question, IReadOnlyList<string> Texts, bool Negated) : ConditionNode
{
    public override IEnumerable<string> Names => [Question];

    public override bool? Evaluate(IReadOnlyDictionary<string, AnswerValue> answers)
    {
        if (!answers.TryGetValue(Question, out AnswerValue? value))
        {
            return null;
        }
        bool found = value.Choices is { } choices
            ? choices.Any(choice => Texts.Contains(choice, StringComparer.Ordinal))
            : Texts.Contains(value.YesNo ?? value.Text ?? "", StringComparer.Ordinal);
        return found != Negated;
    }
}

/// <summary>A number (a duration in seconds) against a number.</summary>
internal sealed record NumberNode(string Question, string Operator, double Number) : ConditionNode
{
    public override IEnumerable<string> Names => [Question];

    public override bool? Evaluate(IReadOnlyDictionary<string, AnswerValue> answers)
    {
        if (!answers.TryGetValue(Question, out AnswerValue? value) || value.Number is not { } number)
        {
            return null;
        }
        return Operator switch
        {
            "==" => number == Number,
            "!=" => number != Number,
            "<" => number < Number,
            "<=" => number <= Number,
            ">" => number > Number,
            ">=" => number >= Number,
            _ => throw new InvalidOperationException($"The operator {Operator} passed the parser."),
        };
    }
}
