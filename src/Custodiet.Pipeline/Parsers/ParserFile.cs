using System.Text;
using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Reads a file of <c>content/parsers</c>. The README of that folder describes the format.</summary>
internal static class ParserFile
{
    private const string Prefix = "parser";
    private const int PriorityWhenAbsent = 100;
    private const string ReceivedWhenAbsent = "2026-03-02T12:00:00Z";

    /// <summary>Reads one parser.</summary>
    /// <returns>Null when it has an error.</returns>
    public static ParserDefinition? Read(
        SourceText text,
        IReadOnlyDictionary<string, LogSourceDefinition> logSources,
        List<Problem> problems
    )
    {
        int before = problems.Count;
        if (ContentMap.Open(text, "A parser", Prefix, problems) is not { } map)
        {
            return null;
        }
        string id = map.Required("id");
        string technology = map.Required("technology");
        ContentMap? sensor = map.Map("sensor");
        ContentMap? entity = map.Map("entity");
        ParserDefinition definition = new(
            id,
            map.WholeNumber("version", 1),
            map.Required("description"),
            map.WholeNumber("priority", PriorityWhenAbsent),
            technology,
            ReadRecognise(map),
            TextFile.ReadBody(map),
            TextFile.ReadCarried(map),
            TextFile.ReadInside(map),
            TextFile.ReadSet(map),
            [.. map.Each("time").SelectMany(ReadTime)],
            sensor?.Texts("paths") ?? [],
            sensor?.Optional("default") ?? "unknown",
            entity?.Required("kind") ?? "host",
            entity?.Texts("fields") ?? [],
            ReadLogSources(map, id, logSources),
            ReadNaming(map),
            map.Texts("headline"),
            [.. map.Each("samples").Select(ReadSample)],
            text.File,
            text.Digest
        );
        sensor?.Close();
        entity?.Close();
        map.Close();
        if (definition is { Times.Count: 0, Carried: null })
        {
            map.Error("missing", "«time» is missing: a parser says where an event's time stands.", map.Position);
        }
        if (definition is { Body: null, Recognise.UsesText: true })
        {
            map.Error("condition", "A parser without a «body» reads JSON: there is no text to look at.", map.Position);
        }
        if (definition.Samples.Count == 0)
        {
            map.Warn("samples", "The parser has no samples, so nothing shows that it works.", map.Position);
        }
        return ProblemCheck.HasErrors(problems, before) ? null : definition;
    }

    public static Condition.All ReadRecognise(ContentMap map)
    {
        if (map.Find("recognise") is not { } node)
        {
            map.Error("missing", "«recognise» is missing: a parser says which events are its own.", map.Position);
            return new Condition.All([]);
        }
        return ReadAll(map, node);
    }

    /// <summary>A condition, or a list of conditions that must all hold.</summary>
    public static Condition.All ReadAll(ContentMap map, Node node)
    {
        if (node is SequenceNode list)
        {
            return new Condition.All([.. list.Items.Select(item => ReadCondition(map, item))]);
        }
        return new Condition.All([ReadCondition(map, node)]);
    }

    private static Condition ReadCondition(ContentMap map, Node node)
    {
        if (map.Open(node, "A condition") is not { } item)
        {
            return new Condition.All([]);
        }
        Condition condition = ReadOne(item);
        item.Close();
        return condition;
    }

    private static Condition ReadOne(ContentMap item)
    {
        if (item.Find("any") is { } any)
        {
            return new Condition.Any(ReadAll(item, any).Items);
        }
        if (item.Find("all") is { } all)
        {
            return ReadAll(item, all);
        }
        if (item.Optional("exists") is { } exists)
        {
            return new Condition.Exists(exists);
        }
        if (item.Optional("absent") is { } absent)
        {
            return new Condition.Absent(absent);
        }
        if (item.Has("carried"))
        {
            return new Condition.CarriedIs(item.Flag("carried"));
        }
        if (item.Has("text_starts_with"))
        {
            return new Condition.TextStartsWith(item.Texts("text_starts_with"));
        }
        if (item.Has("text_contains"))
        {
            return new Condition.TextContains(item.Texts("text_contains"));
        }
        string path = item.Required("path");
        IReadOnlyList<string> equals = item.Texts("equals");
        IReadOnlyList<string> startsWith = item.Texts("starts_with");
        IReadOnlyList<string> contains = item.Texts("contains");
        if (new[] { equals, startsWith, contains }.Count(values => values.Count > 0) != 1)
        {
            item.Error(
                "condition",
                "A condition on a path needs one of «equals», «starts_with», «contains».",
                item.Position
            );
        }
        return equals.Count > 0 ? new Condition.EqualTo(path, equals)
            : contains.Count > 0 ? new Condition.Contains(path, contains)
            : new Condition.StartsWith(path, startsWith);
    }

    private static readonly Dictionary<string, TimeFormat> timeFormats = new(StringComparer.Ordinal)
    {
        ["iso8601"] = TimeFormat.Iso8601,
        ["iso8601_zoned"] = TimeFormat.Iso8601Zoned,
        ["epoch_seconds"] = TimeFormat.EpochSeconds,
        ["epoch_milliseconds"] = TimeFormat.EpochMilliseconds,
        ["epoch_microseconds"] = TimeFormat.EpochMicroseconds,
        ["epoch_nanoseconds"] = TimeFormat.EpochNanoseconds,
        ["syslog"] = TimeFormat.Syslog,
        ["common_log"] = TimeFormat.CommonLog,
        ["any"] = TimeFormat.Any,
    };

