using System.Security.Cryptography;
using System.Text;
using Custodiet.Cli;
using Custodiet.Configuration;
using Custodiet.Content;
using Custodiet.Documents;
using Custodiet.Outputs;
using Custodiet.Pipeline.Mappings;
using Custodiet.Pipeline.Parsers;
using Custodiet.Pipeline.Sources;
using Custodiet.Process.Definitions;
using Custodiet.Records;
using Custodiet.Records.Ledger;
using Custodiet.Records.People;

namespace Custodiet;

/// <summary>The content in use, read once: parsers, rules, mappings, processes, and everything that is wrong with them.</summary>
/// <param name="Digest">Over all files.</param>
/// <param name="Parsers">The parsers.</param>
/// <param name="Rules">The rules, loaded and refused.</param>
/// <param name="Mappings">How other tools' findings are read.</param>
/// <param name="Processes">The processes.</param>
/// <param name="Sources">What is declared of sources.</param>
/// <param name="Outputs">Routes and reductions.</param>
/// <param name="Problems">What is wrong with anything but rules.</param>
internal sealed record LoadedContent(
    string Digest,
    ParserSet Parsers,
    RuleLibrary Rules,
    MappingSet Mappings,
    ProcessLibrary Processes,
    SourceDeclarations Sources,
    OutputContent Outputs,
    IReadOnlyList<Problem> Problems
)
{
    /// <summary>The starter content beside the executable.</summary>
    public static string StarterFolder => Path.Combine(AppContext.BaseDirectory, "content");

    /// <summary>Reads the starter content and what the settings add. A bad rule never stops another; without parsers or processes there is nothing to run.</summary>
    /// <exception cref="CommandException">Parsers, mappings or processes are not in order.</exception>
    public static LoadedContent Read(Settings settings) =>
        Read([StarterFolder, .. settings.Paths("content")], settings.Paths("rules"));

    /// <summary>Reads content folders and further rule files.</summary>
    public static LoadedContent Read(IReadOnlyList<string> folders, IReadOnlyList<string> ruleFiles)
    {
        ContentFolder files = ContentFolder.Read(folders);
        RuleFiles more = ContentFolder.ReadRules(ruleFiles);
        RuleLibrary rules = RuleLibrary.Load([.. files.Rules, .. more.Texts], more.Problems);
        List<Problem> problems = [.. files.Problems];
        ParserSetLoad parsers = ParserSet.Load(files.Parsers, files.LogSources);
        problems.AddRange(parsers.Problems);
        MappingSetLoad mappings = MappingSet.Load(files.Mappings);
        problems.AddRange(mappings.Problems);
        SourceDeclarationsLoad sources = SourceDeclarations.Load(files.Sources);
        problems.AddRange(sources.Problems);
        List<ProcessDefinition> processes = [];
        foreach (SourceText text in files.Processes)
        {
            ProcessParse parse = ProcessDefinition.Parse(text);
            problems.AddRange(parse.Problems);
            if (parse.Definition is not null)
            {
                processes.Add(parse.Definition);
            }
        }
        OutputContent outputs = OutputContent.Read(files.Routes, files.Reductions, problems);
        // A declaration that cannot be read could be the one that keeps something: nothing is deleted on half a policy.
        bool sourcesBroken = sources.Problems.Any(p => p.Level == ProblemLevel.Error);
        if (parsers.Set is null || mappings.Set is null || processes.Count == 0 || sourcesBroken)
        {
            string all = string.Join('\n', problems.Where(p => p.Level == ProblemLevel.Error));
            throw new CommandException(
                ExitCode.Problems,
                $"The content is not in order; «custodiet content check» shows all of it.\n{all}"
            );
        }
        return new LoadedContent(
            DigestOf(files, more),
            parsers.Set,
            rules,
            mappings.Set,
            new ProcessLibrary(processes),
            sources.Declarations,
            outputs,
            problems
        );
    }

    /// <summary>The content folders' digest, and over it that of the further rules.</summary>
    private static string DigestOf(ContentFolder files, RuleFiles more) =>
        more.Texts.Count == 0
            ? files.Digest
            : Convert.ToHexStringLower(
                SHA256.HashData(
                    Encoding.UTF8.GetBytes(
                        files.Digest + string.Concat(more.Texts.Select(t => t.Digest).Order(StringComparer.Ordinal))
                    )
                )
            );

    /// <summary>The record that this content is in use.</summary>
    public RecordDraft ToRecord(DateTimeOffset now) =>
        new(
            new ContentLoaded(
                Digest,
                Rules.Rules.Count,
                Rules.Refused.Count,
                Parsers.Parsers.Count,
                [.. Processes.Current.Select(p => p.Reference)]
            ),
            "content",
            ActorId.Service,
            now
        );
}
