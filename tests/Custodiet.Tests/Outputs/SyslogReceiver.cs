using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Custodiet.Pipeline.Framing;
using Custodiet.Pipeline.Syslog;

namespace Custodiet.Tests.Outputs;

/// <summary>A syslog receiver over TCP or TLS that can go away and come back on the same port.</summary>
internal sealed class SyslogReceiver(int port, string? certificate = null, string? key = null) : IAsyncDisposable
{
    private CancellationTokenSource stop = new();
    private TcpListener? listener;
    private Task running = Task.CompletedTask;

    /// <summary>Every message, in the order of arrival.</summary>
    public ConcurrentQueue<string> Messages { get; } = [];

    public void Start()
    {
        stop = new CancellationTokenSource();
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        running = AcceptAsync(listener, stop.Token);
    }

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        listener?.Stop();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        listener?.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync(TcpListener from, CancellationToken cancellation)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(ReadAsync(await from.AcceptTcpClientAsync(cancellation), cancellation));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ReadAsync(TcpClient client, CancellationToken cancellation)
    {
        using TcpClient connection = client;
        SyslogFramer framer = new(1 << 20);
        using EventBuffer buffer = new();
        byte[] chunk = new byte[8_192];
        try
        {
            Stream stream = connection.GetStream();
            if (certificate is not null)
            {
                SslStream secured = new(stream);
                using X509Certificate2 own = X509Certificate2.CreateFromPemFile(certificate, key);
                await secured.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = own },
                    cancellation
                );
                stream = secured;
            }
            while (await stream.ReadAsync(chunk, cancellation) is > 0 and int read)
            {
                framer.Push(chunk.AsSpan(0, read), buffer);
                int at = 0;
                foreach (int length in buffer.Lengths)
                {
                    Messages.Enqueue(Encoding.UTF8.GetString(buffer.Bytes.Span.Slice(at, length)));
                    at += length;
                }
                buffer.Clear();
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or AuthenticationException)
        {
            // The test goes on without it.
        }
    }
}
