using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Custodiet.Diagnosis;

/// <summary>Readings of the machine that the framework does not give. Null where the system does not tell.</summary>
internal static class Machine
{
    private const int UnsynchronisedBit = 0x40; // STA_UNSYNC of adjtimex(2)
    private const int ErrorState = 5; // TIME_ERROR

    /// <summary>Whether the kernel's clock is kept level with others, whichever program does it.</summary>
    public static bool? ClockIsSynchronised()
    {
        // struct timex on 64-bit machines: modes at 0, which stays 0 to read only; status at 40.
        byte[] timex = new byte[256];
        int state = AdjustTime(timex);
        return state < 0 ? null : state != ErrorState && (BitConverter.ToInt32(timex, 40) & UnsynchronisedBit) == 0;
    }

    /// <summary>Free files (inodes) and all of them, on the file system of a folder; some file systems count none, and give 0.</summary>
    public static (long Free, long All)? Inodes(string folder)
    {
        // struct statvfs on 64-bit machines: f_files at 40, f_favail at 56.
        byte[] answer = new byte[256];
        return StatVfs(folder, answer) == 0
            ? (BitConverter.ToInt64(answer, 56), BitConverter.ToInt64(answer, 40))
            : null;
    }

    /// <summary>Files that a process may have open at once.</summary>
    public static long? OpenFilesMax(int? process) =>
        Lines(process is { } id ? $"/proc/{id}/limits" : "/proc/self/limits")
            .FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            ?[26..].Split(' ', StringSplitOptions.RemoveEmptyEntries)
            is [var soft, ..]
            ? Number(soft)
            : null;

    /// <summary>A number that the kernel shows in a file of its own.</summary>
    public static long? Kernel(string file) => Lines(file) is [var line, ..] ? Number(line.Trim()) : null;

    /// <summary>Bytes of memory that programs can still have, and all of it.</summary>
    public static (long Available, long Total)? Memory()
    {
        string[] lines = Lines("/proc/meminfo");
        return Value("MemAvailable:") is { } available && Value("MemTotal:") is { } total
            ? (available * 1_024, total * 1_024)
            : null;

        long? Value(string name) =>
            lines.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) is { } line
                ? Number(line[name.Length..].Trim().Split(' ')[0])
                : null;
    }

    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file, Encoding.ASCII);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static int StatVfs(string folder, byte[] answer) => StatVfs(Encoding.UTF8.GetBytes(folder + "\0"), answer);

    [DllImport("libc", EntryPoint = "adjtimex")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int AdjustTime(byte[] timex);

    [DllImport("libc", EntryPoint = "statvfs")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatVfs(byte[] folder, byte[] answer);
}
