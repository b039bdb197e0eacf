using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Custodiet.Api;
using Custodiet.Cli;
using Custodiet.Tls;

namespace Custodiet.Inputs;

/// <summary>All syslog listeners. They begin when the rest of the product runs and end before it does.</summary>
internal sealed class SyslogInputs(
    EventIntake intake,
    SyslogOptions options,
    TimeProvider time,
    ILogger<SyslogInputs> log
) : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> listeners = [];

    /// <summary>What is on, in words for whoever starts the product.</summary>
    public IReadOnlyList<string> Remarks { get; private set; } = [];

    /// <summary>Binds all addresses.</summary>
    /// <exception cref="CommandException">An address is taken or not ours, or a certificate cannot be used; nothing listens then.</exception>
    public async Task StartAsync()
    {
        List<string> remarks = [];
        string doing = "";
        try
        {
            foreach (IPEndPoint address in options.Udp)
            {
                doing = $"syslog.udp {address}";
                SyslogUdpListener listener = SyslogUdpListener.Start(address, intake, options, time, log);
                listeners.Add(listener);
                remarks.Add($"Syslog over UDP at {listener.Address}");
                if (listener.ReceiveBytes < options.UdpReceiveBytes)
                {
                    remarks.Add(
                        $"syslog.udp: the kernel holds {listener.ReceiveBytes:N0} bytes of datagrams, not {options.UdpReceiveBytes:N0} (syslog.udp_receive_bytes): "
                            + $"raise net.core.rmem_max"
                    );
                }
            }
            ConnectionBound bound = new(options.ConnectionsMax, time);
            foreach (IPEndPoint address in options.Tcp)
            {
                doing = $"syslog.tcp {address}";
                SyslogConnectionParts parts = new(intake, intake.CountersOf("syslog-tcp"), options, null, time, log);
                SyslogTcpListener listener = SyslogTcpListener.Start(address, parts, bound);
                listeners.Add(listener);
                remarks.Add($"Syslog over TCP at {listener.Address}");
            }
            if (options.Tls.Count > 0)
            {
                doing = "syslog.tls";
                TlsCertificates certificates = TlsCertificates.Open(options.TlsFiles, time, log);
                SyslogConnectionParts parts = new(
                    intake,
                    intake.CountersOf("syslog-tls"),
                    options,
                    certificates,
                    time,
                    log
                );
                foreach (IPEndPoint address in options.Tls)
                {
                    doing = $"syslog.tls {address}";
                    SyslogTcpListener listener = SyslogTcpListener.Start(address, parts, bound);
                    listeners.Add(listener);
                    remarks.Add(
                        $"Syslog over TLS at {listener.Address}, clients "
                            + (
                                options.ClientAuthorities.Length > 0
                                    ? "known by their certificates"
                                    : "without certificates"
                            )
                    );
                }
            }
            Remarks = remarks;
        }
        catch (Exception refused)
            when (refused is SocketException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            await DisposeAsync();
            throw new CommandException(ExitCode.Unavailable, $"{doing}: {refused.Message}");
        }
    }

    /// <summary>An address as it stands in a batch's input: IPv4 as such also where it came over an IPv6 socket.</summary>
    public static string TextOf(IPAddress address) =>
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    /// <summary>Ends all listeners; what senders had sent before is taken within bounds of time.</summary>
    public async ValueTask DisposeAsync()
    {
        IAsyncDisposable[] open = [.. listeners];
        listeners.Clear();
        await Task.WhenAll(open.Select(listener => listener.DisposeAsync().AsTask()));
    }
}
