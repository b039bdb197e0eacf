using System.Globalization;

namespace Custodiet.Embedded;

/// <summary>Why a data folder could not be opened.</summary>
public enum DataFolderRefusal
{
    /// <summary>Another process has it open.</summary>
    Locked,

    /// <summary>A newer version of Custodiet wrote it.</summary>
    Newer,

    /// <summary>Its <c>format</c> file cannot be understood.</summary>
    Damaged,

    /// <summary>It could not be brought to the format of this version.</summary>
    NotMigrated,

    /// <summary>A restore into it was cut short.</summary>
    HalfRestored,

    /// <summary>It belongs to another user than root, as whom this process acts.</summary>
    ForeignOwner,

    /// <summary>It cannot be created, read or written.</summary>
    Inaccessible,
}

/// <summary>Says why a data folder could not be opened and what to do.</summary>
public sealed class DataFolderException : Exception
{
    /// <summary>Creates the failure.</summary>
    public DataFolderException(DataFolderRefusal refusal, string message, Exception? inner = null)
        : base(message, inner) => Refusal = refusal;

    /// <summary>The kind of failure.</summary>
    public DataFolderRefusal Refusal { get; }
}

/// <summary>
/// The one folder that holds everything: its format version, its lock, and where each store lies in it. One process has it
/// open at a time; the lock ends with the process, however it ends.
/// </summary>
public sealed class DataFolder : IDisposable
{
    /// <summary>The format that this version writes.</summary>
    public static int FormatVersion { get; } = Migrations.Newest(Migrations.All);

    /// <summary>The file that says that a restore has begun and is not complete.</summary>
    public const string RestoringMark = "restoring";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream lockFile;

    private DataFolder(string root, FileStream lockFile, bool created, FormatChange? change)
    {
        Root = root;
        this.lockFile = lockFile;
        Created = created;
        Change = change;
    }

    /// <summary>The folder's full path.</summary>
    public string Root { get; }

    /// <summary>Whether this call made the folder.</summary>
    public bool Created { get; }

    /// <summary>A change of format that has no record yet, or null; call <see cref="ChangeRecorded"/> when it has.</summary>
    public FormatChange? Change { get; }

    /// <summary>Segments of the event queue.</summary>
    public string Queue => Path.Combine(Root, "queue");

    /// <summary>The database of records, projections and accounts.</summary>
    public string Records => Path.Combine(Root, "records.db");

    /// <summary>Checkpoint and tiles of the ledger.</summary>
    public string Ledger => Path.Combine(Root, "ledger");

    /// <summary>The archive of events.</summary>
    public string Archive => Path.Combine(Root, "archive");

    /// <summary>Where each route stands.</summary>
    public string Routes => Path.Combine(Root, "routes");

    /// <summary>Secret keys, readable by the service alone.</summary>
    public string Keys => Path.Combine(Root, "keys");

    /// <summary>Opens the folder for this process alone, makes it (mode 0700) when it does not exist, and brings it to this version's format.</summary>
    /// <exception cref="DataFolderException">Another process has it, or it cannot be used; the message says what to do.</exception>
    public static DataFolder Open(string path) => Open(path, Migrations.All, restoring: false);

    /// <summary>Opens a folder that a restore is filling: what anybody else is refused.</summary>
    /// <exception cref="DataFolderException">Another process has it, or it cannot be used; the message says what to do.</exception>
    public static DataFolder OpenRestoring(string path) => Open(path, Migrations.All, restoring: true);

    internal static DataFolder Open(string path, IReadOnlyList<Migration> migrations, bool restoring)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string root = Path.GetFullPath(path);
        try
        {
            bool created = !Directory.Exists(root);
            CreateOwnerOnly(root);
            if (!restoring)
            {
                RefuseForeign(root);
            }
            FileStream held = TakeLock(root);
            try
            {
                if (!restoring && File.Exists(Path.Combine(root, RestoringMark)))
                {
                    throw new DataFolderException(
                        DataFolderRefusal.HalfRestored,
                        $"A restore into {root} was cut short, so what is there is incomplete. Run the same 'custodiet restore' again; it begins anew."
                    );
                }
                FormatChange? change = FolderFormat.Bring(root, migrations);
                DataFolder folder = new(root, held, created, change);
                foreach (
                    string part in (string[])[folder.Queue, folder.Ledger, folder.Archive, folder.Keys, folder.Routes]
                )
                {
                    CreateOwnerOnly(part);
                }
                DurableFolder.Flush(root);
                return folder;
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException(
                DataFolderRefusal.Inaccessible,
                $"The data folder {root} cannot be used: {error.Message} Check that this user may write there, or name another folder with --data.",
                error
            );
        }
    }

    /// <summary>The format of a folder that is not opened, or null when it has none or it cannot be read.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static int? FormatOf(string path) => FolderFormat.TryRead(Path.GetFullPath(path));

    /// <summary>Says that the record of <see cref="Change"/> is durable.</summary>
    public void ChangeRecorded() => FolderFormat.Recorded(Root);

    /// <summary>The process that has the folder open, or null when none has or it cannot be told.</summary>
    public static int? HolderOf(string path)
    {
        string file = Path.Combine(Path.GetFullPath(path), "lock");
        if (!File.Exists(file))
        {
            return null;
        }
        try
        {
            using FileStream probe = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null;
        }
        catch (IOException)
        {
            return ReadHolder(Path.GetDirectoryName(file)!);
        }
    }

    /// <summary>Gives the folder free.</summary>
    public void Dispose() => lockFile.Dispose();

    private static void CreateOwnerOnly(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly);
        }
    }

    // Root would leave files that the service cannot open at its next start.
    private static void RefuseForeign(string root)
    {
        if (FileOwner.Self == 0 && FileOwner.Of(root).User is var owner and not 0)
        {
            throw new DataFolderException(
                DataFolderRefusal.ForeignOwner,
                $"The data folder {root} belongs to user {owner}, and root would leave files in it that this user cannot open. Run this as its owner: runuser -u \"$(stat -c %U {root})\" -- custodiet …"
            );
        }
    }

    private static FileStream TakeLock(string root)
    {
        string file = Path.Combine(root, "lock");
        FileStream held;
        try
        {
            // FileShare.None is an exclusive flock on Unix, so the kernel gives it free when the process is killed.
            held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (File.Exists(file))
        {
            string holder = ReadHolder(root) is { } pid ? $"process {pid}" : "another process";
            throw new DataFolderException(
                DataFolderRefusal.Locked,
                $"The data folder {root} is in use by {holder}. Stop it first, or name another folder with --data.",
                error
            );
        }
        // The number stands in a file of its own, since a locked file cannot be opened to be read.
        File.WriteAllText(
            Path.Combine(root, "pid"),
            string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")
        );
        return held;
    }

    private static int? ReadHolder(string root)
    {
        try
        {
            string text = File.ReadAllText(Path.Combine(root, "pid")).Trim();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
