using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Sources;

/// <summary>The declarations that could be read, and everything that is wrong with the others.</summary>
public sealed record SourceDeclarationsLoad(SourceDeclarations Declarations, IReadOnlyList<Problem> Problems);

/// <summary>What content declares of sources: how critical they are, how long and how much of them is kept. Of several that fit, the first that says something holds.</summary>
public sealed class SourceDeclarations
{
    /// <summary>Declarations of one file at most.</summary>
    public const int PerFileMax = 1_000;

    /// <summary>Nothing is declared.</summary>
    public static readonly SourceDeclarations None = new([]);

    private static readonly string[] criticalities = ["normal", "low", "high", "vital"];

    private SourceDeclarations(IReadOnlyList<SourceDeclaration> all) => All = all;

    /// <summary>In the order in which they are tried: by file name, then as written.</summary>
    public IReadOnlyList<SourceDeclaration> All { get; }

    /// <summary>How much depends on a source; normal where nothing is declared.</summary>
    public Criticality CriticalityOf(SourceKey source) =>
        All.FirstOrDefault(d => d.Criticality is not null && d.Sources.Matches(source))?.Criticality
        ?? Criticality.Normal;

    /// <summary>Reads files of declarations. Never throws for what they hold.</summary>
    public static SourceDeclarationsLoad Load(IReadOnlyList<SourceText> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        List<Problem> problems = [];
        List<SourceDeclaration> all = [];
        Dictionary<string, SourceDeclaration> byName = new(StringComparer.Ordinal);
        foreach (SourceText file in files)
        {
            if (ContentMap.Open(file, "A file of sources", "sources", problems) is not { } root)
            {
                continue;
            }
            root.Optional("title");
            foreach (ContentMap map in root.Each("sources", "A declaration", required: true, atMost: PerFileMax))
            {
                if (Read(map) is not { } declaration)
                {
                    continue;
                }
                if (byName.TryGetValue(declaration.Name, out SourceDeclaration? first))
                {
                    map.Error(
                        "duplicate",
                        $"«{declaration.Name}» is declared already, at {first.Position}.",
                        map.Position,
                        "records of deletion name it, so each name stands once"
                    );
                    continue;
                }
                byName.Add(declaration.Name, declaration);
                all.Add(declaration);
            }
            root.Close();
        }
        return new SourceDeclarationsLoad(new SourceDeclarations(all), problems);
    }

    private static SourceDeclaration? Read(ContentMap map)
    {
        int before = map.Problems.Count;
        string name = map.Required("name");
        SourcePattern sources = new(map.Optional("technology") ?? "*", map.Optional("sensor") ?? "*");
        bool? unparsed = map.Has("unparsed") ? map.Flag("unparsed") : null;
        Criticality? criticality = map.Has("criticality")
            ? Enum.Parse<Criticality>(map.OneOf("criticality", criticalities), ignoreCase: true)
            : null;
        TimeSpan? keep = null;
        if (map.Optional("keep") is { } forHowLong)
        {
            if (Quantities.TryDuration(forHowLong, out TimeSpan duration))
            {
                keep = duration;
            }
            else
            {
                map.Error(
                    "keep",
                    $"«{forHowLong}» is no duration.",
                    map.Find("keep")!.Position,
                    Quantities.DurationHint
                );
            }
        }
        long? bytesMax = null;
        if (map.Optional("bytes_max") is { } howMuch)
        {
            if (Quantities.TrySize(howMuch, out long bytes))
            {
                bytesMax = bytes;
            }
            else
            {
                map.Error("bytes", $"«{howMuch}» is no size.", map.Find("bytes_max")!.Position, Quantities.SizeHint);
            }
        }
        if (criticality is null && keep is null && bytesMax is null && map.Problems.Count == before)
        {
            map.Warn("nothing", $"«{name}» declares nothing.", map.Position, "known: criticality, keep, bytes_max");
        }
        map.Close();
        return map.Problems.Skip(before).Any(p => p.Level == ProblemLevel.Error)
            ? null
            : new SourceDeclaration(name, sources, unparsed, criticality, keep, bytesMax, map.Position);
    }
}
