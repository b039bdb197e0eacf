using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Custodiet.Api;
using Custodiet.Pipeline.Framing;
using Custodiet.Pipeline.Syslog;
using Custodiet.Records.Stores;
using Custodiet.Tls;

namespace Custodiet.Inputs;

/// <summary>What every connection of a listener shares.</summary>
/// <param name="Intake">Where messages go.</param>
/// <param name="Counters">The input's counters.</param>
/// <param name="Options">Limits.</param>
/// <param name="Certificates">For TLS; null for plain TCP.</param>
/// <param name="Time">The clock.</param>
/// <param name="Log">The log.</param>
internal sealed record SyslogConnectionParts(
    EventIntake Intake,
    InputCounters Counters,
    SyslogOptions Options,
    TlsCertificates? Certificates,
    TimeProvider Time,
    ILogger Log
)
{
    /// <summary>Keeps failed handshakes from filling the log.</summary>
    public LogBrake HandshakeBrake { get; } = new(Time, TimeSpan.FromSeconds(10));

    /// <summary>Keeps waits for a full queue from filling the log.</summary>
    public LogBrake WaitBrake { get; } = new(Time, TimeSpan.FromMinutes(1));
}

/// <summary>
/// One sender's stream. What one read brought is appended and durable before the next read: while the queue is full nothing is read,
/// TCP's window closes, and the sender's own queue fills.
/// </summary>
internal sealed class SyslogConnection : IDisposable
{
    private const int ReadBytes = 64 * 1024;

    /// <summary>Bytes of messages in one append; what is read beyond waits for the next.</summary>
    private const int BatchBytes = 1 << 20;

    /// <summary>Senders send message by message; waiting a moment makes batches of them.</summary>
    private static readonly TimeSpan linger = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan handshakeTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan payStep = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan retryMax = TimeSpan.FromMilliseconds(500);

    /// <summary>At a stop: a connection that sends nothing for so long is closed.</summary>
    private static readonly TimeSpan quietTime = TimeSpan.FromMilliseconds(250);

    /// <summary>At a stop: after so long a connection is closed whatever it sends.</summary>
    private static readonly TimeSpan graceTime = TimeSpan.FromSeconds(3);

    private readonly Socket socket;
    private readonly SyslogConnectionParts parts;
    private readonly SyslogFramer framer;
    private readonly Sender sender;
    private readonly CancellationTokenSource end;
    private readonly CancellationTokenSource grace;
    private SslStream? secured;
    private volatile bool stopping;

    public SyslogConnection(Socket socket, string peer, SyslogConnectionParts parts)
    {
        this.socket = socket;
        this.parts = parts;
        Peer = peer;
        sender = parts.Intake.Senders.Of(parts.Counters.Name, (socket.RemoteEndPoint as IPEndPoint)?.Address);
        framer = new SyslogFramer(parts.Options.MessageBytesMax);
        end = new CancellationTokenSource(parts.Options.IdleTime, parts.Time);
        grace = new CancellationTokenSource(Timeout.InfiniteTimeSpan, parts.Time);
        grace.Token.Register(EndNow);
    }

    /// <summary>The sender's address.</summary>
    public string Peer { get; }

    /// <summary>Tells the sender that no more is read, and ends soon. What it had sent before is still taken.</summary>
    public void Stop()
    {
        stopping = true;
        try
        {
            if (secured is null)
            {
                socket.Shutdown(SocketShutdown.Send);
            }
            end.CancelAfter(quietTime);
            grace.CancelAfter(graceTime);
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The connection ended by itself at the same moment.
        }
    }

