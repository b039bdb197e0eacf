using System.Text;
using System.Text.Json;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;

namespace Custodiet.Pipeline.Mappings;

/// <summary>One body of another tool to findings.</summary>
internal static class FindingMapper
{
    /// <summary>Fields of one finding at most, as the finding's contract says.</summary>
    public const int FieldsMax = 64;

    /// <summary>Characters of one value at most; the rest is cut off and marked.</summary>
    public const int TextMax = 2_000;

    private const int NameMax = 256;

    public static void Map(
        MappingDefinition mapping,
        JsonElement body,
        string place,
        DateTimeOffset receivedAt,
        List<Finding> findings,
        List<Problem> problems
    )
    {
        foreach (string path in mapping.Lists)
        {
            if (JsonPaths.List(body, path) is not { } list)
            {
                continue;
            }
            int index = 0;
            foreach (JsonElement item in list.EnumerateArray())
            {
                if (findings.Count > MappingSet.FindingsMax)
                {
                    return;
                }
                MapItem(mapping, new Item(item, body), $"{place}.{path}[{index++}]", receivedAt, findings, problems);
            }
            return;
        }
        MapItem(mapping, new Item(body, body), place, receivedAt, findings, problems);
    }

    private static void MapItem(
        MappingDefinition mapping,
        Item item,
        string place,
        DateTimeOffset receivedAt,
        List<Finding> findings,
        List<Problem> problems
    )
    {
        string? reference = ReferenceOf(mapping, item);
        string? title = item.First(mapping.Titles);
        if (reference is null)
        {
            problems.Add(
                Missing("mapping.ref", place, "reference, by which a repeated one is recognised", mapping.References)
            );
        }
        if (title is null)
        {
            problems.Add(Missing("mapping.title", place, "title", mapping.Titles));
        }
        if (reference is null || title is null)
        {
            return;
        }
        SourceKey source = new(
            Cut(item.First(mapping.Source.TechnologyPaths) ?? mapping.Source.Technology, NameMax),
            Cut(item.First(mapping.Source.SensorPaths) ?? mapping.Source.Sensor, NameMax)
        );
        string ruleId = Cut(item.First(mapping.RuleIds) ?? title, NameMax);
        findings.Add(
            new Finding(
                FindingId.Of(source.ToString(), reference),
                new RuleReference(ruleId, Cut(title, TextMax), "", null),
                SeverityOf(mapping.Severity, item),
                null,
                TimeOf(mapping, item) ?? receivedAt,
                source,
                EntityOf(mapping, item, source),
                FieldsOf(mapping, item),
                Cut(reference, TextMax),
                LinkOf(mapping, item),
                TechniquesOf(mapping, item)
            )
        );
    }

    /// <summary>The first alternative of which every part is there; parts stand with a plus between them.</summary>
    private static string? ReferenceOf(MappingDefinition mapping, Item item)
    {
        foreach (string alternative in mapping.References)
        {
            string?[] parts = [.. alternative.Split(" + ").Select(path => item.First([path.Trim()]))];
            if (parts.All(part => part is not null))
            {
                return string.Join('/', parts);
            }
        }
        return null;
    }

    private static Severity SeverityOf(MappedSeverity severity, Item item) =>
        item.First(severity.Paths) is { } word
            ? severity.Words.GetValueOrDefault(word.ToLowerInvariant(), severity.Default)
            : severity.Default;

    private static DateTimeOffset? TimeOf(MappingDefinition mapping, Item item)
    {
        foreach (TimeRule time in mapping.Times)
        {
            string?[] parts = [.. time.Paths.Select(path => item.First([path]))];
            TimeReference reference = new(0, time.Zone ?? TimeZoneInfo.Utc, time.Zone);
            if (
                parts.All(part => part is not null)
                && TimeText.TryRead(
                    Encoding.UTF8.GetBytes(string.Join(' ', parts)),
                    time.Format,
                    reference,
                    out long micros
                )
            )
            {
                return EventTime.FromMicros(micros);
            }
        }
        return null;
    }

    private static Entity EntityOf(MappingDefinition mapping, Item item, SourceKey source)
    {
        foreach (MappedEntity entity in mapping.Entities)
        {
            if (item.First(entity.Paths) is { } name)
            {
                return new Entity(entity.Kind, Cut(name, NameMax));
            }
        }
        return new Entity("source", source.Sensor);
    }

    private static List<FindingField> FieldsOf(MappingDefinition mapping, Item item)
    {
        List<FindingField> fields = [];
        foreach (string path in mapping.Fields)
        {
            foreach ((string name, string value) in item.Leaves(path))
            {
                if (fields.Count == FieldsMax)
                {
                    return fields;
                }
                fields.Add(new FindingField(Cut(name, NameMax), Cut(value, TextMax)));
            }
        }
        return fields;
    }

    /// <summary>The link back, if it is a web address: analysts follow it, so nothing else may pass.</summary>
    private static string? LinkOf(MappingDefinition mapping, Item item) =>
        item.First(mapping.Links) is { Length: <= TextMax } link
        && Uri.TryCreate(link, UriKind.Absolute, out Uri? uri)
        && uri.Scheme is "https" or "http"
            ? link
            : null;

    private static List<string>? TechniquesOf(MappingDefinition mapping, Item item)
    {
        List<string> techniques =
        [
            .. mapping
                .Techniques.SelectMany(item.All)
                .Select(id => id.ToUpperInvariant())
                .Where(IsTechnique)
                .Distinct()
                .Take(FieldsMax),
        ];
        return techniques.Count == 0 ? null : techniques;
    }

    private static bool IsTechnique(string id) =>
        id.Length is 5 or 9
        && id[0] == 'T'
        && id.AsSpan(1, 4).IndexOfAnyExceptInRange('0', '9') < 0
        && (id.Length == 5 || (id[5] == '.' && id.AsSpan(6).IndexOfAnyExceptInRange('0', '9') < 0));

    private static string Cut(string text, int max)
    {
        if (text.Length <= max)
        {
            return text;
        }
        int end = char.IsHighSurrogate(text[max - 2]) ? max - 2 : max - 1;
        return text[..end] + "…";
    }

    private static Problem Missing(string code, string place, string what, IReadOnlyList<string> paths) =>
        new(
            ProblemLevel.Error,
            code,
            $"{place}: it has no {what}.",
            MappingSet.BodyPosition,
            $"Looked for under {string.Join(", ", paths)}."
        );

    /// <summary>One finding of a body, and the body, for paths that begin with <c>$.</c>.</summary>
    private readonly record struct Item(JsonElement Own, JsonElement Body)
    {
        public string? First(IReadOnlyList<string> paths)
        {
            foreach (string path in paths)
            {
                if (All(path) is [var first, ..])
                {
                    return first;
                }
            }
            return null;
        }

        public List<string> All(string path) =>
            path.StartsWith("$.", StringComparison.Ordinal) ? JsonPaths.All(Body, path[2..]) : JsonPaths.All(Own, path);

        public IEnumerable<(string Name, string Value)> Leaves(string path) =>
            path.StartsWith("$.", StringComparison.Ordinal)
                ? JsonPaths.Leaves(Body, path[2..])
                : JsonPaths.Leaves(Own, path);
    }
}
