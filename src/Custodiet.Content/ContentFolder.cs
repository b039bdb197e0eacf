using System.Security.Cryptography;
using System.Text;
using Custodiet.Documents;
using Custodiet.Records;

namespace Custodiet.Content;

/// <summary>The content files of one or several folders, as they were read. What they mean is for the stages to say.</summary>
/// <param name="Parsers">Files of <c>parsers</c>.</param>
/// <param name="LogSources">Files of <c>logsources</c>.</param>
/// <param name="Rules">Files of <c>rules</c>, at any depth.</param>
/// <param name="Mappings">Files of <c>mappings</c>.</param>
/// <param name="Processes">Files of <c>processes</c>.</param>
/// <param name="Sources">Files of <c>sources</c>.</param>
/// <param name="Routes">Files of <c>routes</c>.</param>
/// <param name="Reductions">Files of <c>reductions</c>.</param>
/// <param name="Problems">Files that could not be read, and why.</param>
/// <param name="Digest">SHA-256 over the names and digests of all files, lower-case hex: equal content has an equal digest wherever it stands.</param>
public sealed record ContentFolder(
    IReadOnlyList<SourceText> Parsers,
    IReadOnlyList<SourceText> LogSources,
    IReadOnlyList<SourceText> Rules,
    IReadOnlyList<SourceText> Mappings,
    IReadOnlyList<SourceText> Processes,
    IReadOnlyList<SourceText> Sources,
    IReadOnlyList<SourceText> Routes,
    IReadOnlyList<SourceText> Reductions,
    IReadOnlyList<Problem> Problems,
    string Digest
)
{
    private static readonly string[] Kinds =
    [
        "parsers",
        "logsources",
        "rules",
        "mappings",
        "processes",
        "sources",
        "routes",
        "reductions",
    ];

    /// <summary>Reads content folders. Never throws for what a file holds or because it cannot be read: that is a problem with its name.</summary>
    /// <param name="roots">Folders that hold some of the folders <c>parsers</c>, <c>logsources</c>, <c>rules</c>, <c>mappings</c>, <c>processes</c>, <c>sources</c>, <c>routes</c>, <c>reductions</c>.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static ContentFolder Read(IReadOnlyList<string> roots, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(roots);
        List<Problem> problems = [];
        Dictionary<string, List<SourceText>> byKind = Kinds.ToDictionary(kind => kind, _ => new List<SourceText>());
        List<(string Name, string Digest)> all = [];
        foreach (string root in roots)
        {
            if (!Directory.Exists(root))
            {
                problems.Add(ContentFiles.Problem("content.missing", "There is no such folder.", root));
                continue;
            }
            bool any = false;
            foreach (string kind in Kinds)
            {
                string folder = Path.Combine(root, kind);
                if (!Directory.Exists(folder))
                {
                    continue;
                }
                any = true;
                IReadOnlyList<SourceText> texts = ContentFiles.Read([folder], problems, cancellation);
                byKind[kind].AddRange(texts);
                all.AddRange(texts.Select(text => (Path.GetRelativePath(root, text.File), text.Digest)));
            }
            if (!any)
            {
                problems.Add(
                    ContentFiles.Problem(
                        "content.empty",
                        $"It has none of the folders {string.Join(", ", Kinds)}.",
                        root
                    )
                );
            }
        }
        return new ContentFolder(
            byKind["parsers"],
            byKind["logsources"],
            byKind["rules"],
            byKind["mappings"],
            byKind["processes"],
            byKind["sources"],
            byKind["routes"],
            byKind["reductions"],
            problems,
            DigestOf(all)
        );
    }

    /// <summary>Reads rules from any files and folders, at any depth. Never throws for what stands there.</summary>
    public static RuleFiles ReadRules(IReadOnlyList<string> paths, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        List<Problem> problems = [];
        IReadOnlyList<SourceText> texts = ContentFiles.Read(paths, problems, cancellation);
        return new RuleFiles(texts, problems);
    }

    private static string DigestOf(List<(string Name, string Digest)> files)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, string digest) in files.Order())
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name.Replace('\\', '/')}\n{digest}\n"));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>Rules as they were read.</summary>
/// <param name="Texts">The files, in order of their names.</param>
/// <param name="Problems">Files that could not be read, and why.</param>
public sealed record RuleFiles(IReadOnlyList<SourceText> Texts, IReadOnlyList<Problem> Problems);
