using Custodiet.Documents;

namespace Custodiet.Pipeline.Parsers;

/// <summary>Reads those parts of a parser file that say how text is read. docs/parsers.md describes them.</summary>
internal static class TextFile
{
    /// <summary>Patterns of one parser at most.</summary>
    public const int PatternsMax = 200;

    /// <summary>Columns at most.</summary>
    public const int ColumnsMax = 500;

    /// <summary>Values with a format of their own at most.</summary>
    public const int InsideMax = 16;

    private static readonly string[] bodyFormats =
    [
        "text",
        "patterns",
        "key_value",
        "cef",
        "leef",
        "csv",
        "audit",
        "windows_xml",
    ];

    private static readonly string[] insideFormats = ["json", "patterns", "key_value", "csv", "uri", "windows_xml"];

    /// <summary>How a parser of text reads it; null for a parser of JSON.</summary>
    public static BodyDefinition? ReadBody(ContentMap parser)
    {
        if (parser.Map("body") is not { } map)
        {
            return null;
        }
        string format = map.OneOf("format", bodyFormats, required: true);
        bool sentence = format is "text" or "patterns";
        string message = map.OneOf("message", sentence ? ["keep", "drop"] : ["drop", "keep"]);
        BodyDefinition body = new(
            ReadFormat(map, format) ?? new PlainFormat(),
            message == "keep",
            map.Find("require") is { } require ? ParserFile.ReadAll(map, require) : new Condition.All([])
        );
        map.Close();
        return body;
    }

    /// <summary>Where lines lie inside JSON; null for a parser that takes it as it is.</summary>
    public static CarriedDefinition? ReadCarried(ContentMap parser)
    {
        if (parser.Map("carried") is not { } map)
        {
            return null;
        }
        if (parser.Has("body"))
        {
            map.Error("carried", "A parser has a «body» or «carried», not both.", map.Position);
        }
        if (!map.Has("text"))
        {
            map.Error("missing", "«carried» needs «text»: where the line stands.", map.Position);
        }
        List<(string, IReadOnlyList<string>)> header = [];
        if (map.Map("header") is { } names)
        {
            header.AddRange(names.Entries.Select(entry => (entry.Key.Text, names.TextsOf(entry))));
        }
        CarriedDefinition carried = new(map.Texts("text"), header);
        map.Close();
        return carried;
    }

    /// <summary>Values that are read by a format of their own.</summary>
    public static IReadOnlyList<InsideDefinition> ReadInside(ContentMap parser)
    {
        List<InsideDefinition> inside = [];
        foreach (ContentMap map in parser.Each("inside", atMost: InsideMax))
        {
            string format = map.OneOf("format", insideFormats, required: true);
            inside.Add(new InsideDefinition(map.Required("path"), ReadFormat(map, format), map.Optional("under")));
            map.Close();
        }
        return inside;
    }

    /// <summary>Fields that follow from others.</summary>
    public static IReadOnlyList<SetRule> ReadSet(ContentMap parser)
    {
        List<SetRule> rules = [];
        foreach (ContentMap map in parser.Each("set"))
        {
            Condition when = map.Find("when") is { } node ? ParserFile.ReadAll(map, node) : new Condition.All([]);
            rules.Add(new SetRule(new Constant(map.Required("field"), map.Required("value")), when));
            map.Close();
        }
        return rules;
    }

    private static TextFormat? ReadFormat(ContentMap map, string format) =>
        format switch
        {
            "patterns" => ReadPatterns(map),
            "key_value" => new KeyValueFormat(ReadKeyValue(map)),
            "cef" => new CefFormat(),
            "leef" => new LeefFormat(),
            "csv" => new CsvFormat(ReadCsv(map)),
            "audit" => new AuditFormat(),
            "windows_xml" => new WindowsXmlFormat(),
            "uri" => ReadUri(map),
            _ => null,
        };

    private static PatternFormat ReadPatterns(ContentMap map)
    {
        List<PatternChoice> choices = [];
        foreach (Node item in map.Items("patterns", required: true, PatternsMax))
        {
            List<Constant> set = [];
            ScalarNode? text = item as ScalarNode;
            if (text is null && map.Open(item, "A pattern") is { } entry)
            {
                text = entry.Find("pattern") as ScalarNode;
                if (text is null)
                {
                    entry.Error("missing", "A pattern needs «pattern».", entry.Position);
                }
                set.AddRange(entry.Pairs("set").Select(pair => new Constant(pair.Key, pair.Value)));
                entry.Close();
            }
            if (text is null)
            {
                continue;
            }
            (IReadOnlyList<TextPattern> patterns, string? problem) = PatternText.Read(text.Text);
            if (problem is not null)
            {
                map.Error("pattern", problem, text.Position);
            }
            choices.Add(new PatternChoice(patterns, set));
        }
        bool keep = map.OneOf("unmatched", ["refuse", "keep"]) == "keep";
        return new PatternFormat(choices, keep);
    }

    private static KeyValueOptions ReadKeyValue(ContentMap map) =>
        new()
        {
            Separator = ReadByte(map, "separator", ' '),
            Assign = ReadByte(map, "assign", '='),
            Prefix = map.Optional("prefix"),
            Words = map.Optional("words") ?? "words",
            PairsMin = map.WholeNumber("pairs_min", 1),
            Strict = map.Flag("strict"),
        };

    private static CsvOptions ReadCsv(ContentMap map)
    {
        string[] columns = [.. map.Scalars("columns", required: true, ColumnsMax).Select(column => column.Text)];
        return new CsvOptions
        {
            Columns = columns,
            Delimiter = ReadByte(map, "delimiter", ','),
            ColumnsMin = map.WholeNumber("columns_min", columns.Length),
        };
    }

    private static UriTextFormat ReadUri(ContentMap map)
    {
        if (map.Map("fields") is not { } fields)
        {
            map.Error("missing", "A format of «uri» needs «fields»: which part becomes which field.", map.Position);
            return new UriTextFormat(new UriParts());
        }
        UriParts parts = new()
        {
            Scheme = fields.Optional("scheme"),
            Host = fields.Optional("host"),
            Port = fields.Optional("port"),
            Stem = fields.Optional("stem"),
            Query = fields.Optional("query"),
            Extension = fields.Optional("extension"),
        };
        fields.Close();
        return new UriTextFormat(parts);
    }

    private static byte ReadByte(ContentMap map, string key, char whenAbsent)
    {
        string text = map.AsWritten(key) ?? whenAbsent.ToString();
        if (text.Length == 1 && char.IsAscii(text[0]) && text[0] is not ('"' or '\\'))
        {
            return (byte)text[0];
        }
        map.Error(
            "character",
            $"«{key}» must be one ASCII character and no quote or backslash.",
            map.Find(key)!.Position
        );
        return (byte)whenAbsent;
    }
}
