using Custodiet.Records.People;

namespace Custodiet.Records.Judgement;

/// <summary>Whether the platform may fill an answer in.</summary>
public enum QuestionKind
{
    /// <summary>Filled in with origin and age; accepted with one key.</summary>
    Fact,

    /// <summary>Always a person's act; never preselected.</summary>
    Judgement,
}

/// <summary>A typed answer. Exactly the member that <paramref name="Type"/> names is set; «unanswered» is no answer at all.</summary>
/// <param name="Type"><c>choice</c>, <c>choices</c>, <c>yes-no</c>, <c>number</c>, <c>instant</c>, <c>duration</c>, <c>entity</c>, <c>observable</c>, <c>technique</c>, <c>text</c>.</param>
/// <param name="Text">choice, entity, observable, technique, text.</param>
/// <param name="Choices">choices.</param>
/// <param name="YesNo">yes-no: <c>yes</c>, <c>no</c>, <c>cannot-tell</c>.</param>
/// <param name="Number">number; duration in seconds.</param>
/// <param name="Unit">The number's unit.</param>
/// <param name="Instant">instant.</param>
public sealed record AnswerValue(
    string Type,
    string? Text = null,
    IReadOnlyList<string>? Choices = null,
    string? YesNo = null,
    double? Number = null,
    string? Unit = null,
    DateTimeOffset? Instant = null
);

/// <summary>Where an answer comes from.</summary>
/// <param name="FilledBy"><c>platform</c> when a fact was accepted as it was filled in, else <c>person</c>.</param>
/// <param name="Source">For a fact: what it was read from, for example <c>event 0:48211 field ParentImage</c>.</param>
/// <param name="ReadAt">When the platform read it.</param>
public sealed record AnswerOrigin(string FilledBy, string? Source, DateTimeOffset? ReadAt);

/// <summary>An answer as it stands.</summary>
/// <param name="Index">The record's place in the ledger.</param>
/// <param name="RecordId">The record.</param>
/// <param name="Step">Step id.</param>
/// <param name="Question">Question id.</param>
/// <param name="Kind">Fact or judgement.</param>
/// <param name="Value">The value.</param>
/// <param name="Origin">Its origin.</param>
/// <param name="By">Who.</param>
/// <param name="At">When.</param>
/// <param name="Superseded">Whether a later answer took its place.</param>
public sealed record Answer(
    long Index,
    Ledger.RecordId RecordId,
    string Step,
    string Question,
    QuestionKind Kind,
    AnswerValue Value,
    AnswerOrigin Origin,
    ActorId By,
    DateTimeOffset At,
    bool Superseded
);
