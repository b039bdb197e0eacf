using System.Text.Json;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;
using Custodiet.Records.Findings;

namespace Custodiet.Pipeline.Mappings;

/// <summary>How the findings of one tool are read. Paths are tried in turn; one that begins with <c>$.</c> is looked for in the whole body.</summary>
internal sealed record MappingDefinition(
    string Id,
    int Version,
    string Description,
    int Priority,
    Condition Recognise,
    IReadOnlyList<string> Lists,
    MappedSource Source,
    IReadOnlyList<string> References,
    IReadOnlyList<string> RuleIds,
    IReadOnlyList<string> Titles,
    MappedSeverity Severity,
    IReadOnlyList<TimeRule> Times,
    IReadOnlyList<MappedEntity> Entities,
    IReadOnlyList<string> Links,
    IReadOnlyList<string> Fields,
    IReadOnlyList<string> Techniques,
    IReadOnlyList<MappingSample> Samples,
    string File,
    string Digest
)
{
    public MappingSummary Summarise() => new(Id, Version, Description, Samples.Count, File, Digest);

    public bool Recognises(JsonElement body) => body.ValueKind == JsonValueKind.Object && Holds(Recognise, body);

    private static bool Holds(Condition condition, JsonElement body) =>
        condition switch
        {
            Condition.All all => all.Items.All(item => Holds(item, body)),
            Condition.Any any => any.Items.Any(item => Holds(item, body)),
            Condition.Exists exists => JsonPaths.Exists(body, exists.Path),
            Condition.Absent absent => !JsonPaths.Exists(body, absent.Path),
            Condition.EqualTo equal => JsonPaths.First(body, equal.Path) is { } value && equal.Values.Contains(value),
            Condition.StartsWith starts => JsonPaths.First(body, starts.Path) is { } value
                && starts.Values.Any(start => value.StartsWith(start, StringComparison.Ordinal)),
            Condition.Contains contains => JsonPaths.First(body, contains.Path) is { } value
                && contains.Values.Any(part => value.Contains(part, StringComparison.OrdinalIgnoreCase)),
            _ => throw new InvalidOperationException($"Unknown condition {condition.GetType().Name}."),
        };
}

/// <summary>Which tool, and which one of several: paths, and the words for a body that does not say.</summary>
internal sealed record MappedSource(
    IReadOnlyList<string> TechnologyPaths,
    string Technology,
    IReadOnlyList<string> SensorPaths,
    string Sensor
);

/// <summary>The tool's own words for how severe a finding is, in lower case.</summary>
internal sealed record MappedSeverity(
    IReadOnlyList<string> Paths,
    IReadOnlyDictionary<string, Severity> Words,
    Severity Default
);

/// <summary>Where the name of what a finding is about may stand.</summary>
internal sealed record MappedEntity(string Kind, IReadOnlyList<string> Paths);

/// <summary>A body that a mapping carries, with what must become of it.</summary>
internal sealed record MappingSample(
    string Name,
    string Body,
    IReadOnlyList<IReadOnlyList<(string What, IReadOnlyList<string> Values)>> Findings,
    TextPosition Position
);
