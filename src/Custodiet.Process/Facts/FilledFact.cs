using System.Globalization;
using Custodiet.Records.Findings;
using Custodiet.Records.Judgement;

namespace Custodiet.Process.Facts;

/// <summary>What facts are read about: the alert that leads (a case's most severe one) and its findings, newest first.</summary>
public sealed record FactSubject(Alert Alert, IReadOnlyList<Finding> Findings);

/// <summary>A fact as the platform read it, or why it could not.</summary>
/// <param name="Value">The value, typed as the question asks; null when nothing was there.</param>
/// <param name="Source">What was read, for example <c>event 0:4711 field ParentImage</c>.</param>
/// <param name="ReadAt">When.</param>
/// <param name="Missing">Why there is no value, as a sentence; null when there is one.</param>
public sealed record FilledFact(AnswerValue? Value, string Source, DateTimeOffset ReadAt, string? Missing)
{
    /// <summary>The origin of an answer that accepts this fact.</summary>
    public AnswerOrigin Accepted => new("platform", Source, ReadAt);
}

/// <summary>Something known, shown beside a judgement.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Text">The value in words; null when nothing is known.</param>
/// <param name="Source">What was read.</param>
/// <param name="ReadAt">When.</param>
public sealed record KnownFact(string Label, string? Text, string Source, DateTimeOffset ReadAt);

/// <summary>A value as it was read, before it takes a question's type. Exactly one member is set.</summary>
internal readonly record struct RawFact(string? Text, double? Number, DateTimeOffset? Instant, string Source)
{
    public bool IsEmpty => Text is null && Number is null && Instant is null;

    /// <summary>The value in words.</summary>
    public string? InWords =>
        Text
        ?? Number?.ToString("0.###", CultureInfo.InvariantCulture)
        ?? Instant?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>The value typed as a question asks, or null when it cannot be read so.</summary>
    public AnswerValue? As(string type, string? unit) =>
        type switch
        {
            "number" => AsNumber() is { } number ? new AnswerValue(type, Number: number, Unit: unit) : null,
            "duration" => Number is { } seconds ? new AnswerValue(type, Number: seconds) : null,
            "instant" => AsInstant() is { } instant ? new AnswerValue(type, Instant: instant) : null,
            "yes-no" => Text is "yes" or "no" ? new AnswerValue(type, YesNo: Text) : null,
            "choices" => Text is null ? null : new AnswerValue(type, Choices: [Text]),
            _ => InWords is { } text ? new AnswerValue(type, Text: text) : null,
        };

    private double? AsNumber() =>
        Number
        ?? (
            double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number)
                ? number
                : null
        );

    private DateTimeOffset? AsInstant() =>
        Instant
        ?? (
            DateTimeOffset.TryParse(
                Text,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out DateTimeOffset instant
            )
                ? instant
                : null
        );
}
