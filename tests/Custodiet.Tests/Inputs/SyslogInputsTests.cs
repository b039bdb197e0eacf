using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Custodiet.Api;
using Custodiet.Cli;
using Custodiet.Documents;
using Custodiet.Inputs;
using Custodiet.Pipeline.Sources;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Inputs;

/// <summary>The listeners on real sockets of loopback, with a queue in memory.</summary>
public sealed class SyslogInputsTests : IAsyncLifetime
{
    private static readonly IPEndPoint any = new(IPAddress.Loopback, 0);
    private static readonly QueueAppend full = new QueueAppend.Pushback("full", TimeSpan.FromMilliseconds(50));

    private readonly string folder = Directory.CreateTempSubdirectory("custodiet-syslog-").FullName;
    private readonly CollectingQueue queue = new();
    private readonly InputBoard board = new();
    private readonly SenderBook senders = new(TimeProvider.System);
    private SyslogInputs? inputs;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task EachDatagramIsOneEventAndItsBatchNamesThePeer()
    {
        IPEndPoint address = await StartAsync(new SyslogOptions { Udp = [any] });
        using UdpClient sender = new();
        await sender.SendAsync("<13>one\nwith two lines\n"u8.ToArray(), address, Cancellation);
        await sender.SendAsync("<13>two"u8.ToArray(), address, Cancellation);
        await queue.WaitAsync(2);
        Assert.Equal(
            [("syslog-udp 127.0.0.1", "<13>one\nwith two lines\n"), ("syslog-udp 127.0.0.1", "<13>two")],
            queue.Events
        );
        await StopAsync();
        Balances("syslog-udp", received: 2, accepted: 2);
    }

    [Fact]
    public async Task DatagramsThatAreTooLargeOrEmptyAreCountedByReason()
    {
        IPEndPoint address = await StartAsync(new SyslogOptions { Udp = [any], MessageBytesMax = 1_024 });
        using UdpClient sender = new();
        await sender.SendAsync(new byte[1_025], address, Cancellation);
        await sender.SendAsync(Array.Empty<byte>(), address, Cancellation);
        await sender.SendAsync("<13>good"u8.ToArray(), address, Cancellation);
        await queue.WaitAsync(1);
        await StopAsync();
        Balances("syslog-udp", received: 3, accepted: 1, ("message too large", 1), ("empty", 1));
        Assert.Equal(1, board.Stage.Read().Dropped["syslog-udp: message too large"]);
    }

    [Fact]
    public async Task WhileTheQueueIsFullDatagramsWaitAndWhatDoesNotFitIsCounted()
    {
        queue.Refusal = full;
        IPEndPoint address = await StartAsync(new SyslogOptions { Udp = [any] });
        using UdpClient sender = new();
        byte[] datagram = new byte[60_000];
        int most = SyslogUdpListener.RoomFor(Criticality.Normal) / datagram.Length;
        for (int sent = 0; sent < most + 20; sent++)
        {
            await sender.SendAsync(datagram, address, Cancellation);
            // As fast as the listener reads, so that the kernel's buffer drops nothing.
            while (board.Of("syslog-udp").Read().Received <= sent)
            {
                await Task.Delay(1, Cancellation);
            }
        }
        long dropped = board.Of("syslog-udp").Read().Dropped["queue full (normal)"];
        Assert.InRange(dropped, 20, 40);
        queue.Refusal = null;
        await queue.WaitAsync(most + 20 - (int)dropped);
        await StopAsync();
        Balances("syslog-udp", most + 20, most + 20 - dropped, ("queue full (normal)", dropped));
    }

