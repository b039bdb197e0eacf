using Custodiet.Documents;
using Custodiet.Process.Facts;
using Custodiet.Records;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;

namespace Custodiet.Process.Definitions;

/// <summary>A process as it is defined: versioned content that every run pins by its digest.</summary>
/// <param name="Reference">Id, version and digest of the file.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Purpose">Why it exists, in one sentence.</param>
/// <param name="Goals">What it should achieve; the measure for reassessing it.</param>
/// <param name="Owner">The function that answers for it, for example <c>soc-lead</c>.</param>
/// <param name="Roles">Who may answer and judge in it.</param>
/// <param name="ReviewInterval">How often its value is to be reassessed.</param>
/// <param name="Steps">The steps with questions, in order.</param>
/// <param name="Verdict">The last step: the decision.</param>
public sealed record ProcessDefinition(
    ProcessReference Reference,
    string Title,
    string Purpose,
    IReadOnlyList<string> Goals,
    string Owner,
    IReadOnlyList<Role> Roles,
    TimeSpan ReviewInterval,
    IReadOnlyList<ProcessStep> Steps,
    VerdictStep Verdict
)
{
    /// <summary>All questions, in order.</summary>
    public IEnumerable<Question> Questions => Steps.SelectMany(step => step.Questions);

    /// <summary>Reads a definition. Never throws for what the text holds; every problem has its place.</summary>
    public static ProcessParse Parse(SourceText source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ProcessReader(source).Read();
    }

    /// <summary>The question of an id, or null.</summary>
    public Question? Find(string question) => Questions.FirstOrDefault(candidate => candidate.Id == question);
}

/// <summary>A definition, or why there is none. With an error among the problems the definition is null.</summary>
public sealed record ProcessParse(ProcessDefinition? Definition, IReadOnlyList<Problem> Problems);

/// <summary>A step: questions that belong together.</summary>
public sealed record ProcessStep(string Id, string Title, IReadOnlyList<Question> Questions);

/// <summary>When an answer must be there.</summary>
public enum Requirement
{
    /// <summary>Never.</summary>
    No,

    /// <summary>Before the step counts as done.</summary>
    Step,

    /// <summary>Before the case can be closed; this includes the step.</summary>
    Close,
}

/// <summary>A question with a typed answer.</summary>
/// <param name="Id">Unique in the process.</param>
/// <param name="Step">The step it stands in.</param>
/// <param name="Kind">Fact or judgement.</param>
/// <param name="Type">The answer's type, as <see cref="AnswerValue"/> lists them.</param>
/// <param name="Unit">For numbers.</param>
/// <param name="Text">The question.</param>
/// <param name="Hint">How to find the answer, or null.</param>
/// <param name="Options">For choice and choices; the number key is the place in this list.</param>
/// <param name="When">Whether it is asked, over earlier answers; null means always.</param>
/// <param name="Required">When an answer must be there.</param>
/// <param name="Fill">For facts: where the value is read, the first that has one.</param>
/// <param name="Show">For judgements: what is known and shown; it never selects an answer.</param>
/// <param name="Say">The narrative's sentence with <c>{answer}</c> in it, or null for a plain one.</param>
/// <param name="UnitOne">The unit's word for exactly one, or null when it is the same.</param>
public sealed record Question(
    string Id,
    string Step,
    QuestionKind Kind,
    string Type,
    string? Unit,
    string Text,
    string? Hint,
    IReadOnlyList<QuestionOption> Options,
    Conditions.Condition? When,
    Requirement Required,
    IReadOnlyList<FactExpression> Fill,
    IReadOnlyList<ShownFact> Show,
    string? Say,
    string? UnitOne = null
);

/// <summary>One of the answers to choose from.</summary>
/// <param name="Id">What is recorded.</param>
/// <param name="Label">What is shown.</param>
/// <param name="Hint">What it means, or null.</param>
/// <param name="Say">The narrative's sentence, or null for the question's own.</param>
public sealed record QuestionOption(string Id, string Label, string? Hint, string? Say);

/// <summary>Something known that is shown beside a judgement.</summary>
public sealed record ShownFact(string Label, FactExpression From);

/// <summary>The decision: which verdicts, which reasons go with each, and what they require.</summary>
/// <param name="Id">Step id.</param>
/// <param name="Title">Its name.</param>
/// <param name="Text">The question.</param>
/// <param name="Choices">The verdicts; the number key is the place in this list.</param>
/// <param name="Impacts">The impacts.</param>
/// <param name="Confidences">The degrees of confidence.</param>
public sealed record VerdictStep(
    string Id,
    string Title,
    string Text,
    IReadOnlyList<VerdictChoice> Choices,
    IReadOnlyList<ImpactChoice> Impacts,
    IReadOnlyList<ConfidenceChoice> Confidences
)
{
    /// <summary>The choice for a verdict, or null when this process does not offer it.</summary>
    public VerdictChoice? Find(Verdict verdict) => Choices.FirstOrDefault(choice => choice.Verdict == verdict);
}

/// <summary>A verdict to choose.</summary>
/// <param name="Verdict">OCSF <c>verdict_id</c>.</param>
/// <param name="Label">What is shown.</param>
/// <param name="Hint">When to choose it.</param>
/// <param name="ImpactRequired">Whether an impact belongs to it; if not, none may be given.</param>
/// <param name="Reasons">The reasons that go with it.</param>
public sealed record VerdictChoice(
    Verdict Verdict,
    string Label,
    string? Hint,
    bool ImpactRequired,
    IReadOnlyList<ReasonChoice> Reasons
)
{
    /// <summary>The reason of an id, or null when it does not belong to this verdict.</summary>
    public ReasonChoice? Find(string reason) => Reasons.FirstOrDefault(choice => choice.Id == reason);
}

/// <summary>Why a verdict is what it is.</summary>
/// <param name="Id">What is recorded.</param>
/// <param name="Label">What is shown.</param>
/// <param name="Hint">When to choose it, or null.</param>
/// <param name="LeadsTo">The work it asks for: <c>tune-rule</c>, <c>fix-pipeline</c>, <c>respond</c>, <c>close-gap</c>, <c>collect-more</c>; or null.</param>
public sealed record ReasonChoice(string Id, string Label, string? Hint, string? LeadsTo);

/// <summary>An impact to choose.</summary>
public sealed record ImpactChoice(Impact Impact, string Label, string? Hint);

/// <summary>A degree of confidence to choose.</summary>
public sealed record ConfidenceChoice(Confidence Confidence, string Label, string? Hint);
