using System.CommandLine;
using System.Net;
using Custodiet.Configuration;
using Custodiet.Diagnosis;
using Custodiet.Embedded;
using Custodiet.Inputs;
using Custodiet.Records;

namespace Custodiet.Cli;

/// <summary><c>custodiet doctor</c>: what is wrong with an installation, and what to do. It changes nothing.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Command command = new("doctor", "What is wrong with this installation and its machine, and what to do.");
        command.SetAction(
            async (parse, cancellation) =>
            {
                IReadOnlyList<CheckResult> results = await RunAsync(parse, TimeProvider.System, cancellation);
                bool holds = results.All(r => r.Level != CheckLevel.Bad);
                if (parse.GetValue(CommandLine.Json))
                {
                    Output.WriteJson(new { holds, checks = results });
                }
                else
                {
                    foreach (CheckResult result in results)
                    {
                        Console.Out.WriteLine($"{Word(result.Level), -8} {result.Check}: {result.What}");
                        if (result.Remedy is not null)
                        {
                            Console.Out.WriteLine($"         → {result.Remedy}");
                        }
                    }
                }
                return holds ? ExitCode.Done : ExitCode.Problems;
            }
        );
        return command;
    }

    private static async Task<IReadOnlyList<CheckResult>> RunAsync(
        ParseResult parse,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        (Settings? settings, IReadOnlyList<Problem> read) = SessionFinder.TryReadSettings(parse);
        if (settings is null)
        {
            // Without settings nobody knows where to look.
            return [.. Checks.Configuration(read)];
        }
        List<CheckResult> results =
        [
            .. Checks.Configuration([.. read, .. new SettingsInspection(settings, time).Run()]),
        ];
        string root = settings.DataFolder;
        string? socket = await SessionFinder.FindSocketAsync(settings, cancellation);
        results.Add(await ServerAsync(socket, cancellation));
        Try(results, "data folder", () => Checks.Folder(root));
        Try(results, "format", () => Checks.Format(root));
        string disk = Existing(root);
        Try(
            results,
            "disk",
            () =>
                Checks.Disk(
                    new DriveInfo(disk).AvailableFreeSpace,
                    settings.Number("queue.free_bytes_min"),
                    Machine.Inodes(disk)
                )
        );
        results.Add(Checks.Clock(Machine.ClockIsSynchronised()));
        int? server = socket is null ? null : DataFolder.HolderOf(root);
        results.Add(Checks.OpenFiles(Machine.OpenFilesMax(server), settings.Number("syslog.connections_max")));
        results.Add(
            Checks.UdpBuffer(
                settings.Text("syslog.udp").Length > 0,
                settings.Number("syslog.udp_receive_bytes"),
                Machine.Kernel("/proc/sys/net/core/rmem_max")
            )
        );
        results.Add(Checks.Memory(Machine.Memory()));
        if (socket is null)
        {
            results.AddRange(Endpoints(settings).Select(e => Checks.Port(e.Setting, e.Address, e.Datagrams)));
        }
        results.AddRange(
            SettingsInspection.CertificatesOf(settings).Select(c => Checks.Certificate(c.Files, time.GetUtcNow()))
        );
        if (File.Exists(Path.Combine(root, "records.db")))
        {
            Try(results, "queue", () => Checks.Queue(root));
            Try(results, "ledger", () => Checks.Ledger(root));
            Try(results, "backup", () => Checks.Backup(Checks.NewestBackup(root), time.GetUtcNow()));
        }
        return results;
    }

    private static async Task<CheckResult> ServerAsync(string? socket, CancellationToken cancellation)
    {
        if (socket is null)
        {
            return Checks.Server(running: false, null);
        }
        try
        {
            await using RunningSession session = RunningSession.BySocket(socket);
            return Checks.Server(running: true, (await session.StatusAsync(cancellation)).QueueFailure);
        }
        catch (Exception failure) when (failure is CommandException or HttpRequestException)
        {
            return CheckResult.Bad("server", $"The server does not answer: {failure.Message}", "see the service's log");
        }
    }

    // What cannot be looked at is unknown, and the other checks still run.
    private static void Try(List<CheckResult> results, string check, Func<CheckResult> run)
    {
        try
        {
            results.Add(run());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            results.Add(
                new CheckResult(check, CheckLevel.Unknown, failure.Message, "run it as root or as the service's user")
            );
        }
    }

    private static IEnumerable<(string Setting, IPEndPoint Address, bool Datagrams)> Endpoints(Settings settings)
    {
        foreach (
            ServerEndpoint endpoint in settings.List("urls").Select(ServerSettings.Endpoint).OfType<ServerEndpoint>()
        )
        {
            yield return ("urls", new IPEndPoint(endpoint.Address ?? IPAddress.Loopback, endpoint.Port), false);
        }
        foreach (string name in (string[])["syslog.udp", "syslog.tcp", "syslog.tls"])
        {
            foreach (IPEndPoint address in settings.List(name).Select(SyslogOptions.ReadAddress).OfType<IPEndPoint>())
            {
                yield return (name, address, name == "syslog.udp");
            }
        }
    }

    private static string Existing(string path) =>
        Directory.Exists(path) ? path : Existing(Path.GetDirectoryName(path) ?? "/");

    private static string Word(CheckLevel level) =>
        level switch
        {
            CheckLevel.Ok => "ok",
            CheckLevel.Warning => "warning",
            CheckLevel.Bad => "BAD",
            _ => "unknown",
        };
}
