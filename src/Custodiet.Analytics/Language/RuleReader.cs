using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Records.Findings;

namespace Custodiet.Analytics.Language;

/// <summary>Reads the documents of a file as Sigma rules (sigma-specification 2.1, «Rules»).</summary>
internal sealed class RuleReader(SourceText text)
{
    private readonly List<SigmaRule> rules = [];
    private readonly List<RefusedRule> refused = [];
    private readonly List<Problem> problems = [];

    public RuleParse Read()
    {
        YamlParse yaml = Yaml.Parse(text.Text, text.File);
        for (int i = 0; i < yaml.Documents.Count; i++)
        {
            ReadDocument(yaml, i);
        }
        problems.AddRange(yaml.Problems);
        // A syntax error ends the reading before the document it stands in: that document is refused too.
        int lastLine = yaml.Documents.Count > 0 ? LinesOf(yaml, yaml.Documents.Count - 1).First : 0;
        Problem[] fatal = [.. yaml.Problems.Where(p => !IsInsideDocument(p) && p.Position.Line >= lastLine)];
        if (fatal.Length > 0)
        {
            refused.Add(new RefusedRule(fatal[0].Position, null, null, fatal));
        }
        else if (yaml.Documents.Count == 0 && yaml.Problems.Count == 0)
        {
            Problem empty = new(
                ProblemLevel.Error,
                "sigma.file.empty",
                "The file holds no rule.",
                new TextPosition(text.File, 1, 1)
            );
            problems.Add(empty);
            refused.Add(new RefusedRule(empty.Position, null, null, [empty]));
        }
        return new RuleParse(rules, refused, problems);
    }

    // The reader goes on after these; all other YAML problems end it.
    private static bool IsInsideDocument(Problem problem) =>
        problem.Code is "yaml.anchor" or "yaml.key" or "yaml.duplicate-key";

    private void ReadDocument(YamlParse yaml, int index)
    {
        Node document = yaml.Documents[index];
        (int first, int last) = LinesOf(yaml, index);
        ProblemList found = new();
        Problem[] broken =
        [
            .. yaml.Problems.Where(p => IsInsideDocument(p) && p.Position.Line >= first && p.Position.Line <= last),
        ];
        MappingNode? map = document as MappingNode;
        SigmaRule? rule = map is null ? NotAMap(document, found) : ReadRule(map, DigestOf(yaml, index), found);
        problems.AddRange(found.All);
        if (rule is not null && broken.Length == 0 && !found.HasErrors)
        {
            rules.Add(rule);
            return;
        }
        string? id = map is null ? null : (map.Find("id") as ScalarNode)?.Text;
        string? title = map is null ? null : (map.Find("title") as ScalarNode)?.Text;
        refused.Add(new RefusedRule(document.Position, id, title, [.. found.All, .. broken]));
    }

    private static SigmaRule? NotAMap(Node document, ProblemList found)
    {
        found.Error("sigma.document.kind", $"A rule is a map, not {document.Kind}.", document.Position);
        return null;
    }

    private static (int First, int Last) LinesOf(YamlParse yaml, int index) =>
        (
            index == 0 ? 0 : yaml.Documents[index].Position.Line,
            index + 1 < yaml.Documents.Count ? yaml.Documents[index + 1].Position.Line - 1 : int.MaxValue
        );

