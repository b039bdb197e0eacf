using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Custodiet.Configuration;
using Custodiet.Embedded;
using Custodiet.Embedded.Queue;
using Custodiet.Ledger.Checkpoints;
using Custodiet.Records;
using Custodiet.Records.Ledger;
using Custodiet.Tls;

namespace Custodiet.Diagnosis;

/// <summary>The single checks: each takes what was read and says what it means.</summary>
internal static class Checks
{
    /// <summary>Free space of a disk, beyond what the queue keeps free, from which on all is well.</summary>
    public const long SpareBytesMin = 2L << 30;

    /// <summary>Free files of a file system below which it is short of them, in hundredths.</summary>
    public const int InodesPercentMin = 5;

    /// <summary>Memory that should be available, and that the machine should have.</summary>
    public const long MemoryAvailableMin = 256L << 20;

    /// <summary>Descriptors that the product needs beside syslog's connections: segments, databases, web.</summary>
    public const long OpenFilesBase = 2_048;

    /// <summary>How old the newest backup may be.</summary>
    public static readonly TimeSpan BackupAgeMax = TimeSpan.FromDays(7);

    private const UnixFileMode Strangers =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    /// <summary>Settings and what they name.</summary>
    public static IEnumerable<CheckResult> Configuration(IReadOnlyList<Problem> problems) =>
        problems.Count == 0
            ? [CheckResult.Ok("configuration", "The settings are in order.")]
            : problems.Select(p => new CheckResult(
                "configuration",
                p.Level == ProblemLevel.Error ? CheckLevel.Bad : CheckLevel.Warning,
                $"{p.Position}: {p.Message}",
                p.Hint ?? "custodiet config show; docs/configure.md"
            ));