    public static List<TimeRule> ReadTime(ContentMap item)
    {
        string name = item.Optional("format") ?? "iso8601";
        if (!timeFormats.TryGetValue(name, out TimeFormat format))
        {
            item.Error(
                "time-format",
                $"«{name}» is not a time format; known are {string.Join(", ", timeFormats.Keys)}.",
                item.Position
            );
        }
        TimeZoneInfo? zone = null;
        if (item.Optional("zone") is { } id && !TimeZones.TryFind(id, out zone))
        {
            item.Error(
                "zone",
                $"«{id}» is not a time zone that this machine knows.",
                item.Find("zone")!.Position,
                "UTC, +02:00, or a name of the IANA database such as Europe/Berlin"
            );
        }
        IReadOnlyList<string> paths = item.Texts("path");
        IReadOnlyList<string> join = item.Texts("join");
        if (paths.Count == 0 && join.Count == 0)
        {
            item.Error("missing", "A time needs its «path», or «join» with the paths of its parts.", item.Position);
        }
        item.Close();
        List<TimeRule> rules = [.. paths.Select(path => new TimeRule([path], format, zone))];
        if (join.Count > 0)
        {
            rules.Add(new TimeRule(join, format, zone));
        }
        return rules;
    }

    private static LogSourceBinding ReadLogSources(
        ContentMap map,
        string id,
        IReadOnlyDictionary<string, LogSourceDefinition> logSources
    )
    {
        LogSourceDefinition definition = new(id, null, null, [], []);
        if (map.Map("log_sources") is not { } binding)
        {
            return new LogSourceBinding(definition, []);
        }
        ContentMap? inputs = binding.Map("inputs");
        string[] names = [.. inputs?.Entries.Select(entry => entry.Key.Text) ?? []];
        if (binding.Optional("use") is { } use)
        {
            if (!logSources.TryGetValue(use, out LogSourceDefinition? shared))
            {
                binding.Error("logsource", $"There is no log source file with the id «{use}».", binding.Position);
            }
            definition = shared ?? definition;
        }
        else if (binding.Map("verbatim") is { } verbatim)
        {
            return ReadVerbatim(binding, verbatim, definition);
        }
        else
        {
            definition = LogSourceFile.ReadBody(binding, id, names);
        }
        foreach (string name in names.Where(name => !definition.Inputs.Contains(name)))
        {
            binding.Error("input", $"«{name}» is not an input of «{definition.Id}».", inputs!.Position);
        }
        IReadOnlyList<string>[] paths = [.. definition.Inputs.Select(input => inputs?.Texts(input) ?? [])];
        binding.Close();
        return new LogSourceBinding(definition, paths);
    }

    private static LogSourceBinding ReadVerbatim(ContentMap binding, ContentMap verbatim, LogSourceDefinition empty)
    {
        IReadOnlyList<string>[] paths =
        [
            verbatim.Texts("product"),
            verbatim.Texts("category"),
            verbatim.Texts("service"),
        ];
        verbatim.Close();
        binding.Close();
        return new LogSourceBinding(
            empty with
            {
                Inputs = ["product", "category", "service"],
                Verbatim = new VerbatimInputs(0, 1, 2),
            },
            paths
        );
    }

    private static FieldNaming ReadNaming(ContentMap map)
    {
        if (map.Map("fields") is not { } fields)
        {
            return FieldNaming.AsWritten;
        }
        string spaces = fields.Optional("spaces") ?? "keep";
        if (spaces is not ("keep" or "strip"))
        {
            fields.Error("spaces", "«spaces» is either keep or strip.", fields.Position);
        }
        List<NamePrefix> under = [];
        foreach (ContentMap item in fields.Each("under"))
        {
            under.Add(
                new NamePrefix(item.Required("path").Split('.'), item.AsWritten("join") ?? ".", item.Texts("without"))
            );
            item.Close();
        }
        FieldNaming naming = new(spaces == "strip", under, Names(fields, "rename"), fields.Texts("drop"), Also(fields));
        fields.Close();
        return naming;
    }

    private static Dictionary<string, string> Names(ContentMap fields, string key) =>
        fields.Pairs(key).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

    private static Dictionary<string, IReadOnlyList<string>> Also(ContentMap fields)
    {
        Dictionary<string, IReadOnlyList<string>> also = new(StringComparer.Ordinal);
        if (fields.Map("also") is { } map)
        {
            foreach (MappingEntry entry in map.Entries)
            {
                also[entry.Key.Text] = map.TextsOf(entry);
            }
        }
        return also;
    }

    private static ParserSample ReadSample(ContentMap item)
    {
        string received = item.Optional("received") ?? ReceivedWhenAbsent;
        if (!TimeText.TryRead(Encoding.UTF8.GetBytes(received), TimeFormat.Iso8601, out long receivedMicros))
        {
            item.Error("received", $"«{received}» is not a time.", item.Find("received")!.Position);
        }
        List<(string, IReadOnlyList<string>)> fields = [];
        if (item.Map("fields") is { } expected)
        {
            foreach (MappingEntry entry in expected.Entries)
            {
                fields.Add((entry.Key.Text, expected.TextsOf(entry)));
            }
        }
        ParserSample sample = new(
            item.Required("name"),
            item.Required("event"),
            receivedMicros,
            item.Optional("parser"),
            item.Optional("time"),
            item.Optional("source"),
            item.Optional("entity"),
            item.Optional("unparsed"),
            item.Find("log_sources") is null ? null : item.Texts("log_sources"),
            fields,
            item.Texts("absent"),
            item.Position
        );
        item.Close();
        return sample;
    }
}
