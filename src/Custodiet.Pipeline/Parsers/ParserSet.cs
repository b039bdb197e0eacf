using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Parsers;

/// <summary>What people see of a parser.</summary>
/// <param name="Id">Its id, which events carry.</param>
/// <param name="Version">Its version, from 1.</param>
/// <param name="Description">What it reads.</param>
/// <param name="Technology">What the sources it finds are called at first.</param>
/// <param name="Priority">Its turn: lower is asked first.</param>
/// <param name="Samples">How many sample events it carries.</param>
/// <param name="File">The file it was read from.</param>
/// <param name="Digest">SHA-256 of that file, lower-case hex.</param>
public sealed record ParserSummary(
    string Id,
    int Version,
    string Description,
    string Technology,
    int Priority,
    int Samples,
    string File,
    string Digest
);

/// <summary>The parsers that could be loaded, and everything that is wrong with the others. One bad file never stops another.</summary>
/// <param name="Set">The parsers; null when not one could be loaded.</param>
/// <param name="Problems">All problems of all files.</param>
public sealed record ParserSetLoad(ParserSet? Set, IReadOnlyList<Problem> Problems);

/// <summary>Bounds on one event. What exceeds one is kept, archived and counted as unparsed with the reason.</summary>
public sealed record ParserLimits
{
    /// <summary>Nesting of one event at most. Default 64.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>Values, and names, of one event at most. Default 4,096.</summary>
    public int Fields { get; init; } = 4_096;

    /// <summary>Different dotted names that one reader remembers before it starts afresh. Default 32,768.</summary>
    public int Names { get; init; } = 32_768;

    /// <summary>Characters of a dotted name at most. Default 512; the value under a longer one is left out and counted.</summary>
    public int NameLength { get; init; } = 512;

    /// <summary>Bytes of a sensor's name at most. Default 256; a longer one is cut.</summary>
    public int SensorLength { get; init; } = 256;
}

/// <summary>Parsers as content, validated and immutable: bytes become events by what these files say.</summary>
public sealed class ParserSet
{
    private ParserSet(IReadOnlyList<ParserDefinition> definitions)
    {
        Definitions = definitions;
        Parsers = [.. definitions.Select(definition => definition.Summarise())];
    }

    /// <summary>The parsers in the order in which they are asked.</summary>
    public IReadOnlyList<ParserSummary> Parsers { get; }

    internal IReadOnlyList<ParserDefinition> Definitions { get; }

    /// <summary>Loads parsers and the log source files they use. Never throws for what the files hold.</summary>
    public static ParserSetLoad Load(IReadOnlyList<SourceText> parsers, IReadOnlyList<SourceText> logSources)
    {
        ArgumentNullException.ThrowIfNull(parsers);
        ArgumentNullException.ThrowIfNull(logSources);
        List<Problem> problems = [];
        Dictionary<string, LogSourceDefinition> sources = new(StringComparer.Ordinal);
        foreach (SourceText text in logSources)
        {
            if (LogSourceFile.Read(text, problems) is { } source && !sources.TryAdd(source.Id, source))
            {
                problems.Add(Duplicate("log sources", source.Id, text.File));
            }
        }
        Dictionary<string, ParserDefinition> definitions = new(StringComparer.Ordinal);
        foreach (SourceText text in parsers)
        {
            if (ParserFile.Read(text, sources, problems) is { } parser && !definitions.TryAdd(parser.Id, parser))
            {
                problems.Add(Duplicate("parser", parser.Id, text.File));
            }
        }
        ParserDefinition[] ordered =
        [
            .. definitions
                .Values.OrderBy(parser => parser.Priority)
                .ThenBy(parser => parser.Id, StringComparer.Ordinal),
        ];
        return new ParserSetLoad(ordered.Length == 0 ? null : new ParserSet(ordered), problems);
    }

    /// <summary>Ties the parsers to the tables that parsers and rules share.</summary>
    /// <param name="fields">Field names.</param>
    /// <param name="logSourceTable">Sets of log sources.</param>
    /// <param name="sources">Sources.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    /// <param name="zone">The zone of syslog and web server times that name none; null for UTC.</param>
    public BoundParsers Bind(
        FieldTable fields,
        LogSourceTable logSourceTable,
        SourceTable sources,
        ParserLimits? limits = null,
        TimeZoneInfo? zone = null
    )
    {
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(logSourceTable);
        ArgumentNullException.ThrowIfNull(sources);
        return new BoundParsers(
            Definitions,
            fields,
            logSourceTable,
            sources,
            limits ?? new ParserLimits(),
            zone ?? TimeZoneInfo.Utc
        );
    }

    /// <summary>Runs every sample of every parser through all of them and reports each difference from what the sample expects.</summary>
    public IReadOnlyList<Problem> CheckSamples() => ParserSamples.Check(this);

    private static Problem Duplicate(string kind, string id, string file) =>
        new(
            ProblemLevel.Error,
            "parser.duplicate",
            $"Another file has {kind} «{id}» already; this one is left out.",
            new TextPosition(file, 1, 1)
        );
}
