using System.Text.Json;
using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Findings;

namespace Custodiet.Pipeline.Mappings;

/// <summary>What people see of a mapping.</summary>
/// <param name="Id">Its id; requests may name it.</param>
/// <param name="Version">Its version, from 1.</param>
/// <param name="Description">Which tool's findings it reads.</param>
/// <param name="Samples">How many samples it carries.</param>
/// <param name="File">The file it was read from.</param>
/// <param name="Digest">SHA-256 of that file, lower-case hex.</param>
public sealed record MappingSummary(
    string Id,
    int Version,
    string Description,
    int Samples,
    string File,
    string Digest
);

/// <summary>The mappings that could be loaded, and everything that is wrong with the others.</summary>
/// <param name="Set">The mappings; null when not one could be loaded.</param>
/// <param name="Problems">All problems of all files.</param>
public sealed record MappingSetLoad(MappingSet? Set, IReadOnlyList<Problem> Problems);

/// <summary>What a body of another tool's findings became.</summary>
/// <param name="Mapping">The mapping that read it, or null when none did.</param>
/// <param name="Findings">The findings that could be read.</param>
/// <param name="Problems">Why others, or all, could not: each with its place in the body, named <c>request</c>.</param>
public sealed record MappingOutcome(string? Mapping, IReadOnlyList<Finding> Findings, IReadOnlyList<Problem> Problems);

/// <summary>Mappings as content, validated and immutable: JSON of other tools becomes findings by what these files say. Safe for many threads.</summary>
public sealed class MappingSet
{
    /// <summary>Bytes of one body at most: 8 MiB.</summary>
    public const int BodyBytesMax = 8 * 1024 * 1024;

    /// <summary>Findings in one body at most: 10,000.</summary>
    public const int FindingsMax = 10_000;

    internal const int DepthMax = 64;
    private const string BodyName = "request";
    internal static readonly TextPosition BodyPosition = new(BodyName, 0, 0);

    private readonly IReadOnlyList<MappingDefinition> definitions;

    private MappingSet(IReadOnlyList<MappingDefinition> definitions)
    {
        this.definitions = definitions;
        Mappings = [.. definitions.Select(definition => definition.Summarise())];
    }

    /// <summary>The mappings in the order in which they are asked.</summary>
    public IReadOnlyList<MappingSummary> Mappings { get; }

    /// <summary>Loads mappings. Never throws for what the files hold.</summary>
    public static MappingSetLoad Load(IReadOnlyList<SourceText> mappings)
    {
        ArgumentNullException.ThrowIfNull(mappings);
        List<Problem> problems = [];
        Dictionary<string, MappingDefinition> byId = new(StringComparer.Ordinal);
        foreach (SourceText text in mappings)
        {
            if (MappingFile.Read(text, problems) is { } mapping && !byId.TryAdd(mapping.Id, mapping))
            {
                problems.Add(
                    new Problem(
                        ProblemLevel.Error,
                        "mapping.duplicate",
                        $"Another file has mapping «{mapping.Id}» already; this one is left out.",
                        new TextPosition(text.File, 1, 1)
                    )
                );
            }
        }
        MappingDefinition[] ordered =
        [
            .. byId.Values.OrderBy(mapping => mapping.Priority).ThenBy(mapping => mapping.Id, StringComparer.Ordinal),
        ];
        return new MappingSetLoad(ordered.Length == 0 ? null : new MappingSet(ordered), problems);
    }

    /// <summary>Reads a body of findings. Never throws for what it holds; the findings that can be read are returned beside the problems of the others.</summary>
    /// <param name="json">The body.</param>
    /// <param name="mappingId">The mapping to use, or null to let them recognise the body.</param>
    /// <param name="receivedAt">Stands for the time of a finding that has none.</param>
    public MappingOutcome Map(ReadOnlyMemory<byte> json, string? mappingId, DateTimeOffset receivedAt)
    {
        if (json.Length > BodyBytesMax)
        {
            return Refused("mapping.size", $"The body has {json.Length:N0} bytes; the limit is {BodyBytesMax:N0}.");
        }
        MappingDefinition? named = definitions.FirstOrDefault(definition => definition.Id == mappingId);
        if (mappingId is not null && named is null)
        {
            return Refused(
                "mapping.unknown",
                $"There is no mapping «{mappingId}»; there are {string.Join(", ", definitions.Select(item => item.Id))}."
            );
        }
        try
        {
            if (UnreadableName(json.Span) is { } place)
            {
                return Refused(
                    "mapping.name",
                    $"The name of a member at byte {place:N0} holds half of a surrogate pair."
                );
            }
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = DepthMax });
            return MapDocument(document.RootElement, named, receivedAt);
        }
        catch (JsonException invalid)
        {
            return new MappingOutcome(
                null,
                [],
                [
                    new Problem(
                        ProblemLevel.Error,
                        "mapping.json",
                        $"The body is not JSON: {invalid.Message}",
                        new TextPosition(
                            BodyName,
                            (int)(invalid.LineNumber ?? 0) + 1,
                            (int)(invalid.BytePositionInLine ?? 0) + 1
                        )
                    ),
                ]
            );
        }
    }

    /// <summary>Runs every sample of every mapping and reports each difference from what the sample expects.</summary>
    public IReadOnlyList<Problem> CheckSamples() => MappingSamples.Check(this, definitions);

    private MappingOutcome MapDocument(JsonElement root, MappingDefinition? named, DateTimeOffset receivedAt)
    {
        JsonElement[] bodies = root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [root];
        List<Finding> findings = [];
        List<Problem> problems = [];
        string? used = named?.Id;
        for (int i = 0; i < bodies.Length; i++)
        {
            string place = root.ValueKind == JsonValueKind.Array ? $"[{i}]" : "$";
            MappingDefinition? mapping =
                named ?? definitions.FirstOrDefault(definition => definition.Recognises(bodies[i]));
            if (mapping is null)
            {
                problems.Add(
                    new Problem(
                        ProblemLevel.Error,
                        "mapping.unrecognised",
                        $"{place}: no mapping recognises it; name one, or add one under content/mappings.",
                        BodyPosition
                    )
                );
                continue;
            }
            used = mapping.Id;
            FindingMapper.Map(mapping, bodies[i], place, receivedAt, findings, problems);
            if (findings.Count > FindingsMax)
            {
                return Refused(
                    "mapping.findings",
                    $"The body has more than {FindingsMax:N0} findings, which is the limit."
                );
            }
        }
        return new MappingOutcome(used, findings, problems);
    }

    /// <summary>Where a name stands that is no text and with which no other could be compared, or null.</summary>
    private static long? UnreadableName(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0)
        {
            return null;
        }
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = DepthMax });
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                try
                {
                    reader.GetString();
                }
                catch (InvalidOperationException)
                {
                    return reader.TokenStartIndex;
                }
            }
        }
        return null;
    }

    private static MappingOutcome Refused(string code, string message) =>
        new(null, [], [new Problem(ProblemLevel.Error, code, message, BodyPosition)]);
}