    [Fact]
    public async Task WhoMattersLessIsShedFirstAndTheMostCriticalLast()
    {
        queue.Refusal = full;
        senders.Use(
            Declared(
                """
                senders:
                  - {name: printers, from: 127.0.0.2, criticality: low}
                  - {name: domain-controllers, from: 127.0.0.3, inputs: [syslog-udp], criticality: vital}
                """
            )
        );
        IPEndPoint address = await StartAsync(new SyslogOptions { Udp = [any] });
        byte[] datagram = new byte[60_000];
        int all = SyslogUdpListener.WaitingBytesMax / datagram.Length;
        (int low, int normal, int vital) = (0, 0, 0);
        using UdpClient printer = new(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        using UdpClient other = new(new IPEndPoint(IPAddress.Loopback, 0));
        using UdpClient controller = new(new IPEndPoint(IPAddress.Parse("127.0.0.3"), 0));
        // In turns until everything is full: each class finds its own end.
        for (int sent = 0; sent < all * 3; sent++)
        {
            UdpClient sender = (sent % 3) switch
            {
                0 => printer,
                1 => other,
                _ => controller,
            };
            await sender.SendAsync(datagram, address, Cancellation);
            while (board.Of("syslog-udp").Read().Received <= sent)
            {
                await Task.Delay(1, Cancellation);
            }
        }
        IReadOnlyDictionary<string, long> dropped = board.Of("syslog-udp").Read().Dropped;
        low = (int)(all - dropped["queue full (low)"]);
        normal = (int)(all - dropped["queue full (normal)"]);
        vital = (int)(all - dropped["queue full (vital)"]);
        Assert.True(low < normal && normal < vital, $"{low} {normal} {vital}");
        IReadOnlyList<EventsShed> shed = senders.TakeShed();
        Assert.Equal(
            [
                ("127.0.0.1", null, Criticality.Normal),
                ("127.0.0.2", "printers", Criticality.Low),
                ("127.0.0.3", (string?)"domain-controllers", Criticality.Vital),
            ],
            shed.OrderBy(s => s.Sender, StringComparer.Ordinal).Select(s => (s.Sender, s.Declaration, s.Criticality))
        );
        Assert.Equal(dropped.Values.Sum(), shed.Sum(s => s.Events));
        Assert.Empty(senders.TakeShed());
        queue.Refusal = null;
        await queue.WaitAsync(low + normal + vital);
    }

    [Fact]
    public async Task ASenderOverItsQuotaIsShedOverUdpAndReadLaterOverTcp()
    {
        senders.Use(
            Declared("senders: [{name: noisy, from: 127.0.0.0/8, criticality: normal, events_per_second_max: 10}]")
        );
        IPEndPoint udp = await StartAsync(new SyslogOptions { Udp = [any] });
        using UdpClient sender = new();
        for (int sent = 0; sent < 200; sent++)
        {
            await sender.SendAsync("<13>x"u8.ToArray(), udp, Cancellation);
        }
        while (board.Of("syslog-udp").Read().Received < 200)
        {
            await Task.Delay(5, Cancellation);
        }
        await StopAsync();
        long over = board.Of("syslog-udp").Read().Dropped["over quota"];
        Assert.InRange(over, 1, 150);
        Assert.Equal(
            (ShedReason.OverQuota, over),
            (Assert.Single(senders.TakeShed()) is var shed ? (shed.Reason, shed.Events) : default)
        );

        IPEndPoint tcp = await StartAsync(new SyslogOptions { Tcp = [any] });
        using TcpClient stream = new();
        await stream.ConnectAsync(tcp, Cancellation);
        await stream
            .GetStream()
            .WriteAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("<13>x\n", 60))), Cancellation);
        await queue.WaitAsync((int)(200 - over) + 60);
        await stream.GetStream().WriteAsync("<13>last\n"u8.ToArray(), Cancellation);
        // Ten too many at ten a second: the last is read a second later, and nothing is lost.
        await queue.WaitAsync((int)(200 - over) + 61);
        Assert.True(board.Of("syslog-tcp").Read().Refused["over quota, read later"] > 0);
    }

    [Fact]
    public async Task DatagramsThatTheKernelThrewAwayStandInTheBalance()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.ReceiveBufferSize = 8 * 1024;
        socket.Bind(any);
        UdpSocketDrops drops = new(socket);
        Assert.Equal(0, drops.Take());
        using UdpClient sender = new();
        // Nobody reads, so that the buffer is full after the first few.
        for (int sent = 0; sent < 100; sent++)
        {
            await sender.SendAsync(new byte[1_000], (IPEndPoint)socket.LocalEndPoint!, Cancellation);
        }
        int kept = 0;
        while (socket.Available > 0)
        {
            socket.Receive(new byte[2_000]);
            kept++;
        }
        Assert.InRange(kept, 1, 99);
        Assert.Equal(100 - kept, drops.Take());
        Assert.Equal(0, drops.Take());
    }

    [Fact]
    public async Task AStreamMayMixBothFramingsAndSurvivesAMessageThatIsTooLarge()
    {
        IPEndPoint address = await StartAsync(new SyslogOptions { Tcp = [any], MessageBytesMax = 1_024 });
        using TcpClient sender = new();
        await sender.ConnectAsync(address, Cancellation);
        string large = new('x', 2_000);
        await sender.Client.SendAsync(
            Encoding.UTF8.GetBytes($"<13>line\n12 <13>a\ncount\n2000 {large}{large}\n<13>last"),
            Cancellation
        );
        sender.Client.Shutdown(SocketShutdown.Send);
        await queue.WaitAsync(3);
        Assert.Equal(["<13>line", "<13>a\ncount\n", "<13>last"], queue.Events.Select(e => e.Text));
        Assert.All(queue.Events, e => Assert.Equal("syslog-tcp 127.0.0.1", e.Input));
        await StopAsync();
        Balances("syslog-tcp", received: 5, accepted: 3, ("message too large", 2));
    }

    [Fact]
    public async Task WhileTheQueueIsFullTcpIsNotReadAndAfterwardsNothingIsMissing()
    {
        queue.Refusal = full;
        IPEndPoint address = await StartAsync(new SyslogOptions { Tcp = [any] });
        using TcpClient sender = new() { SendBufferSize = 64 * 1024 };
        await sender.ConnectAsync(address, Cancellation);
        byte[] line = Encoding.UTF8.GetBytes("<13>" + new string('x', 9_995) + "\n");
        int sent = 0;
        using (CancellationTokenSource stuck = new(TimeSpan.FromSeconds(2)))
        {
            try
            {
                // More than every buffer between the two: the sender must come to a halt.
                for (; sent < 20_000; sent++)
                {
                    await sender.GetStream().WriteAsync(line, stuck.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // Halted.
            }
        }
        Assert.InRange(sent, 1, 19_999);
        Assert.Empty(queue.Events);
        Assert.True(queue.Refusals > 0);
        queue.Refusal = null;
        sender.Client.Shutdown(SocketShutdown.Send);
        for (int attempt = 0; attempt < 1_000 && queue.Events.Count < sent; attempt++)
        {
            await Task.Delay(10, Cancellation);
        }
        // The write that was halted may have gone out in part.
        Assert.InRange(queue.Events.Count, sent, sent + 1);
        await StopAsync();
        Balances("syslog-tcp", queue.Events.Count, queue.Events.Count);
    }

    [Fact]
    public async Task AtAStopWhatASenderHadSentIsStillTaken()
    {
        IPEndPoint address = await StartAsync(new SyslogOptions { Tcp = [any] });
        using TcpClient sender = new();
        await sender.ConnectAsync(address, Cancellation);
        byte[] lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<13>a line of it\n", 20_000)));
        await sender.GetStream().WriteAsync(lines, Cancellation);
        await StopAsync();
        Assert.Equal(20_000, queue.Events.Count);
        // And the sender was told.
        Assert.Equal(0, await sender.GetStream().ReadAsync(new byte[1], Cancellation));
    }

    [Fact]
    public async Task OneConnectionTooManyIsClosedAtOnceAndCounted()
    {
        IPEndPoint address = await StartAsync(new SyslogOptions { Tcp = [any], ConnectionsMax = 1 });
        using TcpClient first = new();
        await first.ConnectAsync(address, Cancellation);
        await first.GetStream().WriteAsync("<13>first\n"u8.ToArray(), Cancellation);
        await queue.WaitAsync(1);
        using TcpClient second = new();
        await second.ConnectAsync(address, Cancellation);
        Assert.Equal(0, await second.GetStream().ReadAsync(new byte[1], Cancellation));
        InputStatus status = board.Of("syslog-tcp").Read();
        Assert.Equal((1, 1L), (status.Connections, status.Refused["too many connections"]));
        first.Close();
        for (int attempt = 0; attempt < 500 && board.Of("syslog-tcp").Read().Connections > 0; attempt++)
        {
            await Task.Delay(10, Cancellation);
        }
        using TcpClient third = new();
        await third.ConnectAsync(address, Cancellation);
        await third.GetStream().WriteAsync("<13>third\n"u8.ToArray(), Cancellation);
        await queue.WaitAsync(2);
    }

    [Fact]
    public async Task ASilentConnectionIsClosed()
    {
        IPEndPoint address = await StartAsync(
            new SyslogOptions { Tcp = [any], IdleTime = TimeSpan.FromMilliseconds(300) }
        );
        using TcpClient sender = new();
        await sender.ConnectAsync(address, Cancellation);
        await sender.GetStream().WriteAsync("<13>a line\n<13>and the beginning of another"u8.ToArray(), Cancellation);
        Assert.Equal(0, await sender.GetStream().ReadAsync(new byte[1], Cancellation));
        await queue.WaitAsync(2);
    }

    [Fact]
    public async Task TlsTakesBothFramingsAndSaysWhoSent()
    {
        using TestAuthority authority = new(folder);
        IPEndPoint address = await StartAsync(Tls(authority, clients: false));
        await using SslStream sender = await ConnectAsync(address, authority.File, null);
        await sender.WriteAsync("15 <13>1 counted\r\n<13>a line\n"u8.ToArray(), Cancellation);
        await sender.ShutdownAsync();
        await queue.WaitAsync(2);
        Assert.Equal(
            [("syslog-tls 127.0.0.1", "<13>1 counted\r\n"), ("syslog-tls 127.0.0.1", "<13>a line")],
            queue.Events
        );
    }

    [Fact]
    public async Task ALargeStreamOverTlsArrivesWhole()
    {
        using TestAuthority authority = new(folder);
        IPEndPoint address = await StartAsync(Tls(authority, clients: false));
        await using (SslStream sender = await ConnectAsync(address, authority.File, null))
        {
            StringBuilder lines = new();
            for (int number = 0; number < 50_000; number++)
            {
                lines.Append(CultureInfo.InvariantCulture, $"<13>message {number} of a large stream\n");
            }
            await sender.WriteAsync(Encoding.UTF8.GetBytes(lines.ToString()), Cancellation);
            // Closed without a read, as senders do.
            await sender.ShutdownAsync();
        }
        await queue.WaitAsync(50_000);
        Assert.Equal(
            Enumerable.Range(0, 50_000).Select(n => $"<13>message {n} of a large stream"),
            queue.Events.Select(e => e.Text)
        );
    }

    [Fact]
    public async Task Tls13IsOfferedWhenAskedFor()
    {
        using TestAuthority authority = new(folder);
        IPEndPoint address = await StartAsync(Tls(authority, clients: false) with { Tls13 = true });
        await using SslStream sender = await ConnectAsync(address, authority.File, null);
        Assert.Equal(SslProtocols.Tls13, sender.SslProtocol);
        await sender.WriteAsync("<13>a line\n"u8.ToArray(), Cancellation);
        await queue.WaitAsync(1);
    }

    [Fact]
    public async Task WithAnAuthorityForClientsOnlyItsOwnClientsMayConnect()
    {
        using TestAuthority authority = new(folder);
        using TestAuthority stranger = new(Path.Combine(folder, "stranger"), "Somebody else");
        IPEndPoint address = await StartAsync(Tls(authority, clients: true));
        foreach ((string Certificate, string Key)? client in ((string, string)?[])[null, stranger.Issue("client")])
        {
            try
            {
                await using SslStream refused = await ConnectAsync(address, authority.File, client);
                await refused.WriteAsync("<13>refused\n"u8.ToArray(), Cancellation);
                // With TLS 1.3 the refusal comes after the client's side is done.
                Assert.Equal(0, await refused.ReadAsync(new byte[1], Cancellation));
            }
            catch (Exception closed) when (closed is IOException or AuthenticationException)
            {
                // Refused, as it should be.
            }
        }
        await using SslStream known = await ConnectAsync(address, authority.File, authority.Issue("client"));
        await known.WriteAsync("<13>known\n"u8.ToArray(), Cancellation);
        await queue.WaitAsync(1);
        Assert.Equal("<13>known", queue.Events[0].Text);
        Assert.Equal(2, board.Of("syslog-tls").Read().Refused["TLS handshake failed"]);
    }

    [Fact]
    public async Task AChangedCertificateIsUsedWithTheNextConnectionAndABrokenOneIsNot()
    {
        using TestAuthority authority = new(folder);
        SyslogOptions options = Tls(authority, clients: false);
        IPEndPoint address = await StartAsync(options);
        string before = await SerialAsync(address, authority.File);
        authority.Issue("server");
        File.SetLastWriteTimeUtc(options.Certificate, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        string after = await SerialAsync(address, authority.File);
        Assert.NotEqual(before, after);
        File.WriteAllText(options.Certificate, "not a certificate");
        Assert.Equal(after, await SerialAsync(address, authority.File));
    }

    [Fact]
    public async Task AnAddressThatIsTakenIsNamed()
    {
        using Socket other = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(any);
        other.Listen();
        CommandException refused = await Assert.ThrowsAsync<CommandException>(() =>
            StartAsync(new SyslogOptions { Udp = [any], Tcp = [(IPEndPoint)other.LocalEndPoint!] })
        );
        Assert.Contains($"syslog.tcp {other.LocalEndPoint}", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5514", "127.0.0.1:5514")]
    [InlineData("0.0.0.0:514", "0.0.0.0:514")]
    [InlineData("[::]:514", "[::]:514")]
    [InlineData("192.0.2.7:6514", "192.0.2.7:6514")]
    [InlineData("192.0.2.7", null)]
    [InlineData("::1:514", null)]
    [InlineData("[::1]", null)]
    [InlineData("host:514", null)]
    [InlineData("127.0.0.1:70000", null)]
    [InlineData("", null)]
    public void AddressesAreReadOrRefused(string text, string? expected) =>
        Assert.Equal(expected, SyslogOptions.ReadAddress(text)?.ToString());

    private async Task<IPEndPoint> StartAsync(SyslogOptions options)
    {
        EventIntake intake = new(queue, board, new IntakeLimits(1 << 20, 64 << 20), TimeProvider.System, senders);
        inputs = new SyslogInputs(intake, options, TimeProvider.System, NullLogger<SyslogInputs>.Instance);
        await inputs.StartAsync();
        string remark = inputs.Remarks.First(r => r.StartsWith("Syslog over", StringComparison.Ordinal));
        return IPEndPoint.Parse(remark.Split(" at ")[1].Split(',')[0]);
    }

    private static IReadOnlyList<SenderDeclaration> Declared(string yaml)
    {
        SourceDeclarationsLoad load = SourceDeclarations.Load([new SourceText("sources.yml", yaml)]);
        Assert.Empty(load.Problems);
        return load.Declarations.Senders;
    }

    private async Task StopAsync()
    {
        if (inputs is not null)
        {
            await inputs.DisposeAsync();
            inputs = null;
        }
    }

    private void Balances(string input, long received, long accepted, params (string Reason, long Count)[] dropped)
    {
        InputStatus status = board.Of(input).Read();
        Assert.Equal((received, accepted, 0L), (status.Received, status.Accepted, status.InFlight));
        Assert.Equal(
            dropped.OrderBy(d => d.Reason, StringComparer.Ordinal),
            status.Dropped.Select(d => (d.Key, d.Value)).OrderBy(d => d.Key, StringComparer.Ordinal)
        );
        Assert.Equal(0, status.Connections);
    }

    private static SyslogOptions Tls(TestAuthority authority, bool clients)
    {
        (string certificate, string key) = authority.Issue("server");
        return new SyslogOptions
        {
            Tls = [any],
            Certificate = certificate,
            Key = key,
            ClientAuthorities = clients ? authority.File : "",
        };
    }

    private static async Task<SslStream> ConnectAsync(
        IPEndPoint address,
        string authority,
        (string Certificate, string Key)? client
    )
    {
        TcpClient tcp = new();
        await tcp.ConnectAsync(address, Cancellation);
        SslStream stream = new(tcp.GetStream(), leaveInnerStreamOpen: false);
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(authority);
        SslClientAuthenticationOptions options = new() { TargetHost = "localhost", CertificateChainPolicy = policy };
        if (client is { } files)
        {
            options.ClientCertificates = [X509Certificate2.CreateFromPemFile(files.Certificate, files.Key)];
            options.LocalCertificateSelectionCallback = (_, _, certificates, _, _) => certificates[0];
        }
        await stream.AuthenticateAsClientAsync(options, Cancellation);
        return stream;
    }

    private static async Task<string> SerialAsync(IPEndPoint address, string authority)
    {
        await using SslStream stream = await ConnectAsync(address, authority, null);
        return stream.RemoteCertificate!.GetSerialNumberString();
    }
}
