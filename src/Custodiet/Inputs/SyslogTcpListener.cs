using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Custodiet.Inputs;

/// <summary>
/// Syslog over TCP (RFC 6587) or TLS (RFC 5425): takes connections, up to a number that all addresses share. One more is closed at
/// once, so that its sender knows and goes elsewhere.
/// </summary>
internal sealed class SyslogTcpListener : IAsyncDisposable
{
    private static readonly TimeSpan retry = TimeSpan.FromMilliseconds(200);

    private readonly Socket socket;
    private readonly SyslogConnectionParts parts;
    private readonly ConnectionBound bound;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<SyslogConnection, Task> connections = new();
    private Task accepting = Task.CompletedTask;

    private SyslogTcpListener(Socket socket, SyslogConnectionParts parts, ConnectionBound bound)
    {
        this.socket = socket;
        this.parts = parts;
        this.bound = bound;
    }

    /// <summary>The input's name: <c>syslog-tcp</c> or <c>syslog-tls</c>.</summary>
    public string Name => parts.Counters.Name;

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>Binds and begins.</summary>
    /// <exception cref="SocketException">The address is taken or not ours.</exception>
    public static SyslogTcpListener Start(IPEndPoint address, SyslogConnectionParts parts, ConnectionBound bound)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = address.Address.Equals(IPAddress.IPv6Any);
            }
            socket.Bind(address);
            socket.Listen(512);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        SyslogTcpListener listener = new(socket, parts, bound);
        listener.accepting = Task.Run(listener.AcceptAsync, CancellationToken.None);
        return listener;
    }

    /// <summary>Takes no more connections, asks the open ones to end, reads for a moment what their senders had sent already, and closes them.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        socket.Dispose();
        await accepting;
        foreach (SyslogConnection connection in connections.Keys)
        {
            connection.Stop();
        }
        await Task.WhenAll(connections.Values);
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            Socket peer;
            try
            {
                peer = await socket.AcceptAsync(stop.Token);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure)
            {
                // Out of descriptors, or a peer that left at once: neither ends the input.
                parts.Log.ReceiveFailed(Name, failure);
                await Task.Delay(retry, parts.Time, CancellationToken.None);
                continue;
            }
            Begin(peer);
        }
    }

    private void Begin(Socket peer)
    {
        string text = peer.RemoteEndPoint is IPEndPoint { Address: var address } ? SyslogInputs.TextOf(address) : "?";
        if (!bound.TryTake(out int open))
        {
            parts.Counters.Refuse("too many connections");
            if (bound.Brake.Passes())
            {
                parts.Log.TooManyConnections(Name, text, open);
            }
            peer.Dispose();
            return;
        }
        parts.Counters.Connect();
        SyslogConnection connection = new(peer, text, parts);
        // In the table before it runs, so that its end finds it there.
        TaskCompletionSource begin = new();
        connections[connection] = RunAsync(connection, begin.Task);
        begin.SetResult();
    }

    private async Task RunAsync(SyslogConnection connection, Task begin)
    {
        await begin;
        await Task.Yield();
        try
        {
            await connection.RunAsync();
        }
        catch (Exception bug)
        {
            parts.Log.ConnectionBroke(Name, connection.Peer, bug);
        }
        finally
        {
            parts.Counters.Disconnect();
            bound.Return();
            connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }
}

/// <summary>How many connections all listeners together may have open.</summary>
internal sealed class ConnectionBound(int max, TimeProvider time)
{
    private int open;

    /// <summary>Keeps refusals from filling the log.</summary>
    public LogBrake Brake { get; } = new(time, TimeSpan.FromSeconds(10));

    /// <summary>Takes a place, unless all are taken.</summary>
    public bool TryTake(out int now)
    {
        now = Interlocked.Increment(ref open);
        if (now <= max)
        {
            return true;
        }
        now = Interlocked.Decrement(ref open);
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Return() => Interlocked.Decrement(ref open);
}
