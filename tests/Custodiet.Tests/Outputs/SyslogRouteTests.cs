using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Custodiet.Outputs;
using Custodiet.Tests.EndToEnd.Senders;
using Custodiet.Tests.Inputs;

namespace Custodiet.Tests.Outputs;

/// <summary>Routes against a real syslog receiver.</summary>
public class SyslogRouteTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MessagesAreOctetCountedAndHaveAHeaderUnlessTheyHaveOneAlready()
    {
        int port = DebianSender.FreePort();
        await using SyslogReceiver receiver = new(port);
        receiver.Start();
        await using OutputStage stage = await OutputStage.StartAsync(Route(port, "tcp"));
        await stage.SendAsync([
            "<34>1 2026-03-02T08:16:00Z fw-1 app - - - as it came",
            """{"@timestamp":"2026-03-02T08:16:00Z","host":"ws 1","product":"windows","category":"process_creation"}""",
            "several\nlines of text",
        ]);
        await stage.UntilAsync(s => s.Sent == 3);
        string[] messages = [.. receiver.Messages];
        Assert.Equal("<34>1 2026-03-02T08:16:00Z fw-1 app - - - as it came", messages[0]);
        // Facility local3 is 19, severity warning 4.
        Assert.StartsWith(
            "<156>1 2026-03-02T08:16:00.000000Z ws_1 windows - - - {\"@timestamp\"",
            messages[1],
            StringComparison.Ordinal
        );
        Assert.EndsWith("several\nlines of text", messages[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhileTheReceiverIsAwayNothingIsLostAndAMessageThatIsTooLargeIsSetAside()
    {
        int port = DebianSender.FreePort();
        await using SyslogReceiver receiver = new(port);
        receiver.Start();
        await using OutputStage stage = await OutputStage.StartAsync(Route(port, "tcp", "message_bytes: 1000"));
        await stage.SendAsync(100);
        await stage.UntilAsync(s => s.Sent == 100);
        await receiver.StopAsync();
        await stage.SendAsync(1, padding: 2_000);
        await stage.SendAsync(99);
        await stage.UntilAsync(s => s.Condition == RouteCondition.Waiting);
        receiver.Start();
        RouteStatus status = await stage.UntilAsync(s => s.Waiting == 0);
        Assert.Equal((199L, 1L), (status.Sent, status.SetAside));
        Assert.Contains(
            "larger than 1,000 bytes",
            await File.ReadAllTextAsync(status.SetAsideFile, Cancellation),
            StringComparison.Ordinal
        );
        Assert.Equal(Enumerable.Range(0, 200).Where(n => n != 100), Numbers(receiver).Distinct());
    }

    [Fact]
    public async Task OverTlsTheReceiverIsVerified()
    {
        int port = DebianSender.FreePort();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("custodiet-tls-");
        using TestAuthority authority = new(folder.FullName);
        (string certificate, string key) = authority.Issue("localhost");
        await using SyslogReceiver receiver = new(port, certificate, key);
        receiver.Start();
        await using OutputStage stage = await OutputStage.StartAsync(
            Route(port, "tls", "tls: {authority: ours}").Replace("127.0.0.1", "localhost", StringComparison.Ordinal)
        );
        using (TestAuthority other = new(Path.Combine(folder.FullName, "other"), "Somebody else"))
        {
            File.Copy(other.File, Path.Combine(stage.Secrets, "ours.pem"));
        }
        await stage.SendAsync(20);
        RouteStatus refused = await stage.UntilAsync(s => s.Retries > 0);
        Assert.Equal(0, refused.Sent);
        File.Copy(authority.File, Path.Combine(stage.Secrets, "ours.pem"), overwrite: true);
        await stage.UntilAsync(s => s.Sent == 20);
        Assert.Equal(Enumerable.Range(0, 20), Numbers(receiver));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task DatagramsCarryOneMessageEach()
    {
        using UdpClient receiver = new(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)receiver.Client.LocalEndPoint!).Port;
        await using OutputStage stage = await OutputStage.StartAsync(Route(port, "udp"));
        await stage.SendAsync(3);
        for (int number = 0; number < 3; number++)
        {
            UdpReceiveResult datagram = await receiver.ReceiveAsync(Cancellation);
            string text = Encoding.UTF8.GetString(datagram.Buffer);
            Assert.StartsWith("<156>1 2026-03-02T08:16:00.000000Z ws-", text, StringComparison.Ordinal);
            Assert.Contains($"\"number\":{number},", text, StringComparison.Ordinal);
        }
    }

    private static string Route(int port, string transport, string more = "") =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            id: on
            batch: {events: 50, seconds: 0}
            to:
              syslog:
                address: 127.0.0.1:{{port}}
                transport: {{transport}}
                facility: local3
                severity: warning
                {{more}}
            """
        );

    private static IEnumerable<int> Numbers(SyslogReceiver receiver) =>
        receiver.Messages.Select(m => int.Parse(m.Split("\"number\":")[1].Split(',')[0], CultureInfo.InvariantCulture));
}
