using System.Net.Sockets;
using System.Text;

namespace Custodiet.Cli;

/// <summary>Tells systemd how far the service is, as sd_notify(3) does: a datagram to the socket that <c>NOTIFY_SOCKET</c> names. Without one nothing is told.</summary>
internal static class ServiceManager
{
    /// <summary>The service listens.</summary>
    public static void Ready() => Tell("READY=1");

    /// <summary>The service comes to rest.</summary>
    public static void Stopping() => Tell("STOPPING=1");

    private static void Tell(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } name)
        {
            return;
        }
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // A name in the abstract namespace is written with @ for its leading zero.
            UnixDomainSocketEndPoint manager = new(name[0] == '@' ? "\0" + name[1..] : name);
            socket.SendTo(Encoding.UTF8.GetBytes(state), manager);
        }
        catch (SocketException failure)
        {
            // The manager then waits for nothing and ends the service; the reason must be in its log.
            Output.Remark($"The service manager could not be told {state}: {failure.Message}");
        }
    }
}
