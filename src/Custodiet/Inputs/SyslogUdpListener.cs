using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Custodiet.Api;
using Custodiet.Pipeline.Framing;
using Custodiet.Records.Events;
using Custodiet.Records.Ledger;
using Custodiet.Records.Stores;

namespace Custodiet.Inputs;

/// <summary>
/// Syslog over UDP (RFC 5426): one datagram is one message, kept as it came. Datagrams wait a few milliseconds, then those of one peer
/// are appended as one batch. A sender is told nothing, so what does not fit is dropped and counted: by us when too much waits for a full
/// queue, by the kernel when its buffer is full.
/// </summary>
internal sealed class SyslogUdpListener : IAsyncDisposable
{
    /// <summary>The input's name.</summary>
    public const string Name = "syslog-udp";

    /// <summary>Bytes of datagrams that may wait for the queue; more are dropped and counted.</summary>
    public const int WaitingBytesMax = 16 << 20;

    /// <summary>Peers that one flush tells apart; the datagrams of more share a batch that names no peer.</summary>
    public const int PeersMax = 1_024;

    /// <summary>What a datagram is reckoned to need beside its bytes.</summary>
    private const int DatagramOverhead = 32;

    /// <summary>Batches that are appended side by side.</summary>
    private const int AppendsAtOnce = 64;

    private static readonly TimeSpan linger = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan retry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan dropsEvery = TimeSpan.FromSeconds(1);

    private readonly Socket socket;
    private readonly EventIntake intake;
    private readonly InputCounters counters;
    private readonly int messageBytesMax;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly UdpSocketDrops kernel;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly SemaphoreSlim arrived = new(0, 1);

    // The receiving loop's own: finding a sender must cost next to nothing.
    private readonly Dictionary<UInt128, Sender> senders = [];
    private Dictionary<UInt128, EventBuffer> waiting = [];
    private int waitingBytes;
    private Task running = Task.CompletedTask;

    private SyslogUdpListener(Socket socket, EventIntake intake, SyslogOptions options, TimeProvider time, ILogger log)
    {
        this.socket = socket;
        this.intake = intake;
        this.time = time;
        this.log = log;
        messageBytesMax = options.MessageBytesMax;
        counters = intake.CountersOf(Name);
        kernel = new UdpSocketDrops(socket);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)socket.LocalEndPoint!;

    /// <summary>Bytes that the kernel really holds for it.</summary>
    public int ReceiveBytes => socket.ReceiveBufferSize / 2;

