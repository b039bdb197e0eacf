using System.CommandLine;
using System.Text;
using Custodiet.Analytics;
using Custodiet.Content;
using Custodiet.Records;

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
                    $"{Counted.Of(read.Rules.Count, "rule")} loaded, {read.Refused.Count:N0} refused, {Counted.Of(read.Warnings.Count, "warning")}"
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
                RuleMatching result = new(read.Rules);
                await using (StreamWriter writer = new(parse.GetRequiredValue(output), false, new UTF8Encoding(false)))
                {
                    foreach (string file in parse.GetRequiredValue(events))
                    {
                        await result.MatchAsync(file, writer, cancellation);
                    }
                }
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(
                        new
                        {
                            rules = read.Rules.Count,
                            refused = read.Refused.Count,
                            result.Events,
                            result.Unparsed,
                            result.Unrouted,
                            result.Matches,
                        }
                    );
                }
                else
                {
                    Output.Remark(
                        $"{Counted.Of(result.Events, "event")} ({result.Unparsed:N0} unparsed, {result.Unrouted:N0} without a log source), {Counted.Of(read.Rules.Count, "rule")} ({read.Refused.Count:N0} refused), {Counted.Of(result.Matches, "match", "matches")}"
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
}
