using System.Globalization;

namespace Custodiet.Benchmarks;

/// <summary>What a process has used, from the kernel's own accounts: CPU seconds and resident memory.</summary>
/// <param name="CpuSeconds">User and system time of all threads.</param>
/// <param name="ResidentBytes">Resident now.</param>
/// <param name="PeakResidentBytes">Resident at most (VmHWM).</param>
internal readonly record struct ProcessUse(double CpuSeconds, long ResidentBytes, long PeakResidentBytes)
{
    public static ProcessUse Of(int processId)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(processId);
        return new ProcessUse(
            process.TotalProcessorTime.TotalSeconds,
            Kilobytes(processId, "VmRSS:") * 1024,
            Kilobytes(processId, "VmHWM:") * 1024
        );
    }

    public static ProcessUse OfSelf() => Of(Environment.ProcessId);

    private static long Kilobytes(int processId, string name)
    {
        string? line = File.ReadLines($"/proc/{processId}/status")
            .FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is null
            ? 0
            : long.Parse(
                line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
                CultureInfo.InvariantCulture
            );
    }
}
