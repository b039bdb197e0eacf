using Custodiet.Process.Definitions;
using Custodiet.Process.Facts;
using Custodiet.Process.Narration;
using Custodiet.Process.Runs;
using Custodiet.Records.Judgement;
using Custodiet.Records.People;
using Custodiet.Records.Stores;

namespace Custodiet.Web.Cases;

/// <summary>Everything that the page of a case shows.</summary>
/// <param name="Case">The case.</param>
/// <param name="Alerts">Its alerts that are shown, at most <see cref="CaseReader.AlertsMax"/>.</param>
/// <param name="Verdicts">Its verdicts, superseded ones too, oldest first.</param>
/// <param name="Run">The newest run, or null.</param>
/// <param name="Progress">How far it has come; null when its process version is not loaded.</param>
/// <param name="Facts">Facts as they can be read now, by question.</param>
/// <param name="Subject">The alert that facts are about.</param>
/// <param name="Question">The question in the centre; null for the verdict.</param>
/// <param name="Known">What is known beside that question.</param>
/// <param name="Story">The narrative.</param>
/// <param name="Timeline">What happened.</param>
/// <param name="Names">Names of people.</param>
public sealed record CaseView(
    Case Case,
    IReadOnlyList<Alert> Alerts,
    IReadOnlyList<StandingVerdict> Verdicts,
    Run? Run,
    RunProgress? Progress,
    IReadOnlyDictionary<string, FilledFact> Facts,
    FactSubject? Subject,
    QuestionState? Question,
    IReadOnlyList<KnownFact> Known,
    IReadOnlyList<Sentence> Story,
    TimelinePage Timeline,
    NameTable Names
)
{
    /// <summary>The case's address.</summary>
    public string Path => $"/cases/{Case.Number}";

    /// <summary>The address with a question in the centre.</summary>
    public string PathOf(string question) => $"{Path}?question={Uri.EscapeDataString(question)}";

    /// <summary>Questions that are asked, in order.</summary>
    public IReadOnlyList<QuestionState> Asked =>
        Progress is null ? [] : [.. Progress.Steps.SelectMany(s => s.Questions).Where(q => q.Asked)];

    /// <summary>The question after or before the one in the centre, or null at the end.</summary>
    public QuestionState? Neighbour(int step)
    {
        IReadOnlyList<QuestionState> asked = Asked;
        int at = Question is null ? asked.Count : asked.ToList().FindIndex(q => q.Question.Id == Question.Question.Id);
        return at + step >= 0 && at + step < asked.Count ? asked[at + step] : null;
    }

    /// <summary>Facts of the step in the centre that have a value and are not accepted yet.</summary>
    public IReadOnlyList<(Question Question, FilledFact Fact)> ToAccept =>
        Progress is null
            ? []
            :
            [
                .. Asked
                    .Where(q => q.Answer is null && q.Question.Step == Question?.Question.Step)
                    .Where(q => Facts.TryGetValue(q.Question.Id, out FilledFact? fact) && fact.Value is not null)
                    .Select(q => (q.Question, Facts[q.Question.Id])),
            ];
}

/// <summary>Reads what the page of a case shows.</summary>
internal sealed class CaseReader(
    IJudgementReader judgements,
    ProcessLibrary library,
    FactReader facts,
    Timeline timeline,
    Names people,
    Visit visit
)
{
    /// <summary>Alerts that the page lists: 50.</summary>
    public const int AlertsMax = 50;

    /// <summary>The word for the verdict where a question's id stands.</summary>
    public const string VerdictStep = "verdict";

    /// <summary>The view, or null when there is no such case for this reader.</summary>
    public async ValueTask<CaseView?> ReadAsync(long number, string? question, CancellationToken cancellation)
    {
        Viewer viewer = visit.Viewer;
        if (await judgements.CaseByNumberAsync(number, viewer, cancellation) is not { } item)
        {
            return null;
        }
        NameTable names = await people.ReadAsync(cancellation);
        IReadOnlyList<Run> runs = await judgements.RunsAsync(item.Id, viewer, cancellation);
        Run? run = runs.Count > 0 ? runs[^1] : null;
        ProcessDefinition? process = run is null ? null : library.Find(run.Process);
        IReadOnlyList<Answer> answers = run is null ? [] : await judgements.AnswersAsync(run.Id, viewer, cancellation);
        RunProgress? progress = process is null ? null : RunProgress.Of(process, answers);
        IReadOnlyList<StandingVerdict> verdicts = await judgements.VerdictsAsync(item.Id, viewer, cancellation);
        FactSubject? subject = await facts.SubjectAsync(item.Alerts, viewer, cancellation);
        IReadOnlyDictionary<string, FilledFact> filled =
            process is null || subject is null
                ? new Dictionary<string, FilledFact>()
                : await facts.FillAsync(process, subject, viewer, cancellation);
        QuestionState? centre = Centre(progress, question);
        IReadOnlyList<KnownFact> known =
            centre is null || subject is null
                ? []
                : await facts.KnownAsync(centre.Question, subject, viewer, cancellation);
        return new CaseView(
            item,
            await AlertsAsync(item, viewer, cancellation),
            verdicts,
            run,
            progress,
            filled,
            subject,
            centre,
            known,
            process is null ? [] : Narrative.Render(process, answers, verdicts, names.Of),
            await timeline.OfAsync(item, runs, cancellation),
            names
        );
    }

    private static QuestionState? Centre(RunProgress? progress, string? question) =>
        progress is null || question == VerdictStep ? null
        : question is not null && progress.Find(question) is { Asked: true } wanted ? wanted
        : progress.Next is { } next ? progress.Find(next.Id)
        : null;

    private async ValueTask<IReadOnlyList<Alert>> AlertsAsync(Case item, Viewer viewer, CancellationToken cancellation)
    {
        List<Alert> alerts = [];
        foreach (AlertId id in item.Alerts.Take(AlertsMax))
        {
            if (await judgements.AlertAsync(id, viewer, cancellation) is { } alert)
            {
                alerts.Add(alert);
            }
        }
        return [.. alerts.OrderByDescending(a => a.Severity).ThenBy(a => a.Number)];
    }
}
