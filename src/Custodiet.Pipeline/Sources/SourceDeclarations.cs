using System.Net;
using System.Net.Sockets;
using Custodiet.Documents;
using Custodiet.Records;
using Custodiet.Records.Events;

namespace Custodiet.Pipeline.Sources;

/// <summary>The declarations that could be read, and everything that is wrong with the others.</summary>
public sealed record SourceDeclarationsLoad(SourceDeclarations Declarations, IReadOnlyList<Problem> Problems);

/// <summary>
/// What content declares of sources: how critical they are, how long and how much of them is kept; and of senders: how critical they are
/// and how much each may send. Of several that fit, the first that says something holds.
/// </summary>
public sealed class SourceDeclarations
{
    /// <summary>Declarations of one file at most.</summary>
    public const int PerFileMax = 1_000;

    /// <summary>Nothing is declared.</summary>
    public static readonly SourceDeclarations None = new([], []);

    private const int NetworksMax = 1_000;

    private static readonly string[] criticalities = ["normal", "low", "high", "vital"];

    private SourceDeclarations(IReadOnlyList<SourceDeclaration> all, IReadOnlyList<SenderDeclaration> senders)
    {
        All = all;
        Senders = senders;
    }

    /// <summary>In the order in which they are tried: by file name, then as written.</summary>
    public IReadOnlyList<SourceDeclaration> All { get; }

    /// <summary>Senders, in the order in which they are tried.</summary>
    public IReadOnlyList<SenderDeclaration> Senders { get; }

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
        List<SenderDeclaration> senders = [];
        Dictionary<string, TextPosition> byName = new(StringComparer.Ordinal);
        foreach (SourceText file in files)
        {
            if (ContentMap.Open(file, "A file of sources", "sources", problems) is not { } root)
            {
                continue;
            }
            root.Optional("title");
            foreach (ContentMap map in root.Each("sources", "A declaration of sources", atMost: PerFileMax))
            {
                if (Read(map) is { } declaration && IsNew(map, declaration.Name, declaration.Position, byName))
                {
                    all.Add(declaration);
                }
            }
            foreach (ContentMap map in root.Each("senders", "A declaration of senders", atMost: PerFileMax))
            {
                if (ReadSender(map) is { } declaration && IsNew(map, declaration.Name, declaration.Position, byName))
                {
                    senders.Add(declaration);
                }
            }
            if (!root.Has("sources") && !root.Has("senders"))
            {
                root.Error("empty", "The file declares neither «sources» nor «senders».", root.Position);
            }
            root.Close();
        }
        return new SourceDeclarationsLoad(new SourceDeclarations(all, senders), problems);
    }

    private static bool IsNew(ContentMap map, string name, TextPosition at, Dictionary<string, TextPosition> byName)
    {
        if (byName.TryAdd(name, at))
        {
            return true;
        }
        map.Error(
            "duplicate",
            $"«{name}» is declared already, at {byName[name]}.",
            map.Position,
            "records name it, so each name stands once"
        );
        return false;
    }

    private static SenderDeclaration? ReadSender(ContentMap map)
    {
        int before = map.Problems.Count;
        string name = map.Required("name");
        List<IPNetwork> from = [];
        foreach (ScalarNode text in map.Scalars("from", required: true, atMost: NetworksMax))
        {
            if (TryNetwork(text.Text, out IPNetwork network))
            {
                from.Add(network);
            }
            else
            {
                map.Error(
                    "address",
                    $"«{text.Text}» is neither an address nor a network.",
                    text.Position,
                    "192.0.2.7, 10.2.0.0/16, 2001:db8::/32"
                );
            }
        }
        IReadOnlyList<string> inputs = map.Texts("inputs");
        Criticality criticality = Enum.Parse<Criticality>(map.OneOf("criticality", criticalities), ignoreCase: true);
        int events = map.WholeNumber("events_per_second_max", 0);
        long? bytes = Size(map, "bytes_per_second_max");
        map.Close();
        return map.Problems.Skip(before).Any(p => p.Level == ProblemLevel.Error)
            ? null
            : new SenderDeclaration(name, from, inputs, criticality, events == 0 ? null : events, bytes, map.Position);
    }

    private static bool TryNetwork(string text, out IPNetwork network)
    {
        if (IPAddress.TryParse(text, out IPAddress? address))
        {
            network = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
            return true;
        }
        return IPNetwork.TryParse(text, out network);
    }

    private static long? Size(ContentMap map, string key)
    {
        if (map.Optional(key) is not { } text)
        {
            return null;
        }
        if (Quantities.TrySize(text, out long bytes))
        {
            return bytes;
        }
        map.Error("bytes", $"«{text}» is no size.", map.Find(key)!.Position, Quantities.SizeHint);
        return null;
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
        long? bytesMax = Size(map, "bytes_max");
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
