using System.Globalization;
using System.Text;
using Custodiet.Process.Definitions;
using Custodiet.Process.Runs;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;

namespace Custodiet.Process.Narration;

/// <summary>What kind of sentence it is.</summary>
public enum SentenceKind
{
    /// <summary>A fact, with its value.</summary>
    Fact,

    /// <summary>A person's judgement.</summary>
    Judgement,

    /// <summary>A verdict.</summary>
    Verdict,

    /// <summary>A judgement, fact or verdict that a later one took the place of.</summary>
    Correction,

    /// <summary>Something required that nobody has answered.</summary>
    Unanswered,
}

/// <summary>A sentence of the narrative, with its evidence.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Text">The sentence in plain text.</param>
/// <param name="By">Who said so, or null when nobody did.</param>
/// <param name="At">When.</param>
/// <param name="Index">The record's place in the ledger.</param>
/// <param name="Step">The step it belongs to.</param>
/// <param name="Origin">For a fact: what it was read from.</param>
public sealed record Sentence(
    SentenceKind Kind,
    string Text,
    ActorId? By,
    DateTimeOffset? At,
    long? Index,
    string Step,
    string? Origin = null
);

/// <summary>The story of a run, rendered from its records. Nobody typed it: it says what was answered, and what was not.</summary>
public static class Narrative
{
    /// <summary>Renders a run.</summary>
    /// <param name="process">The definition that the run is pinned to.</param>
    /// <param name="answers">All answers, superseded ones too.</param>
    /// <param name="verdicts">The verdicts of the case or alert, superseded ones too, oldest first.</param>
    /// <param name="nameOf">The name to show for a pseudonym.</param>
    public static IReadOnlyList<Sentence> Render(
        ProcessDefinition process,
        IReadOnlyList<Answer> answers,
        IReadOnlyList<StandingVerdict> verdicts,
        Func<ActorId, string> nameOf
    )
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentNullException.ThrowIfNull(verdicts);
        ArgumentNullException.ThrowIfNull(nameOf);
        RunProgress progress = RunProgress.Of(process, answers);
        List<Sentence> sentences = [];
        foreach (StepState step in progress.Steps)
        {
            foreach (QuestionState state in step.Questions)
            {
                AddQuestion(state, answers, nameOf, sentences);
            }
        }
        for (int i = 0; i < verdicts.Count; i++)
        {
            sentences.Add(OfVerdict(process.Verdict, verdicts, i, nameOf));
        }
        return sentences;
    }

    /// <summary>The narrative as Markdown, grouped by step; values are escaped.</summary>
    public static string ToMarkdown(ProcessDefinition process, IReadOnlyList<Sentence> sentences)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(sentences);
        StringBuilder text = new();
        IEnumerable<(string Id, string Title)> steps = process
            .Steps.Select(step => (step.Id, step.Title))
            .Append((process.Verdict.Id, process.Verdict.Title));
        foreach ((string id, string title) in steps)
        {
            Sentence[] own = [.. sentences.Where(sentence => sentence.Step == id)];
            if (own.Length == 0)
            {
                continue;
            }
            text.Append(CultureInfo.InvariantCulture, $"## {Markdown.Escape(title)}\n\n");
            foreach (Sentence sentence in own)
            {
                text.Append(CultureInfo.InvariantCulture, $"- {Markdown.Escape(sentence.Text)}");
                if (sentence.Index is { } index)
                {
                    text.Append(CultureInfo.InvariantCulture, $" [ledger {index}]");
                }
                text.Append('\n');
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    private static void AddQuestion(
        QuestionState state,
        IReadOnlyList<Answer> answers,
        Func<ActorId, string> nameOf,
        List<Sentence> sentences
    )
    {
        Question question = state.Question;
        foreach (Answer old in answers.Where(a => a.Question == question.Id && a.Superseded).OrderBy(a => a.Index))
        {
            string words = AnswerWords.Of(question, old.Value);
            string text =
                $"{nameOf(old.By)} first answered «{question.Text}» with «{words}»; this was corrected later.";
            sentences.Add(new Sentence(SentenceKind.Correction, text, old.By, old.At, old.Index, question.Step));
        }
        if (state.Answer is { } answer)
        {
            sentences.Add(OfAnswer(state, answer, nameOf));
        }
        else if (state.Asked && question.Required != Requirement.No)
        {
            string text = $"Not answered: {question.Text}";
            sentences.Add(new Sentence(SentenceKind.Unanswered, text, null, null, null, question.Step));
        }
    }

    private static Sentence OfAnswer(QuestionState state, Answer answer, Func<ActorId, string> nameOf)
    {
        Question question = state.Question;
        string words = AnswerWords.Of(question, answer.Value);
        bool platform = answer.Origin.FilledBy == "platform";
        string? own = question.Options.FirstOrDefault(option => option.Id == answer.Value.Text)?.Say;
        string plain =
            own
            ?? question.Say?.Replace(QuestionReader.SayPlaceholder, words, StringComparison.Ordinal)
            ?? $"{question.Text} {Capital(words)}.";
        string text = (question.Kind, platform) switch
        {
            (QuestionKind.Fact, true) => plain,
            (QuestionKind.Fact, false) => $"{plain} This was entered by {nameOf(answer.By)}.",
            _ => own is null && question.Say is null
                ? $"«{question.Text}»: {nameOf(answer.By)} judged «{words}» at {Clock(answer.At)}."
                : $"{plain} {nameOf(answer.By)} judged so at {Clock(answer.At)}.",
        };
        if (!state.Asked)
        {
            text += " With the answers given later this is no longer asked.";
        }
        SentenceKind kind = question.Kind == QuestionKind.Fact ? SentenceKind.Fact : SentenceKind.Judgement;
        return new Sentence(kind, text, answer.By, answer.At, answer.Index, question.Step, answer.Origin.Source);
    }

    private static Sentence OfVerdict(
        VerdictStep step,
        IReadOnlyList<StandingVerdict> verdicts,
        int place,
        Func<ActorId, string> nameOf
    )
    {
        StandingVerdict verdict = verdicts[place];
        bool last = place == verdicts.Count - 1;
        string act = place == 0 ? "judged" : "corrected the verdict to";
        string text = $"{nameOf(verdict.By)} {act} {DecisionWords.Of(step, verdict.Decision)} at {Clock(verdict.At)}.";
        return new Sentence(
            last ? SentenceKind.Verdict : SentenceKind.Correction,
            last ? text : $"{text} This was corrected later.",
            verdict.By,
            verdict.At,
            verdict.Index,
            step.Id
        );
    }

    private static string Capital(string text) =>
        text.Length == 0 ? text : string.Concat(char.ToUpperInvariant(text[0]).ToString(), text.AsSpan(1));

    internal static string Clock(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
