using System.Globalization;
using System.Net.Sockets;

namespace Custodiet.Inputs;

/// <summary>
/// Datagrams that the kernel threw away because a socket's receive buffer was full: the column <c>drops</c> of <c>/proc/net/udp</c> and
/// <c>udp6</c> (proc(5)), where the socket is found by its inode.
/// </summary>
internal sealed class UdpSocketDrops(Socket socket)
{
    private static readonly string[] tables = ["/proc/self/net/udp", "/proc/self/net/udp6"];
    private readonly string? inode = InodeOf(socket);
    private uint seen;

    /// <summary>How many since the last call; null when the kernel does not say.</summary>
    public long? Take()
    {
        if (inode is null)
        {
            return null;
        }
        foreach (string table in tables)
        {
            if (Find(table, inode) is { } now)
            {
                // The kernel's counter has 32 bits and begins anew behind them.
                uint drops = unchecked(now - seen);
                seen = now;
                return drops;
            }
        }
        return null;
    }

    /// <summary>The drops of the socket with this inode in a table, or null when it is not there.</summary>
    internal static uint? Find(string table, string inode)
    {
        try
        {
            foreach (string line in File.ReadLines(table))
            {
                string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (
                    columns.Length >= 13
                    && columns[9] == inode
                    && uint.TryParse(columns[^1], NumberStyles.None, CultureInfo.InvariantCulture, out uint drops)
                )
                {
                    return drops;
                }
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // A machine without the table: the balance cannot name these losses, and the caller says so.
        }
        return null;
    }

    private static string? InodeOf(Socket socket)
    {
        try
        {
            // For example «socket:[31337]».
            string? target = new FileInfo(
                string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{socket.Handle}")
            ).LinkTarget;
            return target?.StartsWith("socket:[", StringComparison.Ordinal) == true ? target[8..^1] : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
