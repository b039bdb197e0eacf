using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Custodiet.Embedded;

/// <summary>Who owns a file, which the framework does not tell. Numbers are those of the system's users and groups.</summary>
public readonly record struct FileOwner(int User, int Group)
{
    private const int AtWorkingFolder = -100; // AT_FDCWD
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const uint UserAndGroup = 0x8 | 0x10; // STATX_UID, STATX_GID

    /// <summary>The user as whom this process acts.</summary>
    public static int Self => GetEffectiveUser();

    /// <summary>The owner of a file or folder; a link's own.</summary>
    /// <exception cref="IOException">It is not there or may not be looked at.</exception>
    public static FileOwner Of(string path)
    {
        // struct statx of statx(2), the same on all machines: user at 20, group at 24.
        byte[] answer = new byte[256];
        if (Statx(AtWorkingFolder, Name(path), NoFollow, UserAndGroup, answer) != 0)
        {
            throw Failure("look at", path);
        }
        return new FileOwner(
            BinaryPrimitives.ReadInt32LittleEndian(answer.AsSpan(20)),
            BinaryPrimitives.ReadInt32LittleEndian(answer.AsSpan(24))
        );
    }

    /// <summary>Gives a file or folder to this owner; root alone can.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    public void Take(string path)
    {
        if (ChangeOwner(Name(path), User, Group) != 0)
        {
            throw Failure("change the owner of", path);
        }
    }

    private static IOException Failure(string act, string path)
    {
        int code = Marshal.GetLastPInvokeError();
        return new IOException($"Could not {act} {path}: {new Win32Exception(code).Message}.", code);
    }

    private static byte[] Name(string path) => Encoding.UTF8.GetBytes(path + "\0");

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetEffectiveUser();

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, byte[] path, int flags, uint mask, byte[] answer);

    [DllImport("libc", EntryPoint = "lchown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ChangeOwner(byte[] path, int user, int group);
}
