using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Custodiet.Tests.EndToEnd.Senders;

/// <summary>
/// rsyslog or syslog-ng as a process of its own, from the packages that <c>tests/clients/debian-senders</c> unpacked. It takes lines on a
/// port of loopback and passes them on as its configuration says.
/// </summary>
internal sealed class DebianSender : IAsyncDisposable
{
    private readonly System.Diagnostics.Process process;
    private readonly StringBuilder log = new();

    private DebianSender(System.Diagnostics.Process process, int port)
    {
        this.process = process;
        Port = port;
    }

    /// <summary>Where it takes lines.</summary>
    public int Port { get; }

    public string Log
    {
        get
        {
            lock (log)
            {
                return log.ToString();
            }
        }
    }

    private static string Root => Path.Combine(TestPaths.Root, "artifacts", "clients", "debian");

    /// <summary>Skips the test where the programs are not there.</summary>
    public static void Need() =>
        Assert.SkipUnless(
            File.Exists(Path.Combine(Root, ".complete")),
            "rsyslog and syslog-ng are absent: ./test unpacks them from Debian's packages, for which apt needs its package lists (root)"
        );

    /// <summary>A port of loopback that was free a moment ago.</summary>
    public static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Starts rsyslogd with these actions; every message that it takes goes through them.</summary>
    public static Task<DebianSender> StartRsyslogAsync(string folder, string modules, string actions)
    {
        int port = FreePort();
        string configuration = $$"""
            global(workDirectory="{{folder}}" maxMessageSize="64k")
            module(load="imptcp")
            {{modules}}
            main_queue(queue.type="LinkedList" queue.size="200000" queue.timeoutEnqueue="60000")
            input(type="imptcp" address="127.0.0.1" port="{{port}}")
            {{actions}}
            """;
        string file = Path.Combine(folder, "rsyslog.conf");
        File.WriteAllText(file, configuration);
        return StartAsync(
            "usr/sbin/rsyslogd",
            ["-n", "-f", file, "-i", Path.Combine(folder, "rsyslog.pid"), "-M", Library("rsyslog")],
            port
        );
    }

    /// <summary>Starts syslog-ng with one destination.</summary>
    public static Task<DebianSender> StartSyslogNgAsync(string folder, string destination)
    {
        int port = FreePort();
        string configuration = $$"""
            @version: 3.35
            options { chain-hostnames(no); keep-hostname(yes); use-dns(no); time-reopen(1); stats-freq(0); };
            source s_lines { network(ip("127.0.0.1") port({{port}}) transport("tcp") flags(syslog-protocol) log-iw-size(20000)); };
            destination d_custodiet { {{destination}} };
            log { source(s_lines); destination(d_custodiet); flags(flow-control); };
            """;
        string file = Path.Combine(folder, "syslog-ng.conf");
        File.WriteAllText(file, configuration);
        return StartAsync(
            "usr/sbin/syslog-ng",
            [
                "--foreground",
                "--no-caps",
                "--stderr",
                "--cfgfile",
                file,
                "--persist-file",
                Path.Combine(folder, "syslog-ng.persist"),
                "--pidfile",
                Path.Combine(folder, "syslog-ng.pid"),
                "--control",
                Path.Combine(folder, "syslog-ng.ctl"),
                "--module-path",
                Path.Combine(Root, "usr/lib/syslog-ng/3.38"),
            ],
            port
        );
    }

    /// <summary>Gives it numbered RFC 5424 messages: <c>number=0</c> and on.</summary>
    /// <param name="first">The first number.</param>
    /// <param name="count">How many.</param>
    /// <param name="perSecond">About how many a second; 0 for as fast as it takes them.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task FeedAsync(int first, int count, int perSecond, CancellationToken cancellation)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, Port, cancellation);
        NetworkStream stream = client.GetStream();
        const int piece = 200;
        StringBuilder text = new();
        for (int number = first; number < first + count; number += piece)
        {
            text.Clear();
            for (int item = number; item < Math.Min(number + piece, first + count); item++)
            {
                text.Append(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"<13>1 2026-03-02T08:{item / 60 % 60:00}:{item % 60:00}.000Z ws-{item % 40:000} app {item} - - number={item} of a stream of messages\n"
                );
            }
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellation);
            if (perSecond > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds((double)piece / perSecond), cancellation);
            }
        }
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using System.Diagnostics.Process kill = System.Diagnostics.Process.Start(
                "kill",
                ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]
            );
            await kill.WaitForExitAsync(CancellationToken.None);
            Task ended = process.WaitForExitAsync(CancellationToken.None);
            if (await Task.WhenAny(ended, Task.Delay(TimeSpan.FromSeconds(10))) != ended)
            {
                process.Kill();
                await ended;
            }
        }
        process.Dispose();
    }

    private static string Library(string name) => Path.Combine(Root, "usr/lib/x86_64-linux-gnu", name);

    private static async Task<DebianSender> StartAsync(string program, string[] arguments, int port)
    {
        ProcessStartInfo start = new(Path.Combine(Root, program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LD_LIBRARY_PATH"] = string.Join(
            ':',
            Library(""),
            Path.Combine(Root, "lib/x86_64-linux-gnu"),
            Path.Combine(Root, "usr/lib/syslog-ng")
        );
        System.Diagnostics.Process process =
            System.Diagnostics.Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        DebianSender sender = new(process, port);
        void Read(object from, DataReceivedEventArgs line)
        {
            lock (sender.log)
            {
                sender.log.AppendLine(line.Data);
            }
        }
        process.OutputDataReceived += Read;
        process.ErrorDataReceived += Read;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        for (int attempt = 0; attempt < 200; attempt++)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{program} ended at once.\n{sender.Log}");
            }
            try
            {
                using TcpClient probe = new();
                await probe.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return sender;
            }
            catch (SocketException)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
        throw new InvalidOperationException($"{program} does not listen.\n{sender.Log}");
    }
}
