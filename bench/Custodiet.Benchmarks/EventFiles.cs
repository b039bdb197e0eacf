using System.IO.Compression;

namespace Custodiet.Benchmarks;

/// <summary>Reads event files into memory, as lines.</summary>
internal static class EventFiles
{
    /// <summary>All lines of all files. A line <c>{"shape": …, "event": {…}}</c> is unwrapped: the wrapper is a convenience of test streams.</summary>
    public static List<byte[]> Read(IReadOnlyList<string> files)
    {
        List<byte[]> lines = [];
        foreach (string file in files)
        {
            using FileStream raw = File.OpenRead(file);
            using Stream text = file.EndsWith(".gz", StringComparison.Ordinal)
                ? new GZipStream(raw, CompressionMode.Decompress)
                : raw;
            using MemoryStream whole = new();
            text.CopyTo(whole);
            ReadOnlySpan<byte> rest = whole.GetBuffer().AsSpan(0, (int)whole.Length);
            while (rest.Length > 0)
            {
                int end = rest.IndexOf((byte)'\n');
                ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
                rest = end < 0 ? default : rest[(end + 1)..];
                if (!line.IsEmpty)
                {
                    lines.Add(Unwrap(line).ToArray());
                }
            }
        }
        return lines;
    }

    private static ReadOnlySpan<byte> Unwrap(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("{\"shape\":"u8))
        {
            return line;
        }
        int at = line.IndexOf("\"event\":"u8);
        return at < 0 ? line : line[(at + 8)..^1].TrimStart((byte)' ');
    }
}
