using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Custodiet.Configuration;
using Custodiet.Pipeline.Writing;

namespace Custodiet.Outputs;

/// <summary>
/// Sends messages over TLS or TCP with octet counting, or over UDP. Syslog acknowledges nothing; over TCP a batch counts as delivered once
/// the receiver's kernel has confirmed its last byte, which is the most that can be known.
/// </summary>
internal sealed class SyslogDestination(
    DestinationDefinition.ToSyslog definition,
    OutputSecrets secrets,
    TimeProvider time
) : IDestination
{
    // linux/tcp.h, struct tcp_info: tcpi_unacked in segments, tcpi_notsent_bytes.
    private const int TcpProtocol = 6;
    private const int TcpInfo = 11;
    private const int UnackedAt = 24;
    private const int NotSentAt = 144;
    private const int InfoBytes = 148;

    private static readonly TimeSpan connectTime = TimeSpan.FromSeconds(10);

    /// <summary>How long a batch may take until it is confirmed.</summary>
    private static readonly TimeSpan sendTime = TimeSpan.FromSeconds(30);

    private readonly TlsClient tls = new(definition.Tls, secrets);
    private Socket? socket;
    private Stream? stream;

    public bool IsKeyed => false;

    public async ValueTask<Delivery> SendAsync(OutputBatch batch, string key, CancellationToken cancellation)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(sendTime);
        try
        {
            if (definition.Transport == SyslogTransport.Udp)
            {
                await SendDatagramsAsync(batch, timeout.Token);
            }
            else
            {
                await SendStreamAsync(batch, timeout.Token);
            }
            return new Delivery.Done();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Close();
            return new Delivery.Later("the receiver did not take the messages in time");
        }
        catch (OperationCanceledException)
        {
            Close();
            throw;
        }
        catch (Exception failure)
            when (failure is SocketException or IOException or AuthenticationException or SecretException)
        {
            Close();
            return new Delivery.Later((failure.InnerException ?? failure).Message);
        }
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private async Task SendDatagramsAsync(OutputBatch batch, CancellationToken cancellation)
    {
        if (socket is null)
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(definition.Host, cancellation);
            IPAddress address =
                addresses.FirstOrDefault() ?? throw new IOException($"{definition.Host} has no address.");
            socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            await socket.ConnectAsync(new IPEndPoint(address, definition.Port), cancellation);
        }
        foreach (ReadOnlyMemory<byte> message in batch.Each())
        {
            await socket.SendAsync(message, cancellation);
        }
    }

    private async Task SendStreamAsync(OutputBatch batch, CancellationToken cancellation)
    {
        if (HasEnded())
        {
            Close();
        }
        Stream target = stream ?? await ConnectAsync(cancellation);
        using MemoryStream framed = new(batch.Items.Bytes.Length + (batch.Items.Count * 8));
        foreach (ReadOnlyMemory<byte> message in batch.Each())
        {
            framed.Write(Encoding.ASCII.GetBytes(SyslogMessage.Count(message.Length)));
            framed.Write(message.Span);
        }
        await target.WriteAsync(framed.GetBuffer().AsMemory(0, (int)framed.Length), cancellation);
        await target.FlushAsync(cancellation);
        await ConfirmedAsync(cancellation);
    }

    private async Task<Stream> ConnectAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(connectTime);
        socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        await socket.ConnectAsync(definition.Host, definition.Port, timeout.Token);
        NetworkStream plain = new(socket, ownsSocket: false);
        stream = plain;
        if (definition.Transport == SyslogTransport.Tls)
        {
            SslStream secured = new(plain, leaveInnerStreamOpen: false);
            stream = secured;
            await secured.AuthenticateAsClientAsync(tls.Options(definition.Host), timeout.Token);
        }
        return stream;
    }

    /// <summary>Whether the receiver has closed the connection since the last batch: a syslog receiver sends nothing, so what can be read is the end.</summary>
    private bool HasEnded()
    {
        if (socket is null)
        {
            return false;
        }
        // TLS sends records of its own, session tickets for example; their end shows with the next write.
        return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
    }

    private async Task ConfirmedAsync(CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        byte[] info = new byte[InfoBytes];
        for (int wait = 1; ; wait = Math.Min(wait * 2, 50))
        {
            int length = socket!.GetRawSocketOption(TcpProtocol, TcpInfo, info);
            if (length < InfoBytes)
            {
                // An old kernel does not say what is not sent yet.
                return;
            }
            // The first byte is the state; 1 is ESTABLISHED, 8 CLOSE_WAIT: the receiver sends no more, and still reads.
            if (info[0] is not (1 or 8))
            {
                throw new IOException("The receiver closed the connection before it confirmed the messages.");
            }
            uint unconfirmed = BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(UnackedAt));
            uint notSent = BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(NotSentAt));
            if (unconfirmed == 0 && notSent == 0)
            {
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(wait), time, cancellation);
        }
    }

    private void Close()
    {
        stream?.Dispose();
        socket?.Dispose();
        stream = null;
        socket = null;
    }
}
