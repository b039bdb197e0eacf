using Custodiet.Records;

namespace Custodiet.Pipeline.Parsers;

/// <summary>One parser as its file says it.</summary>
internal sealed record ParserDefinition(
    string Id,
    int Version,
    string Description,
    int Priority,
    string Technology,
    Condition Recognise,
    IReadOnlyList<TimeRule> Times,
    IReadOnlyList<string> SensorPaths,
    string SensorDefault,
    string EntityKind,
    IReadOnlyList<string> EntityFields,
    LogSourceBinding LogSources,
    FieldNaming Naming,
    IReadOnlyList<string> Headline,
    IReadOnlyList<ParserSample> Samples,
    string File,
    string Digest
)
{
    public ParserSummary Summarise() =>
        new(Id, Version, Description, Technology, Priority, Samples.Count, File, Digest);
}

/// <summary>How a parser recognises its input. Paths are dotted JSON names; arrays are looked through.</summary>
internal abstract record Condition
{
    private Condition() { }

    /// <summary>Every one of these holds.</summary>
    internal sealed record All(IReadOnlyList<Condition> Items) : Condition;

    /// <summary>One of these holds.</summary>
    internal sealed record Any(IReadOnlyList<Condition> Items) : Condition;

    /// <summary>Something stands at the path, be it a map, a list or a value other than null.</summary>
    internal sealed record Exists(string Path) : Condition;

    /// <summary>Nothing, or null, stands at the path.</summary>
    internal sealed record Absent(string Path) : Condition;

    /// <summary>The path's first value is one of these.</summary>
    internal sealed record EqualTo(string Path, IReadOnlyList<string> Values) : Condition;

    /// <summary>The path's first value begins with one of these.</summary>
    internal sealed record StartsWith(string Path, IReadOnlyList<string> Values) : Condition;
}

/// <summary>How a time is written.</summary>
internal enum TimeFormat
{
    /// <summary>ISO 8601 with a zone, or with none and then in UTC; a space may stand for the T.</summary>
    Iso8601,

    /// <summary>ISO 8601 that names its zone: without one it is not taken.</summary>
    Iso8601Zoned,

    /// <summary>Seconds since 1970, with or without a fraction.</summary>
    EpochSeconds,

    /// <summary>Milliseconds since 1970.</summary>
    EpochMilliseconds,

    /// <summary>Microseconds since 1970.</summary>
    EpochMicroseconds,

    /// <summary>Nanoseconds since 1970.</summary>
    EpochNanoseconds,

    /// <summary>Any of the above, told apart by form and size.</summary>
    Any,
}

/// <summary>Where a time may stand and how it is written there.</summary>
internal sealed record TimeRule(string Path, TimeFormat Format);

/// <summary>Which log sources a parser's events have.</summary>
/// <param name="Use">A log source file, or the parser's own rules.</param>
/// <param name="Inputs">For each input of that definition, the paths to try.</param>
internal sealed record LogSourceBinding(LogSourceDefinition Use, IReadOnlyList<IReadOnlyList<string>> Inputs);

/// <summary>An event that a parser carries, with what must become of it.</summary>
internal sealed record ParserSample(
    string Name,
    string Event,
    string? Time,
    string? Source,
    string? Entity,
    string? Unparsed,
    IReadOnlyList<string>? LogSources,
    IReadOnlyList<(string Field, IReadOnlyList<string> Values)> Fields,
    IReadOnlyList<string> Absent,
    TextPosition Position
);
