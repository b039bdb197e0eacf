using System.CommandLine;
using System.Net.Sockets;
using Custodiet.Configuration;
using Custodiet.Records;

namespace Custodiet.Cli;

/// <summary>Finds who answers a command: a server elsewhere, the server on the data folder, or the folder itself.</summary>
internal static class SessionFinder
{
    /// <summary>Opens the session that the options ask for.</summary>
    public static async Task<ISession> OpenAsync(ParseResult parse, CancellationToken cancellation)
    {
        string? url = parse.GetValue(CommandLine.Url);
        if (!string.IsNullOrEmpty(url))
        {
            string? token = parse.GetValue(CommandLine.Token) ?? Environment.GetEnvironmentVariable("CUSTODIET_TOKEN");
            if (string.IsNullOrEmpty(token))
            {
                throw new CommandException(
                    ExitCode.Usage,
                    "--url needs a token: set CUSTODIET_TOKEN, or give --token."
                );
            }
            return RunningSession.ByUrl(url, token);
        }
        Settings settings = ReadSettings(parse);
        return await FindSocketAsync(settings, cancellation) is { } socket
            ? RunningSession.BySocket(socket)
            : await EmbeddedSession.OpenAsync(settings, cancellation);
    }

    /// <summary>The socket of the server that runs on the data folder, or null when none answers.</summary>
    public static async Task<string?> FindSocketAsync(Settings settings, CancellationToken cancellation) =>
        LocalSocket.Find(settings.DataFolder) is { } socket && await AnswersAsync(socket, cancellation) ? socket : null;

    /// <summary>The settings, or an end with every problem named.</summary>
    public static Settings ReadSettings(
        ParseResult parse,
        IReadOnlyDictionary<string, string?>? more = null,
        string defaultFolder = "custodiet"
    )
    {
        (Settings? settings, IReadOnlyList<Problem> problems) = TryReadSettings(parse, more, defaultFolder);
        foreach (Problem problem in problems)
        {
            Output.Remark(problem.ToString());
        }
        return settings ?? throw new CommandException(ExitCode.Usage, "The configuration is not in order; see above.");
    }

    /// <summary>The settings and every problem; with an error among them the settings are null.</summary>
    public static (Settings? Settings, IReadOnlyList<Problem> Problems) TryReadSettings(
        ParseResult parse,
        IReadOnlyDictionary<string, string?>? more = null,
        string defaultFolder = "custodiet"
    )
    {
        Dictionary<string, string?> options = new(more ?? new Dictionary<string, string?>())
        {
            ["data"] = parse.GetValue(CommandLine.Data),
            ["config"] = parse.GetValue(CommandLine.Config),
        };
        foreach (string assignment in parse.GetValue(CommandLine.Set) ?? [])
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                throw new CommandException(ExitCode.Usage, $"--set takes NAME=VALUE, and «{assignment}» is none.");
            }
            // An option of its own is over this one, which says the same in general.
            string name = assignment[..equals];
            options[name] = options.GetValueOrDefault(name) ?? assignment[(equals + 1)..];
        }
        return Settings.Read(options, defaultFolder);
    }

    /// <summary>Where followed files keep their place.</summary>
    public static string StateFolder(ParseResult parse) => Path.Combine(ReadSettings(parse).DataFolder, "ingest");

    private static async Task<bool> AnswersAsync(string socket, CancellationToken cancellation)
    {
        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await probe.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
            return true;
        }
        catch (SocketException)
        {
            // A socket file that nobody listens on was left by a killed server.
            return false;
        }
    }
}
