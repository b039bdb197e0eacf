using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Custodiet.Api;
using Custodiet.Records;
using Custodiet.Records.Stores;

namespace Custodiet.Cli;

/// <summary><c>custodiet query SQL</c>: one SELECT over the datasets.</summary>
internal static class QueryCommand
{
    public static Command Create()
    {
        Argument<string> sql = new("SQL") { Description = "One SELECT over the views of docs/datasets.md." };
        Option<string> format = new("--format")
        {
            Description = "table, json, csv or parquet.",
            DefaultValueFactory = _ => "table",
        };
        format.AcceptOnlyFromAmong("table", "json", "csv", "parquet");
        Option<string?> output = new("--out") { Description = "File to write to; needed for parquet." };
        Option<int> rows = new("--rows")
        {
            Description = "Rows at most; a cut is said on standard error.",
            DefaultValueFactory = _ => QueryLimits.Default.Rows,
        };
        Option<int> seconds = new("--timeout") { Description = "Seconds at most.", DefaultValueFactory = _ => 30 };
        Command command = new("query", "Ask the datasets in SQL, read-only.") { sql, format, output, rows, seconds };
        command.SetAction(
            async (parse, cancellation) =>
            {
                string shape = parse.GetValue(CommandLine.Json) ? "envelope" : parse.GetRequiredValue(format);
                QueryLimits limits = new(parse.GetValue(rows), TimeSpan.FromSeconds(parse.GetValue(seconds)));
                string? file = parse.GetValue(output);
                if (shape == "parquet" && file is null)
                {
                    throw new CommandException(ExitCode.Usage, "--format parquet needs --out FILE.");
                }
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                QueryOutcome outcome =
                    shape == "parquet"
                        ? await session.ExportAsync(
                            parse.GetRequiredValue(sql),
                            Path.GetFullPath(file!),
                            limits,
                            cancellation
                        )
                        : await session.QueryAsync(parse.GetRequiredValue(sql), limits, cancellation);
                if (outcome is QueryOutcome.Refused refused)
                {
                    throw new CommandException(ExitCode.Refused, refused.Reason);
                }
                QueryAnswer answer = ((QueryOutcome.Answered)outcome).Answer;
                Print(answer, shape, file);
                if (answer.Truncated is { } cut)
                {
                    Output.Remark($"custodiet: the answer is cut: {cut}");
                }
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static void Print(QueryAnswer answer, string shape, string? file)
    {
        TextWriter writer = file is null || shape == "parquet" ? Console.Out : new StreamWriter(file);
        switch (shape)
        {
            case "envelope":
                writer.WriteLine(JsonSerializer.Serialize(QueryJson.From(answer), Output.Json));
                break;
            case "json":
                writer.WriteLine(
                    JsonSerializer.Serialize(
                        answer.Rows.Select(row =>
                            answer.Columns.Zip(row).ToDictionary(p => p.First.Name, p => p.Second)
                        ),
                        Output.Json
                    )
                );
                break;
            case "csv":
                Csv.Write(answer, writer);
                break;
            case "table":
                Output.WriteTable(
                    [.. answer.Columns.Select(c => c.Name)],
                    answer.Rows.Select(row => (IReadOnlyList<string>)[.. row.Select(Csv.Text)])
                );
                Output.Remark(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Counted.Of(answer.Rows.Count, "row")} in {answer.Seconds:N2} s; ledger size {answer.LedgerSize:N0}"
                    )
                );
                break;
            default:
                break;
        }
        writer.Flush();
        if (file is not null && shape != "parquet")
        {
            writer.Dispose();
        }
    }
}
