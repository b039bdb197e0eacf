using System.Security.Cryptography;
using System.Text;

namespace Custodiet.Cli;

/// <summary>
/// The Unix socket through which commands reach the server on a data folder. Whoever can open it is the service's own user, and is
/// trusted as such: it lies in a folder that only this user can enter.
/// </summary>
internal static class LocalSocket
{
    /// <summary>What a Unix socket's path may have at most, less the closing zero (<c>sun_path</c> in unix(7)).</summary>
    private const int PathBytesMax = 107;

    /// <summary>Where the server on this folder listens.</summary>
    public static string PathFor(string dataFolder)
    {
        string inside = Path.Combine(dataFolder, "custodiet.sock");
        if (Encoding.UTF8.GetByteCount(inside) <= PathBytesMax)
        {
            return inside;
        }
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)))[..24];
        string folder = Path.Combine(Path.GetTempPath(), "custodiet-" + Environment.UserName);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (File.GetUnixFileMode(folder) != (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute))
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"{folder} must be for its owner alone (mode 0700), because the server's socket is in it."
            );
        }
        return Path.Combine(folder, name + ".sock");
    }

    /// <summary>The socket file of this folder, or null when there is none.</summary>
    public static string? Find(string dataFolder)
    {
        string path = PathFor(dataFolder);
        return File.Exists(path) ? path : null;
    }
}