    /// <summary>Whose the data folder is, and who may enter it.</summary>
    public static CheckResult Folder(string root)
    {
        const string check = "data folder";
        if (!Directory.Exists(root))
        {
            return CheckResult.Warn(
                check,
                $"{root} is not there; the first start makes it.",
                "name another with --data if it should be"
            );
        }
        if (File.Exists(Path.Combine(root, DataFolder.RestoringMark)))
        {
            return CheckResult.Bad(
                check,
                $"A restore into {root} was cut short.",
                "run the same 'custodiet restore' again"
            );
        }
        FileOwner owner = FileOwner.Of(root);
        if (
            Directory
                .EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories)
                .FirstOrDefault(path => FileOwner.Of(path).User != owner.User) is
            { } foreign
        )
        {
            return CheckResult.Bad(
                check,
                $"{foreign} belongs to another user than {root}, so that the service may not be able to use it.",
                $"stop the service; chown -R --reference={root} {root}"
            );
        }
        return (File.GetUnixFileMode(root) & Strangers) != 0
            ? CheckResult.Bad(check, $"Others than its owner may enter {root}.", $"chmod 700 {root}")
            : CheckResult.Ok(check, $"{root} is its owner's alone.");
    }

    /// <summary>The data folder's format.</summary>
    public static CheckResult Format(string root)
    {
        const string check = "format";
        return !File.Exists(Path.Combine(root, "format")) ? CheckResult.Ok(check, "There is no data folder yet.")
            : DataFolder.FormatOf(root) is not { } format
                ? CheckResult.Bad(check, $"{root}/format cannot be understood.", "restore the folder from a backup")
            : format > DataFolder.FormatVersion
                ? CheckResult.Bad(
                    check,
                    $"The data folder has format {format}; this version ({Flow.Version}) reads formats up to {DataFolder.FormatVersion}.",
                    "use the newer version again, or restore a backup made before the upgrade"
                )
            : format < DataFolder.FormatVersion
                ? CheckResult.Warn(
                    check,
                    $"The data folder has format {format}; the next start brings it to {DataFolder.FormatVersion}, and there is no way back.",
                    "take a backup with the version before, first"
                )
            : CheckResult.Ok(check, $"The data folder has format {format}.");
    }

    /// <summary>Space and files of the data folder's disk.</summary>
    public static CheckResult Disk(long freeBytes, long keptFree, (long Free, long All)? inodes)
    {
        const string check = "disk";
        string free = Counted.Of(freeBytes, "byte");
        return freeBytes <= keptFree
                ? CheckResult.Bad(
                    check,
                    $"The disk has {free} free, and the queue keeps {keptFree:N0} free (queue.free_bytes_min): nothing is taken.",
                    "free some space, or lower archive.bytes_max"
                )
            : inodes is { All: > 0 } files && files.Free * 100 < files.All * InodesPercentMin
                ? CheckResult.Bad(
                    check,
                    $"The file system has {files.Free:N0} of {files.All:N0} files (inodes) left.",
                    "delete small files there, or move the data folder to a file system of its own"
                )
            : freeBytes - keptFree < SpareBytesMin
                ? CheckResult.Warn(check, $"The disk has {free} free.", "free some space before the queue pushes back")
            : CheckResult.Ok(check, $"The disk has {free} free.");
    }

    /// <summary>Whether the clock is right.</summary>
    public static CheckResult Clock(bool? synchronised) =>
        synchronised switch
        {
            true => CheckResult.Ok("clock", "The clock is kept synchronised."),
            false => CheckResult.Bad(
                "clock",
                "The clock is not synchronised: times of records and of syslog would mislead.",
                "start systemd-timesyncd or chrony, and see 'timedatectl'"
            ),
            null => CheckResult.Unknown("clock", "The kernel does not tell whether the clock is synchronised."),
        };

    /// <summary>How many files the service may have open.</summary>
    public static CheckResult OpenFiles(long? max, long connections)
    {
        long needed = connections + OpenFilesBase;
        return max is null ? CheckResult.Unknown("open files", "The limit of open files cannot be read.")
            : max < needed
                ? CheckResult.Bad(
                    "open files",
                    $"At most {max:N0} files may be open, and {needed:N0} are needed with syslog.connections_max.",
                    "raise LimitNOFILE of the unit (ulimit -n in a shell), or lower syslog.connections_max"
                )
            : CheckResult.Ok("open files", $"At most {max:N0} files may be open.");
    }

    /// <summary>Whether the kernel gives UDP the buffer that is asked for.</summary>
    public static CheckResult UdpBuffer(bool used, long wanted, long? kernelMax) =>
        !used ? CheckResult.Ok("udp buffer", "No syslog over UDP.")
        : kernelMax is null ? CheckResult.Unknown("udp buffer", "net.core.rmem_max cannot be read.")
        : kernelMax < wanted
            ? CheckResult.Warn(
                "udp buffer",
                $"The kernel gives {kernelMax:N0} bytes of the {wanted:N0} that syslog.udp_receive_bytes asks for: bursts are lost earlier.",
                $"echo 'net.core.rmem_max={wanted}' > /etc/sysctl.d/60-custodiet.conf; sysctl --system; restart"
            )
        : CheckResult.Ok("udp buffer", $"The kernel gives the {wanted:N0} bytes that are asked for.");

    /// <summary>Whether an address can be listened on.</summary>
    public static CheckResult Port(string setting, IPEndPoint address, bool datagrams)
    {
        using Socket socket = datagrams
            ? new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
            return CheckResult.Ok("ports", $"{setting} {address} is free.");
        }
        catch (SocketException refused)
        {
            string remedy = refused.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"'ss -lntup sport = :{address.Port}' says who has it; stop that, or choose another port",
                SocketError.AccessDenied => "ports below 1024 need CAP_NET_BIND_SERVICE; see the comments in the unit",
                SocketError.AddressNotAvailable => "choose an address of this machine: 'ip address' lists them",
                _ => "choose another address",
            };
            return CheckResult.Bad("ports", $"{setting} {address} cannot be listened on: {refused.Message}.", remedy);
        }
    }

    /// <summary>Until when a certificate holds.</summary>
    public static CheckResult Certificate(TlsFiles files, DateTimeOffset now)
    {
        try
        {
            DateTime notAfter = TlsCertificates.NotAfter(files);
            string what = $"The certificate of {files.Server} holds until {notAfter:u}.";
            TimeSpan left = notAfter - now.UtcDateTime;
            return left <= TimeSpan.Zero
                    ? CheckResult.Bad(
                        "certificates",
                        $"The certificate of {files.Server} ended on {notAfter:u}.",
                        $"renew {files.Certificate}; it is read without a restart"
                    )
                : left < SettingsInspection.CertificateWarning
                    ? CheckResult.Warn("certificates", what, $"renew {files.Certificate}; it is read without a restart")
                : CheckResult.Ok("certificates", what);
        }
        catch (Exception unusable) when (TlsCertificates.IsOfFiles(unusable))
        {
            return CheckResult.Bad(
                "certificates",
                $"The certificate of {files.Server} cannot be used: {unusable.Message}",
                "custodiet config check"
            );
        }
    }

    /// <summary>The queue's segments, by their headers: quick, and no proof.</summary>
    public static CheckResult Queue(string root)
    {
        IReadOnlyList<string> problems = SegmentQueue.QuickCheck(Path.Combine(root, "queue"));
        return problems.Count == 0
            ? CheckResult.Ok("queue", "Every segment of the queue begins as it should.")
            : CheckResult.Bad(
                "queue",
                string.Join(' ', problems),
                "check the disk; restore from a backup, or set queue.set_damaged_aside: on and go on with a gap"
            );
    }

    /// <summary>The ledger's checkpoint and key against the record store: quick, and no proof.</summary>
    public static CheckResult Ledger(string root)
    {
        const string check = "ledger";
        string folder = Path.Combine(root, "ledger");
        string note = Path.Combine(folder, "checkpoint");
        if (!File.Exists(note))
        {
            return CheckResult.Ok(check, "Nothing is signed yet.");
        }
        const string restore = "restore the newest backup; 'custodiet ledger verify' says more";
        if (
            NoteVerifier.Parse(File.ReadAllText(Path.Combine(folder, "vkey")).Trim(), out string problem)
                is not { } verifier
            || Checkpoint.Open(File.ReadAllText(note), verifier, out problem) is not { } checkpoint
        )
        {
            return CheckResult.Bad(check, $"The ledger's checkpoint cannot be trusted: {problem}", restore);
        }
        string key = Path.Combine(root, "keys", "ledger.key");
        if (!File.Exists(key) || (File.GetUnixFileMode(key) & Strangers) != 0)
        {
            return CheckResult.Bad(
                check,
                $"The ledger's key {key} is missing, or others may read it.",
                $"put it back from where it was kept, or chmod 600 {key}"
            );
        }
        try
        {
            using RecordsCopy records = RecordsCopy.Open(Path.Combine(root, "records.db"));
            long first = long.Parse(
                File.ReadAllText(Path.Combine(folder, "first-record")),
                CultureInfo.InvariantCulture
            );
            return records.Count < first + checkpoint.Size
                ? CheckResult.Bad(
                    check,
                    $"The record store holds {records.Count:N0} records, and {first + checkpoint.Size:N0} are signed: it was restored to an older state.",
                    "restore the newest backup with 'custodiet restore'; if the records are lost: 'custodiet ledger continue'"
                )
                : CheckResult.Ok(
                    check,
                    $"{Counted.Of(checkpoint.Size, "record is", "records are")} under a checkpoint that its key signed."
                );
        }
        catch (Exception unreadable) when (unreadable is IOException or InvalidDataException)
        {
            return CheckResult.Bad(check, unreadable.Message, restore);
        }
    }

    /// <summary>When the last backup was made.</summary>
    public static CheckResult Backup(DateTimeOffset? newest, DateTimeOffset now) =>
        newest is not { } at
            ? CheckResult.Warn(
                "backup",
                "No backup was ever made.",
                "custodiet backup DIR, on another disk, by a timer; docs/backup.md"
            )
        : now - at > BackupAgeMax
            ? CheckResult.Warn(
                "backup",
                $"The last backup is of {at:u}, {(now - at).TotalDays:N0} days ago.",
                "look at the timer that should take it"
            )
        : CheckResult.Ok("backup", $"The last backup is of {at:u}.");

    /// <summary>The newest backup that the records name, or null.</summary>
    /// <exception cref="IOException">The record store cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static DateTimeOffset? NewestBackup(string root)
    {
        using RecordsCopy records = RecordsCopy.Open(Path.Combine(root, "records.db"));
        StoredRecord? last = records.NewestOf(Backups.FolderRecords.BackupStream);
        return last is null ? null
            : RecordBodyJson.Deserialize(last.Sealed.Body.Span) is BackupMade made ? made.Backup.MadeAt
            : null;
    }

    /// <summary>Whether there is memory.</summary>
    public static CheckResult Memory((long Available, long Total)? memory) =>
        memory is not { } read ? CheckResult.Unknown("memory", "The kernel does not tell how much memory there is.")
        : read.Available < MemoryAvailableMin
            ? CheckResult.Bad(
                "memory",
                $"Of {Counted.Of(read.Total, "byte")} of memory {read.Available:N0} are available: the kernel may end the service.",
                "stop something else, or give the machine more; docs/performance.md has what is needed"
            )
        : CheckResult.Ok("memory", $"{Counted.Of(read.Available, "byte")} of memory are available.");

    /// <summary>What the running server says of itself.</summary>
    /// <param name="running">Whether one answers.</param>
    /// <param name="failure">Why its queue takes nothing, or null.</param>
    public static CheckResult Server(bool running, string? failure) =>
        !running ? CheckResult.Ok("server", "No server runs on the data folder.")
        : failure is not null
            ? CheckResult.Bad("server", $"The queue takes nothing: {failure}", "see the service's log")
        : CheckResult.Ok("server", "The server answers.");
}
