using System.Globalization;

namespace Custodiet.Ledger.Tiles;

/// <summary>Paths of C2SP tlog-tiles below the log's prefix.</summary>
public static class TilePath
{
    /// <summary>Hashes in a full tile and entries in a full bundle.</summary>
    public const int Width = 256;

    /// <summary><c>tile/&lt;L&gt;/&lt;N&gt;[.p/&lt;W&gt;]</c>.</summary>
    public static string Hashes(int level, long index, int width = Width) =>
        string.Create(CultureInfo.InvariantCulture, $"tile/{level}/{Encode(index, width)}");

    /// <summary><c>tile/entries/&lt;N&gt;[.p/&lt;W&gt;]</c>.</summary>
    public static string Entries(long index, int width = Width) => $"tile/entries/{Encode(index, width)}";

    /// <summary>Whether a path is one that a log serves: the checkpoint, the verifier key, a tile or a bundle.</summary>
    public static bool IsServed(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path is "checkpoint" or "vkey")
        {
            return true;
        }
        string[] parts = path.Split('/');
        if (parts.Length is < 3 or > 12 || parts[0] != "tile" || !IsLevel(parts[1]))
        {
            return false;
        }
        int end = parts.Length;
        if (parts[end - 2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!IsNumber(parts[end - 1], 1, 255))
            {
                return false;
            }
            end--;
            parts[end - 1] = parts[end - 1][..^2];
        }
        for (int i = 2; i < end - 1; i++)
        {
            if (parts[i].Length != 4 || parts[i][0] != 'x' || !AreDigits(parts[i][1..]))
            {
                return false;
            }
        }
        return end > 2 && parts[end - 1].Length == 3 && AreDigits(parts[end - 1]);
    }

    private static string Encode(long index, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Width);
        string path = (index % 1000).ToString("D3", CultureInfo.InvariantCulture);
        for (long rest = index / 1000; rest > 0; rest /= 1000)
        {
            path = string.Create(CultureInfo.InvariantCulture, $"x{rest % 1000:D3}/{path}");
        }
        return width == Width ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.p/{width}");
    }

    private static bool IsLevel(string text) => text == "entries" || IsNumber(text, 0, 63);

    private static bool IsNumber(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && number >= least
        && number <= most
        && (text.Length == 1 || text[0] != '0');

    private static bool AreDigits(string text) => !text.AsSpan().ContainsAnyExceptInRange('0', '9');
}