    // Of several documents each has the digest of its own lines, so that a change to one does not look like a change to all.
    private string DigestOf(YamlParse yaml, int index)
    {
        if (yaml.Documents.Count == 1)
        {
            return text.Digest;
        }
        (int first, int last) = LinesOf(yaml, index);
        IEnumerable<string> lines = text
            .Text.Split('\n')
            .Skip(Math.Max(0, first - 1))
            .Take(last - Math.Max(1, first) + 1);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    private static SigmaRule? ReadRule(MappingNode map, string digest, ProblemList found)
    {
        if (map.Find("detection") is not { } detection)
        {
            RefuseKind(map, found);
            return null;
        }
        string? title = Text(map, "title", found);
        if (string.IsNullOrWhiteSpace(title))
        {
            found.Error("sigma.title.missing", "The rule has no title.", map.Position);
        }
        string? id = Text(map, "id", found) ?? Text(map, "name", found);
        if (id is null)
        {
            found.Warn(
                "sigma.id.missing",
                "The rule has no id; its title stands for it, so that changing the title makes it another rule.",
                map.Position,
                "add «id:» with a new UUID"
            );
        }
        LogSource? logSource = ReadLogSource(map, found);
        Expression? condition = new DetectionReader(found).Read(detection);
        IReadOnlyList<string> tags = Texts(map, "tags", found);
        if (found.HasErrors || condition is null || logSource is null)
        {
            return null;
        }
        return new SigmaRule(condition)
        {
            Id = id ?? title!,
            Title = title!,
            Severity = ReadLevel(map, found),
            Status = Text(map, "status", found),
            Author = Text(map, "author", found),
            Digest = digest,
            Position = map.Position,
            LogSource = logSource.Value,
            Tags = tags,
            Techniques = [.. tags.Select(TechniqueOf).OfType<string>().Distinct(StringComparer.Ordinal)],
            Description = Text(map, "description", found)?.Trim(),
            FalsePositives = Texts(map, "falsepositives", found),
            References = Texts(map, "references", found),
        };
    }

    private static void RefuseKind(MappingNode map, ProblemList found)
    {
        string? kind =
            map.Find("correlation") is not null ? "correlation"
            : map.Find("filter") is not null ? "filter"
            : null;
        if (kind is null)
        {
            found.Error(
                "sigma.detection.missing",
                "The document has no «detection», so it is no Sigma rule.",
                map.Position
            );
            return;
        }
        found.Error($"sigma.kind.{kind}", $"Sigma {kind}s are not supported yet.", map.Position);
    }

    private static LogSource? ReadLogSource(MappingNode map, ProblemList found)
    {
        if (map.Find("logsource") is not MappingNode source)
        {
            found.Error("sigma.logsource.missing", "The rule has no «logsource».", map.Position);
            return null;
        }
        LogSource read = new(Part("product"), Part("category"), Part("service"));
        if (read == default)
        {
            // A rule that looks at every event is a rule whose log source was forgotten.
            found.Error(
                "sigma.logsource.empty",
                "The log source names no product, category or service.",
                source.Position
            );
            return null;
        }
        return read;

        string? Part(string key) =>
            Text(source, key, found)?.Trim().ToLowerInvariant() is { Length: > 0 } part ? part : null;
    }

    private static Severity ReadLevel(MappingNode map, ProblemList found)
    {
        string? level = Text(map, "level", found)?.ToLowerInvariant();
        Severity severity = level switch
        {
            "informational" => Severity.Informational,
            "low" => Severity.Low,
            "medium" => Severity.Medium,
            "high" => Severity.High,
            "critical" => Severity.Critical,
            _ => Severity.Unknown,
        };
        if (severity == Severity.Unknown)
        {
            found.Warn(
                "sigma.level",
                level is null ? "The rule has no level." : $"«{level}» is not a level of Sigma.",
                map.Find("level")?.Position ?? map.Position,
                "one of informational, low, medium, high, critical"
            );
        }
        return severity;
    }

    private static string? TechniqueOf(string tag)
    {
        const string prefix = "attack.t";
        bool technique =
            tag.Length >= prefix.Length + 4
            && tag.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
            && tag.AsSpan(prefix.Length, 4).IndexOfAnyExceptInRange('0', '9') < 0;
        return technique ? tag["attack.".Length..].ToUpper(CultureInfo.InvariantCulture) : null;
    }

    private static string? Text(MappingNode map, string key, ProblemList found)
    {
        switch (map.Find(key))
        {
            case null or ScalarNode { IsNull: true }:
                return null;
            case ScalarNode scalar:
                return scalar.Text;
            case Node other:
                found.Warn("sigma.value.kind", $"«{key}» should be a text, not {other.Kind}.", other.Position);
                return null;
        }
    }

    private static IReadOnlyList<string> Texts(MappingNode map, string key, ProblemList found) =>
        map.Find(key) switch
        {
            SequenceNode list => [.. list.Items.OfType<ScalarNode>().Where(s => !s.IsNull).Select(s => s.Text)],
            null => [],
            _ => Text(map, key, found) is { } single ? [single] : [],
        };
}
