using Custodiet.Process.Definitions;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Runs;

/// <summary>A question as it stands in a run.</summary>
/// <param name="Question">The question.</param>
/// <param name="Asked">Whether it is asked, given the answers so far.</param>
/// <param name="Answer">The answer in force, or null: unanswered.</param>
public sealed record QuestionState(Question Question, bool Asked, Answer? Answer);

/// <summary>A step as it stands in a run.</summary>
/// <param name="Step">The step.</param>
/// <param name="Questions">Its questions.</param>
public sealed record StepState(ProcessStep Step, IReadOnlyList<QuestionState> Questions)
{
    /// <summary>Questions that are asked.</summary>
    public int Asked => Questions.Count(state => state.Asked);

    /// <summary>Questions that are asked and answered.</summary>
    public int Answered => Questions.Count(state => state.Asked && state.Answer is not null);

    /// <summary>Whether every answer that the step requires is there.</summary>
    public bool Done => Questions.All(s => !s.Asked || s.Answer is not null || s.Question.Required == Requirement.No);
}

/// <summary>How far a run has come: which questions are asked, answered, missing. Derived from the definition and the answers alone.</summary>
/// <param name="Process">The definition the run is pinned to.</param>
/// <param name="Steps">The steps.</param>
/// <param name="Values">The values in force of the questions that are asked, as conditions see them.</param>
public sealed record RunProgress(
    ProcessDefinition Process,
    IReadOnlyList<StepState> Steps,
    IReadOnlyDictionary<string, AnswerValue> Values
)
{
    /// <summary>Questions that are asked, required before closing, and not answered.</summary>
    public IReadOnlyList<Question> MissingAtClose =>
        [
            .. Steps
                .SelectMany(step => step.Questions)
                .Where(state => state.Asked && state.Answer is null && state.Question.Required == Requirement.Close)
                .Select(state => state.Question),
        ];

    /// <summary>The first question that is asked and not answered, or null.</summary>
    public Question? Next =>
        Steps.SelectMany(step => step.Questions).FirstOrDefault(s => s.Asked && s.Answer is null)?.Question;

    /// <summary>The state of a question, or null when the process has none of this id.</summary>
    public QuestionState? Find(string question) =>
        Steps.SelectMany(step => step.Questions).FirstOrDefault(state => state.Question.Id == question);

    /// <summary>Derives it.</summary>
    /// <param name="process">The definition.</param>
    /// <param name="answers">All answers of the run, superseded ones too.</param>
    public static RunProgress Of(ProcessDefinition process, IReadOnlyList<Answer> answers)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(answers);
        Dictionary<string, Answer> standing = new(StringComparer.Ordinal);
        foreach (Answer answer in answers.Where(answer => !answer.Superseded).OrderBy(answer => answer.Index))
        {
            standing[answer.Question] = answer;
        }
        Dictionary<string, AnswerValue> values = new(StringComparer.Ordinal);
        List<StepState> steps = [];
        foreach (ProcessStep step in process.Steps)
        {
            List<QuestionState> states = [];
            foreach (Question question in step.Questions)
            {
                Answer? answer = standing.GetValueOrDefault(question.Id);
                bool asked = question.When is null || question.When.Holds(values) == true;
                // An answer to a question that is no longer asked stays recorded, but nothing may hang on it.
                if (asked && answer is not null)
                {
                    values[question.Id] = answer.Value;
                }
                states.Add(new QuestionState(question, asked, answer));
            }
            steps.Add(new StepState(step, states));
        }
        return new RunProgress(process, steps, values);
    }
}