    /// <summary>Reads until the sender ends, is silent for too long, or the product stops.</summary>
    public async Task RunAsync()
    {
        using EventBuffer events = new();
        try
        {
            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
            await using NetworkStream plain = new(socket, ownsSocket: true);
            await using Stream? stream = parts.Certificates is null ? plain : await SecureAsync(plain);
            if (stream is not null)
            {
                await ReadAsync(stream, events);
                framer.End(events);
                Count(framer.TakeFaults());
                await AppendAsync(events);
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException)
        {
            // A sender that broke off before it sent anything, or while the connection was being closed.
        }
    }

    /// <summary>After <see cref="RunAsync"/> has ended.</summary>
    public void Dispose()
    {
        socket.Dispose();
        grace.Dispose();
        end.Dispose();
    }

    private async Task<Stream?> SecureAsync(NetworkStream plain)
    {
        SslStream stream = new(plain, leaveInnerStreamOpen: false);
        using CancellationTokenSource handshake = new(handshakeTime, parts.Time);
        using CancellationTokenRegistration stopped = end.Token.Register(handshake.Cancel);
        try
        {
            await stream.AuthenticateAsServerAsync(parts.Certificates!.Current(), handshake.Token);
            secured = stream;
            return stream;
        }
        catch (Exception refused)
            when (refused is AuthenticationException or IOException or OperationCanceledException or SocketException)
        {
            parts.Counters.Refuse("TLS handshake failed");
            if (parts.HandshakeBrake.Passes())
            {
                string reason =
                    refused is OperationCanceledException
                        ? "it took too long"
                        : (refused.InnerException ?? refused).Message;
                parts.Log.HandshakeFailed(parts.Counters.Name, Peer, reason);
            }
            await stream.DisposeAsync();
            return null;
        }
    }

    private async Task ReadAsync(Stream stream, EventBuffer events)
    {
        byte[] chunk = [];
        bool busy = false;
        try
        {
            // An empty read waits for bytes without holding a buffer: idle connections are cheap.
            Task<int> ready = stream.ReadAsync(Memory<byte>.Empty, end.Token).AsTask();
            while (true)
            {
                await ready;
                if (!busy && !stopping)
                {
                    await Task.Delay(linger, parts.Time, end.Token);
                }
                chunk = ArrayPool<byte>.Shared.Rent(ReadBytes);
                int read;
                do
                {
                    await ready;
                    read = await stream.ReadAsync(chunk, end.Token);
                    framer.Push(chunk.AsSpan(0, read), events);
                    ready = stream.ReadAsync(Memory<byte>.Empty, end.Token).AsTask();
                } while (read > 0 && ready.IsCompletedSuccessfully && events.Bytes.Length < BatchBytes);
                ArrayPool<byte>.Shared.Return(chunk);
                chunk = [];
                busy = events.Bytes.Length >= ReadBytes / 2;
                Count(framer.TakeFaults());
                if (!await AppendAsync(events) || read == 0)
                {
                    return;
                }
                end.CancelAfter(stopping ? quietTime : parts.Options.IdleTime);
            }
        }
        catch (Exception over)
            when (over is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The sender broke off, was silent for too long, or the product stops: what was framed before is still appended.
        }
        finally
        {
            if (chunk.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(chunk);
            }
        }
    }

    private void EndNow()
    {
        try
        {
            end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended by itself at the same moment.
        }
    }

    private void Count(SyslogFaults faults)
    {
        parts.Counters.Receive(faults.Count);
        parts.Counters.Drop("message too large", faults.TooLarge);
        parts.Counters.Drop("cut off at the end of the connection", faults.CutOff);
    }

    /// <summary>A sender over its quota is read from later: TCP's window closes, and its own queue fills.</summary>
    private async Task PayAsync()
    {
        if (sender.Owes() > TimeSpan.Zero)
        {
            parts.Counters.Refuse("over quota, read later");
        }
        while (sender.Owes() is var owes && owes > TimeSpan.Zero && !stopping)
        {
            end.CancelAfter(parts.Options.IdleTime + owes);
            await Task.Delay(owes < payStep ? owes : payStep, parts.Time, CancellationToken.None);
        }
    }

    /// <summary>Appends what is complete, for as long as it takes. False: the product stopped first, and the messages are counted as dropped.</summary>
    private async Task<bool> AppendAsync(EventBuffer events)
    {
        int count = events.Count;
        if (count == 0)
        {
            return true;
        }
        parts.Counters.Receive(count);
        while (true)
        {
            QueueAppend outcome = await parts.Intake.AppendAsync(
                $"{parts.Counters.Name} {Peer}",
                events,
                null,
                CancellationToken.None
            );
            if (outcome is QueueAppend.Accepted)
            {
                parts.Counters.Accept(count);
                sender.Charge(count, events.Bytes.Length);
                events.Clear();
                await PayAsync();
                return true;
            }
            if (grace.IsCancellationRequested)
            {
                parts.Counters.Drop(ShedReasons.AtTheStop, count);
                events.Clear();
                return false;
            }
            (string reason, TimeSpan wait) = outcome switch
            {
                QueueAppend.Pushback full => (full.Reason, full.RetryAfter),
                QueueAppend.Failed failed => (failed.Reason, retryMax),
                _ => throw new InvalidOperationException("The queue gave an outcome that is not known here."),
            };
            if (parts.WaitBrake.Passes())
            {
                parts.Log.Waits(parts.Counters.Name, Peer, reason);
            }
            await Task.Delay(wait < retryMax ? wait : retryMax, parts.Time, CancellationToken.None);
        }
    }
}
