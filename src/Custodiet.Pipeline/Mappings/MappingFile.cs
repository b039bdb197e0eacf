using Custodiet.Documents;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;
using Custodiet.Records.Findings;

namespace Custodiet.Pipeline.Mappings;

/// <summary>Reads a file of <c>content/mappings</c>. The README of that folder describes the format.</summary>
internal static class MappingFile
{
    private const string Prefix = "mapping";
    private const int PriorityWhenAbsent = 100;

    /// <summary>Reads one mapping.</summary>
    /// <returns>Null when it has an error.</returns>
    public static MappingDefinition? Read(SourceText text, List<Problem> problems)
    {
        int before = problems.Count;
        if (ContentMap.Open(text, "A mapping", Prefix, problems) is not { } map)
        {
            return null;
        }
        ContentMap? source = map.Map("source");
        MappingDefinition mapping = new(
            map.Required("id"),
            map.WholeNumber("version", 1),
            map.Required("description"),
            map.WholeNumber("priority", PriorityWhenAbsent),
            ParserFile.ReadRecognise(map),
            map.Texts("list"),
            new MappedSource(
                source?.Texts("technology_paths") ?? [],
                source?.Required("technology") ?? "",
                source?.Texts("sensor_paths") ?? [],
                source?.Optional("sensor") ?? "unknown"
            ),
            map.Texts("ref"),
            map.Texts("rule_id"),
            map.Texts("title"),
            ReadSeverity(map),
            [.. map.Each("time").SelectMany(ParserFile.ReadTime)],
            [.. map.Each("entity").Select(ReadEntity)],
            map.Texts("link"),
            map.Texts("fields"),
            map.Texts("techniques"),
            [.. map.Each("samples").Select(ReadSample)],
            text.File,
            text.Digest
        );
        source?.Close();
        map.Close();
        CheckComplete(map, mapping, source);
        return ProblemCheck.HasErrors(problems, before) ? null : mapping;
    }

    private static void CheckComplete(ContentMap map, MappingDefinition mapping, ContentMap? source)
    {
        if (source is null)
        {
            map.Error("missing", "«source» is missing: a finding says which tool it comes from.", map.Position);
        }
        if (mapping.Recognise.UsesText)
        {
            map.Error("condition", "A mapping reads JSON: there is no text to look at.", map.Position);
        }
        if (mapping.References.Count == 0)
        {
            map.Error("missing", "«ref» is missing: by it a repeated finding is recognised.", map.Position);
        }
        if (mapping.Titles.Count == 0)
        {
            map.Error("missing", "«title» is missing.", map.Position);
        }
        if (mapping.Samples.Count == 0)
        {
            map.Warn("samples", "The mapping has no samples, so nothing shows that it works.", map.Position);
        }
    }

    private static MappedSeverity ReadSeverity(ContentMap map)
    {
        if (map.Map("severity") is not { } severity)
        {
            return new MappedSeverity([], new Dictionary<string, Severity>(), Severity.Unknown);
        }
        Dictionary<string, Severity> words = new(StringComparer.Ordinal);
        foreach ((string word, string value) in severity.Pairs("words"))
        {
            words[word.ToLowerInvariant()] = SeverityOf(severity, value);
        }
        MappedSeverity mapped = new(
            severity.Texts("paths"),
            words,
            severity.Optional("default") is { } name ? SeverityOf(severity, name) : Severity.Unknown
        );
        severity.Close();
        return mapped;
    }

    private static Severity SeverityOf(ContentMap map, string name)
    {
        if (Enum.TryParse(name, ignoreCase: true, out Severity severity) && Enum.IsDefined(severity))
        {
            return severity;
        }
        map.Error(
            "severity",
            $"«{name}» is not a severity; known are {string.Join(", ", Enum.GetNames<Severity>()).ToLowerInvariant()}.",
            map.Position
        );
        return Severity.Unknown;
    }

    private static MappedEntity ReadEntity(ContentMap item)
    {
        MappedEntity entity = new(item.Required("kind"), item.Texts("paths"));
        item.Close();
        return entity;
    }

    private static MappingSample ReadSample(ContentMap item)
    {
        List<IReadOnlyList<(string, IReadOnlyList<string>)>> findings = [];
        foreach (ContentMap expected in item.Each("findings"))
        {
            List<(string, IReadOnlyList<string>)> one = [];
            foreach (MappingEntry entry in expected.Entries)
            {
                if (entry is { Key.Text: "fields", Value: MappingNode fields })
                {
                    one.AddRange(fields.Entries.Select(field => ($"field {field.Key.Text}", expected.TextsOf(field))));
                    continue;
                }
                one.Add((entry.Key.Text, expected.TextsOf(entry)));
            }
            findings.Add(one);
        }
        MappingSample sample = new(item.Required("name"), item.Required("body"), findings, item.Position);
        item.Close();
        return sample;
    }
}
