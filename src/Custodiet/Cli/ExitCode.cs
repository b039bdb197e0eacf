namespace Custodiet.Cli;

/// <summary>Exit codes, as documented in docs/cli.md.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The command ran, and what it checked is not in order.</summary>
    public const int Problems = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Something the command needs is not there: a file, the server, the disk, the data folder's lock.</summary>
    public const int Unavailable = 3;

    /// <summary>The server or the store refused.</summary>
    public const int Refused = 4;

    /// <summary>Interrupted.</summary>
    public const int Interrupted = 130;

    /// <summary>Told to stop by SIGTERM, and not done in time (128 and the signal's number).</summary>
    public const int Terminated = 143;
}

/// <summary>A command cannot go on: what, where, what to do. Caught where a command begins.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
