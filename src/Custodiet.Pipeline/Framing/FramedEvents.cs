namespace Custodiet.Pipeline.Framing;

/// <summary>Bounds on one request body. Each is named in the answer when it is exceeded.</summary>
public sealed record FramingLimits
{
    /// <summary>Bytes of one event at most. Default 1 MiB; a larger one is rejected, the others are taken.</summary>
    public int EventBytes { get; init; } = 1024 * 1024;

    /// <summary>Events in one batch at most, rejected ones counted. Default 100,000; a larger batch is refused whole.</summary>
    public int BatchEvents { get; init; } = 100_000;

    /// <summary>Bytes of one batch at most. Default 64 MiB; a larger batch is refused whole.</summary>
    public int BatchBytes { get; init; } = 64 * 1024 * 1024;
}

/// <summary>What is wrong with one event or one body, before anything inside it is looked at.</summary>
public enum FramingFault
{
    /// <summary>An element of an array that does not begin with a brace, so it is not a JSON object.</summary>
    NotAnObject,

    /// <summary>It has more bytes than <see cref="FramingLimits.EventBytes"/>.</summary>
    EventTooLarge,

    /// <summary>The array is not closed, or something stands where a comma or an element should: the whole body is refused.</summary>
    ArrayBroken,

    /// <summary>The batch has more events than <see cref="FramingLimits.BatchEvents"/>: the whole body is refused.</summary>
    TooManyEvents,

    /// <summary>The batch has more bytes than <see cref="FramingLimits.BatchBytes"/>: the whole body is refused.</summary>
    BatchTooLarge,
}

/// <summary>One event that was not taken.</summary>
/// <param name="Line">The line of the body or the element of an array, from 1.</param>
/// <param name="Fault">What is wrong.</param>
/// <param name="Reason">The same as a sentence, with the limit.</param>
public sealed record FramingRejection(long Line, FramingFault Fault, string Reason);

/// <summary>Why a whole body was refused. Nothing of it is taken.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="Reason">The same as a sentence, with the limit.</param>
/// <param name="Line">The line of the text where it was noticed, from 1.</param>
/// <param name="ByteOffset">Bytes before that place.</param>
public sealed record FramingRefusal(FramingFault Fault, string Reason, long Line, long ByteOffset);

/// <summary>The events of one body, cut out but not looked into.</summary>
/// <param name="Lengths">Bytes of each event.</param>
/// <param name="Bytes">The events, one after another without separators.</param>
/// <param name="Rejections">The events that were left out.</param>
/// <param name="Refusal">Why nothing was taken, or null; when set, all else is empty.</param>
public sealed record FramedEvents(
    IReadOnlyList<int> Lengths,
    ReadOnlyMemory<byte> Bytes,
    IReadOnlyList<FramingRejection> Rejections,
    FramingRefusal? Refusal
);
