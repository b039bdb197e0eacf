using System.CommandLine;
using System.Text;
using System.Text.Json;
using Custodiet.Analytics;
using Custodiet.Content;
using Custodiet.Pipeline.Parsers;
using Custodiet.Records;
using Custodiet.Records.Events;
using Custodiet.Streaming;

namespace Custodiet.Cli;

/// <summary><c>custodiet rules</c>: Sigma rules without a server.</summary>
internal static class RulesCommand
{
    public static Command Create() => new("rules", "Sigma rules, without a server.") { Check(), Match() };

    private static Command Check()
    {
        Argument<string[]> paths = new("PATH")
        {
            Description = "Rule files or folders.",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new("check", "Load rules and name every problem with file, line and column.") { paths };
        command.SetAction(parse =>
        {
            RuleLibrary read = ReadRules(parse.GetRequiredValue(paths));
            if (parse.GetValue(CommandLine.Json))
            {
                Output.WriteJson(
                    new
                    {
                        loaded = read.Rules.Count,
                        refused = read.Refused.Select(Refused),
                        warnings = read.Warnings.Select(w => new
                        {
                            file = w.Position.File,
                            line = w.Position.Line,
                            column = w.Position.Column,
                            reason = w.Message,
                            code = w.Code,
                        }),
                    }
                );
            }
            else
            {
                foreach (Problem problem in read.Refused.SelectMany(r => r.Problems))
                {
                    Console.Out.WriteLine(problem);
                }
                Output.Remark(
                    $"{read.Rules.Count:N0} rules loaded, {read.Refused.Count:N0} refused, {read.Warnings.Count:N0} warnings"
                );
            }
            return read.Refused.Count == 0 ? ExitCode.Done : ExitCode.Problems;
        });
        return command;
    }

    private static Command Match()
    {
        Option<string[]> rules = new("--rules")
        {
            Description = "Rule files or folders.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string[]> events = new("--events")
        {
            Description =
                "Files of JSON lines, plain or gzip, in any parser's shape; flat events may carry product, category, service.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string> output = new("--out")
        {
            Description = "File for the matches, a JSON line each.",
            Required = true,
        };
        Command command = new("match", "Match events against rules; a line per match: event number (from 0), rule id.")
        {
            rules,
            events,
            output,
        };
        command.SetAction(
            async (parse, cancellation) =>
            {
                RuleLibrary read = ReadRules(parse.GetRequiredValue(rules));
                MatchResult result = await MatchAsync(
                    read.Rules,
                    parse.GetRequiredValue(events),
                    parse.GetRequiredValue(output),
                    cancellation
                );
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(
                        new
                        {
                            rules = read.Rules.Count,
                            refused = read.Refused.Count,
                            result.Events,
                            result.Unparsed,
                            result.Matches,
                        }
                    );
                }
                else
                {
                    Output.Remark(
                        $"{result.Events:N0} events ({result.Unparsed:N0} unparsed), {read.Rules.Count:N0} rules ({read.Refused.Count:N0} refused), {result.Matches:N0} matches"
                    );
                }
                return ExitCode.Done;
            }
        );
        return command;
    }

    /// <summary>One line per rule that is not loaded: its first error, and all problems beside it.</summary>
    private static object Refused(RefusedRule rule)
    {
        Problem first = rule.Problems.First(p => p.Level == ProblemLevel.Error);
        return new
        {
            file = first.Position.File,
            line = first.Position.Line,
            column = first.Position.Column,
            rule = rule.Id ?? rule.Title ?? "",
            reason = first.Message,
            code = first.Code,
            problems = rule.Problems.Select(p => p.ToString()),
        };
    }

    /// <summary>Reads rules, and what is wrong with them.</summary>
    private static RuleLibrary ReadRules(IReadOnlyList<string> paths)
    {
        RuleFiles files = ContentFolder.ReadRules(paths);
        return RuleLibrary.Load(files.Texts, files.Problems);
    }

    private static async Task<MatchResult> MatchAsync(
        IReadOnlyList<SigmaRule> rules,
        string[] files,
        string output,
        CancellationToken cancellation
    )
    {
        FieldTable fields = new();
        LogSourceTable logSources = new();
        SourceTable sources = new();
        RuleSet set = RuleSet.Compile(rules, fields, logSources);
        BoundParsers parsers = LoadedContent
            .Read([LoadedContent.StarterFolder], [])
            .Parsers.Bind(fields, logSources, sources);
        EventReader reader = parsers.NewReader();
        FlatEventReader flat = new(fields, logSources, [.. set.Rules.Select(r => r.LogSource)]);
        Evaluator evaluator = set.NewEvaluator();
        Event current = new();
        List<int> matches = [];
        MatchResult result = new();
        await using StreamWriter writer = new(output, append: false, new UTF8Encoding(false));
        foreach (string file in files)
        {
            using LineBatches batches = LineBatches.Open(file);
            while (await batches.NextAsync(cancellation) is { } batch)
            {
                MatchLines(batch.Bytes);
            }
        }
        return result;

        void MatchLines(ReadOnlyMemory<byte> text)
        {
            while (text.Length > 0)
            {
                int end = text.Span.IndexOf((byte)'\n');
                ReadOnlyMemory<byte> line = end < 0 ? text : text[..end];
                text = end < 0 ? default : text[(end + 1)..];
                if (line.Span.Trim(" \t\r"u8).IsEmpty)
                {
                    continue;
                }
                // An event that names its own log source is taken at its word: a part that it leaves out satisfies any rule.
                bool labelled = flat.TryRead(line, current) && flat.NamedItsLogSource;
                if (!labelled)
                {
                    reader.Read(result.Events, 0, line, current);
                }
                if (!StreamWorker.IsEvaluable(current))
                {
                    result.Unparsed++;
                }
                else
                {
                    matches.Clear();
                    evaluator.Evaluate(current, matches);
                    foreach (int match in matches)
                    {
                        writer.WriteLine(
                            JsonSerializer.Serialize(new MatchLine(result.Events, rules[match].Id), Output.Json)
                        );
                        result.Matches++;
                    }
                }
                result.Events++;
            }
        }
    }

    private sealed record MatchLine(long Event, string Rule);

    private sealed class MatchResult
    {
        public long Events { get; set; }

        public long Unparsed { get; set; }

        public long Matches { get; set; }
    }
}
