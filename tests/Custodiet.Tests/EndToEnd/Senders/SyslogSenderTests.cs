using System.Globalization;
using System.Text.Json;
using Custodiet.Tests.Inputs;

namespace Custodiet.Tests.EndToEnd.Senders;

/// <summary>rsyslog and syslog-ng send syslog while the product is stopped, killed and started again.</summary>
public class SyslogSenderTests
{
    /// <summary>What plain syslog may lose at a kill: what lay in the socket's buffers, here seconds of a slow stream at most.</summary>
    private const int WindowMessages = 4_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("octet-counted")]
    [InlineData("traditional")]
    public async Task RsyslogOverTcpLosesNothingWhenTheProductIsStoppedAndStartedAgain(string framing)
    {
        int port = DebianSender.FreePort();
        await using SenderStage stage = await SenderStage.StartAsync(("syslog.tcp", Text(port)));
        await using DebianSender sender = await DebianSender.StartRsyslogAsync(
            stage.SenderFolder,
            "",
            Omfwd(port, $"protocol=\"tcp\" TCP_Framing=\"{framing}\"")
        );
        await SendAroundAsync(stage, sender, stage.StopAsync);
        (HashSet<int> numbers, _) = await stage.CountAsync(30_000);
        Assert.True(numbers.Count == 30_000, $"{Missing(numbers)}\n{sender.Log}{stage.Log}");
    }

    [Fact]
    public async Task RsyslogOverTcpLosesAtAKillOnlyWhatLayInTheBuffers()
    {
        int port = DebianSender.FreePort();
        await using SenderStage stage = await SenderStage.StartAsync(("syslog.tcp", Text(port)));
        await using DebianSender sender = await DebianSender.StartRsyslogAsync(
            stage.SenderFolder,
            "",
            Omfwd(port, "protocol=\"tcp\" TCP_Framing=\"octet-counted\"")
        );
        await SendAroundAsync(stage, sender, stage.KillAsync);
        (HashSet<int> numbers, _) = await stage.CountAsync(30_000);
        Assert.True(numbers.Count >= 30_000 - WindowMessages, $"{Missing(numbers)}\n{sender.Log}");
        // Whatever was sent before the last moment and after it is there.
        Assert.True(Enumerable.Range(0, 2_000).All(numbers.Contains), Missing(numbers));
        Assert.True(Enumerable.Range(25_000, 5_000).All(numbers.Contains), Missing(numbers));
        TestContext.Current.SendDiagnosticMessage(
            $"kill over TCP: {30_000 - numbers.Count} messages were in the buffers"
        );
    }

    [Fact]
    public async Task RsyslogOverUdpArrivesAndItsPeerIsKnown()
    {
        int port = DebianSender.FreePort();
        await using SenderStage stage = await SenderStage.StartAsync(("syslog.udp", Text(port)));
        await using DebianSender sender = await DebianSender.StartRsyslogAsync(
            stage.SenderFolder,
            "",
            Omfwd(port, "protocol=\"udp\"")
        );
        await sender.FeedAsync(0, 10_000, perSecond: 5_000, Cancellation);
        (HashSet<int> numbers, long events) = await stage.CountAsync(10_000);
        JsonElement input = await stage.InputAsync("syslog-udp");
        long dropped = input.GetProperty("dropped").EnumerateObject().Sum(d => d.Value.GetInt64());
        // Whatever is missing is named.
        Assert.Equal(10_000, numbers.Count + dropped);
        Assert.Equal(events, input.GetProperty("accepted").GetInt64());
    }

    [Fact]
    public async Task RsyslogOverTlsWithCertificatesOnBothSidesLosesAtAStopOnlyWhatLayInTheBuffers()
    {
        int port = DebianSender.FreePort();
        string certificates = Directory.CreateTempSubdirectory("custodiet-tls-").FullName;
        try
        {
            using TestAuthority authority = new(certificates);
            (string certificate, string key) = authority.Issue("localhost");
            (string clientCertificate, string clientKey) = authority.Issue("sender");
            await using SenderStage stage = await SenderStage.StartAsync(
                ("syslog.tls", Text(port)),
                ("syslog.tls_certificate", certificate),
                ("syslog.tls_key", key),
                ("syslog.tls_client_ca", authority.File)
            );
            await using DebianSender sender = await DebianSender.StartRsyslogAsync(
                stage.SenderFolder,
                $"global(defaultNetstreamDriverCAFile=\"{authority.File}\" defaultNetstreamDriverCertFile=\"{clientCertificate}\" "
                    + $"defaultNetstreamDriverKeyFile=\"{clientKey}\")",
                Omfwd(
                    port,
                    "protocol=\"tcp\" TCP_Framing=\"octet-counted\" StreamDriver=\"gtls\" StreamDriverMode=\"1\" "
                        + "StreamDriverAuthMode=\"x509/name\" StreamDriverPermittedPeers=\"localhost\""
                )
            );
            await SendAroundAsync(stage, sender, stage.StopAsync);
            (HashSet<int> numbers, _) = await stage.CountAsync(30_000);
            Assert.True(
                numbers.Count >= 30_000 - WindowMessages && Enumerable.Range(25_000, 5_000).All(numbers.Contains),
                $"{Missing(numbers)}\n{sender.Log}{stage.Log}"
            );
            TestContext.Current.SendDiagnosticMessage($"stop over TLS: {30_000 - numbers.Count} messages are missing");
        }
        finally
        {
            Directory.Delete(certificates, recursive: true);
        }
    }

    [Theory]
    [InlineData("network(\"127.0.0.1\" port({0}) transport(\"tcp\") flags(syslog-protocol) {1});")]
    [InlineData("syslog(\"127.0.0.1\" port({0}) transport(\"tcp\") {1});")]
    public async Task SyslogNgWithADiskBufferLosesNothingWhenTheProductIsStoppedAndStartedAgain(string destination)
    {
        int port = DebianSender.FreePort();
        await using SenderStage stage = await SenderStage.StartAsync(("syslog.tcp", Text(port)));
        string buffer =
            $"disk-buffer(reliable(yes) disk-buf-size(104857600) mem-buf-size(1000000) dir(\"{stage.SenderFolder}\"))";
        await using DebianSender sender = await DebianSender.StartSyslogNgAsync(
            stage.SenderFolder,
            string.Format(CultureInfo.InvariantCulture, destination, port, buffer)
        );
        await SendAroundAsync(stage, sender, stage.StopAsync);
        (HashSet<int> numbers, _) = await stage.CountAsync(30_000);
        Assert.True(numbers.Count == 30_000, $"{Missing(numbers)}\n{sender.Log}{stage.Log}");
    }

    private static string Omfwd(int port, string options) =>
        $"""
            action(type="omfwd" target="127.0.0.1" port="{port}" {options} template="RSYSLOG_SyslogProtocol23Format"
              queue.type="LinkedList" queue.filename="forward" queue.maxDiskSpace="100m" queue.saveOnShutdown="on" queue.size="200000"
              action.resumeRetryCount="-1" action.resumeInterval="1")
            """;

    /// <summary>30,000 messages: a third before, a third while the product ends and is away, a third after.</summary>
    private static async Task SendAroundAsync(SenderStage stage, DebianSender sender, Func<Task> end)
    {
        Task feeding = sender.FeedAsync(0, 30_000, perSecond: 5_000, Cancellation);
        await Task.Delay(1_500, Cancellation);
        await end();
        await Task.Delay(1_500, Cancellation);
        await stage.StartAsync();
        await feeding;
    }

    private static string Missing(HashSet<int> numbers)
    {
        int[] missing = [.. Enumerable.Range(0, 30_000).Where(n => !numbers.Contains(n))];
        return $"{missing.Length} are missing, {string.Join(", ", missing.Take(20))} … {missing.LastOrDefault()}";
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
