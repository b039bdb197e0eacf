using System.CommandLine;

namespace Custodiet.Cli;

/// <summary>What commands about accounts and tokens share: they open a session, and print a list, an outcome or a secret.</summary>
internal static class SessionCommand
{
    /// <summary>The command does this on the session that its options ask for.</summary>
    public static Command Does(this Command command, Func<ISession, ParseResult, CancellationToken, Task> act)
    {
        command.SetAction(
            async (parse, cancellation) =>
            {
                await using ISession session = await SessionFinder.OpenAsync(parse, cancellation);
                await act(session, parse, cancellation);
                return ExitCode.Done;
            }
        );
        return command;
    }

    /// <summary>A command <c>list</c>: a table, or with <c>--json</c> all that is known of each line.</summary>
    /// <param name="plural">What is listed, and the name of the JSON member: <c>accounts</c>.</param>
    /// <param name="read">Asks for the lines.</param>
    /// <param name="columns">The table's columns, each with what its cells say.</param>
    public static Command List<T>(
        string plural,
        Func<ISession, CancellationToken, Task<IReadOnlyList<T>>> read,
        params IReadOnlyList<(string Name, Func<T, string> Cell)> columns
    ) =>
        new Command("list", $"All {plural}.").Does(
            async (session, parse, cancellation) =>
            {
                IReadOnlyList<T> lines = await read(session, cancellation);
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(new Dictionary<string, IReadOnlyList<T>> { [plural] = lines });
                    return;
                }
                Output.WriteTable(
                    [.. columns.Select(column => column.Name)],
                    lines.Select(line => (IReadOnlyList<string>)[.. columns.Select(column => column.Cell(line))])
                );
            }
        );

    /// <summary>
    /// Tells what was done. A secret stands alone on standard output, so that a script can take it, and what to do with it
    /// on standard error.
    /// </summary>
    /// <param name="parse">Says whether JSON is asked for.</param>
    /// <param name="json">Everything, the secret too.</param>
    /// <param name="secret">A code or token that is shown once, or null.</param>
    /// <param name="remark">For people, or null.</param>
    public static void Tell<T>(ParseResult parse, T json, string? secret, string? remark)
    {
        if (parse.GetValue(CommandLine.Json))
        {
            Output.WriteJson(json);
            return;
        }
        if (remark is not null)
        {
            Output.Remark(remark);
        }
        if (secret is not null)
        {
            Console.Out.WriteLine(secret);
        }
    }
}
