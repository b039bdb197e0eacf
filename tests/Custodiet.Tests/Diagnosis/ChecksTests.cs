using System.Net;
using System.Net.Sockets;
using Custodiet.Configuration;
using Custodiet.Diagnosis;
using Custodiet.Embedded;
using Custodiet.Records;
using Custodiet.Tests.Inputs;
using Custodiet.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Custodiet.Tests.Diagnosis;

/// <summary>Each check of the doctor in its bad case: it says what is so and what to do.</summary>
public sealed class ChecksTests : IDisposable
{
    private static readonly DateTimeOffset now = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    private readonly string root = Directory.CreateTempSubdirectory("custodiet-doctor-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void ProblemsOfSettingsAreFindingsWithTheirPlaceAndHint()
    {
        Problem error = new(
            ProblemLevel.Error,
            "config.range",
            "It is wrong.",
            new TextPosition("c.yml", 3, 1),
            "do this"
        );
        CheckResult[] found =
        [
            .. Checks.Configuration([error, error with { Level = ProblemLevel.Warning, Hint = null }]),
        ];
        Assert.Equal([CheckLevel.Bad, CheckLevel.Warning], found.Select(f => f.Level));
        Assert.StartsWith("c.yml:3:1", found[0].What, StringComparison.Ordinal);
        Assert.Equal("do this", found[0].Remedy);
        Assert.Equal(CheckLevel.Ok, Assert.Single(Checks.Configuration([])).Level);
    }

    [Fact]
    public void AFolderThatIsOpenHalfRestoredOrPartlyAnothersIsBad()
    {
        string data = Path.Combine(root, "data");
        Is(CheckLevel.Warning, "not there", Checks.Folder(data));
        DataFolder.Open(data).Dispose();
        Is(CheckLevel.Ok, "alone", Checks.Folder(data));
        File.SetUnixFileMode(data, (UnixFileMode)0b111_101_000);
        Is(CheckLevel.Bad, "may enter", Checks.Folder(data), "chmod 700");
        File.WriteAllText(Path.Combine(data, DataFolder.RestoringMark), "");
        Is(CheckLevel.Bad, "cut short", Checks.Folder(data), "restore");
        File.Delete(Path.Combine(data, DataFolder.RestoringMark));
        Assert.SkipUnless(FileOwner.Self == 0, "only root can give files to another user");
        new FileOwner(65_534, 65_534).Take(Path.Combine(data, "format"));
        Is(CheckLevel.Bad, "belongs to another user", Checks.Folder(data), "chown");
    }

    [Theory]
    [InlineData("99\n", true, "reads formats up to")]
    [InlineData("x", true, "cannot be understood")]
    [InlineData("1\n", false, "format 1")]
    public void ANewerOrBrokenFormatIsBad(string format, bool bad, string says)
    {
        Is(CheckLevel.Ok, "no data folder yet", Checks.Format(root));
        File.WriteAllText(Path.Combine(root, "format"), format);
        Is(bad ? CheckLevel.Bad : CheckLevel.Ok, says, Checks.Format(root));
    }

    [Fact]
    public void ADiskWithoutSpaceOrFilesIsBad()
    {
        Is(CheckLevel.Bad, "nothing is taken", Checks.Disk(100, 200, null), "free some space");
        Is(CheckLevel.Bad, "inodes", Checks.Disk(100L << 30, 0, (4, 100)), "move");
        Is(CheckLevel.Warning, "free", Checks.Disk(1L << 30, 0, (50, 100)));
        Is(CheckLevel.Ok, "free", Checks.Disk(100L << 30, 0, (0, 0)));
        Assert.True(Machine.Inodes(root) is { All: >= 0 });
    }

    [Fact]
    public void AClockThatRunsFreeIsBadAndAnUnknownOneUnknown()
    {
        Is(CheckLevel.Bad, "not synchronised", Checks.Clock(false), "timesyncd");
        Is(CheckLevel.Unknown, "does not tell", Checks.Clock(null));
        Is(CheckLevel.Ok, "synchronised", Checks.Clock(true));
        _ = Machine.ClockIsSynchronised();
    }

    [Fact]
    public void TooFewOpenFilesAreBad()
    {
        Is(CheckLevel.Bad, "1,024", Checks.OpenFiles(1_024, 1_000), "LimitNOFILE");
        Is(CheckLevel.Ok, "65,536", Checks.OpenFiles(65_536, 1_000));
        Is(CheckLevel.Unknown, "cannot be read", Checks.OpenFiles(null, 1_000));
        Assert.InRange(Machine.OpenFilesMax(null) ?? 0, 1, long.MaxValue);
    }

    [Fact]
    public void AUdpBufferThatTheKernelCutsIsAWarning()
    {
        Is(CheckLevel.Warning, "bursts", Checks.UdpBuffer(true, 4_194_304, 212_992), "net.core.rmem_max=4194304");
        Is(CheckLevel.Ok, "No syslog", Checks.UdpBuffer(false, 4_194_304, 212_992));
        Is(CheckLevel.Unknown, "cannot be read", Checks.UdpBuffer(true, 1, null));
        Assert.NotNull(Machine.Kernel("/proc/sys/net/core/rmem_max"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void APortThatIsTakenOrAnAddressThatIsNotOursIsBad(bool datagrams)
    {
        using Socket other = new(
            AddressFamily.InterNetwork,
            datagrams ? SocketType.Dgram : SocketType.Stream,
            datagrams ? ProtocolType.Udp : ProtocolType.Tcp
        );
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (!datagrams)
        {
            other.Listen();
        }
        IPEndPoint taken = (IPEndPoint)other.LocalEndPoint!;
        Is(CheckLevel.Bad, $"syslog {taken}", Checks.Port("syslog", taken, datagrams), "ss -lntup");
        Is(
            CheckLevel.Bad,
            "203.0.113.1",
            Checks.Port("urls", new IPEndPoint(IPAddress.Parse("203.0.113.1"), 8_087), datagrams),
            "ip address"
        );
        Is(CheckLevel.Ok, "free", Checks.Port("urls", new IPEndPoint(IPAddress.Loopback, 0), datagrams));
    }

    [Fact]
    public void ACertificateThatEndsOrCannotBeReadIsTold()
    {
        using TestAuthority authority = new(root);
        (string certificate, string key) = authority.Issue("server");
        TlsFiles files = new("https", certificate, key);
        DateTimeOffset real = TimeProvider.System.GetUtcNow();
        Is(CheckLevel.Warning, "holds until", Checks.Certificate(files, real), "renew");
        Is(CheckLevel.Bad, "ended on", Checks.Certificate(files, real.AddDays(40)), "renew");
        Is(CheckLevel.Ok, "holds until", Checks.Certificate(files, real.AddDays(-15)));
        Is(CheckLevel.Bad, "cannot be used", Checks.Certificate(files with { Key = root + "/none" }, real));
    }

    [Fact]
    public void ASegmentWithABrokenHeaderOrSetAsideIsBad()
    {
        string queue = Directory.CreateDirectory(Path.Combine(root, "queue")).FullName;
        Is(CheckLevel.Ok, "begins as it should", Checks.Queue(root));
        File.WriteAllText(Path.Combine(queue, new string('0', 20) + ".seg"), "not a segment");
        Is(CheckLevel.Bad, "does not begin as a segment", Checks.Queue(root), "backup");
        File.WriteAllText(Path.Combine(queue, new string('0', 20) + ".seg.damaged"), "");
        Is(CheckLevel.Bad, "set aside", Checks.Queue(root));
    }

    [Fact]
    public async Task ALedgerWithoutItsKeyItsRecordsOrASignatureIsBad()
    {
        Is(CheckLevel.Ok, "Nothing is signed", Checks.Ledger(root));
        string data = Path.Combine(root, "data");
        string older = Path.Combine(root, "older.db");
        await RunAsync(data);
        File.Copy(Path.Combine(data, "records.db"), older);
        await RunAsync(data);
        Is(CheckLevel.Ok, "under a checkpoint", Checks.Ledger(data));
        string key = Path.Combine(data, "keys", "ledger.key");
        File.SetUnixFileMode(key, (UnixFileMode)0b110_100_100);
        Is(CheckLevel.Bad, "others may read", Checks.Ledger(data), "chmod 600");
        File.SetUnixFileMode(key, (UnixFileMode)0b110_000_000);
        File.Copy(older, Path.Combine(data, "records.db"), overwrite: true);
        File.Delete(Path.Combine(data, "records.db-wal"));
        Is(CheckLevel.Bad, "older state", Checks.Ledger(data), "custodiet ledger continue");
        string note = Path.Combine(data, "ledger", "checkpoint");
        File.WriteAllText(
            note,
            File.ReadAllText(note)
                .Replace("\n1", "\n2", StringComparison.Ordinal)
                .Replace("— ", "— x", StringComparison.Ordinal)
        );
        Is(CheckLevel.Bad, "cannot be trusted", Checks.Ledger(data), "backup");
    }

    [Fact]
    public void NoBackupOrAnOldOneIsAWarning()
    {
        Is(CheckLevel.Warning, "No backup", Checks.Backup(null, now), "custodiet backup");
        Is(CheckLevel.Warning, "8 days ago", Checks.Backup(now.AddDays(-8), now), "timer");
        Is(CheckLevel.Ok, "last backup", Checks.Backup(now.AddDays(-1), now));
    }

    [Fact]
    public void TooLittleMemoryIsBadAndAServerThatTakesNothingToo()
    {
        Is(CheckLevel.Bad, "may end the service", Checks.Memory((100 << 20, 1L << 30)), "performance.md");
        Is(CheckLevel.Ok, "available", Checks.Memory((1L << 30, 2L << 30)));
        Is(CheckLevel.Unknown, "does not tell", Checks.Memory(null));
        Assert.NotNull(Machine.Memory());
        Is(CheckLevel.Bad, "disk failed", Checks.Server(true, "the disk failed"), "log");
        Is(CheckLevel.Ok, "No server", Checks.Server(false, null));
    }

    private static async Task RunAsync(string data)
    {
        (Settings? settings, _) = Settings.Read(new Dictionary<string, string?> { ["data"] = data });
        await using Flow flow = await Flow.OpenAsync(
            settings!,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken
        );
        await flow.RestAsync();
    }

    private static void Is(CheckLevel level, string says, CheckResult result, string? remedy = null)
    {
        Assert.True(level == result.Level, $"{result.Level}: {result.What}");
        Assert.Contains(says, result.What, StringComparison.Ordinal);
        if (level is CheckLevel.Bad or CheckLevel.Warning)
        {
            Assert.False(string.IsNullOrEmpty(result.Remedy));
        }
        if (remedy is not null)
        {
            Assert.Contains(remedy, result.Remedy, StringComparison.Ordinal);
        }
    }
}