    /// <summary>Binds and begins.</summary>
    /// <exception cref="SocketException">The address is taken or not ours.</exception>
    public static SyslogUdpListener Start(
        IPEndPoint address,
        EventIntake intake,
        SyslogOptions options,
        TimeProvider time,
        ILogger log
    )
    {
        Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = address.Address.Equals(IPAddress.IPv6Any);
            }
            socket.ReceiveBufferSize = options.UdpReceiveBytes;
            socket.Bind(address);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        SyslogUdpListener listener = new(socket, intake, options, time, log);
        listener.running = Task.WhenAll(
            listener.RunAsync(listener.ReceiveAsync),
            listener.RunAsync(listener.FlushAsync),
            listener.RunAsync(listener.CountKernelDropsAsync)
        );
        return listener;
    }

    /// <summary>Takes no more datagrams, and appends those that wait; what a full queue does not take in a second is dropped and counted.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        await AppendWaitingAsync();
        CountKernelDrops();
        socket.Dispose();
        stop.Dispose();
        arrived.Dispose();
    }

    private Task RunAsync(Func<Task> part) =>
        Task.Run(
            async () =>
            {
                try
                {
                    await part();
                }
                catch (OperationCanceledException)
                {
                    // How a part ends.
                }
                catch (Exception bug)
                {
                    log.InputEnded(Name, bug);
                }
            },
            CancellationToken.None
        );

    private async Task ReceiveAsync()
    {
        // Larger than any datagram, so that none is cut.
        byte[] datagram = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
        SocketAddress peer = new(socket.AddressFamily);
        while (true)
        {
            try
            {
                int length = await socket.ReceiveFromAsync(datagram, SocketFlags.None, peer, stop.Token);
                Take(datagram.AsSpan(0, length), KeyOf(peer));
            }
            catch (SocketException failure)
            {
                log.ReceiveFailed(Name, failure);
                await Task.Delay(retry, time, stop.Token);
            }
        }
    }

    private void Take(ReadOnlySpan<byte> datagram, UInt128 peer)
    {
        counters.Receive(1);
        if (datagram.IsEmpty)
        {
            counters.Drop("empty", 1);
            return;
        }
        if (datagram.Length > messageBytesMax)
        {
            counters.Drop("message too large", 1);
            return;
        }
        int bytes = datagram.Length + DatagramOverhead;
        Sender sender = SenderOf(peer);
        if (!sender.TryTake(datagram.Length))
        {
            sender.Shed(ShedReason.OverQuota, 1);
            counters.Drop(ShedReasons.OverQuota, 1);
            return;
        }
        lock (gate)
        {
            // Each class of senders finds the queue full earlier than the next: what is left is for those who matter more.
            if (waitingBytes + bytes > RoomFor(sender.Criticality))
            {
                sender.Shed(ShedReason.QueueFull, 1);
                counters.Drop(ShedReasons.QueueFull(sender.Criticality), 1);
                return;
            }
            waitingBytes += bytes;
            UInt128 key = waiting.Count < PeersMax || waiting.ContainsKey(peer) ? peer : UInt128.Zero;
            if (!waiting.TryGetValue(key, out EventBuffer? events))
            {
                events = new EventBuffer();
                waiting.Add(key, events);
            }
            events.Add(datagram);
            if (arrived.CurrentCount == 0)
            {
                arrived.Release();
            }
        }
    }

    /// <summary>Bytes that may wait before senders of this criticality are shed.</summary>
    public static int RoomFor(Criticality criticality) =>
        criticality switch
        {
            Criticality.Low => WaitingBytesMax / 2,
            Criticality.Normal => WaitingBytesMax / 4 * 3,
            Criticality.High => WaitingBytesMax / 10 * 9,
            _ => WaitingBytesMax,
        };

    private Sender SenderOf(UInt128 peer)
    {
        if (!senders.TryGetValue(peer, out Sender? sender))
        {
            if (senders.Count >= PeersMax)
            {
                senders.Clear();
            }
            sender = intake.Senders.Of(Name, AddressOf(peer));
            senders.Add(peer, sender);
        }
        return sender;
    }

    private async Task FlushAsync()
    {
        while (true)
        {
            await arrived.WaitAsync(stop.Token);
            await Task.Delay(linger, time, stop.Token);
            await AppendWaitingAsync();
        }
    }

    private async Task AppendWaitingAsync()
    {
        Dictionary<UInt128, EventBuffer> batches;
        lock (gate)
        {
            batches = waiting;
            waiting = [];
        }
        foreach (KeyValuePair<UInt128, EventBuffer>[] some in batches.Chunk(AppendsAtOnce))
        {
            await Task.WhenAll(some.Select(batch => AppendAsync(TextOf(batch.Key), batch.Value)));
        }
    }

    private async Task AppendAsync(string input, EventBuffer events)
    {
        int count = events.Count;
        int bytes = events.Bytes.Length + (count * DatagramOverhead);
        for (int attempt = 0; ; attempt++)
        {
            QueueAppend outcome = await intake.AppendAsync(input, events, null, CancellationToken.None);
            if (outcome is QueueAppend.Accepted)
            {
                counters.Accept(count);
                break;
            }
            if (stop.IsCancellationRequested && attempt > 5)
            {
                counters.Drop(ShedReasons.AtTheStop, count);
                break;
            }
            await Task.Delay(retry, time, CancellationToken.None);
        }
        events.Dispose();
        lock (gate)
        {
            waitingBytes -= bytes;
        }
    }

    private async Task CountKernelDropsAsync()
    {
        using PeriodicTimer timer = new(dropsEvery, time);
        while (await timer.WaitForNextTickAsync(stop.Token))
        {
            CountKernelDrops();
        }
    }

    private void CountKernelDrops()
    {
        long drops = kernel.Take() ?? 0;
        counters.Receive(drops);
        counters.Drop(ShedReasons.KernelBuffer, drops);
        intake.Senders.Of(Name, null).Shed(ShedReason.KernelBuffer, drops);
    }

    // sockaddr_in: family 2 bytes, port 2, address 4. sockaddr_in6: family 2, port 2, flow 4, address 16. The port is no part of who it is.
    private static UInt128 KeyOf(SocketAddress peer) =>
        peer.Family == AddressFamily.InterNetwork
            ? new UInt128(0, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(peer.Buffer.Span[4..]))
            : BinaryPrimitives.ReadUInt128BigEndian(peer.Buffer.Span[8..]);

    private static string TextOf(UInt128 key)
    {
        if (key == UInt128.Zero)
        {
            return Name;
        }
        return $"{Name} {SyslogInputs.TextOf(AddressOf(key))}";
    }

    private static IPAddress AddressOf(UInt128 key)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, key);
        return new IPAddress(bytes);
    }
}
