using System.CommandLine;
using Custodiet.Content;
using Custodiet.Documents;
using Custodiet.Outputs;
using Custodiet.Pipeline.Mappings;
using Custodiet.Pipeline.Parsers;
using Custodiet.Pipeline.Sources;
using Custodiet.Process.Definitions;
using Custodiet.Records;

namespace Custodiet.Cli;

/// <summary><c>custodiet content check DIR…</c>: everything that is wrong with content, and whether its samples come out as they say.</summary>
internal static class ContentCommand
{
    public static Command Create()
    {
        Argument<string[]> folders = new("DIR")
        {
            Description = "Content folders. Default: the starter content.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Command check = new(
            "check",
            "Check parsers with their samples, mappings, processes, rules, routes and reductions."
        )
        {
            folders,
        };
        check.SetAction(parse =>
        {
            string[] roots = parse.GetValue(folders) is { Length: > 0 } given ? given : [LoadedContent.StarterFolder];
            ContentReport report = Check(roots);
            if (parse.GetValue(CommandLine.Json))
            {
                Output.WriteJson(
                    new
                    {
                        report.Parsers,
                        report.Samples,
                        report.Mappings,
                        report.Processes,
                        report.Rules,
                        report.Sources,
                        report.Routes,
                        report.Reductions,
                        report.Digest,
                        problems = report.Problems.Select(p => new
                        {
                            level = p.Level,
                            code = p.Code,
                            file = p.Position.File,
                            line = p.Position.Line,
                            column = p.Position.Column,
                            message = p.Message,
                            hint = p.Hint,
                        }),
                    }
                );
            }
            else
            {
                foreach (Problem problem in report.Problems)
                {
                    Console.Out.WriteLine(problem);
                }
                Output.Remark(
                    $"{Counted.Of(report.Parsers, "parser")} with {Counted.Of(report.Samples, "sample")}, {Counted.Of(report.Mappings, "mapping")}, {Counted.Of(report.Processes, "process", "processes")}, {Counted.Of(report.Rules, "rule")}, {Counted.Of(report.Sources, "declaration of sources", "declarations of sources")}, {Counted.Of(report.Routes, "route")}, {Counted.Of(report.Reductions, "reduction")}; {Counted.Of(report.Problems.Count(p => p.Level == ProblemLevel.Error), "error")}; digest {report.Digest}"
                );
            }
            return report.Problems.Any(p => p.Level == ProblemLevel.Error) ? ExitCode.Problems : ExitCode.Done;
        });
        return new Command("content", "Content files.") { check };
    }

    /// <summary>Checks content folders. Parsers of the starter content are not added: a folder is checked for what it is.</summary>
    public static ContentReport Check(IReadOnlyList<string> roots)
    {
        ContentFolder files = ContentFolder.Read(roots);
        List<Problem> problems = [.. files.Problems];
        ParserSetLoad parsers = ParserSet.Load(files.Parsers, files.LogSources);
        problems.AddRange(parsers.Problems);
        problems.AddRange(parsers.Set?.CheckSamples() ?? []);
        MappingSetLoad mappings = MappingSet.Load(files.Mappings);
        problems.AddRange(mappings.Problems);
        problems.AddRange(mappings.Set?.CheckSamples() ?? []);
        SourceDeclarationsLoad sources = SourceDeclarations.Load(files.Sources);
        problems.AddRange(sources.Problems);
        int processes = 0;
        foreach (SourceText text in files.Processes)
        {
            ProcessParse parse = ProcessDefinition.Parse(text);
            problems.AddRange(parse.Problems);
            processes += parse.Definition is null ? 0 : 1;
        }
        OutputContent outputs = OutputContent.Read(files.Routes, files.Reductions, problems);
        RuleLibrary rules = RuleLibrary.Load(files.Rules, []);
        problems.AddRange(rules.Refused.SelectMany(r => r.Problems));
        problems.AddRange(rules.Warnings);
        return new ContentReport(
            parsers.Set?.Parsers.Count ?? 0,
            parsers.Set?.Parsers.Sum(p => p.Samples) ?? 0,
            mappings.Set?.Mappings.Count ?? 0,
            processes,
            rules.Rules.Count,
            sources.Declarations.All.Count,
            outputs.Routes.Count,
            outputs.Reductions.Count,
            files.Digest,
            problems
        );
    }
}

/// <summary>What content holds and what is wrong with it.</summary>
internal sealed record ContentReport(
    int Parsers,
    int Samples,
    int Mappings,
    int Processes,
    int Rules,
    int Sources,
    int Routes,
    int Reductions,
    string Digest,
    IReadOnlyList<Problem> Problems
);
