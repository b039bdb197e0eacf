using System.CommandLine;

namespace Custodiet.Cli;

/// <summary>The command line: <c>custodiet COMMAND …</c>.</summary>
internal static class CommandLine
{
    /// <summary>Where the data is.</summary>
    public static readonly Option<string?> Data = new("--data")
    {
        Description = "Data folder. Default: CUSTODIET_DATA, else custodiet in the user's data folder.",
        Recursive = true,
    };

    /// <summary>A server elsewhere.</summary>
    public static readonly Option<string?> Url = new("--url")
    {
        Description =
            "Address of a running server; with --token. Default: the server on the data folder, else the folder itself.",
        Recursive = true,
    };

    /// <summary>The token for that server.</summary>
    public static readonly Option<string?> Token = new("--token")
    {
        Description =
            "API token for --url. Better: the environment variable CUSTODIET_TOKEN, which other users cannot list.",
        Recursive = true,
    };

    /// <summary>Machine-readable output.</summary>
    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print one JSON object with a schemaVersion.",
        Recursive = true,
    };

    /// <summary>Runs a command line and answers the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        RootCommand root = new("Custodiet: the process layer of a SOC. Who watches the watchers?")
        {
            Data,
            Url,
            Token,
            Json,
            UpCommand.Create(),
            IngestCommand.Create(),
            QueryCommand.Create(),
            ContentCommand.Create(),
            RulesCommand.Create(),
            LedgerCommand.Create(),
            UserCommand.Create(),
            ServiceCommand.Create(),
            TokenCommand.Create(),
            StatusCommand.Create(),
            RoutesCommand.Create(),
            RetentionCommand.Create(),
            HoldCommand.Create(),
            EraseCommand.Create(),
            ConfigCommand.Create(),
        };
        ParseResult parse = root.Parse(arguments);
        if (parse.Errors.Count > 0)
        {
            await parse.InvokeAsync();
            return ExitCode.Usage;
        }
        // The default of two seconds is too short for the last flush of queue, archive and ledger.
        InvocationConfiguration configuration = new()
        {
            ProcessTerminationTimeout = TimeSpan.FromSeconds(60),
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            return await parse.InvokeAsync(configuration);
        }
        catch (CommandException stopped)
        {
            Output.Remark($"custodiet: {stopped.Message}");
            return stopped.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or HttpRequestException)
        {
            Output.Remark($"custodiet: {failure.Message}");
            return ExitCode.Unavailable;
        }
    }
}
