using System.Globalization;
using System.Text;

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
    public const int FormatVersion = 1;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream lockFile;

    private DataFolder(string root, FileStream lockFile, bool created)
    {
        Root = root;
        this.lockFile = lockFile;
        Created = created;
    }

    /// <summary>The folder's full path.</summary>
    public string Root { get; }

    /// <summary>Whether this call made the folder.</summary>
    public bool Created { get; }

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

    /// <summary>Opens the folder for this process alone, and makes it (mode 0700) when it does not exist.</summary>
    /// <exception cref="DataFolderException">Another process has it, or it cannot be used; the message says what to do.</exception>
    public static DataFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string root = Path.GetFullPath(path);
        try
        {
            bool created = !Directory.Exists(root);
            CreateOwnerOnly(root);
            FileStream held = TakeLock(root);
            try
            {
                CheckFormat(root);
                DataFolder folder = new(root, held, created);
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

    private static void CheckFormat(string root)
    {
        string file = Path.Combine(root, "format");
        if (!File.Exists(file))
        {
            DurableFolder.Replace(file, Encoding.ASCII.GetBytes($"{FormatVersion}\n"));
            return;
        }
        string text = File.ReadAllText(file).Trim();
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version < 1)
        {
            throw new DataFolderException(
                DataFolderRefusal.Damaged,
                $"{file} should hold a format version such as {FormatVersion}, and holds something else. Restore the folder from a backup, or name another folder with --data."
            );
        }
        if (version > FormatVersion)
        {
            throw new DataFolderException(
                DataFolderRefusal.Newer,
                $"The data folder {root} has format {version}; this version of Custodiet reads formats up to {FormatVersion}. Use the newer version again: going back is not possible without a backup made before the upgrade."
            );
        }
    }
}
