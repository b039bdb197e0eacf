using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>One parser as its file says it. It reads JSON, or text when it has a body.</summary>
internal sealed record ParserDefinition(
    string Id,
    int Version,
    string Description,
    int Priority,
    string Technology,
    Condition Recognise,
    BodyDefinition? Body,
    CarriedDefinition? Carried,
    IReadOnlyList<InsideDefinition> Inside,
    IReadOnlyList<SetRule> Set,
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

    /// <summary>Whether it looks at a line's text, which only parsers with a body have.</summary>
    public bool UsesText =>
        this switch
        {
            TextStartsWith or TextContains or CarriedIs => true,
            All all => all.Items.Any(item => item.UsesText),
            Any any => any.Items.Any(item => item.UsesText),
            _ => false,
        };

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

    /// <summary>The path's first value holds one of these, case ignored.</summary>
    internal sealed record Contains(string Path, IReadOnlyList<string> Values) : Condition;

    /// <summary>The line's text, behind its syslog header, begins with one of these.</summary>
    internal sealed record TextStartsWith(IReadOnlyList<string> Values) : Condition;

    /// <summary>The line lies inside JSON, or it does not.</summary>
    internal sealed record CarriedIs(bool Inside) : Condition;

    /// <summary>The line's text holds one of these.</summary>
    internal sealed record TextContains(IReadOnlyList<string> Values) : Condition;
}

/// <summary>Where a time may stand and how it is written there.</summary>
/// <param name="Paths">The paths whose values, with a blank between, are the time; one for most.</param>
/// <param name="Format">How it is written.</param>
/// <param name="Zone">Its zone when it names none; null for UTC, and for syslog and web server times for the setting.</param>
internal sealed record TimeRule(IReadOnlyList<string> Paths, TimeFormat Format, TimeZoneInfo? Zone = null);

/// <summary>How a parser of text reads it.</summary>
/// <param name="Format">The format.</param>
/// <param name="KeepsMessage">Whether the text itself is the field <c>message</c>. After <see cref="UnparsedReason.Malformed"/> it always is.</param>
/// <param name="Require">What must hold of the fields, or the text is not this parser's.</param>
internal sealed record BodyDefinition(TextFormat Format, bool KeepsMessage, Condition Require);

/// <summary>A value that is read by a format of its own.</summary>
/// <param name="Path">Where it stands.</param>
/// <param name="Format">The format; null for JSON.</param>
/// <param name="Under">The name that its fields stand below; null for none.</param>
internal sealed record InsideDefinition(string Path, TextFormat? Format, string? Under);

/// <summary>A field that gets a value when conditions hold; of several for one field the first.</summary>
internal sealed record SetRule(Constant Value, Condition When);

/// <summary>A line of text inside JSON: what a forwarder took from a file or from syslog.</summary>
/// <param name="Texts">Where the text stands, in turn.</param>
/// <param name="Header">Names of a syslog header and where the forwarder put them, in turn.</param>
internal sealed record CarriedDefinition(
    IReadOnlyList<string> Texts,
    IReadOnlyList<(string Name, IReadOnlyList<string> Paths)> Header
);

/// <summary>Which log sources a parser's events have.</summary>
/// <param name="Use">A log source file, or the parser's own rules.</param>
/// <param name="Inputs">For each input of that definition, the paths to try.</param>
internal sealed record LogSourceBinding(LogSourceDefinition Use, IReadOnlyList<IReadOnlyList<string>> Inputs);

/// <summary>An event that a parser carries, with what must become of it.</summary>
/// <remarks><c>ReceivedMicros</c> is when it was received, from which a missing year follows; <c>Parser</c> the parser that reads it, null for the one that carries it.</remarks>
internal sealed record ParserSample(
    string Name,
    string Event,
    long ReceivedMicros,
    string? Parser,
    string? Time,
    string? Source,
    string? Entity,
    string? Unparsed,
    IReadOnlyList<string>? LogSources,
    IReadOnlyList<(string Field, IReadOnlyList<string> Values)> Fields,
    IReadOnlyList<string> Absent,
    TextPosition Position
);
