namespace Custodiet.Sample;

/// <summary>One event of the sample company, as its sensor would send it.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Json">One line of JSON.</param>
public readonly record struct SampleEvent(DateTimeOffset At, string Json);

/// <summary>Something that was done to the sample company, and what an analyst should say of it.</summary>
/// <param name="At">When.</param>
/// <param name="Entity">The host, user or account it happened on.</param>
/// <param name="Rule">The id of the starter rule that should find it.</param>
/// <param name="Malicious">Whether it is the intruder; otherwise it is benign and looks alike.</param>
/// <param name="Story">What happened, in a sentence.</param>
public sealed record SampleTruth(DateTimeOffset At, string Entity, string Rule, bool Malicious, string Story);
