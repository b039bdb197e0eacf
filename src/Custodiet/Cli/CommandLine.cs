using System.CommandLine;
using Custodiet.Backups;
using Custodiet.Configuration;
using Custodiet.Embedded;
using Custodiet.Embedded.Queue;
using Custodiet.Ledger.Checkpoints;

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

    /// <summary>The settings file.</summary>
    public static readonly Option<string?> Config = new("--config")
    {
        Description = "Settings file. Default: CUSTODIET_CONFIG, else custodiet.yml in the data folder.",
        Recursive = true,
    };

    /// <summary>Any setting.</summary>
    public static readonly Option<string[]> Set = new("--set")
    {
        Description = "A setting, as NAME=VALUE; over the file and the environment. May be repeated.",
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

    // Each of these says what is wrong, where, and what to do; a trace of calls would only hide it.
    private static bool IsToldByItsMessage(Exception failure) =>
        failure
            is IOException
                or UnauthorizedAccessException
                or HttpRequestException
                or InvalidDataException
                or DataFolderException
                or QueueDamagedException
                or LedgerKeyException
                or SecretException
                or BackupException;

    /// <summary>Runs a command line and answers the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        RootCommand root = new("Custodiet: the process layer of a SOC. Who watches the watchers?")
        {
            Data,
            Config,
            Set,
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
            SecretCommand.Create(),
            DoctorCommand.Create(),
            BackupCommand.Create(),
            RestoreCommand.Create(),
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
            ProcessTerminationTimeout = UpCommand.StopTimeMax,
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            int code = await parse.InvokeAsync(configuration);
            if (code == ExitCode.Terminated)
            {
                Output.Remark(
                    $"custodiet: ended by force, {UpCommand.StopTimeMax.TotalSeconds:N0} seconds after it was told to stop. What was acknowledged is on disk; the next start takes up the rest."
                );
            }
            return code;
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
        catch (Exception failure) when (IsToldByItsMessage(failure))
        {
            Output.Remark($"custodiet: {failure.Message}");
            return ExitCode.Unavailable;
        }
    }
}
